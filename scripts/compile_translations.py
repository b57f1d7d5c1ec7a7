"""Compile `.po` files to `.mo`: GNU msgfmt is not on a bare machine, and the format is small.

Read: msgctxt, msgid, msgid_plural, msgstr, msgstr[n], strings over many lines, escapes, comments. Left out as GNU msgfmt
does: fuzzy and untranslated entries. A `.mo` is two sorted tables of (length, offset) and the strings; gettext finds an
entry by `context EOT msgid`, and plural forms are joined by NUL.
"""

from __future__ import annotations

import ast
import re
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

MAGIC = 0x950412DE
KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[(\d+)\])?)\s*(".*")\s*$')


class BrokenTranslationError(Exception):
    """A `.po` file that cannot be read; the text is `file:line: what`."""


@dataclass
class Entry:
    line: int = 0
    fuzzy: bool = False
    context: str | None = None
    msgid: str | None = None
    plural: str | None = None
    texts: dict[int, str] = field(default_factory=dict)


def read_po(path: Path) -> dict[str, str]:
    """The catalogue of a `.po` file: key as gettext looks it up -> text (plural forms joined by NUL)."""
    catalogue: dict[str, str] = {}
    entry, target = Entry(), ""
    for number, raw in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        line = raw.strip()
        if line.startswith("#"):
            if target.startswith("msgstr"):
                _keep(catalogue, entry, path)
                entry, target = Entry(), ""
            if line.startswith("#,") and "fuzzy" in line:
                entry.fuzzy = True
        elif not line:
            continue
        elif line.startswith('"'):
            if not target:
                raise BrokenTranslationError(f"{path}:{number}: a string without a keyword")
            _add(entry, target, _string(line, path, number))
        elif match := KEYWORD.match(line):
            keyword = match[1]
            if target.startswith("msgstr") and keyword in ("msgctxt", "msgid"):
                _keep(catalogue, entry, path)
                entry = Entry()
            if keyword == "msgid":
                entry.line = number
            target = keyword
            _add(entry, target, _string(match[3], path, number))
        else:
            raise BrokenTranslationError(f"{path}:{number}: not understood: {line[:60]}")
    _keep(catalogue, entry, path)
    return catalogue


def _string(quoted: str, path: Path, number: int) -> str:
    try:
        value = ast.literal_eval(quoted)
    except (SyntaxError, ValueError) as error:
        raise BrokenTranslationError(f"{path}:{number}: broken string {quoted[:60]}") from error
    return str(value)


def _add(entry: Entry, target: str, text: str) -> None:
    if target == "msgctxt":
        entry.context = (entry.context or "") + text
    elif target == "msgid":
        entry.msgid = (entry.msgid or "") + text
    elif target == "msgid_plural":
        entry.plural = (entry.plural or "") + text
    else:
        form = int(target[7:-1]) if "[" in target else 0
        entry.texts[form] = entry.texts.get(form, "") + text


def _keep(catalogue: dict[str, str], entry: Entry, path: Path) -> None:
    if entry.msgid is None:
        return
    if not entry.texts:
        raise BrokenTranslationError(f"{path}:{entry.line}: msgid without msgstr")
    forms = [entry.texts[form] for form in sorted(entry.texts)]
    if (entry.fuzzy and entry.msgid) or not all(forms):
        return
    key = entry.msgid if entry.plural is None else f"{entry.msgid}\0{entry.plural}"
    if entry.context is not None:
        key = f"{entry.context}\x04{key}"
    if key in catalogue:
        raise BrokenTranslationError(f"{path}:{entry.line}: {entry.msgid[:60]!r} is defined twice")
    catalogue[key] = "\0".join(forms)


def mo_bytes(catalogue: dict[str, str]) -> bytes:
    """The `.mo` file of a catalogue."""
    rows = sorted((key.encode("utf-8"), text.encode("utf-8")) for key, text in catalogue.items())
    start = 28 + 16 * len(rows)
    strings, keys, texts = b"", [], []
    for table, column in ((keys, 0), (texts, 1)):
        for row in rows:
            table.append((len(row[column]), start + len(strings)))
            strings += row[column] + b"\0"
    head = struct.pack("<7I", MAGIC, 0, len(rows), 28, 28 + 8 * len(rows), 0, 0)
    return head + b"".join(struct.pack("<2I", *pair) for pair in (*keys, *texts)) + strings


def compile_tree(folder: Path) -> list[Path]:
    """Compile each `LC_MESSAGES/*.po` below `folder`; returns the files written. Raises BrokenTranslationError."""
    written = []
    for source in sorted(folder.glob("**/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        content = mo_bytes(read_po(source))
        if not target.exists() or target.read_bytes() != content:
            temporary = source.with_suffix(".mo.new")
            temporary.write_bytes(content)
            temporary.replace(target)
            written.append(target)
    return written


if __name__ == "__main__":
    try:
        for made in compile_tree(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("src/xiaoshi")):
            sys.stdout.write(f"{made}\n")
    except BrokenTranslationError as broken:
        sys.exit(str(broken))
