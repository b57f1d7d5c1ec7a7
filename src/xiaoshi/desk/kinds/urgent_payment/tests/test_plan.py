"""The procedure of the urgent case: who does what in which order, when he wakes up and when he dies; papers by facts; names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.commands import Actor
from xiaoshi.core.casework.decide import decide
from xiaoshi.core.casework.events import Accepted
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.casework.model import State
from xiaoshi.core.casework.plan_load import load_plan
from xiaoshi.desk.kinds.urgent_payment.paper_rules import all_rules, papers_for, read_rules
from xiaoshi.desk.kinds.urgent_payment.payee_name import name_problem

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
OUTLET = "jn/lz/hb/yl"
FOLDER = Path(__file__).parents[1]
PEOPLE = {
    "yue": Actor("yue", frozenset({"lobby_manager"}), "outlet", OUTLET),
    "an": Actor("an", frozenset({"teller"}), "outlet", OUTLET),
    "heng": Actor("heng", frozenset({"supervisor"}), "outlet", OUTLET),
    "chuan": Actor("chuan", frozenset({"outlet_head"}), "outlet", OUTLET),
    "lu": Actor("lu", frozenset({"city_specialist"}), "city", "jn/lz"),
    "wu": Actor("wu", frozenset({"teller"}), "outlet", "jn/lz/cd/hf"),
}
FACTS = {
    "patient": "unconscious",
    "relation": "child",
    "spouse_able": True,
    "certificate_there": True,
    "password_known": False,
    "hospital_name": "临洲市第一人民医院",
    "hospital_number": "33000000090000000001",
    "need_fen": 80_000_00,
}
UNTIL_DECIDED = """
yue   open                  -> ok
yue   visit                 -> after
yue   first_contact         -> ok
wu    deposit               -> other_unit
an    deposit               -> ok
an    compute               -> ok
chuan decide                -> after
yue   visit                 -> ok
an    papers                -> ok
an    record_withdrawal     -> after
an    decide                -> wrong_role
"""
STORY = f"""{UNTIL_DECIDED}
yue   own_wish              -> not_applicable
an    ask                   -> ok
chuan decide                -> to_answer
lu    answer                -> ok
chuan decide                -> ok
an    check_withdrawal      -> after
an    record_withdrawal     -> ok
an    check_withdrawal      -> wrong_role
heng  check_withdrawal      -> ok
heng  check_withdrawal      -> finished
an    record_transfer       -> ok
heng  check_transfer        -> ok
an    close                 -> step_open
an    surplus=17700         -> ok
heng  check_surplus         -> wrong_role
chuan check_surplus         -> ok
yue   letter                -> after
yue   follow_up             -> ok
an    succession            -> not_applicable
yue   letter                -> ok
yue   close                 -> ok
"""
WAKES_UP = f"""{UNTIL_DECIDED}
chuan decide                -> ok
yue   patient=awake         -> ok
an    record_withdrawal     -> after
yue   own_wish              -> ok
an    record_withdrawal     -> ok
"""
DIES = f"""{UNTIL_DECIDED}
chuan decide                -> ok
an    record_withdrawal     -> ok
yue   patient=dead          -> ok
heng  check_withdrawal      -> not_applicable
an    record_transfer       -> not_applicable
an    close                 -> step_open
an    succession            -> ok
an    close                 -> ok
"""
NO_SURPLUS = """
yue   open                  -> ok
yue   first_contact         -> ok
an    deposit               -> ok
yue   visit                 -> ok
an    papers                -> ok
an    compute               -> ok
chuan decide                -> ok
an    record_withdrawal     -> ok
chuan check_withdrawal      -> ok
an    record_transfer       -> ok
chuan check_transfer        -> ok
an    record_transfer       -> ok
chuan check_transfer        -> ok
an    surplus=0             -> ok
chuan check_surplus         -> not_applicable
yue   follow_up             -> ok
an    letter                -> ok
an    close                 -> ok
"""


def command(what: str, number: int, state: State):
    key, (name, _equals, value) = f"c{number}", what.partition("=")
    match name:
        case "open":
            return c.OpenCase(command_id=key, case_number="XS-1", unit_path=OUTLET, facts=FACTS)
        case "close":
            return c.CloseCase(command_id=key)
        case "patient":
            return c.SetFacts(command_id=key, facts={"patient": value}, reason="医生电话")
        case "ask":
            return c.Ask(command_id=key, text="可否", to_level="city", field="deposits", step="decide")
        case "answer":
            question = next(iter(state.questions))
            return c.Answer(command_id=key, question=question, text="可以", source="通知", authority="授权")
        case "surplus":
            return c.DoStep(command_id=key, step=name, facts={"surplus_fen": int(value)})
        case _:
            return c.DoStep(command_id=key, step=name)


@pytest.mark.parametrize(
    "story", [STORY, WAKES_UP, DIES, NO_SURPLUS], ids=["whole", "wakes_up", "dies", "no_surplus"]
)
def test_the_procedure(story):
    plan = load_plan((FOLDER / "plan.toml").read_text("utf-8")).plan
    assert plan is not None
    state = State()
    for number, line in enumerate(story.strip().splitlines()):
        if not line.strip():
            continue
        who, what, _arrow, expected = line.split()
        verdict = decide(plan, state, command(what, number, state), PEOPLE[who], NOW)
        if isinstance(verdict, Accepted):
            assert expected == "ok", line
            state = fold(verdict.events, state)
        else:
            assert verdict.problem.code == expected, (line, verdict.problem.as_json("en"))


ALWAYS = {"payment_notice", "depositor_identity"}
PAPERS = [
    ({}, ALWAYS | {"hospital_statement", "certificate", "agent_identity", "kinship", "heirs_undertaking", "guardian_statement", "spouse_consent"}),
    ({"spouse_able": False}, ALWAYS | {"hospital_statement", "certificate", "agent_identity", "kinship", "heirs_undertaking", "guardian_statement"}),
    ({"relation": "spouse"}, ALWAYS | {"hospital_statement", "certificate", "agent_identity", "kinship", "heirs_undertaking", "guardian_statement"}),
    ({"relation": "other"}, ALWAYS | {"hospital_statement", "certificate", "agent_identity", "kinship", "heirs_undertaking", "guardian_statement", "spouse_consent", "committee_consent"}),
    ({"password_known": True, "spouse_able": False}, ALWAYS | {"hospital_statement", "certificate", "agent_identity", "guardian_statement"}),
    ({"certificate_there": False, "patient": "awake"}, ALWAYS | {"loss_report", "agent_identity", "own_wish_record"}),
    ({"patient": "awake"}, ALWAYS | {"certificate", "agent_identity", "own_wish_record"}),
]  # fmt: skip


@pytest.mark.parametrize(("other", "needed"), PAPERS)
def test_papers_follow_from_the_facts(other, needed):
    assert {rule.name for rule in papers_for({**FACTS, **other})} == needed


def test_every_paper_is_one_of_the_plan_and_every_condition_a_fact_of_it():
    plan = load_plan((FOLDER / "plan.toml").read_text("utf-8")).plan
    assert plan is not None
    assert {n.name for n in plan.steps["papers"].needs} == {r.name for r in all_rules()}
    for rule in all_rules():
        assert rule.source.zh
        assert rule.source.en
        for fact, values in rule.when.items():
            spec = plan.facts[fact]
            assert set(values) <= (set(spec.choices) if spec.type == "choice" else {True, False}), rule.name


def test_a_row_with_a_wrong_key_is_no_row():
    text = (FOLDER / "papers.toml").read_text("utf-8")
    with pytest.raises(ValueError, match="hospital_statement"):
        read_rules(text.replace('status = "practice"', 'state = "practice"', 1))


NAMES = [
    ("临洲市第一人民医院", None),
    ("临洲市笫一人民医院", "第 4 个字填的是“笫”，应为“第”"),
    ("临洲市第一人民医", "第 9 个字起缺字（应为“院”）"),
    ("临洲市第一人民医院门诊", "第 10 个字“门”是多出来的"),
    ("临洲市 第一人民医院", "第 4 个字填的是“ ”，应为“第”"),
    ("", "请填写收款户名"),
]


@pytest.mark.parametrize(("typed", "said"), NAMES)
def test_the_first_sign_that_differs_is_pointed_at(typed, said):
    problem = name_problem(typed, "临洲市第一人民医院")
    assert (problem is None) if said is None else said in problem.words.zh
