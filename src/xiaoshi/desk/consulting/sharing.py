"""Answers for the whole bank: an answerer writes question and answer anew, without any client's data; opening one is on record.

The machine refuses what it can tell: the case's number, a name or an account of the case, a number that identifies a person.
What it cannot tell (a story that everybody in town knows) is for the person who shares, whose name stands under it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from xiaoshi.core.casework.authority import ANSWERERS, holds_any
from xiaoshi.core.find.grams import stands_in
from xiaoshi.core.find.personal import personal_numbers
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.consulting.acts import question_on
from xiaoshi.desk.consulting.acts import written as a_text
from xiaoshi.desk.consulting.likes import hashes_of_texts
from xiaoshi.desk.consulting.models import Opening, Question, SharedAnswer
from xiaoshi.desk.find.index import FOLDING
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import NotFound, invalid, not_allowed, refuse
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.people.models import Client

OPEN_FOR = timedelta(hours=12)


@act("case.share_answer", "共享批复", "Share an answer", people_only=True)
def share(
    ctx: Context,
    *,
    question: str,
    question_text: str,
    answer_text: str,
    source: str = "",
    authority: str = "",
) -> dict[str, Any]:
    """Whoever answered (or another of that level who may answer) shares it with the bank, in words without client data.

    `source` and `authority` empty: as they were answered; they too were written for one case and are read by everybody.
    """
    row = question_on(ctx, question)
    if row.state != "answered":
        raise refuse(
            "not_answered", "批复以后才能共享。", "It can be shared once it is answered.", where="question"
        )
    if ctx.person.login != row.answered_by and not (
        ctx.actor.level == row.to_level and holds_any(ctx.actor, ANSWERERS.get(row.to_level, ()))  # type: ignore[call-overload]
    ):
        raise not_allowed(
            "not_your_act",
            "应由批复人或同级有批复权限的同事共享。",
            "Whoever answered, or another of that level who may answer, shares it.",
        )
    if SharedAnswer.objects.filter(origin=row).exists():
        raise refuse(
            "shared_already", "这一批复已经共享。", "This answer has been shared already.", where="question"
        )
    texts = {
        "question_text": a_text(question_text, "question_text"),
        "answer_text": a_text(answer_text, "answer_text"),
        "source": a_text(source.strip() or row.source, "source"),
        "authority": a_text(authority.strip() or row.authority, "authority"),
    }
    for where, text in texts.items():
        _refuse_client_data(ctx, text, where)
    made = SharedAnswer(
        origin=row, kind=ctx.the_case.kind, field=row.field, **texts, source_kind=row.source_kind, rule=row.rule,
        level=row.to_level, answered_at=row.answered_at, valid_until=row.valid_until,
        facts=row.facts, grams=hashes_of_texts(texts["question_text"], texts["answer_text"]), shared_by=ctx.person.login, shared_at=ctx.now,
    )  # fmt: skip
    made.save(force_insert=True)
    ctx.note(
        "共享批复（已去除客户信息）",
        "Shared the answer, without client data",
        question=question,
        shared=str(made.id),
    )
    return {"shared": str(made.id)}


def _refuse_client_data(ctx: Context, text: str, where: str) -> None:
    folded = FOLDING.text(text)
    case = ctx.the_case
    named = [case.number, case.client_name]
    for client in Client.objects.filter(case=case):
        named += [client.name, client.number("account")]
    told = next((n for n in named if n.strip() and stands_in(FOLDING.text(n).strip(), folded)), "")
    if told or personal_numbers(folded):
        raise invalid(
            "not_redacted",
            "内容里还有客户姓名、账号、案件编号或证件电话号码，请改写后再共享。",
            "It still holds a client's name, account, the case number, or an identity or telephone number: rewrite it first.",
            where=where,
        )


@act("consulting.open_answer", "查阅共享批复", "Open a shared answer", on_case=False)
def open_answer(ctx: Context, *, answer: str, for_case: str = "") -> dict[str, Any]:
    """Open one: on record with name and time; for the next 12 hours the page shows it."""
    row = shared_answer(answer)
    try:
        case = uuid.UUID(for_case) if for_case else None
    except ValueError:
        case = None
    Opening.objects.create(answer=row, staff_login=ctx.person.login, at=ctx.now, for_case=case)
    ctx.note("查阅共享批复", "Opened a shared answer", answer=str(row.id), for_case=str(case or ""))
    return {"answer": str(row.id)}


@act("consulting.end_answer", "停用共享批复", "End a shared answer", on_case=False, people_only=True)
def end_answer(ctx: Context, *, answer: str, reason: str) -> dict[str, Any]:
    """No longer in force: the rule behind it has changed. Whoever shared it, or an answerer of its level or above."""
    row, reason = shared_answer(answer), a_text(reason, "reason")
    may = ctx.person.login == row.shared_by or any(
        ctx.actor.level == level and holds_any(ctx.actor, roles)
        for level, roles in ANSWERERS.items()
        if level in (row.level, "province")
    )
    if not may:
        raise not_allowed(
            "not_your_act",
            "应由共享人或有批复权限的上级停用。",
            "Whoever shared it, or somebody above who may answer, ends it.",
        )
    if row.ended_at is not None:
        raise refuse("ended_already", "这一批复已经停用。", "It has been ended already.")
    row.ended_at, row.ended_by, row.end_reason = ctx.now, ctx.person.login, reason
    row.save(update_fields=["ended_at", "ended_by", "end_reason"])
    ctx.note(f"停用共享批复：{reason}", f"Ended a shared answer: {reason}", answer=answer, reason=reason)
    return {"answer": answer}


def shared_answer(ident: str) -> SharedAnswer:
    """The shared answer; `NotFound` for an id that is none."""
    try:
        return SharedAnswer.objects.get(id=uuid.UUID(str(ident)))
    except (ValueError, SharedAnswer.DoesNotExist):
        words = Words("没有这一共享批复。", "There is no such shared answer.")
        raise NotFound(Problem("answer_not_found", words, "answer")) from None


def opened_lately(reader: Staff, row: SharedAnswer, now: Any) -> bool:
    """Whether this reader has opened it within 12 hours; whoever shared it needs no record of reading the own words."""
    if row.shared_by == reader.login:
        return True
    return Opening.objects.filter(answer=row, staff_login=reader.login, at__gt=now - OPEN_FOR).exists()


def is_shared(question: Question) -> bool:
    return SharedAnswer.objects.filter(origin=question).exists()
