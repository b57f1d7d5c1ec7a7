"""The open cases of somebody who has left: each is handed over by the case's own act, with a result of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.verbs import hand_over
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.models import Staff

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class HandedOn:
    """What became of one case: `problem` is None when it was handed over."""

    case_id: str
    number: str
    problem: Words | None


def cases_left(login: str, limit: int) -> list[Case]:
    """Open and resting cases of this person, the oldest first, as far as the reader of this transaction sees them."""
    return list(
        Case.objects.filter(owner=login, status__in=("open", "suspended")).order_by("opened_at", "id")[:limit]
    )


def hand_on(
    by: Staff, login: str, to: str, key: str, reason: str = "", only: Sequence[str] | None = None
) -> list[HandedOn]:
    """Hand over up to 500 open cases of `login` to `to`. Again with the same key: nothing happens twice."""
    with visible_to(by):
        cases = cases_left(login, AT_ONCE)
    why = reason.strip() or f"原经办人{login}离岗"
    results = []
    for case in cases:
        if only is not None and str(case.id) not in only:
            continue
        try:
            perform(hand_over, by, f"{key}/{case.id}", case_id=case.id, channel="counter", to=to, reason=why)
            results.append(HandedOn(str(case.id), case.number, None))
        except Refused as refused:
            results.append(HandedOn(str(case.id), case.number, refused.problem.words))
    return results


def tell_head(by: Staff, login: str) -> bool:
    """Tell the heads of the unit that cases wait for somebody; False when there are none."""
    person = Staff.objects.select_related("unit").get(login=login)
    with visible_to(by):
        left = cases_left(login, 1)
        if not left:
            return False
        heads = Staff.objects.filter(
            unit=person.unit, is_active=True, roles__overlap=["outlet_head", "supervisor"]
        )
        words = Words(
            f"{person.name_zh}（{login}）已离岗，名下案件请转办",
            f"{login} has left: please hand the open cases over",
        )
        tell_colleagues(
            list(heads.values_list("login", flat=True)), None, "left", words, timezone.now(),
            f"/desk/organisation/people/{login}/cases/",
        )  # fmt: skip
    return True
