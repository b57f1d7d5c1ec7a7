"""转办 委派 会签 加签 减签 抄送 催办 撤回 驳回 挂起 恢复 作废 重开 请示 批复, on the burnt-note plan."""

from __future__ import annotations

import pytest

OPENED = """
    teller:li opens special_damage=false
    teller:li does intake payout=cash
"""
PHOTOGRAPHED = OPENED + "\nteller:li does photograph\n"
DETERMINING = PHOTOGRAPHED + "\nteller:li does denominations\nteller:li does editions\n"


def test_claim_and_release(play):
    play(OPENED)
    play("""
        teller:li claims photograph
        teller:li claims photograph
        -> refused yours_already
        teller:wang claims photograph
        -> refused held_by_other
        teller:wang does photograph
        -> refused held_by_other
        lobby_manager:he releases photograph
        -> refused not_your_act
        supervisor:zhou releases photograph
        supervisor:zhou releases photograph
        -> refused nobody_has_it
        teller:wang does photograph
        teller:wang claims photograph
        -> refused already_worked_on
        teller:li claims hand_in
        -> refused not_applicable
    """)


def test_move_to_another_unit(play):
    """移交: afterwards the old outlet has no part in the case and the new one goes on."""
    play(OPENED)
    play("""
        teller:li claims photograph
        teller:wang moves the case to w2 and outlet_head:bai@w2: designated there
        -> refused not_your_act
        teller:li moves the case to w2 and outlet_head:bai@w2:
        -> refused reason_missing
        teller:li moves the case to w1 and outlet_head:bai@w2: designated there
        -> refused same_unit
        teller:li moves the case to w2 and outlet_head:bai@w3: designated there
        -> refused receiver_elsewhere
        teller:li moves the case to w2 and archivist:shen: designated there
        -> refused receiver_has_no_part
        teller:li moves the case to w2 and outlet_head:bai@w2: designated there
        = owner bai
        teller:li does photograph
        -> refused other_unit
        teller:mei@w2 does photograph
    """)


def test_a_case_is_not_moved_while_a_second_person_here_is_waited_for(play):
    play(DETERMINING)
    play("""
        teller:li does determine
        = determine to_confirm
        teller:li moves the case to w2 and outlet_head:bai@w2: designated there
        -> refused pending_here
        supervisor:zhou confirms determine
        teller:li moves the case to w2 and outlet_head:bai@w2: designated there
    """)


def test_hand_over(play):
    play(OPENED)
    play("""
        teller:li hands case to teller:wang:
        -> refused reason_missing
        teller:wang hands case to teller:wang: mine
        -> refused not_your_act
        teller:li hands case to archivist:shen: he knows
        -> refused receiver_has_no_part
        teller:li hands case to teller:bai@w2: leave
        -> refused receiver_elsewhere
        teller:li hands case to teller:wang: leave
        = owner wang
        supervisor:zhou hands case to teller:wang: once more
        -> refused has_it_already
        teller:li hands photograph to supervisor:zhou: camera
        -> refused wrong_role
        teller:li hands photograph to teller:wang: camera
        teller:li does photograph
        -> refused held_by_other
        teller:wang does photograph
    """)


def test_delegated_work_comes_back(play):
    play(DETERMINING)
    play("""
        teller:li delegates determine to teller:li: no
        -> refused to_yourself
        teller:li delegates determine to teller:wang: your eyes are better
        teller:li delegates determine to teller:hu: or you
        -> refused delegated_already
        teller:wang hands determine to teller:hu: busy
        -> refused delegated_to_you
        teller:wang does determine
        = determine reported
        teller:wang accepts determine
        -> refused maker_is_checker
        teller:hu accepts determine
        -> refused not_your_act
        teller:li returns determine: tray 2 is missing
        -> ReportReturned
        teller:wang does determine
        teller:li accepts determine
        = determine to_confirm
        teller:li confirms determine
        -> refused maker_is_checker
        teller:wang confirms determine
        -> refused maker_is_checker
        teller:hu confirms determine
        = determine done
        teller:hu accepts determine
        -> refused nothing_to_accept
    """)


