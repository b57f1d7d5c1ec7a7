"""Special damage at an outlet that is not designated, and people who only look on."""

from __future__ import annotations

import pytest
from refused_words import refused
from tins import Tin, picture

from desk_fixtures import BURNT_FACTS, open_a_case
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.steps import do_step
from xiaoshi.desk.cases.verbs import copy_to
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts import notes, steps, trays
from xiaoshi.desk.organisation.models import Staff

pytestmark = pytest.mark.database
MAIN, CIVIC, HEFANG = "jn/lz/cd/yy/", "jn/hc/gx/rm/", "jn/lz/cd/hf/"


@pytest.fixture
def elsewhere(people):
    """A burnt tin at Hefang, which is not designated."""
    tin = Tin(people, open_a_case(people.stranger, facts={**BURNT_FACTS, "designated": False}))
    tin.do(do_step, "stranger", step="intake", result={"circumstances": "厨房失火", "explained": True})
    return tin


def test_a_tin_at_an_outlet_that_is_not_designated_is_not_photographed_there(elsewhere):
    with pytest.raises(Refused) as told:
        elsewhere.do(trays.add_tray, "stranger", name="盘.jpg", content=picture())
    assert told.value.problem.code == "step_not_yet"
    assert "指定" in told.value.problem.words.zh


@pytest.mark.parametrize("unit_path", [HEFANG, "jn/lz/cd/", "jn/", "", "nowhere/"])
def test_it_goes_to_a_designated_outlet_only(elsewhere, people, unit_path):
    with pytest.raises(Invalid) as told:
        elsewhere.do(steps.hand_to_designated, "stranger", unit_path=unit_path)
    assert told.value.problem.code == "not_designated"
    with visible_to(people.stranger):
        assert Case.objects.get(id=elsewhere.case.id).unit_path == HEFANG


def test_only_its_own_people_hand_it_over(elsewhere):
    for who, kind in (("teller", NotFound), ("auditor", NotAllowed), ("supervisor", NotFound)):
        with pytest.raises(kind):
            elsewhere.do(steps.hand_to_designated, who, unit_path=MAIN)


def test_after_it_the_other_outlet_acts_and_the_first_one_looks_on(elsewhere, people):
    assert elsewhere.do(steps.hand_to_designated, "stranger", unit_path=MAIN, reason="特殊残损") == {
        "owner": "guo.ye"
    }
    with visible_to(people.stranger):
        seen = Case.objects.get(id=elsewhere.case.id)
    assert (seen.unit_path, seen.owner) == (MAIN, people.outlet_head.login)
    with pytest.raises(Refused) as told:
        elsewhere.do(trays.add_tray, "stranger", name="盘.jpg", content=picture())
    assert told.value.status in (403, 404)
    elsewhere.tray("full100 half50")
    elsewhere.before("machine")
    assert elsewhere.state()["facts"]["sum_fen"] == 125_00
    with visible_to(people.stranger_head):
        assert not Case.objects.filter(id=elsewhere.case.id).exists()


def test_whoever_was_only_copied_in_does_not_work_on_the_trays(tin_of_words, people):
    tin = tin_of_words("full100 ?50")
    tin.do(copy_to, "teller", to=people.stranger.login)
    note, tray = str(tin.note(1).id), str(tin.trays()[0].id)
    for act, fields in (
        (notes.judge_note, {"note_id": note, "verdict": "full", "denomination_fen": 100_00}),
        (notes.confirm_tray, {"tray_id": tray}),
        (notes.take_back_judgement, {"note_id": note}),
        (trays.add_tray, {"name": "盘.jpg", "content": picture()}),
        (trays.withdraw_tray, {"tray_id": tray, "reason": "模糊"}),
        (trays.measure_again, {"tray_id": tray}),
    ):
        with refused(NotAllowed, "other_unit", tin) as said:
            tin.do(act, "stranger", **fields)
        assert "其他网点" in said.zh
    tin.before("recheck")
    tin.do(copy_to, "teller", to="wu.heng")
    with refused(NotAllowed, "other_unit", tin):
        tin.do_as("wu.heng", steps.recheck, pieces=1, amount_fen=1)


def test_without_a_head_in_service_the_other_outlet_cannot_receive(elsewhere):
    heads = Staff.objects.using("owner").filter(unit__path=CIVIC, roles__contains=["outlet_head"])
    heads.update(is_active=False)
    try:
        with pytest.raises(Refused) as told:
            elsewhere.do(steps.hand_to_designated, "stranger", unit_path=CIVIC)
        assert told.value.problem.code == "no_outlet_head"
        assert "另选" in told.value.problem.words.zh
    finally:
        Staff.objects.using("owner").filter(unit__path=CIVIC, roles__contains=["outlet_head"]).update(
            is_active=True
        )
