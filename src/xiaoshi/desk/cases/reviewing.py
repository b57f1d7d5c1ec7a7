"""复核: which cases wait for a second person, and for this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from xiaoshi.core.casework.authority import is_among
from xiaoshi.core.casework.views import next_steps
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.cases.snapshots import read_state
from xiaoshi.desk.kinds import all_kinds
from xiaoshi.desk.money.standing import waiting_for
from xiaoshi.desk.organisation.models import Staff

LOOKED_AT = 300


@dataclass(frozen=True, slots=True)
class Review:
    """One thing that waits for a second person."""

    case: Case
    what: Words
    since: datetime | None
    href: str


def waiting_for_review(person: Staff) -> list[Review]:
    """Steps to confirm, and steps whose doer must be another than an earlier one's, that this person may do.

    Looks at the open cases whose next step is such a step, at most `LOOKED_AT` of them, oldest first.
    """
    actor = person.as_actor()
    found: list[Review] = []
    for case in Case.objects.filter(status="open").order_by("opened_at")[:LOOKED_AT]:
        plan, state = plan_of(case), read_state(case)
        for following in next_steps(plan, state):
            step = plan.steps.get(following.step)
            if step is None or following.who is None or not (following.act == "confirm" or step.not_by):
                continue
            makers = {m for s in (*step.not_by, step.id) if s in state.steps for m in state.steps[s].makers}
            if is_among(actor, following.who) and actor.id not in makers:
                href = reverse("case_step", args=[case.id, step.id])
                found.append(Review(case, step.title, case.step_since, href))
    found.extend(_money(person))
    for kind in all_kinds():
        if kind.reviews is not None:
            found.extend(kind.reviews(person))
    return found


def _money(person: Staff) -> list[Review]:
    """Orders that this person may check. One without a case (cash between vault and drawer) is found on the money page."""
    return [
        Review(
            shown.order.case,
            shown.kind,
            shown.order.made_at,
            reverse("case_money", args=[shown.order.case_id]),
        )
        for shown in waiting_for(person, "zh")
        if shown.order.case is not None
    ]
