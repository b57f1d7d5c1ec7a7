"""camt.056 out and camt.029 in: asking a payment back, and what the other side says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

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
from xiaoshi.core.iso20022.parties import bank_element, bank_number_of
from xiaoshi.core.iso20022.payment import ident_problem
from xiaoshi.core.iso20022.reasons import Reason
from xiaoshi.core.problems import Problem, Words

ASKED = "camt.056.001.08"
ANSWERED = "camt.029.001.09"
RecallOutcome = Literal["returned", "refused", "under_way", "unknown"]
_OUTCOMES: dict[str, RecallOutcome] = {"CNCL": "returned", "RJCR": "refused", "PDCR": "under_way"}
_INDIVIDUAL = {"CNCL": "ACCR", "RJCR": "RJCR", "PDCR": "PDCR"}


@dataclass(frozen=True, slots=True)
class Recall:
    """Asking back the payment `end_to_end_id` that went out as `original_message_id`. `recall_id` stays when it is sent again."""

    recall_id: str
    made_at: datetime
    our_bank: str
    their_bank: str
    original_message_id: str
    end_to_end_id: str
    amount_fen: int
    reason: Reason
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a recall. `code`: CNCL (given back), RJCR (refused), PDCR (looked into)."""

    message_id: str
    made_at: datetime
    recall_id: str
    end_to_end_id: str
    code: str
    reasons: tuple[Reason, ...] = ()

    @property
    def outcome(self) -> RecallOutcome:
        return _OUTCOMES.get(self.code, "unknown")


def cancellation_request(recall: Recall) -> bytes | tuple[Problem, ...]:
    names = ("recall_id", "original_message_id", "end_to_end_id")
    wrong = [ident_problem(getattr(recall, name), name) for name in names]
    if recall.reason.text:
        wrong.append(fitting(recall.reason.text, 105, "reason", "原因", "The reason"))
    if any(wrong):
        return tuple(p for p in wrong if p is not None)
    t = types_of(ASKED)
    reason = t.PaymentCancellationReason5(
        rsn=t.CancellationReason33Choice(cd=recall.reason.code or "NARR"),
        addtl_inf=[recall.reason.text] if recall.reason.text else [],
    )
    one = t.PaymentTransaction106(
        cxl_id=recall.recall_id,
        orgnl_grp_inf=t.OriginalGroupInformation29(
            orgnl_msg_id=recall.original_message_id, orgnl_msg_nm_id="pain.001.001.09"
        ),
        orgnl_end_to_end_id=recall.end_to_end_id,
        orgnl_intr_bk_sttlm_amt=t.ActiveOrHistoricCurrencyAndAmount(
            value=amount_text(recall.amount_fen, recall.currency), ccy=recall.currency
        ),
        cxl_rsn_inf=[reason],
    )
    message = t.FitoFipaymentCancellationRequestV08(
        assgnmt=_assignment(t, recall.recall_id, recall.our_bank, recall.their_bank, recall.made_at),
        undrlyg=[t.UnderlyingTransaction23(tx_inf=[one])],
    )
    return written(ASKED, t.Document(fito_fipmt_cxl_req=message))


def read_cancellation_request(data: bytes) -> Recall | tuple[Problem, ...]:
    opened = opened_as(data, ASKED)
    if isinstance(opened, tuple):
        return opened
    message = opened.document.fito_fipmt_cxl_req
    found = [one for under in message.undrlyg for one in under.tx_inf]
    if len(found) != 1:
        return (_one_only("TxInf"),)
    one = found[0]
    amount = one.orgnl_intr_bk_sttlm_amt
    fen = amount_fen_of(amount.value, amount.ccy, "OrgnlIntrBkSttlmAmt") if amount else 0
    if isinstance(fen, Problem):
        return (fen,)
    given = one.cxl_rsn_inf[0] if one.cxl_rsn_inf else None
    code = (given.rsn.cd or given.rsn.prtry or "") if given and given.rsn else ""
    return Recall(
        one.cxl_id or message.assgnmt.id,
        moment_of(message.assgnmt.cre_dt_tm),
        bank_number_of(message.assgnmt.assgnr.agt),
        bank_number_of(message.assgnmt.assgne.agt),
        one.orgnl_grp_inf.orgnl_msg_id if one.orgnl_grp_inf else "",
        one.orgnl_end_to_end_id or "",
        fen,
        Reason(code, "".join(given.addtl_inf) if given else ""),
        amount.ccy if amount else "CNY",
    )


def resolution(answer: Resolution, from_bank: str, to_bank: str) -> bytes | tuple[Problem, ...]:
    """As a core bank writes it."""
    t = types_of(ANSWERED)
    individual = t.CancellationIndividualStatus1Code(_INDIVIDUAL[answer.code])
    reasons = [
        t.CancellationStatusReason4(
            rsn=t.CancellationStatusReason3Choice(cd=r.code) if r.code else None,
            addtl_inf=[r.text[i : i + 105] for i in range(0, len(r.text), 105)],
        )
        for r in answer.reasons
    ]
    one = t.PaymentTransaction102(
        cxl_sts_id=answer.recall_id,
        orgnl_end_to_end_id=answer.end_to_end_id,
        tx_cxl_sts=individual,
        cxl_sts_rsn_inf=reasons,
    )
    message = t.ResolutionOfInvestigationV09(
        assgnmt=_assignment(t, answer.message_id, from_bank, to_bank, answer.made_at),
        sts=t.InvestigationStatus5Choice(conf=answer.code),
        cxl_dtls=[t.UnderlyingTransaction22(tx_inf_and_sts=[one])],
    )
    return written(ANSWERED, t.Document(rsltn_of_invstgtn=message))


def read_resolution(data: bytes) -> Resolution | tuple[Problem, ...]:
    opened = opened_as(data, ANSWERED)
    if isinstance(opened, tuple):
        return opened
    message = opened.document.rsltn_of_invstgtn
    found = [one for under in message.cxl_dtls for one in under.tx_inf_and_sts]
    if len(found) != 1:
        return (_one_only("TxInfAndSts"),)
    one = found[0]
    return Resolution(
        message.assgnmt.id,
        moment_of(message.assgnmt.cre_dt_tm),
        one.cxl_sts_id or "",
        one.orgnl_end_to_end_id or "",
        message.sts.conf or "",
        tuple(
            Reason((r.rsn.cd or r.rsn.prtry or "") if r.rsn else "", "".join(r.addtl_inf))
            for r in one.cxl_sts_rsn_inf
        ),
    )


def _assignment(t: Any, ident: str, from_bank: str, to_bank: str, at: datetime) -> Any:
    return t.CaseAssignment5(
        id=ident,
        assgnr=t.Party40Choice(agt=bank_element(t, from_bank)),
        assgne=t.Party40Choice(agt=bank_element(t, to_bank)),
        cre_dt_tm=moment(at),
    )


def _one_only(where: str) -> Problem:
    return Problem(
        "recalls_several",
        Words("一份报文只能有一笔撤回。", "A message holds exactly one recall."),
        where,
    )