def test_a_delegate_gives_back_and_a_delegator_calls_back(play):
    play(OPENED)
    play("""
        teller:li delegates photograph to teller:wang: quick
        teller:wang releases photograph
        teller:wang does photograph
        -> refused held_by_other
        teller:li delegates photograph to teller:hu: quick
        teller:li releases photograph
        teller:wang does photograph
        = photograph done
    """)


def test_all_sign_in_order(play):
    play(DETERMINING)
    play("""
        teller:li wants supervisor:zhou,outlet_head:qian to sign determine
        teller:li wants supervisor:zhou to sign determine
        -> refused signing_already
        supervisor:zhou signs determine
        -> refused nothing_to_sign
        teller:li does determine
        = determine signing
        supervisor:zhou adds signer city_specialist:fang before on determine
        supervisor:zhou adds signer city_specialist:fang after on determine
        -> refused signing_already
        supervisor:zhou signs determine
        -> refused others_sign_first
        outlet_head:qian signs determine
        outlet_head:qian signs determine
        -> refused signed_already
        city_specialist:fang signs determine
        teller:wang signs determine
        -> refused not_your_act
        supervisor:zhou signs determine
        = determine to_confirm
        teller:wang confirms determine
        = determine done
    """)


def test_a_refused_signature_returns_the_step(play):
    play(OPENED)
    play("""
        teller:li wants supervisor:zhou,outlet_head:qian to sign photograph
        teller:li does photograph
        outlet_head:qian signs photograph
        supervisor:zhou refuses to sign photograph:
        -> refused reason_missing
        supervisor:zhou refuses to sign photograph: no scale in the picture
        = photograph open
        teller:li does photograph
        outlet_head:qian signs photograph
        supervisor:zhou signs photograph
        = photograph done
    """)
    assert play.state.steps["photograph"].sent_back == 1


def test_a_signer_who_is_gone_is_taken_off(play):
    play(OPENED)
    play("""
        teller:li wants supervisor:zhou,auditor:bao to sign photograph
        -> refused auditor_reads_only
        teller:li wants supervisor:zhou,supervisor:zhou to sign photograph
        -> refused signers_wrong
        teller:li wants supervisor:zhou,outlet_head:qian to sign photograph
        teller:li does photograph
        outlet_head:qian signs photograph
        teller:li removes signer qian on photograph: signed
        -> refused no_signing
        teller:li removes signer zhou on photograph: on leave
        = photograph done
    """)


def test_copy_and_remind(play):
    play(OPENED)
    play("""
        teller:li copies to qian
        teller:li copies to qian
        -> refused copied_already
        teller:li reminds wang of photograph
        + 3.9
        supervisor:zhou reminds wang of photograph
        -> refused reminded_lately
        teller:li reminds wang of case
        + 0.2
        supervisor:zhou reminds wang of photograph
        -> Reminded
        teller:li reminds wang of intake
        -> refused finished
    """)
    assert play.state.copied == {"qian"}


def test_the_refused_reminder_says_when(play):
    play(OPENED)
    play("""
        teller:li reminds wang of photograph
        teller:li reminds wang of photograph
        -> refused reminded_lately
    """)
    assert "03-02 13:00" in play.answer.problem.words.zh


@pytest.mark.parametrize(
    ("acts", "phase_of", "phase"),
    [
        ("teller:li does photograph total_fen=5", "photograph", "open"),
        ("teller:li hands photograph to teller:wang: x", "photograph", "open"),
        ("teller:li delegates photograph to teller:wang: x", "photograph", "open"),
        ("teller:li hands case to teller:wang: x", "owner", "li"),
        ("teller:li sets payout=account", "case", "open"),
    ],
)
def test_take_back_undoes_the_newest_act(play, acts, phase_of, phase):
    play(OPENED)
    before = play.state
    play(acts)
    play(f"""
        teller:wang takes back
        -> refused nothing_to_take_back
        teller:wang copies to qian
        teller:li takes back
        -> TakenBack
        = {phase_of} {phase}
        teller:li takes back
        -> refused nothing_to_take_back
    """)
    assert (play.state.facts, play.state.steps) == (before.facts, before.steps)


def test_take_back_is_over_once_somebody_went_on(play):
    play(PHOTOGRAPHED)
    play("""
        teller:wang does denominations
        teller:li takes back
        -> refused nothing_to_take_back
    """)


