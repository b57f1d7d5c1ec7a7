"""What a case's overview says about other cases: which it waits for, and which wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.linked_cases.models import CaseLink
from xiaoshi.desk.parts import Panel

if TYPE_CHECKING:
    from django.http import HttpRequest

    from xiaoshi.desk.cases.views.found import Found


def panels(request: HttpRequest, found: Found) -> list[Panel]:
    """One panel, above the next step while something is waited for; none when no case is linked. Two queries."""
    links = list(CaseLink.objects.filter(waiting=found.case, let_at=None).order_by("id")[:50]) + list(
        CaseLink.objects.filter(other=found.case, let_at=None).order_by("id")[:50]
    )
    if not links:
        return []
    ids = {link.other_id for link in links} | {link.waiting_id for link in links}
    seen = set(Case.objects.filter(id__in=ids).values_list("id", flat=True))
    waits_for = [
        _row(found, link, link.other_id, link.other_number, seen)
        for link in links
        if link.waiting_id == found.case.id
    ]
    waited_for = [
        _row(found, link, link.waiting_id, link.waiting_number, seen)
        for link in links
        if link.other_id == found.case.id
    ]
    open_ones = any(row["link"].outcome != "closed" for row in waits_for)
    context = {
        "waits_for": waits_for,
        "waited_for": waited_for,
        "case": found.case,
        "open": not found.closed,
    }
    return [Panel("linked_cases/panel.html", context, first=open_ones and not found.closed)]


def _row(found: Found, link: CaseLink, ident: Any, number: str, seen: set[Any]) -> dict[str, Any]:
    """The other case's id only when the reader may open it; the step's words only for this case's own plan."""
    own = link.waiting_id == found.case.id
    step = (found.plan.steps.get(link.step) or found.state.added.get(link.step)) if own else None
    return {
        "link": link,
        "number": number,
        "case_id": ident if ident in seen else None,
        "step": step.title if step else None,
        "reason": found.state.other_cases[number].reason if own and number in found.state.other_cases else "",
    }
