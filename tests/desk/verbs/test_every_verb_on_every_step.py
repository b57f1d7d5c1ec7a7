"""Every verb of the desk on every step of every kind, by the owner, a colleague, a head, a stranger and the auditor.

Each try is either done, with exactly one entry more and a snapshot that the events fold to, or refused with words in both
languages and nothing changed. Nothing else may happen: no traceback, no half-written case.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.database

LATER = (datetime.now(UTC) + timedelta(days=3)).isoformat()

# What each act is given for a step; people by their part in the tests.
ON_STEP: dict[str, Any] = {
    "case.claim": lambda p, s: {"step": s},
    "case.release": lambda p, s: {"step": s},
    "case.hand_over": lambda p, s: {"step": s, "to": p.colleague.login, "reason": "请假"},
    "case.delegate": lambda p, s: {"step": s, "to": p.lobby.login, "reason": "代办", "until": LATER},
    "case.accept_report": lambda p, s: {"step": s},
    "case.return_report": lambda p, s: {"step": s, "reason": "缺一盘"},
    "case.all_sign": lambda p, s: {"step": s, "signers": [p.supervisor.login]},
    "case.any_sign": lambda p, s: {"step": s, "signers": [p.supervisor.login, p.outlet_head.login]},
    "case.ask_votes": lambda p, s: {
        "step": s,
        "signers": [p.supervisor.login, p.lobby.login],
        "pass_at_percent": 60,
    },
    "case.vote": lambda p, s: {"step": s, "vote": "for", "reason": "看过"},
    "case.add_signer": lambda p, s: {"step": s, "signer": p.outlet_head.login, "place": "after"},
    "case.remove_signer": lambda p, s: {"step": s, "signer": p.supervisor.login, "reason": "不需要"},
    "case.sign": lambda p, s: {"step": s},
    "case.refuse_to_sign": lambda p, s: {"step": s, "reason": "不同意"},
    "case.remind": lambda p, s: {"step": s, "to": p.outlet_head.login},
    "case.send_back": lambda p, s: {"step": s, "reason": "重办"},
    "case.lapse_delegation": lambda p, s: {"step": s},
    "case.call_up": lambda p, s: {"step": s},
    "case.call_off": lambda p, s: {"step": s, "reason": "不用了"},
    "case.skip_step": lambda p, s: {"step": s, "reason": "客户已走"},
    "case.confirm_step": lambda p, s: {"step": s},
    "case.reject_step": lambda p, s: {"step": s, "reason": "不符"},
    "case.copy": lambda p, s: {"step": s, "to": [p.archivist.login, p.city_specialist.login]},
    "case.wait_for_case": lambda p, s: {"step": s, "other": "XS-9999-000000-001", "reason": "同一客户"},
    "case.ask": lambda p, s: {"step": s, "to_level": "city", "field": "notes", "text": "可以吗"},
}
ON_CASE: dict[str, Any] = {
    "case.hand_over": lambda p: {"to": p.colleague.login, "reason": "请假"},
    "case.mark_read": lambda p: {},
    "case.take_back": lambda p: {},
    "case.set_facts": lambda p: {"facts": {"nothing_like_it": True}, "reason": "看错了"},
    "case.record_check": lambda p: {"check": "machine", "passed": True},
    "case.record_decision": lambda p: {"decision": "nothing_like_it", "value": "是"},
    "case.waive_need": lambda p: {"need": "paper:fire_report", "reason": "无法取得"},
    "case.stop_waiting": lambda p: {"other": "XS-9999-000000-001", "reason": "不等了"},
    "case.suspend": lambda p: {"reason": "等材料", "until": LATER, "waiting_for": "client"},
    "case.resume": lambda p: {},
    "case.add_step": lambda p: {"title": "回访", "roles": ["teller"]},
    "case.note_other_case": lambda p: {"other": "XS-9999-000000-001", "outcome": "closed"},
    "case.withdraw_question": lambda p: {"question": "q1", "reason": "不用了"},
    "case.answer": lambda p: {"question": "q1", "text": "可以", "source": "制度", "authority": "市分行"},
    "case.cancel": lambda p: {"reason": "客户放弃"},
    "case.reopen": lambda p: {"reason": "客户回来"},
}
ACTORS = ("teller", "colleague", "supervisor", "stranger", "auditor")
READERS_ONLY = ("stranger", "auditor")


def attempt(person: Any, act: str, case: Any, fields: dict[str, Any]) -> str:
    """Do it, and hold what must be true of either answer: `done` or the refusal's code."""
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.boundary import ACTS, perform
    from xiaoshi.desk.guard.refusals import Refused

    newest = Case.objects.using("owner").filter(id=case.id).values_list("version", "head_hash")
    version, head = newest[0]
    said = None
    try:
        perform(ACTS[act], person, str(uuid.uuid4()), case_id=case.id, **fields)
    except Refused as refused:
        said = refused.problem
    if said is None:
        assert newest[0][0] == version + 1, f"{act}: done without exactly one entry"
        return "done"
    assert said.words.zh, act
    assert said.words.en, act
    assert newest[0] == (version, head), f"{act}: refused, but something changed"
    return said.code


