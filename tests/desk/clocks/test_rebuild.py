"""Clocks that are started anew for loaded cases are those that the acts had started. Hours and kind as in the other tests."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.utils import timezone

from xiaoshi.desk.cases import steps, verbs
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.opening import open_case
from xiaoshi.desk.clocks import calendar_acts
from xiaoshi.desk.clocks.models import StepClock
from xiaoshi.desk.clocks.rebuild import rebuild
from xiaoshi.desk.guard.boundary import perform

SHANGHAI = ZoneInfo("Asia/Shanghai")
SAME = (
    "step",
    "round",
    "unit",
    "amount",
    "due_at",
    "at_risk_at",
    "paused_from",
    "unit_path",
    "calendar_version",
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def do(act: Any, person: Any, when: datetime, case_id: Any = None, **fields: Any) -> Any:
    more = {"case_id": case_id, "channel": "counter"} if case_id else {}
    return perform(act, person, str(uuid.uuid4()), now=when, **more, **fields)


def opened(people: Any, when: datetime) -> Any:
    fields = {"kind": "example", "client_name": "何采薇", "facts": {"wish": "换零钱"}}
    return do(open_case, people.teller, when, **fields).case_id


@pytest.fixture(scope="module")
def loaded(desk: Any) -> dict[str, Any]:
    """Cases by acts, in the states in which they may stand."""
    from desk_fixtures import the_people

    people, now = the_people(), timezone.now()
    hours = {"mon-fri": "09:00-12:00,13:30-17:30"}
    do(calendar_acts.set_hours, people.outlet_head, at("2026-01-05T08:00"), periods=hours)
    found = {
        name: opened(people, at("2026-03-02T10:00"))
        for name in ("listen", "answer", "again", "rests", "over")
    }
    found["today"] = opened(people, now - timedelta(minutes=1))
    for name in ("answer", "again"):
        fields = {"step": "listen", "result": {"wish": "换零钱", "told": "明白"}}
        do(steps.do_step, people.teller, at("2026-03-02T10:10"), found[name], **fields)
    do(verbs.send_back, people.teller, at("2026-03-02T11:00"), found["again"], step="listen", reason="听错了")
    rest = {"reason": "等证明", "until": at("2026-03-20T23:59").isoformat(), "waiting_for": "client"}
    do(verbs.suspend, people.teller, at("2026-03-02T10:10"), found["rests"], **rest)
    do(verbs.cancel, people.outlet_head, at("2026-03-02T15:00"), found["over"], reason="客户不办了")
    return found


def running(case_ids: Any) -> dict[Any, dict[str, Any]]:
    rows = StepClock.objects.using("owner").filter(case_id__in=case_ids, ended_at=None)
    return {row["case_id"]: row for row in rows.values("case_id", "started_at", "told", "look_at", *SAME)}


def dues(case_ids: Any) -> dict[Any, Any]:
    return dict(Case.objects.using("owner").filter(id__in=case_ids).values_list("id", "due_at"))


def test_the_same_clocks_as_by_acts_and_once_only(loaded: dict[str, Any]) -> None:
    ids = list(loaded.values())
    before, due_before = running(ids), dues(ids)
    with connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM clocks_stepclock WHERE case_id = ANY (%s)", [ids])
        cursor.execute("UPDATE cases_case SET due_at = NULL WHERE id = ANY (%s)", [ids])
    assert rebuild() == 5
    after = running(ids)
    assert loaded["over"] not in after
    of_acts = {ident: {name: row[name] for name in SAME} for ident, row in before.items()}
    for ident, row in after.items():
        wanted = of_acts[ident] | ({"round": 2} if ident == loaded["again"] else {})
        assert {name: row[name] for name in SAME} == wanted
    assert dues(ids) == due_before
    assert after[loaded["rests"]]["paused_from"] == at("2026-03-02T10:10")
    assert rebuild() == 0


def test_only_what_is_not_late_yet_waits_to_be_told(loaded: dict[str, Any]) -> None:
    after = running(loaded.values())
    assert (after[loaded["answer"]]["told"], after[loaded["answer"]]["look_at"]) == (2, None)
    assert after[loaded["today"]]["told"] == 0
    assert after[loaded["today"]]["look_at"] is not None
