"""Who is asked: the specialist of the field with the least to answer, at the level that was wished, else one level up.

Problem. A teller asks the city about a certificate of 1998. Three people could answer: Lu (notes, coins; 1 open question), Fang
(deposits, law; 4 open), Chen (deposits; 2 open, on leave till Monday). A question that lies with nobody, or with somebody who
is away, is the call to the city that nobody took.

Choice. Only people stand in the list who stand over the case: unit on its line of the tree, a role that answers at that
level, not the asker. Of them those of the field (whoever has no field on record answers for any, after the others), present or with
a substitute who could answer too; then the fewest open questions, then the name, so that the same facts choose the same
person. Nobody at that level: the next level up, and the reason says so. Nobody at all: refused, with whom to call.

Example above: Fang, 4 open, since Chen is away; on Monday it is Chen. For `law` at a city without Fang: the province.

Left out: how fast somebody answers (a reason to be given the hard ones), and working time of the specialist's own unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xiaoshi.core.casework.authority import ANSWERERS
from xiaoshi.core.casework.model import Level
from xiaoshi.core.casework.roles import LEVELS, level_rank
from xiaoshi.core.problems import Problem, Words


@dataclass(frozen=True, slots=True)
class Specialist:
    """Somebody who may be asked. `unit_path`: `province/city/`, with its closing slash. `open_questions`: unanswered ones
    that lie with him or her. `substitute`: who stands in today; empty when present. `away`: absent with nobody standing in."""

    login: str
    name: Words
    level: Level
    unit_path: str
    roles: frozenset[str]
    fields: frozenset[str] = frozenset()
    open_questions: int = 0
    substitute: str = ""
    away: bool = False


@dataclass(frozen=True, slots=True)
class UnitToCall:
    """A unit above the case with its telephone, for the words of a refusal."""

    name: Words
    level: Level
    phone: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who is asked, at which level, and why it is this person."""

    login: str
    level: Level
    reason: Words


def may_answer(person: Specialist, level: Level, case_path: str, asker: str) -> bool:
    """Whether this person may be asked about this case at this level."""
    return (
        person.level == level
        and person.login != asker
        and case_path.startswith(person.unit_path)
        and bool(person.roles & set(ANSWERERS.get(level, ())))
    )


def choose(
    field: str,
    level: Level,
    case_path: str,
    asker: str,
    people: Iterable[Specialist],
    units: Iterable[UnitToCall],
) -> Chosen | Problem:
    """Whom to ask. A `Problem` (`consult_nobody`) says whom to call when nobody can be asked."""
    held = tuple(people)
    for rank in range(level_rank(level), len(LEVELS)):
        at = tuple(LEVELS)[rank]
        able = [p for p in held if may_answer(p, at, case_path, asker)]
        fitting = [p for p in able if _fits(p, field)]
        present = [p for p in fitting if _answers_today(p, fitting)]
        if present:
            return _chosen(min(present, key=lambda p: _order(p, field)), at, level, field)
    return nobody(level, units)


def choose_by_name(
    login: str, case_path: str, asker: str, asker_level: Level, people: Iterable[Specialist]
) -> Chosen | Problem:
    """The person who was named, or the substitute, or why neither can be asked."""
    held = {p.login: p for p in people}
    person = held.get(login)
    if person is None or not may_answer(person, person.level, case_path, asker):
        return _cannot(
            "not_a_specialist",
            "请从名单中选择：只能请示本案上级机构中有批复权限的同事",
            "choose from the list: only colleagues above this case who may answer can be asked",
        )
    if level_rank(person.level) <= level_rank(asker_level):
        return _cannot("not_upwards", "请示应向上级机构提出", "A question goes upwards")
    if not person.substitute and not person.away:
        return Chosen(login, person.level, Words("由您指名", "named by you"))
    stand_in = held.get(person.substitute)
    if stand_in is not None and may_answer(stand_in, person.level, case_path, asker):
        words = Words(
            f"{person.name.zh}不在岗，由{stand_in.name.zh}代岗",
            f"{person.name.en} is away; {stand_in.name.en} stands in",
        )
        return Chosen(stand_in.login, person.level, words)
    return _cannot(
        "specialist_away",
        f"{person.name.zh}不在岗，也没有可以批复的代岗人，请改选他人",
        f"{person.name.en} is away and nobody who could answer stands in: choose somebody else",
    )


def nobody(level: Level, units: Iterable[UnitToCall]) -> Problem:
    """The refusal for a question that would lie with nobody: whom to call."""
    above = [u for u in units if level_rank(u.level) >= level_rank(level)]
    zh = "、".join(f"{u.name.zh}（{u.phone or '电话未登记'}）" for u in above)
    en = ", ".join(f"{u.name.en} ({u.phone or 'no telephone on record'})" for u in above)
    return Problem(
        "consult_nobody",
        Words(
            f"{LEVELS[level].zh}及以上没有可以批复这一领域的在岗专家，请示没有发出。请致电：{zh or '上级机构'}。",
            f"Nobody of this field is in at {LEVELS[level].en} level or above, so the question was not sent. Please call: {en or 'the unit above'}.",
        ),
        "field",
    )


def _cannot(code: str, zh: str, en: str) -> Problem:
    return Problem(code, Words(zh, en), "to")


def _fits(person: Specialist, field: str) -> bool:
    return not person.fields or field in person.fields


def _answers_today(person: Specialist, others: list[Specialist]) -> bool:
    """Present, or stood in for by one of those who could be asked anyway (who then is in the list by himself)."""
    return not person.away and not person.substitute


def _order(person: Specialist, field: str) -> tuple[bool, int, str]:
    return field not in person.fields, person.open_questions, person.login


def _chosen(person: Specialist, at: Level, wished: Level, field: str) -> Chosen:
    n = person.open_questions
    zh = f"手上有 {n} 个未批复的请示，同级中最少" if n else "手上没有未批复的请示"
    en = f"{n} unanswered question(s), the fewest of that level" if n else "no unanswered question"
    if at != wished:
        zh = f"{LEVELS[wished].zh}没有这一领域的在岗专家，转请{LEVELS[at].zh}；{zh}"
        en = f"nobody of the field is in at {LEVELS[wished].en} level, so the {LEVELS[at].en} is asked; {en}"
    return Chosen(person.login, at, Words(zh, en))
