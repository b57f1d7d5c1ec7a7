"""One act on many cases: each case its own transaction, its own timeline entry, its own result in words.

Problem. Somebody goes on leave and forty cases must change hands. All or nothing would undo thirty-nine because of one that
a colleague just closed; one by one is an afternoon. And a browser that loses its line in the middle must be able to ask
again without doing anything twice.

Choice. `perform_bulk` walks the list and calls `perform` for each case with a key derived from the bulk's own key, so the
same list sent again answers from what is stored and goes on where it stopped. What one case answers does not touch the
next. Only acts that hand work around are let in (`IN_BULK`): nothing that signs, confirms, pays, closes or judges.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.cases import verbs
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.next_acts import claim_next, remind_holder
from xiaoshi.desk.guard.boundary import Act, perform
from xiaoshi.desk.guard.refusals import Refused, Stale, case_not_found, invalid, refuse
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.models import Staff

CASES_AT_MOST = 500
KEY_AT_MOST = 150

# Only what hands work around. Signing, confirming, paying, closing and judging look at one case at a time.
IN_BULK: dict[str, Act] = {
    "case.hand_over": verbs.hand_over,
    "case.claim_next": claim_next,
    "case.remind_holder": remind_holder,
    "case.remind": verbs.remind,
    "case.copy": verbs.copy_to,
    "case.suspend": verbs.suspend,
    "case.resume": verbs.resume,
}

# What a person can choose on a list. Reminding one named person about many cases is for programs.
OFFERED = (
    "case.hand_over",
    "case.claim_next",
    "case.remind_holder",
    "case.copy",
    "case.suspend",
    "case.resume",
)

Item = tuple[uuid.UUID | str, int | None]


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of one case. `problem` only where `ok` is false; `version` after the act, or the newest one seen."""

    case_id: str
    number: str
    ok: bool
    problem: Problem | None
    version: int | None

    @property
    def state(self) -> Literal["done", "changed", "refused"]:
        """`changed`: somebody else acted on the case after the list was made; look at it and decide again."""
        if self.ok:
            return "done"
        return "changed" if self.problem is not None and self.problem.code == "case_changed" else "refused"


def perform_bulk(
    act: Act | str, person: Staff, key: str, items: Sequence[Item], *, channel: str = "desk", **fields: Any
) -> list[BulkResult]:
    """Do one act on each of these cases, in the order given; a case named twice counts once.

    `items`: (case id, version as it was seen, or None to act on whatever is newest). Raises `Refused` for the whole (too
    many, none, no such bulk act, no key); everything else is a result of its case. Must not run inside a transaction.
    """
    what = bulk_act(act)
    wanted = _once(items)
    if not wanted:
        raise invalid("no_case_chosen", "请先勾选案件。", "Choose cases first.", where="cases")
    if len(wanted) > CASES_AT_MOST:
        raise invalid(
            "too_many_cases",
            f"一次最多处理{CASES_AT_MOST}件，您选了{len(wanted)}件，请分批办理。",
            f"At most {CASES_AT_MOST} cases at a time; you chose {len(wanted)}. Do them in parts.",
            where="cases",
        )
    if not key or len(key) > KEY_AT_MOST:
        raise refuse(
            "key_missing",
            "请求缺少防重编号，请刷新页面后再试。",
            "The request has no idempotency key, or one that is too long: reload the page.",
            where="key",
        )
    seen = _seen(person, wanted)
    return [_one(what, person, key, item, seen.get(item[0]), channel, fields) for item in wanted]


def bulk_act(act: Act | str) -> Act:
    """The act, if it may be done on many cases. Refused with the list of those that may."""
    name = act if isinstance(act, str) else act.name
    if name not in IN_BULK:
        zh = "、".join(a.words.zh for a in IN_BULK.values())
        names = ", ".join(IN_BULK)
        raise invalid(
            "not_in_bulk",
            f"这项操作须逐案办理。可以批量办理的有：{zh}。",
            f"This act is done case by case. In bulk there are: {names}.",
            where="act",
        )
    return IN_BULK[name]


def offered() -> list[tuple[str, Words]]:
    """The acts that a list offers for its chosen rows, with their words."""
    return [(name, IN_BULK[name].words) for name in OFFERED]


def counted(results: Iterable[BulkResult]) -> dict[str, int]:
    """How many are done, changed meanwhile, refused."""
    counts = {"done": 0, "changed": 0, "refused": 0}
    for result in results:
        counts[result.state] += 1
    return counts


def _once(items: Sequence[Item]) -> list[tuple[str, int | None]]:
    """In order, each case once; the same id in another spelling is the same case."""
    wanted: dict[str, int | None] = {}
    for case_id, version in items:
        try:
            ident = str(uuid.UUID(str(case_id)))
        except ValueError:
            ident = str(case_id)[:100]
        wanted.setdefault(ident, version)
    return list(wanted.items())


def _seen(person: Staff, wanted: list[tuple[str, int | None]]) -> dict[str, tuple[str, int]]:
    """Number and version of those cases that the person sees; one query."""
    idents = []
    for ident, _version in wanted:
        try:
            idents.append(uuid.UUID(ident))
        except ValueError:
            continue
    with visible_to(person):
        rows = Case.objects.filter(id__in=idents).values_list("id", "number", "version")
        return {str(ident): (number, version) for ident, number, version in rows}


def _one(
    what: Act,
    person: Staff,
    key: str,
    item: tuple[str, int | None],
    seen: tuple[str, int] | None,
    channel: str,
    fields: dict[str, Any],
) -> BulkResult:
    ident, expected = item
    if seen is None:
        return BulkResult(ident, "", False, case_not_found().problem, None)
    number, version = seen
    try:
        outcome = perform(
            what,
            person,
            f"{key}/{ident}",
            case_id=ident,
            expected_version=expected,
            channel=channel,
            **fields,
        )
    except Stale as stale:
        return BulkResult(ident, number, False, CHANGED, stale.details.get("version", version))
    except Refused as refused:
        return BulkResult(ident, number, False, refused.problem, version)
    return BulkResult(ident, number, True, None, outcome.version)


CHANGED = Problem(
    "case_changed",
    Words(
        "此案在您列出之后有人办理过，没有执行。请打开看看变化，再决定是否单独办理。",
        "Somebody worked on this case after you listed it, so nothing was done. Open it, see what changed, and decide again.",
    ),
)
