"""On which line of a TOML text each table and key stands. `tomllib` does not say, and a refusal without a line is no help.

The text has been parsed before, so it is valid: strings, comments and brackets are told apart by one expression, a
logical line ends where no bracket is open, and only its head (`[table]`, `[[array]]`, `key =`) is read.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_PIECE = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}\n]|[^\[\]{}\n"\'#]+',
    re.DOTALL,
)
_KEY_PART = re.compile(r'"([^"]*)"|\'([^\']*)\'|([A-Za-z0-9_-]+)')


class Lines:
    """`of("steps", 2, "when")`: the line of the third step's `when`, or of the nearest table around it."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        table: Path = ()
        for number, head in _logical_lines(text):
            stripped = head.strip()
            if stripped.startswith("["):
                table = self._table(stripped, number)
            elif "=" in stripped:
                parts: Path = tuple(_key(stripped.split("=", 1)[0]))
                for end in range(1, len(parts) + 1):
                    self._lines.setdefault((*table, *parts[:end]), number)

    def _table(self, head: str, number: int) -> Path:
        is_array = head.startswith("[[")
        path: Path = ()
        parts = _key(head.strip("[] \t"))
        for i, part in enumerate(parts):
            path = (*path, part)
            if is_array and i == len(parts) - 1:
                self._counts[path] = self._counts.get(path, -1) + 1
            self._lines.setdefault(path, number)
            if path in self._counts:
                path = (*path, self._counts[path])
            self._lines.setdefault(path, number)
        return path

    def of(self, *path: str | int) -> int:
        """The line, counted from 1."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._lines:
                return self._lines[path[:end]]
        return 1


def _key(text: str) -> list[str]:
    return ["".join(groups) for groups in _KEY_PART.findall(text)]


def _logical_lines(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    line, start, depth, head = 1, 1, 0, ""
    for piece in _PIECE.findall(text):
        if piece == "\n" and depth == 0:
            if head.strip():
                found.append((start, head))
            head, start = "", line + 1
        elif piece in "[{":
            depth += 1
            head += piece
        elif piece in "]}":
            depth -= 1
            head += piece
        elif not piece.startswith("#"):
            head += piece
        line += piece.count("\n")
    if head.strip():
        found.append((start, head))
    return found
