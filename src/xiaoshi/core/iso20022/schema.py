"""Whether a tree is a valid message, told with the line and the element. The rules are those in the classes of `pyiso20022`.

The package's dataclasses are made from the schema files by xsdata and keep each rule as a field's metadata: order, how often,
lengths, patterns, digits, code lists. One rule is not in the metadata: a type whose name ends in `Choice` holds exactly one of its
elements. ISO 20022 names every choice so, in the versions that are read here (`messages.py`); the tests compare this check
with xmlschema on the schema files themselves, over thousands of damaged messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from xsdata.models.datatype import XmlDate, XmlDateTime, XmlPeriod

from xiaoshi.core.iso20022.xml_tree import Node
from xiaoshi.core.problems import Problem, Words

PROBLEMS_MAX = 20
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One field of a message type: an element, an attribute, or the text itself (`name` empty)."""

    name: str
    form: str
    type: Any
    least: int
    most: int
    limits: dict[str, Any]


def check_message(root: Node, document: type, namespace: str) -> list[Problem]:
    """What is wrong with the message, in the order of its lines, `PROBLEMS_MAX` at most. Empty: it is valid."""
    found: list[Problem] = []
    for problem in _complex(root, document, namespace, root.name):
        found.append(problem)
        if len(found) == PROBLEMS_MAX:
            break
    return found


@cache
def _rules(cls: type) -> tuple[_Rule, ...]:
    hints = get_type_hints(cls)
    made = []
    for f in fields(cls):
        inner, several = _inner(hints[f.name])
        meta = dict(f.metadata)
        form = str(meta.get("type", "Text"))
        least = int(meta.get("min_occurs", 1 if meta.get("required") else 0))
        most = int(meta.get("max_occurs", 10**9)) if several else 1
        made.append(_Rule(str(meta.get("name", "")), form, inner, least, most, meta))
    return tuple(made)


def _inner(hint: Any) -> tuple[Any, bool]:
    """`None | X` -> X; `list[X]` -> X, several."""
    if get_origin(hint) is list:
        return get_args(hint)[0], True
    given = [a for a in get_args(hint) if a is not NoneType]
    return (given[0], False) if given else (hint, False)


def _complex(node: Node, cls: type, namespace: str, path: str) -> Iterator[Problem]:
    rules = _rules(cls)
    yield from _attributes(node, [r for r in rules if r.form == "Attribute"], path)
    text = [r for r in rules if r.form == "Text"]
    if text:
        if node.children:
            yield _surplus(node.children[0], path)
            return
        yield from _simple(node, node.text, text[0], path)
        return
    if node.text.strip():
        yield _at(node, path, "text_not_expected", "这里不应有文字", f"text is not expected in <{node.name}>")
    elements = [r for r in rules if r.form == "Element"]
    if any(r.form == "Wildcard" for r in rules) and not elements:
        return  # supplementary data of the sender's own: bounded by the reader's limits, never looked at
    yield from _sequence(node, elements, namespace, path, choice=cls.__name__.endswith("Choice"))


def _sequence(
    node: Node, rules: list[_Rule], namespace: str, path: str, *, choice: bool
) -> Iterator[Problem]:
    at, used = 0, 0
    known = {r.name for r in rules}
    strange = [c for c in node.children if c.name not in known or c.namespace != namespace]
    for child in strange:
        yield _surplus(child, path)
    children = [c for c in node.children if c.name in known and c.namespace == namespace]
    for rule in rules:
        first = at
        while at < len(children) and children[at].name == rule.name and children[at].namespace == namespace:
            if at - first >= rule.most:
                yield _at(
                    children[at],
                    f"{path}/{rule.name}",
                    "element_too_often",
                    f"元素出现过多，最多 {rule.most} 次",
                    f"the element comes more than {rule.most} times",
                )
            yield from _element(children[at], rule, namespace, f"{path}/{rule.name}")
            at += 1
        count = at - first
        used += bool(count)
        if choice and used > 1 and count:
            yield _at(
                children[first],
                f"{path}/{rule.name}",
                "choice_twice",
                "只能填其中一项",
                "only one of these elements may be given",
            )
        elif count < rule.least and not choice:
            yield _at(
                node,
                f"{path}/{rule.name}",
                "element_missing",
                f"缺少元素 {rule.name}",
                f"the element {rule.name} is missing",
            )
    if at < len(children):
        yield _surplus(children[at], path)
    elif choice and not used:
        names = "、".join(r.name for r in rules)
        yield _at(node, path, "choice_missing", f"应填其中一项：{names}", f"one of these is missing: {names}")


