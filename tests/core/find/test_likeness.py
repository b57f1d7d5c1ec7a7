"""Likeness against known truth: 40 matters, each asked three times in other words; which of the 119 others are like is known.

Generator: 20 things, 10 troubles in four expressions each; a matter is a thing with a trouble, each thing in two matters and
each trouble in four, so every question has near misses of both sorts. A phrasing takes one frame of six and two of the
trouble's four expressions, and knows four facts in five. Seed 20261125. The like ones of a question are the other two
phrasings of its matter.
"""

from __future__ import annotations

import random

import pytest

from xiaoshi.core.find.folding import Folding
from xiaoshi.core.find.likeness import FLOOR, body_of, likeness, word_grams

FOLDING = Folding(lambda sign: sign)
THINGS = (
    "一九九八年的手工存单", "电子国债凭证", "外币现钞", "七天通知存款", "定活两便存折", "保险箱", "公积金联名卡",
    "社保卡金融账户", "烧焦的百元纸币", "八百斤硬币", "企业验资户", "境外汇款", "代扣水电费", "遗产存款", "监护人代办的账户",
    "长期不动户", "住房贷款结清证明", "贵金属积存", "港澳台居民开户", "军人优待账户",
)  # fmt: skip
TROUBLES = (
    ("没有实名记录", "未做实名登记", "当年开户未登记证件", "需要补录实名信息"),
    ("密码遗忘", "本人昏迷，不能输入密码", "密码无法重置", "本人不能到场重置密码"),
    ("户名与身份证差一个字", "凭证上的户名写错一个字", "户名和证件不一致", "户名用了繁体字，与证件不同"),
    ("原网点已撤并", "开户网点已经不在了", "原开户网点并入支行", "撤并后查不到原网点底卡"),
    ("被法院冻结", "有司法冻结记录", "冻结已到期未解除", "法院来函续冻"),
    ("继承人之一在国外", "一位继承人侨居海外", "国外的继承人寄来公证书", "海外继承公证没有认证"),
    ("金额超过网点权限", "大额超权限", "单笔超出授权额度", "需要上级授权的大额"),
    ("印章遗失", "预留印鉴丢失", "印鉴卡破损，印章找不到", "换章时旧章已遗失"),
    ("系统里状态显示异常", "核心系统查不到该账户", "系统迁移后账户状态不对", "账号升位后系统无记录"),
    ("客户不会写字", "老人不能签名，只能按手印", "手抖无法签字", "签名用手印代替"),
)
FRAMES = (
    "客户持{thing}前来，{one}，{two}，请问应当如何办理？",
    "请示：{thing}，{one}，能否由我网点受理？{two}。",
    "关于{thing}的请示。{one}，客户年纪较大，{two}，请批示。",
    "{one}的{thing}怎么处理，{two}，客户很着急。",
    "我网点收到一笔{thing}业务，{one}，{two}，需要哪些材料？",
    "{thing}：{one}；{two}。可否办理，请明示。",
)
KINDS = ["deposit", "inheritance", "notes"]


def made():
    chance = random.Random(20261125)
    rows = []
    for matter in range(40):
        thing, trouble = THINGS[matter // 2], TROUBLES[(matter * 3 + matter // 10) % 10]
        facts = {
            "kind": KINDS[matter // 2 % 3],
            "urgent": chance.random() < 0.5,
            "abroad": chance.random() < 0.3,
        }
        for frame in chance.sample(FRAMES, 3):
            one, two = chance.sample(trouble, 2)
            text = frame.format(thing=thing, one=one, two=two)
            own = {k: v for k, v in facts.items() if chance.random() < 0.8}
            rows.append((matter, word_grams(FOLDING.text(text)), own))
    return rows


@pytest.fixture(scope="module")
def rows():
    return made()


def ranked(rows, i):
    body = body_of([grams for _m, grams, _f in rows])
    _matter, asked, facts = rows[i]
    others = [(likeness(asked, facts, g, f, body), j) for j, (_m, g, f) in enumerate(rows) if j != i]
    return sorted(others, key=lambda pair: (-pair[0].score, pair[1]))


def test_a_like_one_is_among_the_first_three(rows):
    """For 116 of the 120 questions (the other four share no expression with either of theirs), and the very first for most."""
    best = [[rows[j][0] for _l, j in ranked(rows, i)[:3]] for i in range(len(rows))]
    assert sum(matter in three for (matter, _g, _f), three in zip(rows, best, strict=True)) >= 116
    assert sum(matter == three[0] for (matter, _g, _f), three in zip(rows, best, strict=True)) >= 90


def test_the_like_one_says_by_which_words(rows):
    best, _j = ranked(rows, 0)[0]
    assert best.shared
    assert best.words > FLOOR


def test_the_same_text_is_wholly_like_and_another_not_at_all():
    grams = word_grams("存单没有实名记录")
    body = body_of([grams, word_grams("硬币太多"), word_grams("外币现钞")])
    assert likeness(grams, {}, grams, {}, body).words == 1.0
    assert likeness(grams, {}, word_grams("硬币太多"), {}, body).score == 0.0


def test_unknown_facts_are_not_equal_facts():
    grams = word_grams("存单没有实名记录")
    body = body_of([grams])
    assert likeness(grams, {"kind": "a"}, grams, {}, body).facts is None
    known = likeness(grams, {"kind": "a", "x": True}, grams, {"kind": "a", "x": False}, body)
    assert known.facts == 0.5
    assert known.equal == ("kind",)


def test_nothing_asked_is_like_nothing():
    body = body_of([])
    assert likeness(set(), {}, word_grams("存单"), {}, body).score == 0.0
