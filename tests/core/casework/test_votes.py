"""票签 by weight: when it passes, when it fails, who has no vote; and that the order of votes decides nothing."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaoshi.core.casework import Accepted, Actor, Refused, decide, fold, load_plan
from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.model import Signer, StepState
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.casework.views import available, next_steps
from xiaoshi.core.casework.votes import tally

from .conftest import Play, loaded, person

PLAN = """\
kind = "loss"
version = 1
title = { zh = "小额核销", en = "Small write-off" }
opens = ["teller"]
[[stages]]
id = "all"
title = { zh = "全部", en = "All" }
[[steps]]
id = "decide"
stage = "all"
title = { zh = "核销", en = "Write off" }
by = { roles = ["teller"] }
votes = { pass_at_percent = 60, voters_min = 3, weights = { outlet_head = 2, supervisor = 1 } }
[[steps]]
id = "book"
stage = "all"
title = { zh = "入账", en = "Book" }
by = { roles = ["teller"] }
after = ["decide"]
[close]
by = ["teller"]
"""
VOTERS = "outlet_head:qian,supervisor:zhou,supervisor:sun,supervisor:tao"
NAMED = f"teller:li opens\nteller:li wants {VOTERS} to vote on decide"
DONE = NAMED + "\nteller:li does decide\n= decide signing"


@pytest.fixture
def vote(play_of):
    return play_of(PLAN)


def test_it_passes_as_soon_as_the_share_is_reached(vote):
    """5 in all, 60 % are 3: the head's 2 and one more."""
    vote(DONE)
    vote("""
        outlet_head:qian votes for decide: small, and documented
        -> VoteCast
        = decide signing
        supervisor:zhou votes against decide: no fire report
        supervisor:sun votes for decide: seen the tin
        = decide done
        supervisor:tao votes for decide: too late
        -> refused nothing_to_vote
        teller:li does book
    """)


def test_it_fails_as_soon_as_the_share_cannot_be_reached(vote):
    vote(DONE)
    vote("""
        outlet_head:qian votes against decide: no report
        = decide signing
        supervisor:zhou votes for decide: as always
        supervisor:tao votes against decide: no report either
        = decide open
    """)
    own = vote.state.steps["decide"]
    assert (own.sent_back, own.reason, own.makers) == (1, "no report；no report either", ())
    assert [(s.actor, s.weight, s.vote) for s in own.signers] == [
        ("qian", 2, ""),
        ("zhou", 1, ""),
        ("sun", 1, ""),
        ("tao", 1, ""),
    ]
    vote("""
        teller:li does decide
        outlet_head:qian votes for decide: now with the report
        supervisor:tao votes for decide: now with the report
        = decide done
    """)


def test_a_vote_is_changed_and_taken_back_until_it_is_decided(vote):
    vote(DONE)
    vote("""
        outlet_head:qian votes for decide: yes
        outlet_head:qian votes for decide: yes
        -> refused nothing_new
        outlet_head:qian votes against decide: on second thoughts
        outlet_head:qian takes back
        supervisor:zhou votes for decide: yes
        = decide done
        supervisor:zhou takes back
        = decide signing
        supervisor:zhou votes maybe decide: hm
        -> refused vote_unknown
        supervisor:zhou votes for decide:
        -> refused reason_missing
        supervisor:zhou signs decide
        -> refused vote_instead
        supervisor:zhou refuses to sign decide: no
        -> refused vote_instead
    """)


def test_who_votes_is_named_first_and_by_the_plan(vote):
    vote(f"""
        teller:li opens
        teller:li does decide
        -> refused voters_missing
        teller:li wants supervisor:zhou to sign decide
        -> refused votes_by_plan
        teller:li wants supervisor:zhou,supervisor:sun to vote on decide
        -> refused voters_too_few
        teller:li wants supervisor:zhou,supervisor:sun,teller:hu to vote on decide
        -> refused no_vote
        teller:li wants supervisor:zhou,supervisor:sun,auditor:bao to vote on decide
        -> refused auditor_reads_only
        teller:li wants supervisor:zhou,supervisor:zhou,supervisor:sun to vote on decide
        -> refused signers_wrong
        teller:li wants {VOTERS} to vote on decide at 10 %
        -> refused votes_by_plan
        teller:li wants {VOTERS} to vote on decide
        -> VotesAsked
        teller:li wants {VOTERS} to vote on decide
        -> refused signing_already
        supervisor:zhou votes for decide: early
        -> refused nothing_to_vote
        teller:li wants supervisor:zhou,supervisor:sun to vote on book
        -> refused share_wrong
        teller:li wants supervisor:zhou,supervisor:sun to vote on book at 101 %
        -> refused share_wrong
        teller:li wants supervisor:zhou to vote on book at 50 %
        -> refused voters_too_few
        teller:li wants supervisor:zhou,supervisor:sun to vote on book at 50 %
    """)


