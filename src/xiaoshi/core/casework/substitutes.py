"""Substitutes 代岗: who stands in for whom on a day, and arrangements that may not be made.

Problem. Li is on leave from the 2nd to the 6th and Xu stands in; Xu is away on the 5th and Qian stands in for Xu. Work of Li
on the 5th is Qian's. Were Li to stand in for Qian on the 5th, nobody would be there: a circle, though no two of the three
arrangements alone show it, and though on the 4th there is none.

Choice. An arrangement is an edge (absent -> substitute) with its days and kinds of work. Nothing is worked out ahead:
who stands in is asked at the moment of need, along at most `CHAIN_MAX` edges. A new edge is refused when a path of edges
leads back to its absent person on a day and for a kind that all edges of the path share. Two substitutes for the same
person, day and kind are refused too, so that the answer is one person.

    Li -> Xu 2..6   Xu -> Qian 5..5   and Qian -> Li 4..4: accepted (the 4th is not the 5th);  5..9: refused

Half days: an arrangement may begin on its first day at a time of day, and end on its last at one. Li away on the 3rd until
13:00 and again on the 3rd from 13:00 are two arrangements that do not clash, and a circle needs a moment, not a day.

An arrangement that the substitute has not agreed to yet counts for clashes and circles, so that agreeing can close none; who
stands in is asked of agreed ones only (`desk/substitutes/asking.py`). Left out: a substitute's load.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from xiaoshi.core.casework.roles import READS_ONLY, ROLES, words_of_roles
from xiaoshi.core.problems import Problem, Words

CHAIN_MAX = 3
DAYS_MAX = 366
HEAD_ROLES = frozenset({"supervisor", "outlet_head"})
"""Roles that stand in for one another."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """`substitute` stands in for `absent` from `first_day` to `last_day`, both included; `kinds` empty: for all work.

    `from_time`: time of day on the first day from which on (None: the whole day); `until_time`: on the last day until when.
    All by the clock of the bank, without a zone.
    """

    absent: str
    substitute: str
    first_day: date
    last_day: date
    kinds: frozenset[str] = frozenset()
    from_time: time | None = None
    until_time: time | None = None

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first_day, self.from_time or time.min)

    @property
    def end(self) -> datetime:
        """The first moment at which it holds no longer."""
        if self.until_time is not None:
            return datetime.combine(self.last_day, self.until_time)
        return datetime.combine(self.last_day + timedelta(days=1), time.min)

    def covers(self, at: date, kind: str) -> bool:
        """Whether it holds at this moment for this kind of case; a plain day: whether at some time of that day."""
        if isinstance(at, datetime):
            now = self.begin <= at < self.end
        else:
            midnight = datetime.combine(at, time.min)
            now = self.begin < midnight + timedelta(days=1) and midnight < self.end
        return now and (not self.kinds or kind in self.kinds)

    def span(self) -> Words:
        """From when to when, as it is said in a sentence."""
        begin = f"{self.first_day}" + (f" {self.from_time:%H:%M}" if self.from_time else "")
        end = f"{self.last_day}" + (f" {self.until_time:%H:%M}" if self.until_time else "")
        return Words(f"{begin}至{end}", f"from {begin} to {end}")


@dataclass(frozen=True, slots=True)
class StandIn:
    """A person of the bank, as far as standing in goes. `unit_path` is `province/city/...`; `level_rank` 0: outlet."""

    login: str
    roles: frozenset[str]
    unit_path: str
    level_rank: int


def stand_in_for(arrangements: Iterable[Substitution], absent: str, at: date, kind: str) -> tuple[str, ...]:
    """The chain from the absent person's substitute to whoever is there at a moment; empty when the person is not absent.

    The last of the chain does the work. At `CHAIN_MAX` the chain ends, whoever stands there.
    """
    held = [a for a in arrangements if a.covers(at, kind)]
    chain: list[str] = []
    person = absent
    while len(chain) < CHAIN_MAX:
        following = next((a.substitute for a in held if a.absent == person), None)
        if following is None or following == absent or following in chain:
            break
        chain.append(following)
        person = following
    return tuple(chain)


def arrangement_problem(
    existing: Iterable[Substitution], new: Substitution, absent: StandIn, substitute: StandIn, now: date
) -> Problem | None:
    """Why this arrangement cannot be made, or None. `existing`: those that still hold or are to come. `now`: moment or day."""
    for problem in (_days_problem(new, now), _people_problem(absent, substitute)):
        if problem is not None:
            return problem
    held = tuple(existing)
    for other in held:
        if other.absent == new.absent and _shared(other, new) is not None:
            return Problem(
                "covered_already",
                Words(
                    f"{other.span().zh}已由{other.substitute}代岗，请先结束原安排或改日期",
                    f"{other.substitute} stands in {other.span().en} already: end that first,"
                    " or choose other days",
                ),
                "first_day",
            )
    circle = _circle(held, new)
    if circle:
        names = " → ".join(circle)
        return Problem(
            "circle",
            Words(
                f"代岗成环（{names}），这些天将无人在岗，请换人或改日期",
                f"The substitutes form a circle ({names}), and nobody would be there: choose another person or other days",
            ),
            "substitute",
        )
    return None


def _days_problem(new: Substitution, now: date) -> Problem | None:
    if new.last_day < new.first_day:
        return Problem(
            "days_reversed", Words("结束日期早于开始日期", "The last day is before the first"), "last_day"
        )
    if new.end <= new.begin:
        return Problem(
            "times_reversed",
            Words("结束时间须晚于开始时间", "The time of the end is not after the time of the beginning"),
            "until_time",
        )
    moment = now if isinstance(now, datetime) else datetime.combine(now, time.min)
    if new.end <= moment:
        return Problem("days_past", Words("代岗日期已过", "These days are over"), "last_day")
    if (new.last_day - new.first_day).days >= DAYS_MAX:
        return Problem(
            "days_too_many",
            Words(
                "一次代岗不超过一年；长期请调整岗位", "At most a year; for longer, change the post instead"
            ),
            "last_day",
        )
    return None


def _people_problem(absent: StandIn, substitute: StandIn) -> Problem | None:
    if absent.login == substitute.login:
        return Problem(
            "to_yourself", Words("不能自己给自己代岗", "Nobody stands in for him- or herself"), "substitute"
        )
    if READS_ONLY in substitute.roles or READS_ONLY in absent.roles:
        return Problem(
            "auditor_reads_only",
            Words("审计员不办理业务，不能代岗", "An auditor does no work to stand in for"),
            "substitute",
        )
    common = absent.roles & substitute.roles
    if not common and not (absent.roles & HEAD_ROLES and substitute.roles & HEAD_ROLES):
        who = words_of_roles(tuple(role for role in ROLES if role in absent.roles))
        return Problem(
            "without_the_role",
            Words(f"代岗人须有同样的岗位：{who.zh}", f"Who stands in needs the same post: {who.en}"),
            "substitute",
        )
    if substitute.level_rank < absent.level_rank:
        return Problem(
            "level_below",
            Words("代岗人须在同级或上级机构", "Who stands in works at the same level or above"),
            "substitute",
        )
    if _city(absent.unit_path) != _city(substitute.unit_path) and not absent.unit_path.startswith(
        substitute.unit_path
    ):
        return Problem(
            "other_city",
            Words(
                "代岗人须在同一市分行，或为上级机构人员",
                "Who stands in works for the same city branch, or above it",
            ),
            "substitute",
        )
    return None


def _city(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")[:2])


def _shared(one: Substitution, other: Substitution) -> Substitution | None:
    """The days and kinds that both cover, as an arrangement of the first's absent and the second's substitute."""
    begin, end = max(one.begin, other.begin), min(one.end, other.end)
    if begin >= end:
        return None
    kinds = one.kinds & other.kinds if one.kinds and other.kinds else one.kinds | other.kinds
    if one.kinds and other.kinds and not kinds:
        return None
    last = end.date() if end.time() != time.min else end.date() - timedelta(days=1)
    until = end.time() if end.time() != time.min else None
    return Substitution(one.absent, other.substitute, begin.date(), last, kinds, begin.time() or None, until)


def _circle(existing: tuple[Substitution, ...], new: Substitution) -> tuple[str, ...]:
    """The names along a path from the new absent person back to him or her, or nothing."""
    todo: list[tuple[Substitution, tuple[str, ...]]] = [(new, (new.absent, new.substitute))]
    while todo:
        path, names = todo.pop()
        if path.substitute == new.absent:
            return names
        for edge in existing:
            if edge.absent != path.substitute or edge.substitute in names[1:]:
                continue
            longer = _shared(path, edge)
            if longer is not None:
                todo.append((longer, (*names, edge.substitute)))
    return ()
