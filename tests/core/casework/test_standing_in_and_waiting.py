"""The newer verbs on the burnt-note plan: time to report, any one signs, read, other cases, corrections, standing in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from xiaoshi.core.casework import ROLES, Accepted, Actor, Refused, State, decide, fold, load_plan
from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.corrections import effects_of
from xiaoshi.core.casework.model import StepState
from xiaoshi.core.casework.standing import Standing

OPENED = "teller:li opens special_damage=false\nteller:li does intake payout=cash"


def act(play, who: Actor, command: type[c.Command], **fields) -> str:
    """What an act led to: the refusal's code, or the events' names. An accepted one is folded."""
    play.commands += 1
    answer = decide(play.plan, play.state, command(command_id=f"x{play.commands}", **fields), who, play.now)
    if isinstance(answer, Refused):
        assert answer.problem.words.zh
        assert answer.problem.words.en
        return answer.problem.code
    play.state = fold(answer.events, play.state)
    play.events += answer.events
    play.check_history()
    return " ".join(type(event).__name__ for event in answer.events)


OUTLET = "zj/hz/xh/w1"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BURNT = Path(__file__).with_name("burnt_notes_plan.toml").read_text(encoding="utf-8")
LI, WANG, HU = (Actor(name, frozenset({"teller"}), "outlet", OUTLET) for name in ("li", "wang", "hu"))
ZHOU = Actor("zhou", frozenset({"supervisor"}), "outlet", OUTLET)
QIAN = Actor("qian", frozenset({"outlet_head"}), "outlet", OUTLET)
HOUSE = Actor("house:linked_cases", frozenset(), "province", "")
ELSEWHERE = Actor("bai", frozenset({"teller"}), "outlet", "zj/hz/xh/w2")


def loaded(text: str):
    load = load_plan(text)
    assert load.plan is not None, load.problems
    return load.plan


def standing_in(who: Actor, absent: str) -> Actor:
    return replace(who, on_behalf_of=absent)


def test_a_delegate_who_does_not_report_in_time_loses_the_step(play):
    play(OPENED)
    until = play.now + timedelta(hours=2)
    assert act(play, LI, c.Delegate, step="photograph", to=WANG, reason="busy", until=play.now) == (
        "until_in_the_past"
    )
    assert (
        act(play, LI, c.Delegate, step="photograph", to=WANG, reason="busy", until=until) == "StepDelegated"
    )
    assert act(play, LI, c.DoStep, step="photograph") == "held_by_other"
    assert act(play, HOUSE, c.LapseDelegation, step="photograph") == "nothing_new"
    assert act(play, LI, c.LapseDelegation, step="photograph") == "house_only"
    play.now += timedelta(hours=3)
    assert act(play, WANG, c.DoStep, step="photograph") == "held_by_other"
    assert act(play, LI, c.DoStep, step="photograph") == "StepReleased StepDone"
    assert play.state.steps["photograph"].makers == ("li",)


def test_the_desk_itself_gives_a_step_back_when_the_time_is_over(play):
    play(OPENED)
    until = play.now + timedelta(hours=2)
    assert (
        act(play, LI, c.Delegate, step="photograph", to=WANG, reason="busy", until=until) == "StepDelegated"
    )
    play.now = until
    assert act(play, HOUSE, c.LapseDelegation, step="photograph") == "StepReleased"
    assert play.state.steps["photograph"].assignee == "li"
    assert act(play, HOUSE, c.LapseDelegation, step="photograph") == ""


def test_any_one_signs_for_all_and_one_refusal_returns_it(play):
    play(OPENED)
    assert act(play, LI, c.AnySign, step="photograph", signers=(ZHOU, QIAN)) == "SigningAsked"
    assert act(play, LI, c.DoStep, step="photograph") == "StepDone"
    assert act(play, WANG, c.Sign, step="photograph") == "not_your_act"
    assert act(play, ZHOU, c.RefuseToSign, step="photograph", reason="blurred") == "SigningRefused"
    assert act(play, LI, c.DoStep, step="photograph") == "StepDone"
    assert act(play, ZHOU, c.AddSigner, step="photograph", signer=HU, place="before") == "SignersChanged"
    assert act(play, QIAN, c.Sign, step="photograph") == "StepSigned"
    assert play.state.steps["photograph"].phase == "done"


def test_whoever_was_copied_says_so_once_wherever_he_or_she_works(play):
    play(OPENED)
    assert act(play, ELSEWHERE, c.MarkRead) == "other_unit"
    assert act(play, LI, c.Copy, to="bai") == "Copied"
    assert act(play, WANG, c.MarkRead) == "not_copied"
    assert act(play, ELSEWHERE, c.MarkRead) == "MarkedRead"
    assert act(play, ELSEWHERE, c.MarkRead) == "read_already"
    assert play.state.read == {"bai"}


def test_each_person_is_reminded_once_in_the_gap(play):
    play(OPENED)
    assert act(play, LI, c.Remind, to="wang", step="photograph") == "Reminded"
    assert act(play, HU, c.Remind, to="wang", step="photograph") == "reminded_lately"
    assert act(play, HU, c.Remind, to="zhou", step="photograph") == "Reminded"
    assert act(play, HU, c.Remind, to="hu", step="photograph") == "to_yourself"
    play.now += timedelta(hours=5)
    assert act(play, HU, c.Remind, to="wang", step="photograph") == "Reminded"


def test_a_step_and_closing_wait_for_another_case(play):
    play(OPENED)
    number = play.state.case_number
    assert act(play, WANG, c.WaitForCase, other="B2", reason="same tin", step="photograph") == "not_your_act"
    assert act(play, LI, c.WaitForCase, other=number, reason="x") == "waits_for_itself"
    assert act(play, LI, c.WaitForCase, other="B2", reason="") == "reason_missing"
    assert act(play, LI, c.WaitForCase, other="B2", reason="x", step="intake") == "finished"
    assert (
        act(play, LI, c.WaitForCase, other="B2", reason="same tin", step="photograph") == "OtherCaseAwaited"
    )
    assert act(play, LI, c.WaitForCase, other="B2", reason="same tin") == "waits_already"
    assert act(play, LI, c.WaitForCase, other="B3", reason="paid together") == "OtherCaseAwaited"
    assert act(play, LI, c.DoStep, step="photograph") == "other_case"
    assert {"other_case"} <= {h.code for h in Standing(play.plan, play.state).close_hindrances()}
    assert act(play, QIAN, c.NoteOtherCase, other="B2", outcome="closed") == "house_only"
    assert act(play, HOUSE, c.DoStep, step="photograph") != "StepDone"
    assert act(play, HOUSE, c.NoteOtherCase, other="B2", outcome="cancelled") == "OtherCaseEnded"
    assert act(play, LI, c.DoStep, step="photograph") == "other_case_cancelled"
    assert act(play, LI, c.StopWaiting, other="B2", reason="counted here") == "OtherCaseLet"
    assert act(play, LI, c.DoStep, step="photograph") == "StepDone"
    assert act(play, HOUSE, c.NoteOtherCase, other="B3", outcome="closed") == "OtherCaseEnded"
    assert act(play, HOUSE, c.NoteOtherCase, other="B3", outcome="closed") == "nothing_new"
    assert "other_case" not in {h.code for h in Standing(play.plan, play.state).close_hindrances()}
    assert act(play, HOUSE, c.NoteOtherCase, other="B3", outcome="") == "OtherCaseEnded"
    assert "other_case" in {h.code for h in Standing(play.plan, play.state).close_hindrances()}


def test_a_substitute_has_what_the_absent_person_has_and_both_count_as_makers(play):
    play(OPENED)
    assert act(play, HU, c.Suspend, reason="x", until=play.now + timedelta(1), waiting_for="client") == (
        "not_your_act"
    )
    assert act(play, LI, c.Claim, step="photograph") == "StepClaimed"
    assert act(play, HU, c.DoStep, step="photograph") == "held_by_other"
    assert act(play, standing_in(HU, "li"), c.DoStep, step="photograph") == "StepDone"
    assert play.state.steps["photograph"].makers == ("hu", "li")
    assert play.events[-1].actor == "hu"
    assert play.events[-1].on_behalf_of == "li"


def test_nobody_checks_the_own_work_through_standing_in(play):
    play(OPENED)
    for step in ("photograph", "denominations", "editions"):
        assert act(play, LI, c.DoStep, step=step) == "StepDone"
    assert act(play, standing_in(HU, "wang"), c.DoStep, step="determine") == "StepDone"
    for who in (HU, WANG, standing_in(LI, "hu"), standing_in(LI, "wang"), standing_in(HU, "li")):
        assert act(play, who, c.ConfirmStep, step="determine") == "maker_is_checker"
    assert act(play, LI, c.ConfirmStep, step="determine") == "StepConfirmed MilestoneReached"


def test_a_substitute_is_not_two_of_those_who_sign(play):
    play(OPENED)
    assert act(play, LI, c.AllSign, step="photograph", signers=(ZHOU, QIAN)) == "SigningAsked"
    assert act(play, LI, c.DoStep, step="photograph") == "StepDone"
    assert act(play, standing_in(QIAN, "zhou"), c.Sign, step="photograph") == "same_hands"
    assert act(play, standing_in(LI, "zhou"), c.Sign, step="photograph") == "same_hands"
    assert act(play, standing_in(WANG, "zhou"), c.Sign, step="photograph") == "StepSigned"
    assert [s.actor for s in play.state.steps["photograph"].signers if s.signed] == ["zhou"]


@pytest.mark.parametrize("asked", [c.AllSign, c.AnySign])
def test_whoever_did_the_step_does_not_sign_it(play, asked):
    play(OPENED)
    assert act(play, LI, asked, step="photograph", signers=(LI, ZHOU)) == "SigningAsked"
    assert act(play, LI, c.DoStep, step="photograph") == "StepDone"
    assert act(play, LI, c.Sign, step="photograph") == "same_hands"
    assert act(play, standing_in(HU, "li"), c.Sign, step="photograph") == "same_hands"
    assert act(play, ZHOU, c.Sign, step="photograph") == "StepSigned"


SET_BY_ACT = (
    BURNT.replace("[facts.total_fen]\n", '[facts.total_fen]\nset_by = "act"\n')
    + """