def test_a_voter_who_comes_or_goes_shifts_the_sums(vote):
    vote(DONE)
    vote("""
        outlet_head:qian votes for decide: yes
        supervisor:zhou votes against decide: no
        teller:li removes signer zhou on decide: voted
        -> refused no_signing
        teller:li adds signer teller:hu after on decide
        -> refused no_vote
        teller:li adds signer supervisor:wen after on decide
        -> SignersChanged
    """)
    assert tally(vote.state.steps["decide"]).missing == 2  # 60 % of 6 are 4
    vote("""
        teller:li removes signer wen on decide: on leave
        teller:li removes signer tao on decide: on leave
        = decide signing
        teller:li removes signer sun on decide: on leave
        -> refused voters_too_few
        supervisor:sun votes against decide: no
        = decide open
    """)


def test_taking_the_last_silent_one_off_may_pass_the_step(vote):
    vote(DONE)
    vote("""
        supervisor:zhou votes for decide: yes
        supervisor:sun votes for decide: yes
        = decide signing
        teller:li removes signer tao on decide: moved away
        = decide signing
        teller:li removes signer qian on decide: on leave
        -> refused voters_too_few
        teller:li adds signer supervisor:wen after on decide
        teller:li removes signer qian on decide: on leave
        = decide done
    """)


def test_makers_have_no_vote_and_must_leave_enough_voters(vote):
    """Sun takes the work and is a voter: his weight leaves both sides of the fraction."""
    vote(NAMED)
    boss = Actor("sun", frozenset({"teller", "supervisor"}), "outlet", "zj/hz/xh/w1")
    answer = decide(vote.plan, vote.state, c.DoStep(command_id="s1", step="decide"), boss, vote.now)
    assert isinstance(answer, Accepted)
    state = fold(answer.events, vote.state)
    assert tally(state.steps["decide"]).total == 4
    cast = c.CastVote(command_id="s2", step="decide", vote="for", reason="mine")
    for who in (
        boss,
        replace(person("supervisor:wei"), on_behalf_of="sun"),
        replace(boss, on_behalf_of="tao"),
    ):
        verdict = decide(vote.plan, state, cast, who, vote.now)
        assert isinstance(verdict, Refused)
        assert verdict.problem.code == "same_hands"
    assert "sun" not in next_steps(vote.plan, state)[0].persons
    few = fold(
        decide(
            vote.plan,
            vote.state,
            c.RemoveSigner(command_id="s3", step="decide", signer="tao", reason="away"),
            person("teller:li"),
            vote.now,
        ).events,
        vote.state,
    )
    verdict = decide(vote.plan, few, c.DoStep(command_id="s4", step="decide"), boss, vote.now)
    assert isinstance(verdict, Refused)
    assert verdict.problem.code == "voters_too_few"


def test_one_person_one_vote(vote):
    vote(DONE)
    wei = person("supervisor:wei")

    def cast(who: Actor, ident: str, vote_for: str = "for") -> object:
        command = c.CastVote(command_id=ident, step="decide", vote=vote_for, reason=ident)
        answer = decide(vote.plan, vote.state, command, who, vote.now)
        if isinstance(answer, Refused):
            return answer.problem.code
        vote.state = fold(answer.events, vote.state)
        return "cast"

    assert cast(wei, "k1") == "not_your_act"
    assert cast(replace(wei, on_behalf_of="zhou"), "k2") == "cast"
    assert cast(replace(wei, on_behalf_of="sun"), "k3") == "same_hands"
    assert cast(replace(wei, on_behalf_of="zhou"), "k4", "against") == "cast"
    assert cast(replace(person("supervisor:tao"), on_behalf_of="sun"), "k5") == "same_hands"
    assert cast(person("supervisor:zhou"), "k6") == "cast"  # back again, and the vote is the own one
    assert next(s.by for s in vote.state.steps["decide"].signers if s.actor == "zhou") == "zhou"
    assert cast(replace(wei, on_behalf_of="sun"), "k7") == "cast"


def test_delegate_and_whoever_accepts_the_report_made_it(vote):
    vote(NAMED)
    vote("""
        teller:li delegates decide to teller:hu: please
        teller:hu does decide
        = decide reported
        teller:li accepts decide
        = decide signing
    """)


def test_a_vote_on_a_step_of_a_plan_without_a_rule(play):
    play("""
        teller:li opens special_damage=false
        teller:li does intake payout=cash
        teller:li wants supervisor:zhou,teller:wang,outlet_head:qian to vote on photograph at 50 %
        teller:li does photograph
        teller:wang votes for photograph: sharp
        supervisor:zhou votes against photograph: no scale
        = photograph signing
        outlet_head:qian votes for photograph: good enough
        = photograph done
    """)


