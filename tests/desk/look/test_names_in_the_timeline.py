"""A clerk reads people's names in the timeline, never sign-in names; the record itself keeps the sign-in names."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.timeline import tell
from xiaoshi.desk.cases.verbs import copy_to, hand_over
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.visibility import visible_to

pytestmark = pytest.mark.database


def test_handed_over_and_copied_by_name(people: Any, new_case: Callable[..., Any]) -> None:
    case = new_case()
    perform(copy_to, people.teller, str(uuid.uuid4()), case_id=case.id, to=people.outlet_head.login)
    perform(
        hand_over,
        people.teller,
        str(uuid.uuid4()),
        case_id=case.id,
        to=people.colleague.login,
        reason="明天休息",
    )
    with visible_to(people.supervisor):
        entries = list(TimelineEntry.objects.filter(case=case).order_by("-seq")[:2])
        handed, copied = tell(entries)
    assert handed.words.zh == f"转办给{people.colleague.name_zh}：明天休息"
    assert people.colleague.name_en in handed.words.en
    assert copied.words.zh == f"抄送{people.outlet_head.name_zh}"
    assert people.colleague.login in entries[0].body["words"]["zh"]
