"""另要资料, 撤销, 撤下, 免除: papers beside the plan really block closing, whoever asks for them and however they are met."""

from __future__ import annotations

import pytest

from xiaoshi.core.casework.standing import Standing

PLAN = """
kind = "small"
version = 1
title = { zh = "小事", en = "Small matter" }
opens = ["teller"]
[facts.wish]
type = "text"
zh = "要求"
en = "wish"
[need_words.letter]
zh = "申请书"
en = "letter"
[[stages]]
id = "one"
title = { zh = "办理", en = "Do" }
[[steps]]
id = "look"
stage = "one"
title = { zh = "查看", en = "Look" }
by = { roles = ["teller"], level = "outlet" }
needs = ["paper:letter", "paper:photo?"]
[close]
by = ["teller"]
"""
DONE = """
    teller:li opens
    teller:li records paper:letter d1
    teller:li does look
"""


@pytest.fixture
def small(play_of):
    return play_of(PLAN)


def hindrances(play):
    return [(h.code, h.about) for h in Standing(play.plan, play.state).close_hindrances()]


def test_a_paper_asked_for_by_hand_blocks_closing_until_it_is_there(small):
    small(DONE)
    small("""
        teller:li asks for paper '户口簿': 姓名与证件不一致
        -> NeedAsked
        teller:li closes
        -> refused missing_need
        teller:wang records paper:asked_1 d2
        -> NeedRecorded
        teller:li closes
        -> CaseClosed
    """)


def test_one_that_does_not_block_is_only_wanted(small):
    small(DONE)
    small("""
        teller:li asks for paper '名片' optional: 方便联系
        teller:li closes
        -> CaseClosed
    """)


def test_withdrawn_by_whoever_asked_or_the_owner_and_waived_by_authority_only(small):
    small(DONE)
    small("""
        teller:wang asks for paper '户口簿': 核对
        teller:mu asks for paper '结婚证': 核对
        teller:mu wants no longer paper:asked_1: 不用了
        -> refused not_your_act
        teller:wang wants no longer paper:asked_1:
        -> refused reason_missing
        teller:wang wants no longer paper:asked_1: 已从公安核实
        -> AskedNeedWithdrawn
        teller:wang wants no longer paper:asked_1: 再来
        -> refused not_asked_by_hand
        teller:li wants no longer paper:letter: 不用了
        -> refused not_asked_by_hand
        teller:li waives paper:asked_2: 免
        -> refused not_your_act
        supervisor:zhou waives paper:asked_2: 已电话核实
        -> NeedWaived
        teller:li closes
        -> CaseClosed
    """)


def test_the_wrong_paper_is_taken_off_and_closing_waits_again(small):
    small(DONE)
    small("""
        teller:li takes off paper:photo: 错
        -> refused nothing_to_take_off
        teller:li takes off paper:letter:
        -> refused reason_missing
        teller:li takes off paper:letter: 是别人的申请书
        -> NeedTakenOff
    """)
    assert hindrances(small) == [("missing_need", "paper:letter")]
    small("""
        teller:li closes
        -> refused missing_need
        teller:li records paper:letter d3
        teller:li closes
        -> CaseClosed
    """)


def test_what_was_not_required_may_be_taken_off_without_harm(small):
    small(DONE)
    small("""
        teller:li records paper:photo d2
        teller:li takes off paper:photo: 拍糊了
        teller:li closes
        -> CaseClosed
    """)


def test_a_waiver_is_undone_by_authority_only(small):
    small("teller:li opens\nsupervisor:zhou waives paper:letter: 老客户")
    small("""
        teller:li takes off paper:letter: 还是要
        -> refused not_your_act
        supervisor:zhou takes off paper:letter: 还是要
        -> NeedTakenOff
        teller:li does look
        -> refused missing_need
    """)


def test_strangers_auditors_and_odd_words(small):
    small(DONE)
    small("""
        teller:mei@w2 asks for paper '户口簿': 看看
        -> refused other_unit
        auditor:shen asks for paper '户口簿': 看看
        -> refused auditor_reads_only
        teller:li asks for paper ' ': 看看
        -> refused title_missing
        teller:li asks for paper '户口簿': 看看
        teller:li asks for paper '户口簿': 再看看
        -> refused asked_already
    """)
    small(f"teller:li asks for paper '{'长' * 81}': 看看\n-> refused title_too_long")


def test_no_more_than_fifty_are_asked_for(small):
    small(DONE)
    small("\n".join(f"teller:li asks for paper '第{n}份': 看" for n in range(50)))
    small("teller:li asks for paper '第五十一份': 看\n-> refused asked_too_many")


def test_a_resting_case_is_asked_for_papers_and_takes_them(small):
    small(DONE)
    small("""
        teller:li suspends for 24 h: 等客户
        teller:li asks for paper '户口簿': 核对
        -> NeedAsked
        teller:li records paper:asked_1 d2
        -> NeedRecorded
        teller:li takes off paper:asked_1: 不清楚
        -> NeedTakenOff
        teller:li wants no longer paper:asked_1: 不用了
        -> AskedNeedWithdrawn
    """)
