"""Which of some cases keep their sums from a reader: two questions for all of them, whatever their number."""

from __future__ import annotations

from uuid import UUID

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.cases.snapshots import read_state
from xiaoshi.desk.cases.views.found import Found
from xiaoshi.desk.cases.views.pages import hides_sums
from xiaoshi.desk.kinds import KINDS, kind_named
from xiaoshi.desk.money.models import MoneyOrder
from xiaoshi.desk.organisation.models import Staff


def cases_with_unknown_sums(cases: list[Case], reader: Staff) -> frozenset[UUID]:
    """Cases that this reader still has to count, or whose payment somebody else has recorded and nobody has checked."""
    waiting = MoneyOrder.objects.filter(case_id__in=[c.id for c in cases], state="waiting").exclude(
        maker=reader.login
    )
    unknown = set(waiting.values_list("case_id", flat=True))
    actor = reader.as_actor()
    for case in cases:
        if case.kind in KINDS and case.status in ("open", "suspended"):
            found = Found(case, plan_of(case), read_state(case), kind_named(case.kind))
            if hides_sums(found, actor):
                unknown.add(case.id)
    return frozenset(unknown)