def _element(node: Node, rule: _Rule, namespace: str, path: str) -> Iterator[Problem]:
    if is_dataclass(rule.type):
        assert isinstance(rule.type, type)
        yield from _complex(node, rule.type, namespace, path)
        return
    yield from _attributes(node, [], path)
    if node.children:
        yield _surplus(node.children[0], path)
        return
    yield from _simple(node, node.text, rule, path)


def _attributes(node: Node, rules: list[_Rule], path: str) -> Iterator[Problem]:
    known = {r.name: r for r in rules}
    for name, value in node.attributes.items():
        if name in known:
            yield from _simple(node, value, known[name], f"{path}/@{name}")
        elif name not in {f"{_XSI} schemaLocation", f"{_XSI} noNamespaceSchemaLocation"}:
            shown = name.rpartition(" ")[2]
            yield _at(
                node,
                f"{path}/@{shown}",
                "attribute_not_expected",
                "不应有这个属性",
                "the attribute is not expected",
            )
    for rule in rules:
        if rule.least and rule.name not in node.attributes:
            yield _at(
                node,
                f"{path}/@{rule.name}",
                "attribute_missing",
                f"缺少属性 {rule.name}",
                f"the attribute {rule.name} is missing",
            )


def _simple(node: Node, text: str, rule: _Rule, path: str) -> Iterator[Problem]:
    kind, plain = rule.type, text.strip(" \t\r\n")
    if kind is str:
        wrong = _text_wrong(text, rule.limits)
    elif kind is Decimal:
        wrong = _decimal_wrong(plain, rule.limits)
    elif kind is bool:
        wrong = None if plain in {"true", "false", "1", "0"} else ("true 或 false", "true or false")
    elif isinstance(kind, type) and issubclass(kind, Enum):
        wrong = None if text in {e.value for e in kind} else ("代码表中的值", "a code of the list")
    elif kind in (XmlDate, XmlDateTime, XmlPeriod):
        wrong = _time_wrong(plain, kind)
    else:  # a wildcard inside a type
        return
    if wrong is not None:
        said = text if len(text) <= 40 else text[:40] + "…"
        yield _at(
            node,
            path,
            "value_not_valid",
            f"“{said}”不符合要求，应为{wrong[0]}",
            f"“{said}” is not valid: it has to be {wrong[1]}",
        )


def _text_wrong(text: str, limits: dict[str, Any]) -> tuple[str, str] | None:
    least, most = limits.get("min_length", 0), limits.get("max_length", 10**9)
    if not least <= len(text) <= most:
        return f"{least} 至 {most} 个字", f"{least} to {most} characters"
    pattern = limits.get("pattern")
    if pattern and not re.fullmatch(pattern, text, re.ASCII):
        return f"{pattern} 的格式", f"of the form {pattern}"
    return None


def _decimal_wrong(text: str, limits: dict[str, Any]) -> tuple[str, str] | None:
    if not _DECIMAL.fullmatch(text):
        return "数字，例如 1234.50", "a number such as 1234.50"
    whole, _dot, rest = text.lstrip("+-").partition(".")
    whole, rest = whole.lstrip("0"), rest.rstrip("0")
    if len(rest) > limits.get("fraction_digits", 99):
        return (
            f"最多 {limits['fraction_digits']} 位小数",
            f"a number with at most {limits['fraction_digits']} decimals",
        )
    if len(whole) + len(rest) > limits.get("total_digits", 99):
        return (
            f"最多 {limits['total_digits']} 位数字",
            f"a number of at most {limits['total_digits']} figures",
        )
    if "min_inclusive" in limits and Decimal(text) < Decimal(str(limits["min_inclusive"])):
        return f"不小于 {limits['min_inclusive']}", f"at least {limits['min_inclusive']}"
    return None


def _time_wrong(text: str, kind: Any) -> tuple[str, str] | None:
    try:
        XmlPeriod(text) if kind is XmlPeriod else kind.from_string(text)
    except ValueError:
        if kind is XmlDate:
            return "日期，例如 2026-11-25", "a date such as 2026-11-25"
        return "日期时间，例如 2026-11-25T09:30:00+08:00", "a moment such as 2026-11-25T09:30:00+08:00"
    return None


def _surplus(node: Node, path: str) -> Problem:
    return _at(
        node,
        f"{path}/{node.name}",
        "element_not_expected",
        "这里不应有这个元素（或顺序不对）",
        "the element is not expected here (or stands in the wrong place)",
    )


def _at(node: Node, path: str, code: str, zh: str, en: str) -> Problem:
    return Problem(
        code,
        Words(f"第 {node.line} 行 {path}：{zh}。", f"Line {node.line}, {path}: {en}."),
        f"{node.line}:{path}",
    )
