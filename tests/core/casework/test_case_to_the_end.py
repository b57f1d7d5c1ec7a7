"""The burnt-note case from the door to the receipt, and what may not happen on the way."""

from __future__ import annotations

TO_DETERMINED = """
    lobby_manager:he opens special_damage=false
    lobby_manager:he does intake payout=account
    teller:li does photograph
    teller:li does denominations
    teller:li does editions
    teller:li does determine total_fen=4684500
    = determine to_confirm
    supervisor:zhou confirms determine
    -> StepConfirmed MilestoneReached
    teller:li records check:machine passed
    teller:li does machine
"""
TO_CLOSED = (
    TO_DETERMINED
    + """
    teller:li does count
    teller:wang does recheck
    teller:li records decision:amount 4684500
    teller:li does pay
    supervisor:zhou confirms pay
    teller:li does receipt
    teller:li closes
    -> CaseClosed
    = case closed
"""
)


def test_the_whole_case(play):
    play(TO_CLOSED)
    assert list(play.state.milestones) == ["determined"]
    assert play.state.facts == {"special_damage": False, "payout": "account", "total_fen": 4684500}
    assert play.state.steps["determine"].makers == ("li",)
    assert play.state.steps["determine"].checker == "zhou"


def test_special_damage_waits_for_the_designated_institution(play):
    play("""
        teller:li opens special_damage=true
        teller:li does intake payout=cash
        teller:li does photograph
        teller:li does denominations
        teller:li does editions
        teller:li does determine
        -> refused after
        supervisor:zhou skips hand_in: we are the designated outlet
        -> refused wrong_role
        outlet_head:qian skips hand_in:
        -> refused reason_missing
        outlet_head:qian skips hand_in: we are the designated outlet
        -> StepSkipped
        teller:li does determine
    """)


def test_a_fact_that_nobody_set_is_waited_for_by_name(play):
    play("""
        teller:li opens
        teller:li does intake
        supervisor:zhou does hand_in
        -> refused missing_fact
    """)
    assert "特殊残损" in play.answer.problem.words.zh
    play("""
        teller:li sets special_damage=true
        supervisor:zhou does hand_in
        teller:li sets special_damage=?
        -> FactsSet
        teller:li sets special_damage=?
        -> refused nothing_new
        teller:li sets special_damage=7
        -> refused fact_type
        teller:li sets payout=cheque
        -> refused fact_type
        teller:li sets weather=fine
        -> refused unknown_fact
        teller:li sets total_fen=-1
        -> refused fact_type
    """)


def test_maker_is_never_checker(play):
    play("""
        teller:li opens special_damage=false
        teller:li does intake payout=cash
        teller:li does photograph
        teller:li does denominations
        teller:li does editions
        teller:li does determine
        teller:li confirms determine
        -> refused maker_is_checker
        teller:li rejects determine: changed my mind
        -> refused maker_is_checker
        lobby_manager:he confirms determine
        -> refused wrong_role
        teller:wang rejects determine:
        -> refused reason_missing
        teller:wang rejects determine: piece 12 is half
        -> StepRejected
        = determine open
        teller:wang confirms determine
        -> refused nothing_to_confirm
        teller:li does determine
        teller:wang confirms determine
    """)
    assert play.state.steps["determine"].sent_back == 1


def test_the_recheck_is_made_by_other_hands_even_after_a_second_count(play):
    play(TO_DETERMINED)
    play("""
        teller:li does count
        teller:li does recheck
        -> refused same_hands
        teller:wang does recheck
        teller:wang does count
        -> refused same_hands
        teller:li does count
        -> StepDone
    """)
    assert play.state.steps["count"].round == 2


def test_needs_hold_a_step_up(play):
    play("""
        lobby_manager:he opens special_damage=false
        lobby_manager:he does intake payout=account
        teller:li does photograph
        teller:li does denominations
        teller:li does editions
        teller:li does determine
        teller:wang confirms determine
        teller:li does machine
        -> refused missing_need
        teller:li records check:machine failed
        teller:li does machine
        -> refused missing_need
        teller:li waives check:machine: machine is broken
        -> refused not_your_act
        supervisor:zhou waives check:machine: machine is broken, counted twice by hand
        -> NeedWaived
        supervisor:zhou waives check:machine: again
        -> refused need_met_already
        teller:li does machine
        teller:li records check:scale passed
        -> refused unknown_need
    """)


def test_who_may_do_what_where(play):
    play("""
        archivist:shen opens
        -> refused wrong_role
        teller:wang@w2 opens
        -> refused other_unit
        teller:li does intake
        -> refused case_new
        contact_centre:du opens special_damage=false
        = owner du
        auditor:bao does intake
        -> refused auditor_reads_only
        teller:wang@w2 does intake
        -> refused other_unit
        supervisor:zhou does intake
        -> refused wrong_role
        teller:li does intaek
        -> refused unknown_step
        teller:li opens
        -> refused opened_already
        teller:li does photograph
        -> refused after
        teller:li does intake
        teller:wang does intake
        -> refused finished
    """)


def test_closing_says_what_is_missing(play):
    play("""
        teller:li opens special_damage=false
        supervisor:zhou closes
        -> refused wrong_role
        teller:li closes
        -> refused step_open
    """)
    assert "受理登记" in play.answer.problem.words.zh
    assert "回单" in play.answer.problem.words.zh


def test_optional_steps_and_added_steps(play):
    play("""
        teller:li opens special_damage=false
        lobby_manager:he does visit
        -> refused not_called_up
        lobby_manager:he calls off visit: why
        -> refused not_called_up
        lobby_manager:he calls up visit
        lobby_manager:he calls up visit
        -> refused called_up_already
        lobby_manager:he calls off visit:
        -> refused reason_missing
        lobby_manager:he calls off visit: the client comes to us
        lobby_manager:he does visit
        -> refused not_called_up
        lobby_manager:he calls up visit
        lobby_manager:he does visit
        -> StepDone
        teller:li calls up intake
        -> refused not_optional
        teller:li adds step 'call the village head' for lobby_manager
        teller:li adds step 'look' for auditor
        -> refused unknown_role
        teller:li adds step '' for teller
        -> refused title_missing
        teller:li does added_1
        -> refused wrong_role
        lobby_manager:he does added_1
        -> StepDone
        teller:li adds step 'ask the neighbour' for lobby_manager
        supervisor:zhou skips added_2: he is away
        -> StepSkipped
        teller:li adds optional step 'take a picture' for teller
    """)


def test_an_added_step_that_blocks_holds_the_close_up(play):
    play(
        TO_CLOSED.replace(
            "teller:li closes",
            "supervisor:zhou adds step 'x' for teller\nteller:li closes\n-> refused step_open",
        ).split("-> CaseClosed")[0]
    )
    play("""
        teller:li does added_1
        teller:li closes
    """)
