"""Where steps stand: waiting or not needed, at which level, for which answer; and what pages are told."""

from __future__ import annotations

import pytest

from xiaoshi.core.casework import Actor, available, load_plan, next_steps, progress, waiting

HEAD = """
kind = "small"
version = 1
title = { zh = "小事", en = "Small" }
opens = ["teller"]
facts.ill = { type = "bool", zh = "病重", en = "Ill" }
facts.since = { type = "date", zh = "开户日", en = "Opened on" }
[[stages]]
id = "all"
title = { zh = "全部", en = "All" }
[close]
by = ["teller"]
"""


def step(name: str, rest: str = "", by: str = '{ roles = ["teller"] }') -> str:
    return f'[[steps]]\nid = "{name}"\nstage = "all"\ntitle = {{ zh = "{name}", en = "{name}" }}\nby = {by}\n{rest}\n'


DETERMINING = """
    teller:li opens special_damage=false
    teller:li does intake payout=cash
    teller:li does photograph
    teller:li does denominations
    teller:li does editions
"""


def test_a_condition_on_work_under_way_is_waited_for_and_not_called_unneeded(play_of):
    text = HEAD + step("a") + step("b", 'when = "steps.a.done"') + step("d", 'after = ["b"]')
    play = play_of(text)
    play("""
        teller:li opens
        teller:li does d
        -> refused after
        teller:li does a
        teller:li does d
        -> refused after
        teller:li does b
        teller:li does d
    """)


def test_what_is_false_for_good_is_not_waited_for(play_of):
    play = play_of(
        HEAD + step("a") + step("b", 'when = "facts.ill && steps.a.done"') + step("d", 'after = ["b"]')
    )
    play("""
        teller:li opens ill=false
        teller:li does d
        teller:li sets ill=?
        teller:li closes
        -> refused step_open
    """)


def test_unconfirmed_work_is_no_ground_to_go_on(play):
    play(DETERMINING)
    play("""
        teller:li does determine
        teller:li records check:machine passed
        teller:li does machine
        -> refused after
    """)


def test_a_delegator_whose_report_the_head_accepted_is_still_no_checker(play):
    play(DETERMINING)
    play("""
        teller:li delegates determine to teller:wang: please
        teller:wang does determine
        outlet_head:qian accepts determine
        teller:li confirms determine
        -> refused maker_is_checker
        teller:hu confirms determine
    """)


def test_the_level_counts(play_of):
    play = play_of(HEAD + step("a", by='{ roles = ["supervisor"], level = "sub_branch" }'))
    play("""
        teller:li opens
        supervisor:zhou does a
        -> refused wrong_role
    """)
    assert "支行的授权主管" in play.answer.problem.words.zh


def test_a_unit_whose_path_only_begins_alike_is_another_unit(play_of):
    play = play_of(HEAD + step("a"))
    play("""
        teller:li opens
        teller:bai@w does a
        -> refused other_unit
    """)


@pytest.mark.parametrize(
    ("day", "code"), [("1998-06-01", "StepDone"), ("2001-01-01", "refused not_applicable")]
)
def test_dates_compare_as_dates(play_of, day, code):
    play = play_of(HEAD + step("a", "when = \"facts.since < date('2000-04-01')\""))
    play(f"""
        teller:li opens since={day}
        teller:li does a
        -> {code}
    """)


def test_a_step_that_needs_the_answer_waits_for_every_question(play_of):
    play = play_of(HEAD + step("a") + step("b", 'needs = ["answer"]'))
    play("""
        teller:li opens
        teller:li asks city: may we
        teller:li does a
        teller:li does b
        -> refused to_answer
        archivist:shen answers q1 by 'rule': yes
        -> refused wrong_role
        city_specialist:fang answers q1 by 'rule': yes
        teller:li does b
    """)


def acts(play, who: str, role: str) -> set[tuple[str, str]]:
    actor = Actor(who, frozenset({role}), "outlet", "zj/hz/xh/w1")
    return {(option.act, option.step) for option in available(play.plan, play.state, actor, play.now)}


def test_each_person_is_offered_the_own_acts(play):
    assert acts(play, "li", "teller") == {("OpenCase", "")}
    play(DETERMINING)
    play("teller:li does determine")
    assert ("ConfirmStep", "determine") in acts(play, "zhou", "supervisor")
    assert ("ConfirmStep", "determine") not in acts(play, "li", "teller")
    assert ("TakeBack", "") in acts(play, "li", "teller")
    assert ("TakeBack", "") not in acts(play, "wang", "teller")
    assert ("Cancel", "") in acts(play, "qian", "outlet_head")
    assert acts(play, "bao", "auditor") == set()


def test_the_plan_map(play):
    play(DETERMINING)
    play("teller:li does determine\nsupervisor:zhou rejects determine: piece 12")
    stages = progress(play.plan, play.state)
    assert [(s.stage, s.place) for s in stages] == [
        ("receive", "done"),
        ("determine", "here"),
        ("pay", "waiting"),
    ]
    drawn = {s.step: s for stage in stages for s in stage.steps}
    assert (drawn["determine"].place, drawn["determine"].sent_back, drawn["determine"].reason) == (
        "here",
        1,
        " piece 12",
    )
    assert drawn["hand_in"].place == "not_applicable"
    assert drawn["visit"].place == "optional"
    assert [n.step for n in next_steps(play.plan, play.state)] == ["determine"]
    assert [(h.code, h.about) for h in waiting(play.plan, play.state)[0].reasons] == [
        ("after", "determine"),
        ("missing_need", "check:machine"),
    ]


def test_a_condition_that_breaks_on_the_case_is_said_and_not_raised(play_of):
    play = play_of(HEAD + step("a") + step("b", 'when = "steps.a.result.list[3] == 1"'))
    play("""
        teller:li opens
        teller:li does a
        teller:li does b
        -> refused condition_failed
    """)


def test_a_plan_has_a_size():
    problems = load_plan(HEAD + "".join(step(f"s{i}") for i in range(121))).problems
    assert [p.code for p in problems] == ["plan_too_large"]