def folds_to_its_snapshot(case: Any) -> bool:
    """The entries are as many as the case says, and their events fold to its snapshot."""
    from xiaoshi.core.casework import event_from_json, fold, state_to_json
    from xiaoshi.desk.audit.models import TimelineEntry
    from xiaoshi.desk.cases.models import Case

    row = Case.objects.using("owner").get(id=case.id)
    entries = list(TimelineEntry.objects.using("owner").filter(case_id=case.id).order_by("seq"))
    events = [event_from_json(e) for entry in entries for e in entry.body.get("events", [])]
    return len(entries) == row.version and state_to_json(fold(events)) == row.snapshot


@pytest.fixture(scope="module", autouse=True)
def all_acts(desk):
    """Acts register when the addresses are imported."""
    from importlib import import_module

    import_module("xiaoshi.desk.urls")


@pytest.mark.parametrize("kind", ["burnt_notes", "example"])
def test_every_verb_on_every_step_by_everybody(people, new_case, kind):
    from xiaoshi.desk.cases.plans import newest

    case = new_case(kind=kind)
    steps = [*newest(kind).steps, "no_such_step"]
    seen: dict[str, set[str]] = {}
    for actor in ACTORS:
        person = getattr(people, actor)
        for act, fields in ON_STEP.items():
            for step in steps:
                code = attempt(person, act, case, fields(people, step))
                seen.setdefault(act, set()).add(code)
                assert not (actor in READERS_ONLY and code == "done"), f"{actor} did {act} on {step}"
        for act, given in ON_CASE.items():
            code = attempt(person, act, case, given(people))
            seen.setdefault(act, set()).add(code)
            assert not (actor in READERS_ONLY and code == "done"), f"{actor} did {act}"
    assert folds_to_its_snapshot(case)
    done = {act for act, codes in seen.items() if "done" in codes}
    # The walk is not empty: these were open to somebody on the way.
    assert {
        "case.claim",
        "case.hand_over",
        "case.delegate",
        "case.copy",
        "case.remind",
        "case.cancel",
    } <= done
    assert "done" not in seen["case.note_other_case"] | seen["case.lapse_delegation"]


def test_all_verbs_of_the_engine_are_acts():
    """Whatever the engine can be asked, a person can ask, the house's own commands and plan moves aside."""
    from xiaoshi.core.casework.decide import HANDLERS
    from xiaoshi.desk.cases.views.verb_forms import VERBS
    from xiaoshi.desk.guard.boundary import ACTS

    by_form = {verb.command for verb in VERBS.values()}
    elsewhere = {
        "OpenCase", "DoStep", "ConfirmStep", "RejectStep", "CloseCase",  # pages of their own
        "RecordPaper", "AskForPaper", "TakeOff", "WithdrawAsked",  # the papers of the case
        "MoveToPlan", "MoveBack",  # plans
        "HandUpQuestion",  # consulting
        "NoteOtherCase", "LapseDelegation",  # the house
    }  # fmt: skip
    missing = {command.__name__ for command in HANDLERS if command not in by_form} - elsewhere
    assert not missing, f"{missing}: give them an act and a form in views/verb_forms.py"
    assert all(verb.act().name in ACTS for verb in VERBS.values())
