"""Moving cases: one, many, back again; what holds a case where it is; who may. Cases of the small kind."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from desk.plans.writing import bring_into_force, do, next_text, seen, versions
from xiaoshi.core.casework.plan_load import load_plan
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases import verbs
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.cases.snapshots import read_state
from xiaoshi.desk.cases.steps import close_case, confirm_step, do_step, reject_step
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.plans.models import MoveItem, MoveRun
from xiaoshi.desk.plans.moving import difference_of, move_back, move_to_plan
from xiaoshi.desk.plans.runs import carry_on, go_on_move, order_move, stop_move

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def newer(desk) -> int:
    """Version 2 calls `listen` `hear`, and adds a call back."""
    from desk_fixtures import the_people

    people = the_people()
    case_free = max(versions())
    assert case_free == 1
    return bring_into_force(people.city_specialist, people.province_specialist, next_text(2, listen="hear"))


@pytest.fixture
def old_case(newer, people, new_case, monkeypatch):
    """`old_case()` opens a case that goes by version 1, as one that was opened yesterday does."""
    from xiaoshi.desk.cases import opening

    def make(person=None):
        with monkeypatch.context() as patch:
            patch.setattr(opening, "in_force", lambda kind, day: opening_plan())
            return new_case(person or people.teller, kind="example")

    def opening_plan():
        from xiaoshi.desk.cases.plans import published

        return published("example", 1)

    return make


def refused(act, person, case=None, **fields) -> str:
    with pytest.raises(Refused) as caught:
        do(act, person, case, **fields)
    return caught.value.problem.code


def test_a_case_is_moved_with_what_was_done_and_goes_on_to_its_close(people, old_case):
    case = old_case()
    do(do_step, people.teller, case, step="listen", result={"understood": True})
    before = read_state(seen(case, people.teller))
    do(move_to_plan, people.outlet_head, case, version=2, reason="新规要求回访")
    row = seen(case, people.teller)
    state = read_state(row)
    assert (row.plan_version, state.plan_version, row.version) == (2, 2, 3)
    assert state.steps["hear"] == before.steps["listen"]
    with visible_to(people.teller):
        entry = TimelineEntry.objects.get(case=case, act="case.move_to_plan")
    assert entry.body["events"][0]["renamed"] == {"listen": "hear"}
    assert "新规要求回访" in entry.body["words"]["zh"]
    do(do_step, people.teller, case, step="answer", result={"words": "可以"})
    do(confirm_step, people.supervisor, case, step="answer")
    assert refused(close_case, people.teller, case) == "step_open"
    do(do_step, people.teller, case, step="call_back", result={})
    do(close_case, people.teller, case)
    from xiaoshi.desk.audit.verify import verify_timeline

    assert verify_timeline("owner").ok


def test_moved_back_as_if_nothing_had_been_unless_something_was_done_since(people, old_case):
    case = old_case()
    do(do_step, people.teller, case, step="listen", result={"understood": True})
    before = read_state(seen(case, people.teller))
    assert refused(move_back, people.outlet_head, case, reason="误操作") == "no_move_to_undo"
    do(move_to_plan, people.outlet_head, case, version=2, reason="新规")
    do(move_back, people.outlet_head, case, reason="误操作")
    after = read_state(seen(case, people.teller))
    for field in ("plan_version", "facts", "steps", "records", "milestones", "moves", "owner"):
        assert getattr(after, field) == getattr(before, field), field
    do(move_to_plan, people.outlet_head, case, version=2, reason="新规")
    do(do_step, people.teller, case, step="call_back", result={})
    assert refused(move_back, people.outlet_head, case, reason="误操作") == "done_since"


@pytest.mark.parametrize(
    "half_way",
    ["claim", "delegate", "report", "confirm", "signing"],
)
def test_not_in_the_middle_of_a_step(people, old_case, half_way):
    case = old_case()
    teller, colleague = people.teller, people.colleague
    match half_way:
        case "claim":
            do(verbs.claim, teller, case, step="listen")
        case "delegate":
            do(verbs.delegate, teller, case, step="listen", to=colleague.login, reason="忙")
        case "report":
            do(verbs.delegate, teller, case, step="listen", to=colleague.login, reason="忙")
            do(do_step, colleague, case, step="listen", result={})
        case "confirm":
            do(do_step, teller, case, step="listen", result={})
            do(do_step, teller, case, step="answer", result={})
        case "signing":
            do(verbs.all_sign, teller, case, step="listen", signers=[colleague.login])
            do(do_step, teller, case, step="listen", result={})
    assert refused(move_to_plan, people.outlet_head, case, version=2, reason="新规") == "step_half_way"
    row = seen(case, teller)
    difference = difference_of(
        row, plan_of(row), read_state(row), load_plan(next_text(2, listen="hear")).plan
    )
    assert [p.code for p in difference.problems] == ["step_half_way"]
    if half_way == "confirm":
        do(reject_step, people.supervisor, case, step="answer", reason="不清楚")
        do(move_to_plan, people.outlet_head, case, version=2, reason="新规")


def test_a_payment_in_hand_holds_the_case(people, old_case):
    from django.utils import timezone

    from xiaoshi.desk.money.models import MoneyOrder

    case = old_case()
    MoneyOrder.objects.using("owner").create(
        case_id=case.id,
        unit_id=case.unit_id,
        unit_path=case.unit_path,
        kind="pay_cash",
        amount_fen=100,
        plan=[],
        maker="li.min",
        made_at=timezone.now(),
    )
    assert refused(move_to_plan, people.outlet_head, case, version=2, reason="新规") == "payment_in_hand"


def test_who_moves_and_with_what(people, old_case):
    case = old_case()
    for person, code in (
        (people.teller, "not_your_act"),
        (people.supervisor, "not_your_act"),
        (people.stranger_head, "case_not_found"),
        (people.auditor, "auditor_reads_only"),
    ):
        assert refused(move_to_plan, person, case, version=2, reason="新规") == code, person
    head = people.outlet_head
    assert refused(move_to_plan, head, case, version=2, reason=" ") == "reason_missing"
    assert refused(move_to_plan, head, case, version=99, reason="新规") == "no_such_version"
    assert refused(move_to_plan, head, case, version=1, reason="新规") == "not_newer"
    wrong = {"listen": "nowhere"}
    assert refused(move_to_plan, head, case, version=2, reason="新规", renamed=wrong) == "mapping_unknown"
    do(move_to_plan, people.province_specialist, case, version=2, reason="新规")
    assert refused(move_to_plan, head, case, version=1, reason="旧的好") == "not_newer"
    do(verbs.cancel, head, case, reason="客户撤回")
    assert refused(move_back, head, case, reason="x") == "case_cancelled"


def test_moved_twice_at_the_same_moment_is_moved_once(people, old_case):
    case = old_case()
    answers = []

    def move():
        try:
            do(move_to_plan, people.outlet_head, case, version=2, reason="新规")
            answers.append("moved")
        except Refused as no:
            answers.append(no.problem.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=move) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["moved", "not_newer"]


def test_many_cases_each_with_its_result_stopped_and_gone_on_with(people, old_case, monkeypatch):
    from xiaoshi.desk.plans import runs

    cases = [old_case() for _ in range(5)]
    elsewhere = old_case(people.stranger)
    do(verbs.claim, people.teller, cases[2], step="listen")
    numbers = [c.number for c in cases] + [elsewhere.number, "XS-0000-000000-000"]
    head = people.outlet_head
    order = {"kind": "example", "from_version": 1, "to_version": 2, "reason": "新规", "cases": numbers}
    assert refused(order_move, people.teller, **order) == "not_your_role"
    assert refused(order_move, head, **{**order, "cases": ["none"]}) == "no_cases"
    assert refused(order_move, head, **{**order, "to_version": 1}) == "same_version"
    assert refused(order_move, head, **{**order, "reason": ""}) == "reason_missing"
    told = do(order_move, head, **order).result
    assert told["cases"] == 5  # the other outlet's is not seen, and not moved
    run = told["run"]
    monkeypatch.setattr(runs, "CHUNK", 2)
    assert carry_on(run, head) is True
    do(stop_move, head, run=run)
    assert carry_on(run, head) is False
    assert refused(stop_move, head, run=run) == "run_over"
    assert refused(go_on_move, people.province_specialist, run=run) == "no_such_run"
    do(go_on_move, head, run=run)
    # A worker dies after the move and before its result is written: the next try finds the case moved.
    do(
        move_to_plan,
        head,
        cases[3],
        key=f"plan-move/{run}/{cases[3].id}",
        version=2,
        reason="新规",
        renamed={},
    )
    while carry_on(run, head):
        pass
    with visible_to(head):
        row = MoveRun.objects.get(pk=run)
        items = {i.case_id: (i.state, i.code) for i in MoveItem.objects.filter(run=run)}
    assert (row.state, row.moved_count, row.refused_count, row.left_count) == ("finished", 4, 1, 0)
    assert items[cases[2].id] == ("refused", "step_half_way")
    assert [seen(c, head).plan_version for c in cases] == [2, 2, 1, 2, 2]
    assert seen(elsewhere, people.stranger).plan_version == 1
    with visible_to(people.teller):
        assert not MoveRun.objects.filter(pk=run).exists()
    back = {"kind": "example", "from_version": 2, "to_version": 1, "reason": "暂缓", "cases": numbers}
    back_run = do(order_move, head, **back).result["run"]
    while carry_on(back_run, head):
        pass
    assert [seen(c, head).plan_version for c in cases] == [1] * 5
