"""The keyboard sheet says what the keys do: no key without a line, no line without a key."""

from __future__ import annotations

import re
from pathlib import Path

DESK = Path(__file__).parents[3] / "src" / "xiaoshi" / "desk"
KEY_IN_TEMPLATE = re.compile(r"""(?:\bdata-key|<c-button[^>]*?\skey)="([^"{]+)\"""")
# The page of components shows a key that no page of the desk has.
SAMPLES = {"patterns.html"}


def on_the_sheet() -> set[str]:
    text = (DESK / "templates" / "key_sheet.html").read_text("utf-8")
    keys = set(re.findall(r"<kbd>([^<]+)</kbd>", text))
    return keys | {str(n) for n in range(2, 9)} if {"1", "9"} <= keys else keys


def bound_in_scripts() -> set[str]:
    desk = (DESK / "assets" / "desk.js").read_text("utf-8")
    keys = set(re.findall(r"case '([^']+)':", desk))
    keys |= set(re.findall(r"event\.key === '([^']+)'", desk))
    go = re.search(r"const GO = \{([^}]*)\}", desk)
    assert go is not None
    keys |= set(re.findall(r"(\w): '", go[1]))
    tray = (DESK / "assets" / "tray.js").read_text("utf-8")
    for name in ("ARROWS", "TOOL_KEYS", "ACT_KEYS"):
        table = re.search(rf"const {name} = \{{(.*?)\}}", tray, re.S)
        assert table is not None, name
        if name != "ARROWS":
            keys |= {a or b for a, b in re.findall(r"(?:'([^']+)'|(\w)): '", table[1])}
    # The plus sign without its shift key.
    keys.discard("=")
    if "/^[1-9]$/" in tray:
        keys |= {str(n) for n in range(1, 10)}
    return keys


def bound_in_templates() -> set[str]:
    found: set[str] = set()
    for path in DESK.rglob("*.html"):
        if path.name not in SAMPLES:
            found |= set(KEY_IN_TEMPLATE.findall(path.read_text("utf-8")))
    return found


def test_every_key_of_a_page_stands_on_the_sheet() -> None:
    assert bound_in_templates() - on_the_sheet() == set()


def test_every_key_of_the_scripts_stands_on_the_sheet() -> None:
    # The sheet opens with ?, and says Esc where the script says Escape.
    known = on_the_sheet() | {"?"}
    assert {"Esc" if key == "Escape" else key for key in bound_in_scripts()} - known == set()


def test_every_line_of_the_sheet_has_its_key() -> None:
    bound = {"Esc" if key == "Escape" else key for key in bound_in_scripts()} | bound_in_templates()
    # Part of Ctrl+Enter, which the script asks for as `ctrlKey`.
    assert on_the_sheet() - bound - {"Ctrl"} == set()
