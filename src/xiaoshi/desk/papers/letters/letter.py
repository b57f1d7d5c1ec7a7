"""What a letter is: a typst template, its facts form, and how the case's facts and a few answers fill it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import TYPE_CHECKING, Any

from xiaoshi.core.casework.model import Plan, State
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.papers.paper_template import PaperTemplate
from xiaoshi.desk.papers.requirements import called
from xiaoshi.desk.papers.typesetting import HOUSE
from xiaoshi.desk.papers.wanted import WantedPaper, wanted_papers

if TYPE_CHECKING:
    from xiaoshi.desk.cases.models import Case

TEXT_MAX = 1000


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a letter is composed from. `today`: the outlet's day."""

    case: Case
    plan: Plan
    state: State
    today: date


Compose = Callable[[Grounds, Mapping[str, Any]], "Any | Problem"]


@dataclass(frozen=True)
class Letter:
    """One kind of letter. `asks`: names of the answers that the page asks for (`papers`, `by_on`, `text`, `amount`, `remark`);
    `compose(grounds, answers)` gives the facts, or what is wrong with the answers; `asks_client`: the client is asked for
    the papers that it names."""

    template: PaperTemplate
    asks: tuple[str, ...]
    compose: Compose
    asks_client: bool = False


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A paper that the client is to bring."""

    name_zh: str
    name_en: str
    why_zh: str
    why_en: str
    required: bool


@dataclass(frozen=True, slots=True)
class PleaseBring:
    client_name: str
    papers: tuple[PaperLine, ...]
    bring_by_on: date | None
    remark: str


@dataclass(frozen=True, slots=True)
class MoreTime:
    client_name: str
    matter_zh: str
    matter_en: str
    reason: str
    answer_by_on: date
    remark: str


@dataclass(frozen=True, slots=True)
class Done:
    """`amount_fen`: what was paid or credited, None when no money moved."""

    client_name: str
    matter_zh: str
    matter_en: str
    outcome: str
    amount_fen: int | None
    remark: str


def _problem(code: str, zh: str, en: str, where: str) -> Problem:
    return Problem(code, Words(zh, en), where)


def _text(answers: Mapping[str, Any], name: str, zh: str, en: str) -> str | Problem:
    text = str(answers.get(name, "")).strip()
    if not text:
        return _problem("text_missing", f"请写明{zh}。", f"Write {en}.", name)
    if len(text) > TEXT_MAX:
        return _problem(
            "text_too_long", f"{zh}请在 {TEXT_MAX} 字以内。", f"Keep it under {TEXT_MAX} characters.", name
        )
    return text


def _day(answers: Mapping[str, Any], name: str, today: date) -> date | Problem | None:
    given = answers.get(name)
    if given in (None, ""):
        return None
    try:
        day = given if isinstance(given, date) else date.fromisoformat(str(given))
    except ValueError:
        return _problem("day_wrong", "日期有误。", "The date is wrong.", name)
    if day < today:
        return _problem("day_past", "日期已过，请写今天或以后的日期。", "The date has passed.", name)
    return day


def missing_papers(grounds: Grounds) -> list[WantedPaper]:
    return [w for w in wanted_papers(grounds.plan, grounds.state) if not w.met]


def paper_line(wanted: WantedPaper) -> PaperLine:
    name = called(wanted)
    zh = wanted.reason or "办理" + "、".join(f"“{s.zh}”" for s in wanted.all_steps) + "需要"
    en = wanted.reason or "needed for " + ", ".join(f"“{s.en}”" for s in wanted.all_steps)
    return PaperLine(name.zh, name.en, zh, en, wanted.required)


def _please_bring(grounds: Grounds, answers: Mapping[str, Any]) -> Any | Problem:
    missing = {w.name: w for w in missing_papers(grounds)}
    names = list(dict.fromkeys(answers.get("papers") or ()))
    if not names:
        return _problem(
            "nothing_chosen", "请选择要客户带来的资料。", "Choose which papers to bring.", "papers"
        )
    unknown = [n for n in names if n not in missing]
    if unknown:
        return _problem(
            "paper_not_missing", "所选资料已不缺。", "A chosen paper is not missing any more.", "papers"
        )
    by = _day(answers, "by_on", grounds.today)
    if isinstance(by, Problem):
        return by
    lines = tuple(paper_line(missing[n]) for n in names)
    return PleaseBring(grounds.case.client_name, lines, by, str(answers.get("remark", "")).strip()[:TEXT_MAX])


def _more_time(grounds: Grounds, answers: Mapping[str, Any]) -> Any | Problem:
    reason = _text(answers, "text", "为什么需要更多时间", "why more time is needed")
    by = _day(answers, "by_on", grounds.today)
    for wrong in (reason, by):
        if isinstance(wrong, Problem):
            return wrong
    if by is None:
        return _problem("day_missing", "请写明最迟何时答复。", "Say by when you will answer.", "by_on")
    title = grounds.plan.title
    return MoreTime(
        grounds.case.client_name,
        title.zh,
        title.en,
        str(reason),
        by,
        str(answers.get("remark", "")).strip()[:TEXT_MAX],
    )


def _done(grounds: Grounds, answers: Mapping[str, Any]) -> Any | Problem:
    outcome = _text(answers, "text", "办理结果", "what was done")
    if isinstance(outcome, Problem):
        return outcome
    amount = None
    fact = answers.get("amount") or ""
    if fact:
        spec = grounds.plan.facts.get(str(fact))
        value = grounds.state.facts.get(str(fact))
        if spec is None or spec.type != "amount_fen" or not isinstance(value, int):
            return _problem("amount_unknown", "本案没有这项金额。", "The case has no such amount.", "amount")
        amount = value
    title = grounds.plan.title
    remark = str(answers.get("remark", "")).strip()[:TEXT_MAX]
    return Done(grounds.case.client_name, title.zh, title.en, outcome, amount, remark)


def _template(name: str, zh: str, en: str, facts: type) -> PaperTemplate:
    return PaperTemplate(f"letter/{name}", Words(zh, en), HOUSE / "letters" / f"{name}.typ", facts)


LETTERS: dict[str, Letter] = {
    "please_bring": Letter(
        _template("please_bring", "补充资料通知", "Papers to bring", PleaseBring),
        ("papers", "by_on", "remark"),
        _please_bring,
        asks_client=True,
    ),
    "more_time": Letter(
        _template("more_time", "延长办理时间说明", "We need more time", MoreTime),
        ("text", "by_on", "remark"),
        _more_time,
    ),
    "done": Letter(
        _template("done", "办理结果告知书", "What was done", Done), ("text", "amount", "remark"), _done
    ),
}


def letters_of_kind(kind: str) -> dict[str, Letter]:
    """The house's letters, and the kind's own over them."""
    from xiaoshi.desk.kinds import KINDS

    place = f"{KINDS[kind]}.papers"
    try:
        own: Mapping[str, Letter] = getattr(import_module(place), "LETTERS", {})
    except ModuleNotFoundError as error:
        if error.name != place:
            raise
        own = {}
    return {**LETTERS, **own}