[need_words.machine]
set_by = "act"
zh = "机具识别"
en = "machine check"
[reopen]
by = ["outlet_head"]
within_days = 10
"""
)


def test_what_an_act_works_out_is_not_set_by_hand_nor_waived(play_of):
    play = play_of(SET_BY_ACT)
    play(OPENED)
    assert act(play, LI, c.SetFacts, facts={"total_fen": 5}, reason="x") == "fact_set_by_act"
    assert act(play, QIAN, c.WaiveNeed, need="check:machine", reason="x") == "need_by_act_only"
    assert act(play, LI, c.SetFacts, facts={"payout": "account"}, reason="x") == "FactsSet"


def test_an_ended_case_is_reopened_by_whom_and_for_how_long_the_plan_says(play_of):
    play = play_of(SET_BY_ACT)
    play(OPENED)
    assert act(play, QIAN, c.Cancel, reason="went home") == "CaseCancelled"
    assert act(play, ZHOU, c.Reopen, reason="came back") == "not_your_act"
    play.now += timedelta(days=9)
    assert act(play, QIAN, c.Reopen, reason="came back") == "CaseReopened"
    assert act(play, QIAN, c.Cancel, reason="went home") == "CaseCancelled"
    play.now += timedelta(days=11)
    assert act(play, QIAN, c.Reopen, reason="came back") == "reopen_too_late"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[reopen]\nwithin_days = 0\n", "bad_days"),
        ('[reopen]\nwithin_days = "ten"\n', "wrong_type"),
        ('[reopen]\nby = ["nobody"]\n', "unknown_role"),
        ("[reopen]\nfor_ever = true\n", "unknown_key"),
        ('[facts.more]\ntype = "int"\nzh = "多"\nen = "more"\nset_by = "god"\n', "unknown_set_by"),
    ],
)
def test_a_plan_with_a_wrong_rule_is_refused(text, code):
    load = load_plan(f"{BURNT}\n{text}")
    assert code in {p.code for p in load.problems}


CONDITIONS = """
kind = "any"
version = 1
title = { zh = "任意", en = "Any" }
opens = ["teller"]
facts.burnt = { type = "bool", zh = "火烧", en = "Burnt" }
[[stages]]
id = "all"
title = { zh = "全部", en = "All" }
[[steps]]
id = "hand_in"
stage = "all"
title = { zh = "上缴", en = "Hand in" }
by = { roles = ["teller"] }
when = "facts.burnt"
[[steps]]
id = "pay"
stage = "all"
title = { zh = "付款", en = "Pay" }
by = { roles = ["teller"] }
[close]
by = ["teller"]
"""


@pytest.mark.parametrize(
    ("known", "phase", "corrected", "unneeded", "needed"),
    [
        ({"burnt": True}, "done", {"burnt": False}, ("hand_in",), ()),
        ({"burnt": True}, "to_confirm", {"burnt": False}, ("hand_in",), ()),
        ({"burnt": True}, "done", {"burnt": None}, ("hand_in",), ()),
        ({"burnt": True}, "open", {"burnt": False}, (), ()),
        ({"burnt": False}, "open", {"burnt": True}, (), ("hand_in",)),
        ({}, "open", {"burnt": True}, (), ()),
    ],
)
def test_a_correction_says_what_it_does_to_steps(known, phase, corrected, unneeded, needed):
    plan = loaded(CONDITIONS)
    steps = {"hand_in": StepState(phase=phase)} if phase != "open" else {}
    effects = effects_of(plan, State(phase="open", facts=known, steps=steps), corrected)
    assert (effects.unneeded, effects.needed) == (unneeded, needed)


def test_no_role_and_no_standing_in_skips_the_second_person(shipped_plans):
    """Every step with four eyes, of every kind: whoever made it, in whatever roles, cannot confirm it. Somebody else can."""
    tried = 0
    for plan in shipped_plans:
        for step in plan.steps.values():
            if not step.four_eyes:
                continue
            made = State(
                seq=1, phase="open", kind=plan.kind, plan_version=plan.version, case_number="A1", unit_path=OUTLET,
                owner="li", steps={step.id: StepState(phase="to_confirm", makers=("li", "xu"))},
            )  # fmt: skip
            for level, path in (
                ("outlet", OUTLET),
                ("sub_branch", "zj/hz/xh"),
                ("city", "zj/hz"),
                ("province", "zj"),
            ):
                everything = frozenset(ROLES) - {"auditor"}
                for roles in (everything, *(frozenset({role}) for role in everything)):
                    for who, absent in (("li", ""), ("xu", ""), ("wang", "li"), ("li", "wang")):
                        actor = Actor(who, roles, level, path, absent)
                        command = c.ConfirmStep(command_id="k", step=step.id)
                        answer = decide(plan, made, command, actor, START)
                        assert isinstance(answer, Refused), (plan.kind, step.id, actor)
                        tried += 1
            who = step.confirm_by or step.by
            checker = Actor("wang", frozenset({who.roles[0]}), ROLES[who.roles[0]].levels[0], OUTLET)
            answer = decide(plan, made, c.ConfirmStep(command_id="k", step=step.id), checker, START)
            assert isinstance(answer, Accepted), (plan.kind, step.id)
    assert tried > 100


@pytest.fixture
def shipped_plans():
    import xiaoshi

    folder = Path(xiaoshi.__file__).parent / "desk" / "kinds"
    return [loaded(BURNT), *(loaded(p.read_text("utf-8")) for p in sorted(folder.glob("*/plan.toml")))]
