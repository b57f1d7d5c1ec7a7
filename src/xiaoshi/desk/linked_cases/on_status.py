"""When a case ends or is reopened: the cases that wait for it are told, by a job in the same transaction."""

from __future__ import annotations

from xiaoshi.desk.guard.boundary import Context
from xiaoshi.desk.linked_cases.jobs import note_on_waiting_cases
from xiaoshi.desk.linked_cases.models import CaseLink

ENDED = {"closed", "cancelled"}


def status_changed(ctx: Context, before: str) -> None:
    """Order the job when somebody waits for this case and its end has come, or is taken back."""
    case = ctx.the_case
    if case.status not in ENDED and before not in ENDED:
        return
    if CaseLink.objects.filter(other=case, let_at=None).exists():
        note_on_waiting_cases.defer(case_id=str(case.id))
