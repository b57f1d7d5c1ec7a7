"""The worker's side of the outbox: send what is queued, ask about what was sent, ask back what is to come back.

**At least once, and never twice.** A payment is claimed (`sent`, counted) and committed before the network is touched. Whatever dies
then, the next look finds `sent` and asks for the state; only when the bank itself says that it never had the key is the payment
queued again, under the same key. So money is doubled only if the bank books one end-to-end id twice, and the contract forbids it.

    queued --claim--> sent --answer--> settled | rejected | stopped
       ^               |
       +-- "never came"+        settled, sent --two people--> recalling --answer--> returned | settled

**Stored first.** The core's `keep` writes each message as it came, in its own transaction; `understanding.py` reads it afterwards.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.utils import timezone

from xiaoshi.core.iso20022 import Party, Reason
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.bank.configured import core
from xiaoshi.desk.bank.http_core import HttpCore
from xiaoshi.desk.bank.models import Dispatch, Received
from xiaoshi.desk.bank.port import NoAnswerError, RecallWanted, Transfer
from xiaoshi.desk.bank.telling import tell
from xiaoshi.desk.guard.visibility import visible_to_house

log = logging.getLogger(__name__)
PART = "bank"
AT_ONCE = 200
STEPS = {"queued": "send", "sent": "ask", "recalling": "recall"}


@dataclass(frozen=True, slots=True)
class Claimed:
    dispatch: Dispatch
    step: str


def send_due(now: datetime, limit: int = AT_ONCE) -> int:
    """Work off what is due, oldest first; how many were sent or asked. Safe in several workers at once."""
    done = 0
    while done < limit:
        claimed = claim(now)
        if claimed is None:
            break
        carry_out(claimed, now)
        done += 1
    return done


def claim(now: datetime) -> Claimed | None:
    """Take the next one and commit that it was taken. Nothing has gone out yet when this returns."""
    with visible_to_house(PART):
        due = Dispatch.objects.select_for_update(skip_locked=True).filter(
            state__in=list(STEPS), next_at__lte=now
        )
        row = due.order_by("next_at", "id").first()
        if row is None:
            return None
        step = STEPS[row.state]
        row.attempts += 1
        row.next_at = now + wait_after(row.attempts)
        if step == "send":
            row.state, row.sent_at = "sent", row.sent_at or now
        row.save(update_fields=["attempts", "next_at", "state", "sent_at"])
        return Claimed(row, step)


def wait_after(attempts: int) -> timedelta:
    """How long until the next look: twice as long each time, ten minutes at most, never before a request can have ended."""
    least = 3 * settings.CORE_TIMEOUT_SECONDS
    return timedelta(seconds=max(least, min(5 * 2 ** min(attempts, 10), 600)))


def carry_out(claimed: Claimed, now: datetime) -> None:
    """Speak with the bank about one payment. No transaction is open meanwhile."""
    row = claimed.dispatch
    bank = core(partial(store_answer, row.pk, now))
    if bank is None:
        _trouble(row, _not_connected())
        return
    try:
        match claimed.step:
            case "send":
                answer = bank.transfer(transfer_of(row, bank))
                if isinstance(answer, Problem):
                    stop(row, answer, now)
            case "ask":
                if bank.state(row.key) is None:
                    _never_came(row, now)
            case _:
                answered = bank.recall(recall_of(row, bank, now))
                if isinstance(answered, Problem):
                    stop(row, answered, now)
    except NoAnswerError as error:
        _trouble(row, error.problem)
    except Exception:
        # A fault of ours with one payment must not keep the others; nothing is known of it, so it is asked about again.
        log.exception("core bank, payment %s", row.key)
        _trouble(row, _fault_of_ours())


def transfer_of(row: Dispatch, bank: HttpCore) -> Transfer:
    """The same for every attempt: moment and day are those of the order."""
    return Transfer(
        row.key,
        Party(row.debtor_name, row.debtor_number, bank.own_bank),
        Party(row.creditor_name, row.creditor_number, bank.own_bank),
        row.amount_fen,
        row.made_at,
        timezone.localdate(row.made_at),
        row.currency,
        row.text,
    )


def recall_of(row: Dispatch, bank: HttpCore, now: datetime) -> RecallWanted:
    return RecallWanted(
        row.recall_key, row.key, row.amount_fen, Reason("CUST"), now, bank.own_bank, row.currency
    )


def store_answer(dispatch_id: object, at: datetime, kind: str, body: bytes) -> None:
    """One message, as it came, in a transaction of its own."""
    with visible_to_house(PART):
        Received(
            dispatch_id=dispatch_id,
            kind=kind,
            source="answer",
            body=body,
            digest=hashlib.sha256(body).hexdigest(),
            at=at,
        ).save(force_insert=True)


def stop(row: Dispatch, why: Problem, now: datetime) -> None:
    """Nothing more happens by itself: two people have to look."""
    with visible_to_house(PART):
        moved = Dispatch.objects.filter(id=row.pk, state__in=["queued", "sent", "recalling"]).update(
            state="stopped", stop_zh=why.words.zh, stop_en=why.words.en
        )
        if moved:
            tell(row, Words(f"付款已停止：{why.words.zh}", f"A payment was stopped: {why.words.en}"), now)


def _never_came(row: Dispatch, now: datetime) -> None:
    with visible_to_house(PART):
        open_ = Dispatch.objects.filter(id=row.pk, state="sent")
        if not open_.filter(code="").update(state="queued", next_at=now) and open_.exists():
            contradicts = Words(
                f"核心先前已答复（{row.code}），现在却说没有这笔付款。请与核心核实。",
                f"The core bank answered before ({row.code}) and now says that it never had the payment. Ask the bank.",
            )
            open_.update(state="stopped", stop_zh=contradicts.zh, stop_en=contradicts.en)
            tell(row, contradicts, now)


def _trouble(row: Dispatch, problem: Problem) -> None:
    """Said on the page until something better is known; the payment stays as it is and is asked about again."""
    log.warning("core bank, payment %s: %s", row.key, problem.code)
    with visible_to_house(PART):
        Dispatch.objects.filter(id=row.pk, state__in=list(STEPS)).update(
            stop_zh=problem.words.zh, stop_en=problem.words.en
        )


def _fault_of_ours() -> Problem:
    return Problem(
        "fault_of_ours",
        Words(
            "处理这笔付款时系统出错，稍后会先查询再继续。请管理员查看日志。",
            "The desk itself failed on this payment; it asks the bank before it goes on. The administrator looks at the log.",
        ),
    )


def _not_connected() -> Problem:
    return Problem(
        "core_not_connected",
        Words(
            "没有设置核心银行（XIAOSHI_CORE_URL），款项未送出。请管理员检查设置。",
            "No core bank is set (XIAOSHI_CORE_URL), so the payment waits. The administrator checks the settings.",
        ),
    )
