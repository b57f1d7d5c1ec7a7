"""A condition in words, in both languages, for people who will never read CEL.

`facts.special && steps.intake.done && facts.sum_fen > 500000` with the plan's own words becomes
「特殊残损」为“是”，且“受理”已办结，且「金额」大于5,000.00元 / “Special damage” is yes, and “Intake” is done, and
“Amount” is more than 5,000.00 yuan.

Choice: the tree is said from the inside out; a negation is said of the innermost thing it can be said of ("is not done",
not "it is not the case that"); sums in fen are said in yuan; brackets are kept where `or` stands inside `and`. What has no
words (a text with escapes, an unknown function) is shown as the condition with the names of the facts that it reads: less
readable, never wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xiaoshi.core.casework.cel_tree import Node, tree_of
from xiaoshi.core.casework.model import Condition, Plan
from xiaoshi.core.problems import Words

COMPARED: dict[str, tuple[Words, Words]] = {
    # operator: said, and said when negated
    "==": (Words("为", "is"), Words("不为", "is not")),
    "!=": (Words("不为", "is not"), Words("为", "is")),
    "<": (Words("小于", "is less than"), Words("不小于", "is at least")),
    "<=": (Words("不大于", "is at most"), Words("大于", "is more than")),
    ">": (Words("大于", "is more than"), Words("不大于", "is at most")),
    ">=": (Words("不小于", "is at least"), Words("小于", "is less than")),
}
SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
TEXT_TESTS: dict[str, Words] = {
    "contains": Words("含有", "contains"),
    "startsWith": Words("开头是", "begins with"),
    "endsWith": Words("结尾是", "ends with"),
    "matches": Words("符合写法", "has the form"),
}
LIST_TESTS: dict[str, Words] = {
    "exists": Words("中至少有一项", "has at least one item that"),
    "exists_one": Words("中恰有一项", "has exactly one item that"),
    "all": Words("的每一项都", "has only items that"),
}
STEP_FLAGS: dict[str, tuple[Words, Words]] = {
    "done": (Words("已办结", "is done"), Words("尚未办结", "is not done")),
    "skipped": (Words("已跳过", "was skipped"), Words("没有跳过", "was not skipped")),
}
STEP_FIGURES: dict[str, Words] = {
    "round": Words("的办理轮次", "’s round"),
    "sent_back": Words("被退回的次数", "’s times sent back"),
}


class _NoWordsError(Exception):
    """This part of the condition has no words."""


def condition_words(condition: Condition, plan: Plan, choices: Mapping[str, Words] | None = None) -> Words:
    """The condition as a sentence without a full stop. `choices`: what the values of choice facts are called."""
    tree = tree_of(condition.source)
    if tree is not None:
        try:
            return _Teller(plan, dict(choices or {})).truth(tree)
        except _NoWordsError:
            pass
    names = [plan.facts[name].words for name in condition.facts if name in plan.facts]
    titles = [plan.steps[name].title for name in condition.steps if name in plan.steps]
    zh = "、".join(f"“{w.zh}”" for w in (*names, *titles)) or "固定条件"
    en = ", ".join(f"“{w.en}”" for w in (*names, *titles)) or "a fixed condition"
    return Words(f"由{zh}算得：{condition.source}", f"worked out from {en}: {condition.source}")


@dataclass(slots=True)
class _Teller:
    plan: Plan
    choices: dict[str, Words]
    items: dict[str, Words] = field(default_factory=dict)
    """Names that a walk over a list gives to its item."""

    def truth(self, node: Node, negated: bool = False) -> Words:
        """A sentence for something that is true or false."""
        if node.kind == "not":
            return self.truth(node.args[0], not negated)
        if node.kind == "op" and node.value in ("&&", "||"):
            return self._joined(node, negated)
        if node.kind == "op":
            return self._compared(node, negated)
        if node.kind == "choose" and not negated:
            a, b, c = (self.truth(arg) for arg in node.args)
            return Words(f"若{a.zh}，则{b.zh}，否则{c.zh}", f"if {a.en} then {b.en}, otherwise {c.en}")
        if node.kind == "bool":
            holds = (node.value == "true") != negated
            return Words("始终", "always") if holds else Words("从不", "never")
        if node.kind == "call":
            return self._called(node, negated)
        flag = self._step_flag(node, negated)
        if flag is not None:
            return flag
        said = self.value(node)
        return Words(
            f"{said.zh}为“{'否' if negated else '是'}”", f"{said.en} is {'no' if negated else 'yes'}"
        )

    def _joined(self, node: Node, negated: bool) -> Words:
        both = (node.value == "&&") != negated
        parts = []
        for arg in node.args:
            said = self.truth(arg, negated)
            inner = arg.args[0] if arg.kind == "not" else arg
            flipped = negated != (arg.kind == "not")
            other = (
                inner.kind == "op"
                and inner.value in ("&&", "||")
                and ((inner.value == "&&") != flipped) != both
            )
            parts.append(Words(f"（{said.zh}）", f"({said.en})") if other else said)
        a, b = parts
        return (
            Words(f"{a.zh}，且{b.zh}", f"{a.en}, and {b.en}")
            if both
            else Words(f"{a.zh}，或{b.zh}", f"{a.en}, or {b.en}")
        )

    def _compared(self, node: Node, negated: bool) -> Words:
        left, right, sign = *node.args, node.value
        if sign == "in":
            return self._among(left, right, negated)
        if sign not in COMPARED:
            raise _NoWordsError
        if left.kind in ("text", "number", "bool", "minus") and right.kind not in ("text", "number", "bool"):
            left, right, sign = right, left, SWAPPED[sign]
        if right.kind == "bool" and sign in ("==", "!="):
            return self.truth(left, negated != ((sign == "==") != (right.value == "true")))
        verb = COMPARED[sign][negated]
        a, b = self.value(left), self.value(right, self._unit_of(left))
        return Words(f"{a.zh}{verb.zh}{b.zh}", f"{a.en} {verb.en} {b.en}")

    def _among(self, left: Node, right: Node, negated: bool) -> Words:
        item = self.value(left)
        if right.kind == "list":
            values = [self.value(arg) for arg in right.args]
            zh, en = "、".join(v.zh for v in values), ", ".join(v.en for v in values)
            verb = Words("不是", "is none of") if negated else Words("是", "is one of")
            return Words(f"{item.zh}{verb.zh}{zh}之一", f"{item.en} {verb.en} {en}")
        whole = self.value(right)
        verb = Words("不含", "does not hold") if negated else Words("含有", "holds")
        return Words(f"{whole.zh}{verb.zh}{item.zh}", f"{whole.en} {verb.en} {item.en}")

    def _called(self, node: Node, negated: bool) -> Words:
        if node.value == "has" and not node.method and len(node.args) == 1:
            said = self.value(node.args[0])
            verb = Words("尚未登记", "is not known yet") if negated else Words("已登记", "is known")
            return Words(f"{verb.zh}{said.zh}", f"{said.en} {verb.en}")
        if node.method and node.value in TEXT_TESTS and len(node.args) == 2:
            a, b = self.value(node.args[0]), self.value(node.args[1])
            verb = TEXT_TESTS[node.value]
            no = Words("并非", "not: ") if negated else Words("", "")
            return Words(f"{no.zh}{a.zh}{verb.zh}{b.zh}", f"{no.en}{a.en} {verb.en} {b.en}")
        if node.method and node.value in LIST_TESTS and len(node.args) == 3 and node.args[1].kind == "name":
            whole = self.value(node.args[0])
            verb = LIST_TESTS[node.value]
            inner = _Teller(self.plan, self.choices, {**self.items, node.args[1].value: Words("该项", "it")})
            said = inner.truth(node.args[2])
            no = Words("并非", "not: ") if negated else Words("", "")
            return Words(
                f"{no.zh}{whole.zh}{verb.zh}满足：{said.zh}", f"{no.en}{whole.en} {verb.en} meets: {said.en}"
            )
        raise _NoWordsError

    def _step_flag(self, node: Node, negated: bool) -> Words | None:
        step = self._step_of(node)
        if step is None or node.value not in STEP_FLAGS:
            return None
        verb = STEP_FLAGS[node.value][negated]
        return Words(f"{step.zh}{verb.zh}", f"{step.en} {verb.en}")

    def _step_of(self, node: Node) -> Words | None:
        """The title, for `steps.x.field`."""
        if node.kind == "member" and (name := _name_under(node.args[0], "steps")):
            step = self.plan.steps.get(name)
            return Words(f"“{step.title.zh}”", f"“{step.title.en}”") if step else None
        return None

    def _unit_of(self, node: Node) -> str:
        name = _name_under(node, "facts")
        return self.plan.facts[name].type if name in self.plan.facts else ""

    def value(self, node: Node, unit: str = "") -> Words:
        """What stands on one side of a comparison."""
        if node.kind == "number":
            if unit == "amount_fen" and node.value.isdigit():
                fen = int(node.value)
                said = f"{fen // 100:,}.{fen % 100:02d}"
                return Words(f"{said}元", f"{said} yuan")
            return Words(node.value, node.value)
        if node.kind == "text":
            called = self.choices.get(node.value, Words(node.value, node.value))
            return Words(f"“{called.zh}”", f"“{called.en}”") if node.value else Words("空白", "blank")
        if node.kind == "minus":
            said_inner = self.value(node.args[0], unit)
            return Words(f"-{said_inner.zh}", f"-{said_inner.en}")
        if node.kind == "name" and node.value in self.items:
            return self.items[node.value]
        if name := _name_under(node, "facts"):
            spec = self.plan.facts.get(name)
            if spec is not None:
                return Words(f"“{spec.words.zh}”", f"“{spec.words.en}”")
        return self._derived(node, unit)

    def _derived(self, node: Node, unit: str) -> Words:
        step = self._step_of(node)
        if step is not None and node.value in STEP_FIGURES:
            figure = STEP_FIGURES[node.value]
            return Words(f"{step.zh}{figure.zh}", f"{step.en}{figure.en}")
        if node.kind == "member" and (step := self._result_of(node.args[0])) is not None:
            return Words(f"{step.zh}结果中的“{node.value}”", f"“{node.value}” in the result of {step.en}")
        if (
            node.kind == "call"
            and node.value == "date"
            and len(node.args) == 1
            and node.args[0].kind == "text"
        ):
            return Words(node.args[0].value, node.args[0].value)
        if node.kind == "call" and node.value == "size" and len(node.args) == 1:
            whole = self.value(node.args[0])
            return Words(f"{whole.zh}的项数", f"the size of {whole.en}")
        if node.kind == "op" and node.value in ("+", "-", "*", "/", "%"):
            inner = self._unit_of(node.args[0]) or unit
            a, b = (
                self.value(node.args[0], inner),
                self.value(node.args[1], inner if node.value in "+-" else ""),
            )
            return Words(f"{a.zh} {node.value} {b.zh}", f"{a.en} {node.value} {b.en}")
        raise _NoWordsError

    def _result_of(self, node: Node) -> Words | None:
        return self._step_of(node) if node.value == "result" else None


def _name_under(node: Node, top: str) -> str:
    """`x` of `top.x` or `top['x']`; empty for anything else."""
    if node.kind == "member" and node.args[0] == Node("name", top):
        return node.value
    if node.kind == "index" and node.args[0] == Node("name", top) and node.args[1].kind == "text":
        return node.args[1].value
    return ""
