"""Texts of the small kind's next versions, and the acts that bring them into force, in few words."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.utils import timezone

from xiaoshi.desk.cases.models import Case, PlanVersion
from xiaoshi.desk.cases.plans import dated_versions
from xiaoshi.desk.guard.boundary import Act, Outcome, perform
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds import kind_named
from xiaoshi.desk.plans.publishing import publish, save_draft

SHIPPED = kind_named("example").plan_text
CALL_BACK = """
[[steps]]
id = "call_back"
stage = "answer"
title = { zh = "电话回访", en = "Call back" }
by = { roles = ["lobby_manager", "teller"], level = "outlet" }
after = ["listen"]
form = "call_back"

[close]"""


def next_text(version: int, *, listen: str = "listen", extra: bool = True) -> str:
    """The small kind's plan as version N: one step more, and perhaps `listen` under another name."""
    text = SHIPPED.replace("version = 1", f"version = {version}")
    if listen != "listen":
        text = text.replace('id = "listen"', f'id = "{listen}"\nrenamed_from = ["listen"]')
        text = text.replace('after = ["listen"]', f'after = ["{listen}"]')
    extra_text = CALL_BACK.replace('after = ["listen"]', f'after = ["{listen}"]')
    return text.replace("\n[close]", extra_text) if extra else text


def do(act: Act, person: Any, case: Any = None, key: str = "", **fields: Any) -> Outcome:
    return perform(act, person, key or str(uuid.uuid4()), case_id=case.id if case else None, **fields)


def draft_of(person: Any, text: str, kind: str = "example") -> dict[str, Any]:
    return do(save_draft, person, kind=kind, lines=text.split("\n")).result


def bring_into_force(author: Any, publisher: Any, text: str, day: date | None = None) -> int:
    """Draft by one, publication by the other; gives the version."""
    draft = draft_of(author, text)
    day = day or max(timezone.localdate(), dated_versions("example")[0].in_force_from)
    outcome = do(
        publish, publisher, draft=draft["draft"], revision=draft["revision"], in_force_from=day.isoformat()
    )
    return int(outcome.result["version"])


def seen(case: Any, person: Any) -> Any:
    with visible_to(person):
        return Case.objects.get(id=case.id)


def versions(kind: str = "example") -> list[int]:
    return list(PlanVersion.objects.filter(kind=kind).order_by("version").values_list("version", flat=True))
