"""Consulting upwards, as acts: ask, answer, ask back, reply, pass on, hand up, withdraw.

The engine decides whether a question may be asked and answered and what waits for it; the row here says with whom it lies.
A question always lies with somebody: with nobody to ask, nothing is asked and the refusal says whom to call.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.authority import ANSWERERS, HEADS, holds_any
from xiaoshi.core.casework.model import CASE
from xiaoshi.core.casework.roles import LEVELS, level_rank
from xiaoshi.core.consulting.choosing import Chosen, choose, choose_by_name, may_answer
from xiaoshi.core.problems import Problem
from xiaoshi.core.rules.known import KNOWN_RULES
from xiaoshi.desk.cases.people_on_case import let_see, tell
from xiaoshi.desk.consulting.asking_whom import specialists_over, units_to_call
from xiaoshi.desk.consulting.deadlines import watch_deadline
from xiaoshi.desk.consulting.fields import field_words
from xiaoshi.desk.consulting.likes import facts_of, hashes_of_texts
from xiaoshi.desk.consulting.models import Question, Turn
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid, NotFound, Refused, invalid, not_allowed, refuse
from xiaoshi.desk.papers.models import Document

TEXT_CHARACTERS_MAX = 4000
DOCUMENTS_MAX = 50


@act("case.ask", "请示", "Consult upwards")
def ask(
    ctx: Context,
    *,
    text: str,
    field: str,
    to_level: str = "",
    to: str = "",
    step: str = CASE,
    documents: list[str] | None = None,
    due: str = "",
) -> dict[str, Any]:
    """请示: one question, with the documents it needs, to the specialist of the field (or to `to` by name); the case stays.

    `to_level`: sub_branch, city or province; not needed with `to`. `due` (ISO, aware): until when an answer is needed; empty: by the bank's default.
    """
    text, field = written(text, "text"), field.strip()
    if not field or len(field) > 60:
        raise invalid("field_missing", "请选择请示领域。", "Choose what it is about.", where="field")
    chosen = _whom(ctx, field, to_level, to)
    given = _documents(ctx, documents or [])
    until = _moment(ctx, due)
    events = ctx.command(
        c.Ask(command_id=ctx.next_command_id(), text=text, to_level=chosen.level, field=field, step=step)
    )
    number = next(e.question for e in events if hasattr(e, "question"))
    row = Question(
        case=ctx.the_case,
        question=number,
        text=text,
        field=field,
        to_level=chosen.level,
        step=step,
        asked_by=ctx.person.login,
        asked_at=ctx.now,
        due_at=until,
        assigned_to=chosen.login,
        assigned_why=chosen.reason.zh,
        documents=given,
        facts=facts_of(ctx.the_case),
        grams=hashes_of_texts(text),
    )
    watch_deadline(row, ctx.now)
    row.save(force_insert=True)
    _lies_with(ctx, row, "向您请示", "you are asked")
    words = field_words(field)
    ctx.note(
        f"请示{chosen.login}（{words.zh}）：{text[:120]}",
        f"Asked {chosen.login} ({words.en}): {text[:120]}",
        to=chosen.login, to_level=chosen.level, field=field, question=number, why=chosen.reason.zh,
        documents=[str(d) for d in given],
    )  # fmt: skip
    return {"question": number, "id": str(row.id), "to": chosen.login, "to_level": chosen.level, "why": chosen.reason.zh}  # fmt: skip


def _whom(ctx: Context, field: str, to_level: str, to: str, *, above: str = "") -> Chosen:
    case = ctx.the_case
    people = specialists_over(case.unit_path, case.kind, ctx.now)
    if to:
        found = choose_by_name(to, case.unit_path, ctx.person.login, ctx.actor.level, people)
    else:
        if to_level not in ANSWERERS:
            raise invalid("level_unknown", "请选择请示哪一级。", "Choose the level to ask.", where="to_level")
        if level_rank(to_level) <= level_rank(above or ctx.actor.level):  # type: ignore[arg-type]
            raise invalid(
                "not_upwards", "请示应向上级机构提出。", "A question goes upwards.", where="to_level"
            )
        found = choose(
            field, to_level, case.unit_path, ctx.person.login, people, units_to_call(case.unit_path)
        )  # type: ignore[arg-type]
    if isinstance(found, Problem):
        raise Refused(found) if found.code == "consult_nobody" else Invalid(found)
    return found


def written(text: str, where: str) -> str:
    text = text.strip()
    if not text:
        raise invalid("text_missing", "请写明内容。", "Write what it is about.", where=where)
    if len(text) > TEXT_CHARACTERS_MAX:
        raise invalid(
            "text_too_long",
            f"内容有 {len(text)} 字，最多 {TEXT_CHARACTERS_MAX} 字；更长的请作为材料上传后选择附上。",
            f"That is {len(text)} characters; at most {TEXT_CHARACTERS_MAX}. Hand in more as a document and choose it.",
            where=where,
        )
    return text


def _documents(ctx: Context, wanted: list[str]) -> list[uuid.UUID]:
    """The chosen documents, each of this case."""
    try:
        ids = list(dict.fromkeys(uuid.UUID(str(d)) for d in wanted))
    except ValueError:
        ids = [uuid.UUID(int=0)]
    if len(ids) > DOCUMENTS_MAX or Document.objects.filter(case=ctx.the_case, id__in=ids).count() != len(ids):
        raise invalid(
            "documents_unknown",
            f"请从本案的材料中选择，最多 {DOCUMENTS_MAX} 份。",
            f"Choose documents of this case, at most {DOCUMENTS_MAX}.",
            where="documents",
        )
    return ids


def _moment(ctx: Context, due: str) -> datetime | None:
    if not due:
        return None
    try:
        moment = datetime.fromisoformat(due)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment <= ctx.now:
        raise invalid(
            "due_unreadable",
            "请填写今后的日期和时间。",
            "Enter a day and time that are still to come.",
            where="due",
        )
    return moment


def _lies_with(ctx: Context, row: Question, zh: str, en: str) -> None:
    """Whoever has the question sees the case from now on, and is told."""
    let_see(ctx, row.assigned_to, "consult")
    words = field_words(row.field)
    tell(ctx, [row.assigned_to], "asked", f"{zh}（{words.zh}）", f"{en} ({words.en})")


def question_on(ctx: Context, question: str) -> Question:
    """The row of a question of this case, locked. One that was asked before there were rows gets one from the engine's state."""
    row = Question.objects.select_for_update().filter(case=ctx.the_case, question=question).first()
    if row is not None:
        return row
    assert ctx.state is not None
    known = ctx.state.questions.get(question)
    if known is None:
        raise NotFound(
            invalid(
                "unknown_question",
                "没有这一请示，或已批复、撤销。",
                "There is no such open question.",
                where="question",
            ).problem
        )
    row = Question(
        case=ctx.the_case, question=question, text=known.text, field=known.field, to_level=known.to_level,
        step=known.step, asked_by=known.asked_by, asked_at=known.at, facts=facts_of(ctx.the_case),
        grams=hashes_of_texts(known.text),
    )  # fmt: skip
    row.save(force_insert=True)
    return row