def test_a_milestone_that_was_taken_back_is_lost(play):
    play(DETERMINING)
    play("""
        teller:li does determine
        teller:wang confirms determine
        -> StepConfirmed MilestoneReached
        teller:wang takes back
        -> TakenBack MilestoneLost
        = determine to_confirm
    """)


def test_paid_money_cannot_be_taken_or_sent_back(play):
    play(DETERMINING)
    play("""
        teller:li does determine
        teller:wang confirms determine
        teller:li records check:machine passed
        teller:li does machine
        teller:li does count
        teller:wang does recheck
        teller:li records decision:amount 100
        teller:li does pay
        outlet_head:qian confirms pay
        outlet_head:qian takes back
        -> refused irreversible
        teller:li sends back count: one short
        -> refused irreversible
        teller:li adds step 'correct the payment' for teller
    """)


def test_send_back_reopens_all_that_leans_on_it(play):
    play(DETERMINING)
    play("""
        teller:li does determine
        teller:wang confirms determine
        teller:li records check:machine passed
        teller:li records paper:fire_report D1
        teller:li does machine
        teller:li does count
        teller:li sends back receipt: too early
        -> refused not_finished
        lobby_manager:he sends back denominations: wrong
        -> refused not_your_act
        teller:li sends back denominations:
        -> refused reason_missing
        teller:wang sends back denominations: two tens among the fifties
        -> SentBack MilestoneLost
        = photograph done
        = denominations open
        = editions open
        = determine open
        = machine open
        = count open
        teller:li does count
        -> refused after
        teller:li does denominations
        teller:li does editions
        teller:li does determine
        teller:wang confirms determine
        teller:li does machine
        -> refused missing_need
    """)
    assert play.state.steps["denominations"].sent_back == 1
    assert play.state.steps["denominations"].round == 2
    assert set(play.state.records) == {"paper:fire_report"}  # the paper stays, the check is made again


def test_suspend_and_resume(play):
    play(OPENED)
    play("""
        teller:wang suspends for 48 h: client fetches the fire report
        -> refused not_your_act
        teller:li suspends for -1 h: x
        -> refused until_in_the_past
        teller:li resumes
        -> refused not_suspended
        teller:li suspends for 48 h: client fetches the fire report
        = case suspended
        teller:li does photograph
        -> refused case_suspended
        teller:li records paper:fire_report D7
        teller:wang resumes
        = case open
        teller:li suspends for 48 h: again
        + 48
        teller:li does photograph
        -> CaseResumed StepDone
    """)


def test_cancel_and_reopen(play):
    play(OPENED)
    play("""
        teller:li cancels: client took the notes home
        -> refused not_your_act
        outlet_head:qian reopens: why
        -> refused not_ended
        outlet_head:qian cancels: client took the notes home
        = case cancelled
        teller:li does photograph
        -> refused case_cancelled
        teller:li reopens: came back
        -> refused not_your_act
        outlet_head:qian reopens: came back
        = case open
        teller:li does photograph
    """)


def test_one_question_upwards_and_one_answer(play):
    play(OPENED)
    play("""
        teller:li asks outlet: may we
        -> refused not_upwards
        teller:li asks city for intake: may we
        -> refused finished
        teller:li asks city for photograph: is a scan enough
        = owner li
        teller:li does photograph
        -> refused to_answer
        teller:li answers q1 by 'x': yes
        -> refused wrong_role
        province_specialist:yu answers q1 by 'x': yes
        -> refused wrong_role
        city_specialist:fang answers q1 by '': yes
        -> refused source_missing
        city_specialist:fang answers q1 by 'order 2003-7, article 6': no, photograph it
        -> QuestionAnswered
        city_specialist:fang answers q1 by 'x': no
        -> refused unknown_question
        teller:li does photograph
        teller:li asks province: how to pay
        teller:wang does denominations
        teller:wang withdraws q2: known
        -> refused not_your_act
        teller:li withdraws q2: known
    """)


def test_the_auditor_can_do_nothing_at_all(play):
    play(OPENED)
    for act in (
        "sets payout=cash",
        "copies to qian",
        "resumes",
        "takes back",
        "asks city: x",
        "claims photograph",
    ):
        play(f"auditor:bao {act}\n-> refused auditor_reads_only")
