"""Finding a case for a page: by its address, through row-level security, or not at all."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from xiaoshi.core.casework.model import Plan, State
from xiaoshi.core.casework.views import progress
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.asked import waiting_step
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.cases.snapshots import read_state
from xiaoshi.desk.guard.posting import new_key
from xiaoshi.desk.kinds import kind_named
from xiaoshi.desk.kinds.kind import Kind
from xiaoshi.desk.parts import case_tabs


@dataclass(frozen=True, slots=True)
class Found:
    """A case as a page needs it."""

    case: Case
    plan: Plan
    state: State
    kind: Kind

    @property
    def closed(self) -> bool:
        return self.state.phase in {"closed", "cancelled"}


def find(case_id: uuid.UUID) -> Found:
    """The case, if the reader of this transaction may see it. Otherwise 404: whether it exists is not said."""
    case = Case.objects.select_related("unit").filter(id=case_id).first()
    if case is None:
        raise Http404("case_not_found")
    return Found(case, plan_of(case), read_state(case), kind_named(case.kind))


def frame(request: HttpRequest, found: Found, current: str) -> dict[str, Any]:
    """What every page of a case shows: identity bar, side navigation, progress, and a fresh key with the version."""
    case = found.case
    items = [
        ("overview", _("Overview"), reverse("case", args=[case.id])),
        ("papers", _("Papers"), reverse("case_papers", args=[case.id])),
        *(
            (tab.key, tab.words.in_language(request.LANGUAGE_CODE), reverse(tab.route, args=[case.id]))
            for tab in found.kind.tabs
        ),  # type: ignore[attr-defined]
        ("money", _("Money"), reverse("case_money", args=[case.id])),
        ("people", _("People of the case"), reverse("case_people", args=[case.id])),
        *((tab.key, tab.words, tab.href) for tab in case_tabs(request, found)),
        ("map", _("Procedure"), reverse("case_map", args=[case.id])),
        ("timeline", _("Timeline"), reverse("case_timeline", args=[case.id])),
    ]
    return {
        "section": "cases",
        "case": case,
        "kind": found.kind,
        "state": found.state,
        "side_items": [
            {"label": label, "href": href, "current": key == current} for key, label, href in items
        ],
        "progress": stages_for_progress(found, request.LANGUAGE_CODE),  # type: ignore[attr-defined]
        "key": new_key(),
        "version": case.version,
    }


STATE_OF_STAGE = {"done": "done", "here": "here", "waiting": "todo", "not_applicable": "skipped"}


def stages_for_progress(found: Found, language: str) -> list[dict[str, Any]]:
    """The stages for `<c-progress>`."""
    stages = []
    held = waiting_step(found.plan, found.state)
    for stage in progress(found.plan, found.state):
        title: Words = stage.title
        holds = held is not None and any(step.step == held.step for step in stage.steps)
        back = sum(step.sent_back for step in stage.steps)
        stages.append(
            {
                "label": title.in_language(language),
                "state": "waiting" if holds and stage.place == "waiting" else STATE_OF_STAGE[stage.place],
                "times": back + 1 if back else 1,
                "note": "",
            }
        )
    return stages