def test_what_waits_says_the_sums_and_options_ask_the_decider(vote):
    vote(DONE)
    vote("outlet_head:qian votes for decide: yes")
    (reason,) = Standing(vote.plan, vote.state).hindrances(vote.plan.steps["decide"])
    assert reason.code == "to_vote"
    assert reason.words.zh == "票签：共5票，需3票；同意2票，不同意0票，还差1票"
    assert next_steps(vote.plan, vote.state)[0].persons == ("zhou", "sun", "tao")
    able = {o.act for o in available(vote.plan, vote.state, person("supervisor:zhou"), vote.now)}
    assert "CastVote" in able
    assert "Sign" not in able


def test_another_version_of_the_plan_changes_no_running_vote(vote):
    vote(DONE)
    other = loaded(PLAN.replace("version = 1", "version = 2").replace("60", "100"))
    state = replace(vote.state, plan_version=2)  # moved, as `plan_move` does it
    for i, name in enumerate(("outlet_head:qian", "supervisor:zhou")):
        command = c.CastVote(command_id=f"o{i}", step="decide", vote="for", reason="yes")
        state = fold(decide(other, state, command, person(name), vote.now).events, state)
    assert state.steps["decide"].phase == "done"


# ---- the count -------------------------------------------------------------------------------------------------------

ballots = st.lists(st.tuples(st.integers(1, 5), st.sampled_from(("for", "against"))), min_size=2, max_size=5)


def outcome_of(order, weights, share) -> str:
    votes = dict.fromkeys(range(len(weights)), "")
    for voter, vote in order:
        votes[voter] = vote
        own = StepState(
            phase="signing",
            pass_at_percent=share,
            signers=tuple(Signer(str(i), weight=weights[i], vote=votes[i]) for i in votes),
        )
        if tally(own).outcome:
            return tally(own).outcome
    return "open"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ballots, st.integers(1, 100))
def test_no_order_of_the_votes_decides(cast, share):
    """All orders of the same votes end alike, at the latest with the last vote; and as plain arithmetic says."""
    weights = [weight for weight, _ in cast]
    votes = list(enumerate(vote for _, vote in cast))
    ends = {outcome_of(order, weights, share) for order in itertools.permutations(votes)}
    agreed = sum(weight for weight, vote in cast if vote == "for")
    assert ends == {"passed" if agreed * 100 >= share * sum(weights) else "failed"}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.permutations(["qian", "zhou", "sun", "tao"]), st.lists(st.booleans(), min_size=4, max_size=4))
def test_the_engine_ends_like_the_arithmetic_whatever_the_order(order, says):
    played = Play(loaded(PLAN))(DONE)
    roles = {"qian": "outlet_head"}
    weight = {"qian": 2}
    for name in order:
        if played.state.steps["decide"].phase != "signing":
            break
        vote = "for" if says[["qian", "zhou", "sun", "tao"].index(name)] else "against"
        played(f"{roles.get(name, 'supervisor')}:{name} votes {vote} decide: so")
    agreed = sum(weight.get(n, 1) for n, yes in zip(("qian", "zhou", "sun", "tao"), says, strict=True) if yes)
    assert played.state.steps["decide"].phase == ("done" if agreed >= 3 else "open")


# ---- refused at load -------------------------------------------------------------------------------------------------

RULE = "{ pass_at_percent = 60, voters_min = 3, weights = { outlet_head = 2, supervisor = 1 } }"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("{ pass_at_percent = 101 }", "votes_never_pass"),
        ("{ pass_at_percent = 0 }", "bad_votes"),
        ("{ weights = { supervisor = 1 } }", "bad_votes"),
        ("{ pass_at_percent = 50, voters_min = 1 }", "bad_votes"),
        ("{ pass_at_percent = 50, weights = { supervisor = 0 } }", "bad_votes"),
        ("{ pass_at_percent = 50, weights = { supervisor = 1.5 } }", "bad_votes"),
        ("{ pass_at_percent = 50, weights = { superviser = 1 } }", "unknown_role"),
        ("{ pass_at_percent = 50, weights = { auditor = 1 } }", "role_reads_only"),
        ("{ pass_at_percent = 50, weights = { outlet_head = 5 } }", "votes_never_pass"),
        (
            '{ pass_at_percent = 50, voters_min = 3, weights = { outlet_head = 1 }, person_weights = { "a.b" = 1 } }',
            "votes_never_pass",
        ),
        ("{ pass_at = 50 }", "unknown_key"),
        ("60", "wrong_type"),
    ],
)
def test_a_vote_that_can_never_pass_is_refused_with_its_place(rule, code):
    load = load_plan(PLAN.replace(RULE, rule))
    assert load.plan is None
    assert code in {p.code for p in load.problems}
    assert {p.where for p in load.problems} == {"plan.toml:13"}
