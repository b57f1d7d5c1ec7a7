"""A condition's text as a tree, so that it can be said in words. The CEL library gives answers, not its tree.

Reads the whole expression grammar of CEL but messages and maps (a plan has none); the text has parsed as CEL before, so
anything left over means "not ours to say" (`None`), never a wrong sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>[rR]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<number>\d+(?:\.\d+)?)u?|(?P<sign>==|!=|<=|>=|&&|\|\||[!<>+\-*/%.,:?()\[\]]))"""
)
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("==", "!=", "<=", ">=", "<", ">", "in"),
    ("+", "-"),
    ("*", "/", "%"),
)
DEPTH_MAX = 60


@dataclass(frozen=True, slots=True)
class Node:
    """`kind`: `text`, `number`, `bool`, `name`, `member` (of args[0]), `index`, `call` (function, or method with args[0]
    as its target when `method`), `list`, `not`, `minus`, `op`, `choose`. `value`: the text, name, operator or figure."""

    kind: str
    value: str = ""
    args: tuple[Node, ...] = ()
    method: bool = False


class _NotOursError(Exception):
    """The text uses something that this reader leaves out."""


def tree_of(source: str) -> Node | None:
    """The tree, or None for what is not understood."""
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(source.rstrip())
    while at < end:
        found = _TOKEN.match(source, at)
        if found is None:
            return None
        tokens.append((found.lastgroup or "", found.group(found.lastgroup or 0)))
        at = found.end()
    reader = _Reader(tokens)
    try:
        node = reader.expression(0)
    except _NotOursError:
        return None
    return node if reader.at == len(tokens) else None


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at = tokens, 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("", "")

    def take(self, text: str = "") -> tuple[str, str]:
        token = self.peek()
        if not token[0] or (text and token[1] != text):
            raise _NotOursError
        self.at += 1
        return token

    def expression(self, depth: int) -> Node:
        if depth > DEPTH_MAX:
            raise _NotOursError
        node = self.level(0, depth)
        if self.peek()[1] != "?":
            return node
        self.take("?")
        yes = self.expression(depth + 1)
        self.take(":")
        return Node("choose", "", (node, yes, self.expression(depth + 1)))

    def level(self, rank: int, depth: int) -> Node:
        if rank == len(_LEVELS):
            return self.unary(depth)
        node = self.level(rank + 1, depth)
        while self.peek()[1] in _LEVELS[rank] and self.peek()[0] in ("sign", "name"):
            sign = self.take()[1]
            node = Node("op", sign, (node, self.level(rank + 1, depth)))
        return node

    def unary(self, depth: int) -> Node:
        if depth > DEPTH_MAX:
            raise _NotOursError
        if self.peek() == ("sign", "!"):
            self.take()
            return Node("not", "", (self.unary(depth + 1),))
        if self.peek() == ("sign", "-"):
            self.take()
            return Node("minus", "", (self.unary(depth + 1),))
        return self.member(depth)

    def member(self, depth: int) -> Node:
        node = self.primary(depth)
        while self.peek() in (("sign", "."), ("sign", "[")):
            if self.take()[1] == "[":
                node = Node("index", "", (node, self.expression(depth + 1)))
                self.take("]")
                continue
            kind, name = self.take()
            if kind != "name":
                raise _NotOursError
            if self.peek() == ("sign", "("):
                node = Node("call", name, (node, *self.arguments(depth)), method=True)
            else:
                node = Node("member", name, (node,))
        return node

    def arguments(self, depth: int, close: str = ")") -> tuple[Node, ...]:
        self.take("(" if close == ")" else "[")
        found: list[Node] = []
        while self.peek()[1] != close:
            found.append(self.expression(depth + 1))
            if self.peek()[1] != close:
                self.take(",")
        self.take(close)
        return tuple(found)

    def primary(self, depth: int) -> Node:
        kind, text = self.peek()
        if kind == "sign" and text == "(":
            self.take()
            node = self.expression(depth + 1)
            self.take(")")
            return node
        if kind == "sign" and text == "[":
            return Node("list", "", self.arguments(depth, "]"))
        self.take()
        if kind == "string":
            if "\\" in text or text[0] in "rR":
                raise _NotOursError
            return Node("text", text[1:-1])
        if kind == "number":
            return Node("number", text)
        if kind != "name":
            raise _NotOursError
        if text in ("true", "false"):
            return Node("bool", text)
        if self.peek() == ("sign", "("):
            return Node("call", text, self.arguments(depth))
        return Node("name", text)
