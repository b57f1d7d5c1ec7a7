"""The inbox, second part: what was stored is read, and moves the payment that it speaks of. Safe to run again at any time.

A message that says what is known already counts as `repeated`; one that cannot be read, or speaks of nothing of ours, as
`not_understood`, with the reason for the page. An answer never makes a closed matter open again by itself: one that contradicts what
was known stops the payment, and so does one about another sum.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import OperationalError, transaction

from xiaoshi.core.iso20022 import (
    Answer,
    Reason,
    Resolution,
    Statement,
    read_resolution,
    read_statements,
    read_status,
)
from xiaoshi.core.iso20022.status import OUTCOMES
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.bank.models import Dispatch, Received
from xiaoshi.desk.bank.telling import tell
from xiaoshi.desk.guard.visibility import visible_to_house

log = logging.getLogger(__name__)
PART = "bank"
AT_ONCE = 500
_END_OF = {"settled": "settled", "rejected": "rejected", "cancelled": "rejected"}
_WORDS = {
    "settled": Words("核心已入账", "Carried out by the core bank"),
    "rejected": Words("核心拒绝付款，请冲正", "The core bank rejected the payment: reverse it"),
    "returned": Words("款项已撤回，请冲正", "The payment came back: reverse it"),
}


def understand_stored(now: datetime, limit: int = AT_ONCE) -> int:
    """Read what is stored, oldest first, each in a transaction of its own; how many were looked at."""
    for done in range(limit):
        with visible_to_house(PART):
            stored = Received.objects.select_for_update(skip_locked=True, of=("self",)).filter(state="stored")
            row = stored.order_by("at", "id").first()
            if row is None:
                return done
            said = _read_safely(row, now)
            if isinstance(said, Problem):
                row.problem_zh, row.problem_en, said = said.words.zh, said.words.en, "not_understood"
            row.state, row.understood_at = said, now
            row.save(update_fields=["state", "understood_at", "problem_zh", "problem_en", "dispatch"])
    return limit


def _read_safely(row: Received, now: datetime) -> str | Problem:
    """A message on which our own code fails is set aside with that said, so that it does not keep those behind it."""
    try:
        with transaction.atomic():
            return _understood(row, now)
    except OperationalError:
        raise  # the database, not the message
    except Exception:
        log.exception("core bank, message %s", row.pk)
        row.dispatch_id = Received.objects.values_list("dispatch_id", flat=True).get(id=row.pk)  # type: ignore[attr-defined]
        return Problem(
            "message_broke_us",
            Words(
                "系统读不了这份报文，已留存。请管理员查看日志。",
                "The desk failed on this message; it is kept. The administrator looks at the log.",
            ),
        )


def _understood(row: Received, now: datetime) -> str | Problem:
    body = bytes(row.body)
    match row.kind:
        case "pain.002":
            report = read_status(body)
            if isinstance(report, tuple):
                return report[0]
            keys = [a.end_to_end_id for a in report.answers]
            dispatch = _dispatch_of(row, keys or [report.original_message_id])
            answer = report.answer_to(dispatch.key) if dispatch else None
            return (
                _nothing_of_ours()
                if dispatch is None or answer is None
                else take_answer(dispatch, answer, now)
            )
        case "camt.029":
            resolution = read_resolution(body)
            if isinstance(resolution, tuple):
                return resolution[0]
            dispatch = _dispatch_of(row, [resolution.end_to_end_id])
            return _nothing_of_ours() if dispatch is None else take_resolution(dispatch, resolution, now)
        case "camt.054":
            told = read_statements(body)
            lines = [line for one in told if isinstance(one, Statement) for line in one.lines]
            if told and isinstance(told[0], Problem):
                return told[0]
            return _take_notice(row, lines, now)
        case "camt.053":
            from xiaoshi.desk.bank.comparing import take_statement

            return take_statement(row, body, now)
        case _:
            return Problem(
                "message_of_other_kind",
                Words("这里不读这类报文。", "Messages of this kind are not read here."),
            )


def take_answer(dispatch: Dispatch, answer: Answer, now: datetime) -> str:
    """Move the payment by what the bank says of it; "understood", or "repeated" when that was known."""
    end = _END_OF.get(answer.outcome, "")
    other = answer.amount_fen is not None and (answer.amount_fen, answer.currency) != (
        dispatch.amount_fen,
        dispatch.currency,
    )
    if dispatch.state in {"recalling", "returned"} or (
        dispatch.state == end and not (other and end == "settled")
    ):
        return "repeated"
    if (
        dispatch.state == "sent"
        and answer.outcome == "under_way"
        and dispatch.code == answer.code
        and not other
    ):
        return "repeated"
    if answer.outcome == "under_way" and dispatch.state in {"settled", "rejected"}:
        return "repeated"  # an early answer that came late
    _note(dispatch, answer)
    if dispatch.state == "stopped":
        dispatch.save(update_fields=_NOTED)
        return "understood"
    if dispatch.state == "queued":
        dispatch.state = "sent"  # an answer came after all, before it was sent again
        dispatch.save(update_fields=["state"])
    if other and answer.outcome != "rejected":
        _stop(dispatch, _other_amount(dispatch, answer), now)
    elif dispatch.state in {"settled", "rejected"}:
        _stop(dispatch, _contradiction(answer), now)
    elif end:
        dispatch.state, dispatch.ended_at, dispatch.stop_zh, dispatch.stop_en = end, now, "", ""
        dispatch.save(update_fields=[*_NOTED, "state", "ended_at", "stop_zh", "stop_en"])
        if end == "rejected":
            _tell(dispatch, now)
    elif answer.outcome == "under_way":
        dispatch.stop_zh = dispatch.stop_en = ""
        dispatch.save(update_fields=[*_NOTED, "stop_zh", "stop_en"])
    else:
        _stop(dispatch, _not_plain(answer), now)
    return "understood"


def take_resolution(dispatch: Dispatch, given: Resolution, now: datetime) -> str | Problem:
    """Move a payment that is being recalled."""
    if given.recall_id != dispatch.recall_key:
        return _nothing_of_ours()
    if dispatch.state != "recalling":
        return "repeated"
    reason = given.reasons[0] if given.reasons else Reason("")
    carried_out = OUTCOMES.get(dispatch.code) == "settled" and dispatch.answered_fen == dispatch.amount_fen
    dispatch.reason, dispatch.reason_text = reason.code, reason.text
    match given.outcome:
        case "returned":
            dispatch.state, dispatch.ended_at = "returned", now
        case "refused":
            # Whether the payment itself was ever carried out is what the bank said before; without that, people look.
            dispatch.state = "settled" if carried_out else "stopped"
        case "under_way":
            return "understood"
        case _:
            dispatch.state = "stopped"
    said = reason.words
    dispatch.stop_zh = "" if dispatch.state == "returned" else f"撤回未成：{said.zh or given.code}"
    dispatch.stop_en = (
        "" if dispatch.state == "returned" else f"It was not given back: {said.en or given.code}"
    )
    dispatch.save(update_fields=["state", "ended_at", "reason", "reason_text", "stop_zh", "stop_en"])
    tell(dispatch, _WORDS["returned"] if dispatch.state == "returned" else dispatch.stop_words, now)
    return "understood"


def _take_notice(row: Received, lines: list[object], now: datetime) -> str | Problem:
    """camt.054: a debit with our id says that the payment was carried out."""
    from xiaoshi.core.iso20022 import Line

    said: list[str] = []
    for line in lines:
        assert isinstance(line, Line)
        if line.is_return or not line.booked or line.amount_fen >= 0 or not line.end_to_end_id:
            continue
        dispatch = _dispatch_of(row, [line.end_to_end_id])
        if dispatch is not None:
            answer = Answer(dispatch.key, "ACSC", (), -line.amount_fen, dispatch.currency, line.reference)
            said.append(take_answer(dispatch, answer, now))
    if not said:
        return _nothing_of_ours()
    return "understood" if "understood" in said else "repeated"


def _dispatch_of(row: Received, keys: list[str]) -> Dispatch | None:
    """The payment, locked: the one that was asked about, or the one whose id the message names."""
    named = {"id": row.dispatch_id} if row.dispatch_id else {"key__in": keys}  # type: ignore[attr-defined]
    dispatch = Dispatch.objects.select_for_update().filter(**named).order_by("id").first()
    if dispatch is not None and row.dispatch_id is None:  # type: ignore[attr-defined]
        row.dispatch = dispatch
    return dispatch


_NOTED = ["code", "reason", "reason_text", "answered_fen", "bank_reference"]


def _note(dispatch: Dispatch, answer: Answer) -> None:
    reason = answer.reasons[0] if answer.reasons else Reason("")
    dispatch.code, dispatch.reason, dispatch.reason_text = answer.code, reason.code, reason.text
    dispatch.answered_fen = answer.amount_fen
    dispatch.bank_reference = answer.bank_reference or dispatch.bank_reference


def _stop(dispatch: Dispatch, why: Words, now: datetime) -> None:
    dispatch.state, dispatch.stop_zh, dispatch.stop_en = "stopped", why.zh, why.en
    dispatch.save(update_fields=[*_NOTED, "state", "stop_zh", "stop_en"])
    tell(dispatch, Words(f"付款已停止：{why.zh}", f"A payment was stopped: {why.en}"), now)


def _tell(dispatch: Dispatch, now: datetime) -> None:
    words, why = _WORDS[dispatch.state], dispatch.reason_words
    tell(dispatch, Words(f"{words.zh}：{why.zh}", f"{words.en}: {why.en}"), now)


def _other_amount(dispatch: Dispatch, answer: Answer) -> Words:
    ours, theirs = (
        f"{yuan(dispatch.amount_fen)} {dispatch.currency}",
        f"{yuan(answer.amount_fen or 0)} {answer.currency}",
    )
    return Words(
        f"核心答复的金额是 {theirs}，指令是 {ours}。请两人与核心核实后决定。",
        f"The core bank speaks of {theirs}, the order was {ours}. Two people ask the bank and decide.",
    )


def _contradiction(answer: Answer) -> Words:
    return Words(
        f"核心的答复前后不一（现为 {answer.code}）。请与核心核实。",
        f"The core bank contradicts what it said before (now {answer.code}). Ask the bank.",
    )


def _not_plain(answer: Answer) -> Words:
    return Words(
        f"核心答复 {answer.code}，不是全部照办，也不是拒绝。请与核心核实。",
        f"The core bank answered {answer.code}: neither carried out as ordered nor rejected. Ask the bank.",
    )


def _nothing_of_ours() -> Problem:
    return Problem(
        "message_of_nothing_ours",
        Words(
            "报文所说的付款不是本系统送出的。", "The message speaks of no payment that went out from here."
        ),
    )
