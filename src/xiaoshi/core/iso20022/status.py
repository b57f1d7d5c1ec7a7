"""pain.002: what became of a payment. Codes become one of six outcomes, so that the desk has to know no list of codes.

| code | outcome | what the desk does |
| --- | --- | --- |
| RCVD ACTC ACCP ACSP PDNG ACFC PATC | `under_way` | waits, asks again later |
| ACSC ACCC ACWP | `settled` | done |
| ACWC | `changed` | stops: the bank carried out something else than was asked |
| RJCT | `rejected` | two people take the booking back |
| PART | `part` | stops: some of it was carried out |
| CANC | `cancelled` | two people take the booking back |

A code that is none of these stops the payment too (`unknown`): guessing that it went well is how money is sent twice or never.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from xiaoshi.core.iso20022.messages import (
    amount_fen_of,
    amount_text,
    moment,
    moment_of,
    opened_as,
    types_of,
    written,
)
from xiaoshi.core.iso20022.payment import ident_problem
from xiaoshi.core.iso20022.reasons import Reason
from xiaoshi.core.problems import Problem

VERSION = "pain.002.001.10"
Outcome = Literal["under_way", "settled", "changed", "rejected", "part", "cancelled", "unknown"]
OUTCOMES: dict[str, Outcome] = {
    **dict.fromkeys(("RCVD", "ACTC", "ACCP", "ACSP", "PDNG", "ACFC", "PATC"), "under_way"),
    **dict.fromkeys(("ACSC", "ACCC", "ACWP"), "settled"),
    "ACWC": "changed",
    "RJCT": "rejected",
    "PART": "part",
    "CANC": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank says about one payment. `amount_fen`: the sum it speaks of, None when it names none."""

    end_to_end_id: str
    code: str
    reasons: tuple[Reason, ...] = ()
    amount_fen: int | None = None
    currency: str = "CNY"
    bank_reference: str = ""

    @property
    def outcome(self) -> Outcome:
        return OUTCOMES.get(self.code, "unknown")


@dataclass(frozen=True, slots=True)
class StatusReport:
    """One pain.002. `group_code` holds for every payment of the original message that has no answer of its own."""

    message_id: str
    made_at: datetime
    original_message_id: str
    answers: tuple[Answer, ...] = ()
    group_code: str = ""
    group_reasons: tuple[Reason, ...] = ()

    def answer_to(self, end_to_end_id: str) -> Answer | None:
        """What it says of this payment; None when it says nothing of it."""
        for answer in self.answers:
            if answer.end_to_end_id == end_to_end_id:
                return answer
        if self.group_code and not self.answers:
            return Answer(end_to_end_id, self.group_code, self.group_reasons)
        return None


def status_report(report: StatusReport) -> bytes | tuple[Problem, ...]:
    """As a core bank writes it."""
    wrong = [
        ident_problem(report.message_id, "message_id"),
        ident_problem(report.original_message_id, "original"),
    ]
    if any(wrong):
        return tuple(p for p in wrong if p is not None)
    t = types_of(VERSION)
    payment = t.OriginalPaymentInstruction32(
        orgnl_pmt_inf_id=report.original_message_id,
        tx_inf_and_sts=[_answer_element(t, a) for a in report.answers],
    )
    group = t.OriginalGroupHeader17(
        orgnl_msg_id=report.original_message_id,
        orgnl_msg_nm_id="pain.001.001.09",
        grp_sts=report.group_code or None,
        sts_rsn_inf=[_reason_element(t, r) for r in report.group_reasons],
    )
    message = t.CustomerPaymentStatusReportV10(
        grp_hdr=t.GroupHeader86(msg_id=report.message_id, cre_dt_tm=moment(report.made_at)),
        orgnl_grp_inf_and_sts=group,
        orgnl_pmt_inf_and_sts=[payment] if report.answers else [],
    )
    return written(VERSION, t.Document(cstmr_pmt_sts_rpt=message))


def read_status(data: bytes) -> StatusReport | tuple[Problem, ...]:
    opened = opened_as(data, VERSION)
    if isinstance(opened, tuple):
        return opened
    message = opened.document.cstmr_pmt_sts_rpt
    group = message.orgnl_grp_inf_and_sts
    answers: list[Answer] = []
    for payment in message.orgnl_pmt_inf_and_sts:
        for one in payment.tx_inf_and_sts:
            code = one.tx_sts or payment.pmt_inf_sts or group.grp_sts or ""
            answer = _answer_of(one, code)
            if isinstance(answer, Problem):
                return (answer,)
            answers.append(answer)
    return StatusReport(
        message.grp_hdr.msg_id,
        moment_of(message.grp_hdr.cre_dt_tm),
        group.orgnl_msg_id,
        tuple(answers),
        group.grp_sts or _only_batch_status(message),
        _reasons_of(group.sts_rsn_inf),
    )


def _only_batch_status(message: Any) -> str:
    """Some banks answer at the level of the batch only."""
    said = {p.pmt_inf_sts for p in message.orgnl_pmt_inf_and_sts if p.pmt_inf_sts}
    return str(said.pop()) if len(said) == 1 else ""


def _answer_element(t: Any, answer: Answer) -> Any:
    reference = None
    if answer.amount_fen is not None:
        value = amount_text(answer.amount_fen, answer.currency)
        amount = t.ActiveOrHistoricCurrencyAndAmount(value=value, ccy=answer.currency)
        reference = t.OriginalTransactionReference28(amt=t.AmountType4Choice(instd_amt=amount))
    return t.PaymentTransaction105(
        orgnl_end_to_end_id=answer.end_to_end_id,
        tx_sts=answer.code,
        sts_rsn_inf=[_reason_element(t, r) for r in answer.reasons],
        acct_svcr_ref=answer.bank_reference or None,
        orgnl_tx_ref=reference,
    )


def _answer_of(one: Any, code: str) -> Answer | Problem:
    amount, currency = None, "CNY"
    told = one.orgnl_tx_ref
    if told is not None:
        named = told.amt.instd_amt if told.amt and told.amt.instd_amt else told.intr_bk_sttlm_amt
        if named is not None:
            fen = amount_fen_of(named.value, named.ccy, "OrgnlTxRef/Amt")
            if isinstance(fen, Problem):
                return fen
            amount, currency = fen, named.ccy
    return Answer(
        one.orgnl_end_to_end_id or "",
        code,
        _reasons_of(one.sts_rsn_inf),
        amount,
        currency,
        one.acct_svcr_ref or "",
    )


def _reason_element(t: Any, reason: Reason) -> Any:
    text = [reason.text[i : i + 105] for i in range(0, len(reason.text), 105)]
    return t.StatusReasonInformation12(
        rsn=t.StatusReason6Choice(cd=reason.code) if reason.code else None, addtl_inf=text
    )


def _reasons_of(given: Any) -> tuple[Reason, ...]:
    return tuple(
        Reason((r.rsn.cd or r.rsn.prtry or "") if r.rsn else "", "".join(r.addtl_inf)) for r in given
    )