def _open_for(ctx: Context, question: str) -> Question:
    """An open question that this person may answer."""
    row = question_on(ctx, question)
    if not row.is_open:
        raise refuse(
            "question_over",
            "这一请示已批复或撤销。",
            "This question has been answered or withdrawn.",
            where="question",
        )
    roles = ANSWERERS.get(row.to_level, ())  # type: ignore[call-overload]
    if ctx.actor.level != row.to_level or not holds_any(ctx.actor, roles):
        level = LEVELS[row.to_level]  # type: ignore[index]
        raise not_allowed(
            "wrong_role",
            f"应由{level.zh}有批复权限的同事办理。",
            f"This is for those at {level.en} level who may answer.",
            where="question",
        )
    return row


def _turn(ctx: Context, row: Question, what: str, text: str = "", to: str = "") -> None:
    Turn.objects.create(question=row, at=ctx.now, by=ctx.person.login, what=what, to=to, text=text)


@act("case.answer", "批复", "Answer a question", people_only=True)
def answer(
    ctx: Context,
    *,
    question: str,
    text: str,
    source: str,
    authority: str,
    source_kind: str = "rule",
    rule: str = "",
    valid_until: str = "",
) -> dict[str, Any]:
    """批复: with its source (which rule, document or paper) and the authority it is given with; part of the case from now on.

    `rule`: id of a rule that the desk has as data; whoever finds the answer later is told whether it is still in force.
    """
    row = question_on(ctx, question)
    if source_kind not in Question.SOURCES:
        raise invalid(
            "source_kind_unknown", "请选择依据的种类。", "Choose the kind of source.", where="source_kind"
        )
    if rule and rule not in KNOWN_RULES:
        raise invalid(
            "rule_unknown",
            f"系统里没有编号为“{rule[:60]}”的规则。可选：{'、'.join(KNOWN_RULES)}；其他依据请写在“依据”里。",
            f"The desk has no rule called {rule[:60]!r}. There are: {', '.join(KNOWN_RULES)}; write any other as the source.",
            where="rule",
        )
    last_day = _day(ctx, valid_until)
    ctx.command(
        c.Answer(
            command_id=ctx.next_command_id(), question=question, text=text, source=source, authority=authority
        )
    )
    row.state, row.answer, row.source_kind, row.source = "answered", text.strip(), source_kind, source.strip()
    row.authority, row.valid_until, row.rule, row.look_at = authority.strip(), last_day, rule, None
    row.answered_by, row.answered_at = ctx.person.login, ctx.now
    row.grams = hashes_of_texts(row.text, row.answer)
    row.save()
    tell(ctx, [row.asked_by, ctx.the_case.owner], "answered", "请示已批复", "your question has been answered")
    ctx.note(
        f"批复请示：{text.strip()[:200]}（依据：{source.strip()[:100]}）",
        f"Answered the question: {text.strip()[:200]} (source: {source.strip()[:100]})",
        question=question, source=source, source_kind=source_kind, authority=authority, rule=rule,
        valid_until=valid_until,
    )  # fmt: skip
    return {"question": question, "id": str(row.id)}


