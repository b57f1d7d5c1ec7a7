"""Every English text of the desk has its Chinese: read from templates and Python without GNU gettext."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

from compile_translations import read_po  # noqa: E402

DESK = ROOT / "src" / "xiaoshi" / "desk"
CATALOGUES = sorted(DESK.glob("**/zh_Hans/LC_MESSAGES/django.po"))
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
CONTEXT = {"pgettext", "pgettext_lazy"}
PLURAL = {"ngettext", "ngettext_lazy"}
# `templatize` writes calls of gettext, pgettext and ngettext in place of the tags.
CALL = re.compile(r"""\b(p?n?gettext)\(((?:[^()"']|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')*)\)""")
GAP = re.compile(r"%\((\w+)\)s|%[sd]|\{(\w*)\}")
CHINESE = re.compile(r"[一-鿿]")
# Django's own words that we say better: no file of ours names them.
OF_DJANGO = {"This field is required."}


def keys_of_call(name: str, arguments: list[ast.expr]) -> Iterator[str]:
    """The keys, as gettext looks them up, of one call; nothing for a call on a variable."""
    texts = [a.value for a in arguments if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if name in CONTEXT and len(texts) >= 2:
        yield f"{texts[0]}\x04{texts[1]}"
    elif (name in PLAIN or name in PLURAL) and texts:
        yield texts[0]


def in_python(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for key in keys_of_call(name, node.args):
                yield key, f"{path.relative_to(DESK)}:{node.lineno}"


def in_template(path: Path) -> Iterator[tuple[str, str]]:
    for call in CALL.finditer(templatize(path.read_text("utf-8"))):
        tree = ast.parse(f"{call[1]}({call[2].lstrip('u')})", mode="eval").body
        assert isinstance(tree, ast.Call)
        for key in keys_of_call(call[1], tree.args):
            yield key, str(path.relative_to(DESK))


def used() -> dict[str, str]:
    """Key -> one place where it is used."""
    found: dict[str, str] = {}
    for path in sorted(DESK.rglob("*.html")):
        found |= {key: found.get(key, place) for key, place in in_template(path)}
    for path in sorted(DESK.rglob("*.py")):
        if "migrations" not in path.parts and "tests" not in path.parts:
            found |= {key: found.get(key, place) for key, place in in_python(path)}
    return {key: place for key, place in found.items() if key}


@pytest.fixture(scope="module")
def chinese() -> dict[str, str]:
    """All catalogues as one; fuzzy and empty entries are left out by the reader, as they are when compiled."""
    together: dict[str, str] = {}
    for path in CATALOGUES:
        together |= {key: text for key, text in read_po(path).items() if key}
    return together


def test_there_are_catalogues_and_texts() -> None:
    assert len(CATALOGUES) >= 3
    assert len(used()) > 300


def test_every_text_has_its_chinese(chinese: dict[str, str]) -> None:
    known = {key.split("\x00")[0] for key in chinese}
    missing = [f"{place}: {key!r}" for key, place in sorted(used().items()) if key not in known]
    assert missing == [], f"{len(missing)} without Chinese:\n" + "\n".join(missing)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda p: str(p.relative_to(DESK)))
def test_catalogue_is_complete_and_certain(path: Path) -> None:
    """No fuzzy entry, none empty, none twice."""
    text = path.read_text("utf-8")
    assert "#, fuzzy" not in text
    entries = re.findall(r'^(?:msgctxt "(.*)"\n)?msgid "(.*)"$', text, re.MULTILINE)
    listed = [e for e in entries if e[1] or e[0]]
    twice = {e for e in listed if listed.count(e) > 1}
    assert not twice
    assert not re.findall(r'^msgid "(.+)"\nmsgstr ""\n(?!")', text, re.MULTILINE)


def test_chinese_is_chinese_and_keeps_the_gaps(chinese: dict[str, str]) -> None:
    """A translation holds Chinese, the same gaps as the English, and the full-width marks of Chinese print."""
    wrong = []
    for key, text in chinese.items():
        english = key.rpartition("\x04")[2].split("\x00")[0]
        has_words = re.search("[A-Za-z]", GAP.sub("", english)) and english not in {" and "}
        if has_words and not CHINESE.search(text):
            wrong.append(f"{english!r}: no Chinese in {text!r}")
        if sorted(GAP.findall(english)) != sorted(GAP.findall(text.split("\x00")[0])):
            wrong.append(f"{english!r}: other gaps in {text!r}")
        if re.search(r"[一-鿿)][,;!?:]|[,;!?:][一-鿿(]", GAP.sub(")", text)):
            wrong.append(f"{english!r}: half-width marks in {text!r}")
    assert wrong == [], "\n".join(wrong)


def test_no_text_is_kept_that_nobody_uses(chinese: dict[str, str]) -> None:
    idle = sorted({key.split("\x00")[0] for key in chinese} - set(used()) - OF_DJANGO)
    assert idle == [], f"{len(idle)} that nobody uses:\n" + "\n".join(map(repr, idle))
