"""The set-up before anything is installed: refusals, translations, what pip's lines mean, packages left incomplete."""

from __future__ import annotations

import gettext
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from at_the_terminal import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from compile_translations import BrokenTranslationError, compile_tree, mo_bytes, read_po
from pip_install import Progress, mend
from set_up_steps import Step

PO = """# A comment
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#: cases.py:3
msgid "Hand over"
msgstr "转办"

msgctxt "verb"
msgid "Copy"
msgstr "抄"
"送"

#, fuzzy
msgid "Guess"
msgstr "猜"

msgid "one note"
msgid_plural "%d \\"notes\\""
msgstr[0] "一张"
msgstr[1] "%d\\t张"

msgid "Not yet"
msgstr ""

#~ msgid "Gone"
#~ msgstr "没了"
"""


def test_translations_are_read_by_gettext(tmp_path: Path) -> None:
    source = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO, "utf-8")
    assert compile_tree(tmp_path) == [source.with_suffix(".mo")]
    assert compile_tree(tmp_path) == [], "nothing changed, nothing written"
    words = gettext.GNUTranslations(io.BytesIO(source.with_suffix(".mo").read_bytes()))
    assert words.gettext("Hand over") == "转办"
    assert words.pgettext("verb", "Copy") == "抄送"
    assert words.ngettext("one note", '%d "notes"', 1) == "一张"
    assert words.ngettext("one note", '%d "notes"', 2) == "%d\t张"
    for untranslated in ("Guess", "Not yet", "Gone"):
        assert words.gettext(untranslated) == untranslated


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="no GNU msgfmt to compare with")
def test_translations_agree_with_gnu_msgfmt(tmp_path: Path) -> None:
    source = tmp_path / "a.po"
    source.write_text(PO, "utf-8")
    subprocess.run(["msgfmt", "-o", "a.mo", "a.po"], cwd=tmp_path, check=True)
    theirs = gettext.GNUTranslations(io.BytesIO((tmp_path / "a.mo").read_bytes()))
    ours = gettext.GNUTranslations(io.BytesIO(mo_bytes(read_po(source))))
    assert ours._catalog == theirs._catalog  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('msgid "a"\nmsgstr "b"\nmsgid "a"\nmsgstr "c"\n', ":3: 'a' is defined twice"),
        ('msgid "a\nmsgstr "b"\n', ":1: not understood"),
        ('"lost"\n', ":1: a string without a keyword"),
        ('msgid "a"\n', ":1: msgid without msgstr"),
    ],
)
def test_a_broken_translation_names_its_line(tmp_path: Path, text: str, place: str) -> None:
    source = tmp_path / "broken.po"
    source.write_text(text, "utf-8")
    with pytest.raises(BrokenTranslationError, match=place):
        read_po(source)


def old_pythons() -> list[str]:
    """Whatever older Pythons this machine has."""
    found = [shutil.which(f"python3.{minor}") for minor in range(6, 11)]
    found += [str(path) for path in Path.home().glob(".pyenv/versions/3.[6-9].*/bin/python3")]
    return sorted(
        {
            path
            for path in found
            if path and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0
        }
    )


def test_an_older_python_gets_one_line() -> None:
    pythons = old_pythons()
    if not pythons:
        pytest.skip("no Python older than 3.11 on this machine")
    for python in pythons:
        ran = subprocess.run([python, str(ROOT / "scripts" / "set_up.py")], capture_output=True, check=False)
        said = ran.stderr.decode("utf-8")
        assert ran.returncode == 3
        assert len(said.splitlines()) == 1
        assert "Python 3.11 to 3.13 is needed; found 3." in said
        assert "apt install python3" in said


def test_set_up_entry_has_nothing_that_old_pythons_cannot_read() -> None:
    text = (ROOT / "scripts" / "set_up.py").read_text("ascii")
    for young in ('f"', ":=", "->", "match ", "from __future__"):
        assert young not in text


def test_a_python_that_is_not_there() -> None:
    ran = subprocess.run(
        ["sh", str(ROOT / "scripts" / "find_python")],
        env={"PATH": os.environ["PATH"], "PYTHON": "/nowhere/python9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 3
    assert "PYTHON=/nowhere/python9 is not there" in ran.stderr


def test_pips_lines() -> None:
    progress = Progress(54)
    progress.hear("Collecting numpy==2.4.6 (from -r requirements.txt (line 3))")
    assert progress.hear("  Downloading numpy-2.4.6-cp311.whl (16.9 MB)") == "  1/54 numpy 2.4.6 (16.9 MB)"
    assert progress.silent(30).endswith("still waiting for numpy 2.4.6 (16.9 MB), 30 s")
    retry = progress.hear("WARNING: Retrying (Retry(total=3)) after connection broken by 'X': /simple/numpy/")
    assert retry is not None
    assert retry.endswith("trying numpy again")
    progress.hear("ERROR: Could not find a version that satisfies the requirement numpy==2.4.6")
    assert "The package numpy could not be had" in str(progress.failure())
    progress.hear("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device")
    assert "The disk got full" in str(progress.failure())


def test_a_package_of_which_a_part_arrived_is_forgotten(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    for name, record in (("whole", "whole.py,,3\n"), ("part", "part.py,,3\nmissing.py,,9\n")):
        info = site / f"{name}-1.dist-info"
        info.mkdir(parents=True)
        (site / f"{name}.py").write_text("x=1")
        (info / "RECORD").write_text(record)
        (info / "INSTALLER").write_text("pip")
    mend(tmp_path)
    assert [path.name for path in site.glob("*.dist-info")] == ["whole-1.dist-info"]


def test_a_step_is_done_once_and_again_when_its_input_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("set_up_steps.ROOT", tmp_path)
    monkeypatch.setattr("set_up_steps.STAMPS", tmp_path)
    source, made, runs = tmp_path / "in", tmp_path / "out", []

    def do() -> None:
        runs.append(source.read_text())
        made.touch()

    step = Step("try", lambda: [source], (made,), do)
    for text in ("1", "1", "2"):
        source.write_text(text)
        step.run()
    assert runs == ["1", "2"]
    made.unlink()
    assert not step.is_done()

    def fail() -> None:
        raise KeyboardInterrupt

    source.write_text("3")
    with pytest.raises(KeyboardInterrupt):
        Step("try", lambda: [source], (made,), fail).run()
    assert not step.is_done(), "an interrupted step has no stamp"
