"""Bytes to a tree with line numbers, or the reason why they are not read. The first door of everything that comes from outside.

Only plain XML 1.0 in UTF-8 passes: no document type (so no entity of anybody's making: no bomb, no file read through the
parser), no byte order mark, no other encoding, no more than `SIZE_MAX` bytes, `DEPTH_MAX` levels, `ELEMENTS_MAX` elements.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from xiaoshi.core.problems import Problem, Words

SIZE_MAX = 32 * 1024 * 1024
DEPTH_MAX = 40
ELEMENTS_MAX = 500_000
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(slots=True)
class Node:
    """One element: `name` without namespace, `line` where it opens (from 1)."""

    name: str
    namespace: str
    attributes: dict[str, str]
    line: int
    children: list[Node] = field(default_factory=list)
    text: str = ""


class _NotReadError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def read_tree(data: bytes) -> Node | Problem:
    """The root element, or one `Problem` whose `where` is the line."""
    return _unreadable(data) or _Builder().read(data)


def _unreadable(data: bytes) -> Problem | None:
    if not data.strip():
        return _problem("message_empty", "报文是空的。", "The message is empty.")
    if len(data) > SIZE_MAX:
        size, most = f"{len(data) / 1048576:.0f}", f"{SIZE_MAX // 1048576}"
        return _problem(
            "message_too_large",
            f"报文有 {size} MB，最多读 {most} MB。请对方分成几份再发。",
            f"The message has {size} MB; at most {most} are read. Ask the sender to split it.",
        )
    if data.startswith(_MARKS):
        return _problem(
            "message_with_mark",
            "报文开头有字节顺序标记（BOM）。请对方以不带 BOM 的 UTF-8 发送。",
            "The message begins with a byte order mark (BOM). Ask for plain UTF-8 without it.",
            1,
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _problem(
            "message_not_utf8",
            "报文不是 UTF-8 编码。请对方以 UTF-8 重新发送。",
            "The message is not UTF-8. Ask the sender for UTF-8.",
            data.count(b"\n", 0, error.start) + 1,
        )
    return None


class _Builder:
    def __init__(self) -> None:
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self._parser = parser
        self._open: list[Node] = []
        self._root: Node | None = None
        self._count = 0

    def read(self, data: bytes) -> Node | Problem:
        try:
            self._parser.Parse(data, True)
        except _NotReadError as refused:
            return refused.problem
        except expat.ExpatError as error:
            return _problem(
                "message_not_xml",
                f"报文不是完整的 XML（第 {error.lineno} 行）：可能传输中断。请对方重新发送。",
                f"The message is not complete XML (line {error.lineno}): it may have been cut off. Ask for it again.",
                error.lineno,
            )
        assert self._root is not None
        return self._root

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in {"utf-8", "utf8"}:
            raise _NotReadError(
                _problem(
                    "message_not_utf8",
                    f"报文声明的编码是 {encoding[:20]}，只读 UTF-8。请对方以 UTF-8 重新发送。",
                    f"The message says that it is {encoding[:20]}; only UTF-8 is read. Ask the sender for UTF-8.",
                    1,
                )
            )

    def _doctype(self, *_what: object) -> None:
        line = self._parser.CurrentLineNumber
        raise _NotReadError(
            _problem(
                "message_with_doctype",
                f"报文含有 DOCTYPE 或实体定义（第 {line} 行），这类报文一律不读。请与对方核实来源。",
                f"The message defines a document type or entities (line {line}); such messages are not read. Ask where it"
                " comes from.",
                line,
            )
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        self._count += 1
        if len(self._open) >= DEPTH_MAX or self._count > ELEMENTS_MAX:
            raise _NotReadError(
                _problem(
                    "message_too_deep",
                    f"报文层次过深或元素过多（第 {line} 行），不读。",
                    f"The message is nested too deeply or has too many elements (line {line}) and is not read.",
                    line,
                )
            )
        namespace, _blank, local = name.rpartition(" ")
        node = Node(local, namespace, attributes, line)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._root = node
        self._open.append(node)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text


def _problem(code: str, zh: str, en: str, line: int = 0) -> Problem:
    return Problem(code, Words(zh, en), str(line) if line else "")
