"""Conditions in words, one a line: CEL, Chinese, English. What has no words shows the condition with the facts it reads."""

from __future__ import annotations

import pytest

from xiaoshi.core.casework import load_plan
from xiaoshi.core.casework.conditions import reads_of
from xiaoshi.core.casework.model import Condition
from xiaoshi.core.casework.plan_words import condition_words
from xiaoshi.core.problems import Words

PLAN = load_plan(
    """
kind = "any"
version = 1
title = { zh = "任意", en = "Any" }
opens = ["teller"]
facts.burnt = { type = "bool", zh = "烧损", en = "Burnt" }
facts.cause = { type = "choice", choices = ["fire", "water", "torn"], zh = "原因", en = "Cause" }
facts.sum_fen = { type = "amount_fen", zh = "金额", en = "Sum" }
facts.pieces = { type = "int", zh = "张数", en = "Pieces" }
facts.born = { type = "date", zh = "出生日期", en = "Date of birth" }
facts.marks = { type = "list", zh = "标记", en = "Marks" }
facts.box = { type = "text", zh = "盛装物", en = "Container" }
[[stages]]
id = "all"
title = { zh = "全部", en = "All" }
[[steps]]
id = "intake"
stage = "all"
title = { zh = "受理", en = "Intake" }
by = { roles = ["teller"] }
skip_by = ["outlet_head"]
[close]
by = ["teller"]
"""
).plan
CHOICES = {"fire": Words("火烧", "fire"), "water": Words("水浸", "water")}

TOLD = [
    ("facts.burnt", "“烧损”为“是”", "“Burnt” is yes"),
    ("!facts.burnt", "“烧损”为“否”", "“Burnt” is no"),
    ("facts.burnt == false", "“烧损”为“否”", "“Burnt” is no"),
    ("false != facts.burnt", "“烧损”为“是”", "“Burnt” is yes"),
    ("has(facts.burnt)", "已登记“烧损”", "“Burnt” is known"),
    ("!has(facts.burnt)", "尚未登记“烧损”", "“Burnt” is not known yet"),
    ("facts['burnt']", "“烧损”为“是”", "“Burnt” is yes"),
    ("facts.cause == 'fire'", "“原因”为“火烧”", "“Cause” is “fire”"),
    ("!(facts.cause == 'torn')", "“原因”不为“torn”", "“Cause” is not “torn”"),
    ("facts.cause in ['fire', 'water']", "“原因”是“火烧”、“水浸”之一", "“Cause” is one of “fire”, “water”"),
    ("!(facts.cause in ['fire'])", "“原因”不是“火烧”之一", "“Cause” is none of “fire”"),
    ("'x' in facts.marks", "“标记”含有“x”", "“Marks” holds “x”"),
    ("facts.sum_fen > 500000", "“金额”大于5,000.00元", "“Sum” is more than 5,000.00 yuan"),
    ("500000 < facts.sum_fen", "“金额”大于5,000.00元", "“Sum” is more than 5,000.00 yuan"),
    ("!(facts.sum_fen >= 5)", "“金额”小于0.05元", "“Sum” is less than 0.05 yuan"),
    ("facts.pieces * 2 <= 8", "“张数” * 2不大于8", "“Pieces” * 2 is at most 8"),
    ("facts.born < date('2000-01-01')", "“出生日期”小于2000-01-01", "“Date of birth” is less than 2000-01-01"),
    ("facts.box.contains('铁')", "“盛装物”含有“铁”", "“Container” contains “铁”"),
    ("facts.box == ''", "“盛装物”为空白", "“Container” is blank"),
    ("size(facts.marks) > 2", "“标记”的项数大于2", "the size of “Marks” is more than 2"),
    ("steps.intake.done", "“受理”已办结", "“Intake” is done"),
    ("!steps.intake.done", "“受理”尚未办结", "“Intake” is not done"),
    ("steps.intake.skipped", "“受理”已跳过", "“Intake” was skipped"),
    ("steps.intake.round > 1", "“受理”的办理轮次大于1", "“Intake”’s round is more than 1"),
    ("steps.intake.result.ok == true", "“受理”结果中的“ok”为“是”", "“ok” in the result of “Intake” is yes"),
    (
        "facts.burnt && facts.cause == 'fire' && steps.intake.done",
        "“烧损”为“是”，且“原因”为“火烧”，且“受理”已办结",
        "“Burnt” is yes, and “Cause” is “fire”, and “Intake” is done",
    ),
    (
        "(facts.burnt || facts.pieces > 3) && steps.intake.done",
        "（“烧损”为“是”，或“张数”大于3），且“受理”已办结",
        "(“Burnt” is yes, or “Pieces” is more than 3), and “Intake” is done",
    ),
    (
        "!(facts.burnt || facts.pieces > 3)",
        "“烧损”为“否”，且“张数”不大于3",
        "“Burnt” is no, and “Pieces” is at most 3",
    ),
    (
        "facts.marks.exists(m, m == 'x')",
        "“标记”中至少有一项满足：该项为“x”",
        "“Marks” has at least one item that meets: it is “x”",
    ),
    (
        "facts.burnt ? steps.intake.done : steps.intake.skipped",
        "若“烧损”为“是”，则“受理”已办结，否则“受理”已跳过",
        "if “Burnt” is yes then “Intake” is done, otherwise “Intake” was skipped",
    ),
    ("facts.box == 'a\\n'", "由“盛装物”算得：facts.box == 'a\\n'", "worked out from “Container”: facts.box == 'a\\n'"),
    ("type(facts.box) == string", "由“盛装物”算得：type(facts.box) == string", "worked out from “Container”: type(facts.box) == string"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "zh", "en"), TOLD)
def test_said(source, zh, en):
    reads = reads_of(source)
    condition = Condition(source, 1, reads.facts, tuple(name for name, _ in reads.steps))
    assert condition_words(condition, PLAN, CHOICES) == Words(zh, en)
    assert condition_words(condition, PLAN) is not None


@pytest.mark.parametrize(
    "source", ["(" * 200 + "facts.burnt" + ")" * 200, "!" * 300 + "facts.burnt", "[" * 100]
)
def test_a_deep_text_is_shown_as_it_stands_and_does_not_break(source):
    words = condition_words(Condition(source, 1, ("burnt",), ()), PLAN)
    assert words.zh.startswith("由“烧损”算得")
