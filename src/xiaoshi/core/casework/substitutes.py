"""Substitutes 代岗: who stands in for whom on a day, and arrangements that may not be made.

Problem. Li is on leave from the 2nd to the 6th and Xu stands in; Xu is away on the 5th and Qian stands in for Xu. Work of Li
on the 5th is Qian's. Were Li to stand in for Qian on the 5th, nobody would be there: a circle, though no two of the three
arrangements alone show it, and though on the 4th there is none.

Choice. An arrangement is an edge (absent -> substitute) with its days and kinds of work. Nothing is worked out ahead:
who stands in is asked at the moment of need, along at most `CHAIN_MAX` edges. A new edge is refused when a path of edges
leads back to its absent person on a day and for a kind that all edges of the path share. Two substitutes for the same
person, day and kind are refused too, so that the answer is one person.

    Li -> Xu 2..6   Xu -> Qian 5..5   and Qian -> Li 4..4: accepted (the 4th is not the 5th);  5..9: refused

Left out: half days; a substitute's load; asking the substitute whether he or she agrees (he or she can end it).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from xiaoshi.core.casework.roles import READS_ONLY, ROLES, words_of_roles
from xiaoshi.core.problems import Problem, Words

CHAIN_MAX = 3
DAYS_MAX = 366
HEAD_ROLES = frozenset({"supervisor", "outlet_head"})
"""Roles that stand in for one another."""


@dataclass(frozen=True, slots=True)
class Substitution:
    """`substitute` stands in for `absent` from `first_day` to `last_day`, both included; `kinds` empty: for all work."""

    absent: str
    substitute: str
    first_day: date
    last_day: date
    kinds: frozenset[str] = frozenset()

    def covers(self, day: date, kind: str) -> bool:
        """Whether it holds on this day for this kind of case."""
        return self.first_day <= day <= self.last_day and (not self.kinds or kind in self.kinds)


@dataclass(frozen=True, slots=True)
class StandIn:
    """A person of the bank, as far as standing in goes. `unit_path` is `province/city/...`; `level_rank` 0: outlet."""

    login: str
    roles: frozenset[str]
    unit_path: str
    level_rank: int


def stand_in_for(arrangements: Iterable[Substitution], absent: str, day: date, kind: str) -> tuple[str, ...]:
    """The chain from the absent person's substitute to whoever is there; empty when the person is not absent.

    The last of the chain does the work. At `CHAIN_MAX` the chain ends, whoever stands there.
    """
    held = [a for a in arrangements if a.covers(day, kind)]
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
    existing: Iterable[Substitution], new: Substitution, absent: StandIn, substitute: StandIn, today: date
) -> Problem | None:
    """Why this arrangement cannot be made, or None. `existing`: those that still hold or are to come."""
    for problem in (_days_problem(new, today), _people_problem(absent, substitute)):
        if problem is not None:
            return problem
    held = tuple(existing)
    for other in held:
        if other.absent == new.absent and _shared(other, new) is not None:
            return Problem(
                "covered_already",
                Words(
                    f"{other.first_day}至{other.last_day}已由{other.substitute}代岗，请先结束原安排或改日期",
                    f"{other.substitute} stands in from {other.first_day} to {other.last_day} already: end that first,"
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


def _days_problem(new: Substitution, today: date) -> Problem | None:
    if new.last_day < new.first_day:
        return Problem(
            "days_reversed", Words("结束日期早于开始日期", "The last day is before the first"), "last_day"
        )
    if new.last_day < today:
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
    first, last = max(one.first_day, other.first_day), min(one.last_day, other.last_day)
    if first > last:
        return None
    kinds = one.kinds & other.kinds if one.kinds and other.kinds else one.kinds | other.kinds
    if one.kinds and other.kinds and not kinds:
        return None
    return Substitution(one.absent, other.substitute, first, last, kinds)


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