def _day(ctx: Context, text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day < ctx.now.date():
        raise invalid(
            "valid_until_unreadable",
            "有效期请填今天或以后的日期。",
            "The last day of validity is today or later.",
            where="valid_until",
        )
    return day


@act("case.ask_back", "追问", "Ask back")
def ask_back(ctx: Context, *, question: str, text: str) -> dict[str, Any]:
    """Whoever is asked needs to know more first; the question lies with the asker meanwhile."""
    row, text = _open_for(ctx, question), written(text, "text")
    row.state, row.assigned_to = "asked_back", ctx.person.login
    row.save(update_fields=["state", "assigned_to"])
    _turn(ctx, row, "asked_back", text, row.asked_by)
    tell(
        ctx,
        [row.asked_by, ctx.the_case.owner],
        "asked",
        f"请示被追问：{text[:60]}",
        f"asked back: {text[:60]}",
    )
    ctx.note(f"追问：{text}", f"Asked back: {text}", question=question)
    return {"question": question}


@act("case.reply_question", "答复追问", "Reply to what was asked back")
def reply(ctx: Context, *, question: str, text: str) -> dict[str, Any]:
    """The asker, the owner of the case, or a head says what was missing; the question lies above again."""
    row, text = question_on(ctx, question), written(text, "text")
    if row.state != "asked_back":
        raise refuse(
            "not_asked_back", "这一请示没有待答复的追问。", "Nothing was asked back.", where="question"
        )
    if ctx.person.login not in (row.asked_by, ctx.the_case.owner) and not holds_any(ctx.actor, HEADS):
        raise not_allowed(
            "not_your_act",
            "应由请示人、案件经办人或负责人答复。",
            "The asker, the owner of the case or a head replies.",
            where="question",
        )
    row.state = "open"
    row.save(update_fields=["state"])
    _turn(ctx, row, "replied", text, row.assigned_to)
    tell(ctx, [row.assigned_to], "asked", f"追问已答复：{text[:60]}", f"replied: {text[:60]}")
    ctx.note(f"答复追问：{text}", f"Replied: {text}", question=question)
    return {"question": question}


@act("case.pass_question", "转请同级", "Pass a question on")
def pass_on(ctx: Context, *, question: str, to: str, reason: str) -> dict[str, Any]:
    """To another specialist of the same level, who may answer it."""
    row, reason = _open_for(ctx, question), written(reason, "reason")
    case = ctx.the_case
    people = {p.login: p for p in specialists_over(case.unit_path, case.kind, ctx.now)}
    person = people.get(to)
    if (
        person is None
        or not may_answer(person, row.to_level, case.unit_path, row.asked_by)
        or to == ctx.person.login
    ):  # type: ignore[arg-type]
        raise invalid(
            "not_a_specialist",
            "请从名单中选择同级有批复权限的另一位同事。",
            "Choose another colleague of the same level who may answer.",
            where="to",
        )
    if person.substitute:
        raise invalid(
            "specialist_away",
            f"{person.name.zh}不在岗，请改选他人。",
            f"{person.name.en} is away: choose somebody else.",
            where="to",
        )
    row.assigned_to, row.assigned_why = to, reason
    watch_deadline(row, ctx.now)
    row.save(update_fields=["assigned_to", "assigned_why", "due_at", "told", "look_at"])
    _turn(ctx, row, "passed", reason, to)
    _lies_with(ctx, row, "请示转给您", "a question was passed to you")
    ctx.note(
        f"请示转给{to}：{reason}",
        f"Passed the question to {to}: {reason}",
        question=question,
        to=to,
        reason=reason,
    )
    return {"question": question, "to": to}


@act("case.hand_up_question", "转请上级", "Hand the question up")
def hand_up(ctx: Context, *, question: str, reason: str, to_level: str = "") -> dict[str, Any]:
    """To the level above, which may decide what this one may not. `to_level` empty: the next one."""
    row, reason = _open_for(ctx, question), written(reason, "reason")
    levels = tuple(LEVELS)
    following = levels[level_rank(row.to_level) + 1 :]  # type: ignore[arg-type]
    if not following:
        raise refuse(
            "no_level_above",
            "已是最高一级，请直接批复。",
            "There is no level above: answer it.",
            where="to_level",
        )
    chosen = _whom(ctx, row.field, to_level or following[0], "", above=row.to_level)
    ctx.command(
        c.HandUpQuestion(
            command_id=ctx.next_command_id(), question=question, to_level=chosen.level, reason=reason
        )
    )
    row.to_level, row.assigned_to, row.assigned_why = chosen.level, chosen.login, chosen.reason.zh
    row.state = "open"
    watch_deadline(row, ctx.now)
    row.save(update_fields=["to_level", "assigned_to", "assigned_why", "state", "due_at", "told", "look_at"])
    _turn(ctx, row, "handed_up", reason, chosen.login)
    _lies_with(ctx, row, "下级转请您批复", "a question was handed up to you")
    ctx.note(
        f"请示转请{LEVELS[chosen.level].zh}{chosen.login}：{reason}",
        f"Handed the question up to {chosen.login} ({LEVELS[chosen.level].en}): {reason}",
        question=question, to=chosen.login, to_level=chosen.level, reason=reason,
    )  # fmt: skip
    return {"question": question, "to": chosen.login, "to_level": chosen.level}


@act("case.withdraw_question", "撤销请示", "Withdraw a question")
def withdraw_question(ctx: Context, *, question: str, reason: str) -> dict[str, Any]:
    """The question is no longer needed; whoever had it is told."""
    row = question_on(ctx, question)
    ctx.command(c.WithdrawQuestion(command_id=ctx.next_command_id(), question=question, reason=reason))
    row.state, row.look_at = "withdrawn", None
    row.save(update_fields=["state", "look_at"])
    _turn(ctx, row, "withdrawn", reason)
    tell(
        ctx,
        [row.assigned_to],
        "asked",
        f"请示已撤销：{reason[:60]}",
        f"the question was withdrawn: {reason[:60]}",
    )
    ctx.note(f"撤销请示：{reason}", f"Withdrew the question: {reason}", question=question)
    return {}
