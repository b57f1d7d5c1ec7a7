"""pain.001: one payment order of the desk, out to the core bank; and read again by whoever plays the core bank."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from xsdata.models.datatype import XmlDate

from xiaoshi.core.iso20022.messages import (
    amount_fen_of,
    amount_text,
    fitting,
    moment,
    moment_of,
    opened_as,
    types_of,
    written,
)
from xiaoshi.core.iso20022.parties import (
    Party,
    account_element,
    bank_element,
    party_element,
    party_of,
    party_problems,
)
from xiaoshi.core.money import AMOUNT_FEN_MAX
from xiaoshi.core.problems import Problem, Words

VERSION = "pain.001.001.09"
_IDENT = re.compile(r"[0-9A-Za-z/\-?:().,'+ ]{1,35}", re.ASCII)
_TEXT_LINE, _TEXT_LINES = 140, 4


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment. `message_id` of this sending, `end_to_end_id` of the order: it stays the same however often it is sent.

    `amount_fen` in the smallest unit of `currency`; `text` is the purpose (用途/附言), 560 characters at most.
    """

    message_id: str
    end_to_end_id: str
    made_at: datetime
    execute_on: date
    debtor: Party
    creditor: Party
    amount_fen: int
    currency: str = "CNY"
    text: str = ""


def initiation(payment: Payment) -> bytes | tuple[Problem, ...]:
    """The order as pain.001, valid by its schema; or what it cannot carry."""
    wrong = _problems(payment)
    if wrong:
        return tuple(wrong)
    t = types_of(VERSION)
    amount = amount_text(payment.amount_fen, payment.currency)
    lines = [payment.text[i : i + _TEXT_LINE] for i in range(0, len(payment.text), _TEXT_LINE)]
    transfer = t.CreditTransferTransaction34(
        pmt_id=t.PaymentIdentification6(instr_id=payment.message_id, end_to_end_id=payment.end_to_end_id),
        amt=t.AmountType4Choice(
            instd_amt=t.ActiveOrHistoricCurrencyAndAmount(value=amount, ccy=payment.currency)
        ),
        cdtr_agt=bank_element(t, payment.creditor.bank),
        cdtr=party_element(t, payment.creditor),
        cdtr_acct=account_element(t, payment.creditor),
        rmt_inf=t.RemittanceInformation16(ustrd=lines) if lines else None,
    )
    batch = t.PaymentInstruction30(
        pmt_inf_id=payment.message_id,
        pmt_mtd=t.PaymentMethod3Code.TRF,
        nb_of_txs="1",
        ctrl_sum=amount,
        reqd_exctn_dt=t.DateAndDateTime2Choice(dt=XmlDate.from_date(payment.execute_on)),
        dbtr=party_element(t, payment.debtor),
        dbtr_acct=account_element(t, payment.debtor),
        dbtr_agt=bank_element(t, payment.debtor.bank),
        cdt_trf_tx_inf=[transfer],
    )
    header = t.GroupHeader85(
        msg_id=payment.message_id,
        cre_dt_tm=moment(payment.made_at),
        nb_of_txs="1",
        ctrl_sum=amount,
        initg_pty=t.PartyIdentification135(nm=payment.debtor.name),
    )
    return written(
        VERSION,
        t.Document(
            cstmr_cdt_trf_initn=t.CustomerCreditTransferInitiationV09(grp_hdr=header, pmt_inf=[batch])
        ),
    )


def read_initiation(data: bytes) -> Payment | tuple[Problem, ...]:
    """The one payment of a pain.001; a message with several, or whose sums disagree, is refused."""
    opened = opened_as(data, VERSION)
    if isinstance(opened, tuple):
        return opened
    message = opened.document.cstmr_cdt_trf_initn
    header, batch = message.grp_hdr, message.pmt_inf[0]
    if len(message.pmt_inf) != 1 or len(batch.cdt_trf_tx_inf) != 1 or header.nb_of_txs != "1":
        return (
            Problem(
                "payments_several",
                Words(
                    "一份报文只能有一笔付款。",
                    "A message holds exactly one payment, and says so (NbOfTxs is 1).",
                ),
                "NbOfTxs",
            ),
        )
    one = batch.cdt_trf_tx_inf[0]
    if one.amt.instd_amt is None:
        return (
            Problem(
                "amount_not_instructed",
                Words("只读指定金额（InstdAmt）。", "Only an instructed amount (InstdAmt) is read."),
                "Amt",
            ),
        )
    value, currency = one.amt.instd_amt.value, one.amt.instd_amt.ccy
    fen = amount_fen_of(value, currency, "InstdAmt")
    if isinstance(fen, Problem):
        return (fen,)
    if any(total is not None and total != value for total in (header.ctrl_sum, batch.ctrl_sum)):
        return (
            Problem(
                "control_sum_differs",
                Words(
                    "控制总额（CtrlSum）与金额不一致，报文不予办理。",
                    "The control sum (CtrlSum) differs from the amount; the message is not carried out.",
                ),
                "CtrlSum",
            ),
        )
    execute = batch.reqd_exctn_dt
    return Payment(
        header.msg_id,
        one.pmt_id.end_to_end_id,
        moment_of(header.cre_dt_tm),
        execute.dt.to_date() if execute.dt else moment_of(execute.dt_tm).date(),
        party_of(batch.dbtr, batch.dbtr_acct, batch.dbtr_agt),
        party_of(one.cdtr, one.cdtr_acct, one.cdtr_agt),
        fen,
        currency,
        "".join(one.rmt_inf.ustrd) if one.rmt_inf else "",
    )


def _problems(payment: Payment) -> list[Problem]:
    found = [
        *party_problems(payment.debtor, "debtor"),
        *party_problems(payment.creditor, "creditor"),
        *(ident_problem(getattr(payment, name), name) for name in ("message_id", "end_to_end_id")),
    ]
    if not 0 < payment.amount_fen <= AMOUNT_FEN_MAX:
        found.append(
            Problem(
                "amount_out_of_range",
                Words(
                    "金额应大于零，且不超过本系统的上限。",
                    "The amount has to be above zero and not too large.",
                ),
                "amount_fen",
            )
        )
    if not re.fullmatch("[A-Z]{3}", payment.currency):
        found.append(
            Problem(
                "currency_wrong",
                Words(
                    "币种应为三个大写字母，例如 CNY。", "A currency is three capital letters, such as CNY."
                ),
                "currency",
            )
        )
    if payment.text:
        found.append(fitting(payment.text, _TEXT_LINE * _TEXT_LINES, "text", "附言", "The purpose"))
    return [p for p in found if p is not None]


def ident_problem(ident: str, where: str) -> Problem | None:
    """An identifier of a message: 1 to 35 plain characters."""
    if _IDENT.fullmatch(ident) and ident == ident.strip():
        return None
    return Problem(
        "identifier_wrong",
        Words(
            "报文编号应为 1 至 35 个字母、数字或常用符号。",
            "An identifier of a message has 1 to 35 letters, figures or plain signs.",
        ),
        where,
    )
