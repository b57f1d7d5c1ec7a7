"""Working out anew what is kept beside live cases: after a bulk load, and for cases from before it was kept."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import connections

from xiaoshi.core.casework.as_json import state_from_json
from xiaoshi.core.casework.model import Plan
from xiaoshi.core.casework.views import next_steps
from xiaoshi.desk.cases.asked import asked_of, waiting_step
from xiaoshi.desk.cases.plans import plan_from_text

BATCH = 2000


def rebuild(alias: str = "owner") -> int:
    """Write `asked` and `held_step` of every live case from its snapshot, as the owner. Gives how many there were.

    By SQL, so that a migration may call it whatever columns come later.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT kind, version, text FROM cases_planversion")
        plans = {(kind, version): plan_from_text(kind, text) for kind, version, text in cursor.fetchall()}
        cursor.execute("SELECT id FROM cases_case WHERE status IN ('open', 'suspended')")
        idents = [row[0] for row in cursor.fetchall()]
        for begin in range(0, len(idents), BATCH):
            cursor.execute(
                "SELECT id, kind, plan_version, snapshot::text, coalesce(step_since, opened_at) FROM cases_case"
                " WHERE id = ANY (%s)",
                [idents[begin : begin + BATCH]],
            )
            rows = [_worked_out(plans[kind, version], *rest) for *rest, kind, version in _turned(cursor)]
            cursor.execute(
                "UPDATE cases_case c SET asked = n.asked::jsonb, held_step = n.held"
                " FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS n(id, asked, held) WHERE c.id = n.id",
                [list(column) for column in zip(*rows, strict=True)],
            )
    return len(idents)


def _turned(cursor: Any) -> list[tuple[Any, ...]]:
    return [(ident, text, since, kind, version) for ident, kind, version, text, since in cursor.fetchall()]


def _worked_out(plan: Plan, ident: Any, text: str, since: datetime) -> tuple[Any, str, str]:
    state = state_from_json(json.loads(text))
    ready = next_steps(plan, state)
    asked = asked_of(plan, state, ready, [], since)
    held = None if ready and ready[0].step else waiting_step(plan, state)
    return (
        ident,
        json.dumps(asked, ensure_ascii=False),
        held.step if held and state.phase == "open" else "",
    )
