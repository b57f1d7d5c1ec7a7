"""`xiaoshi clock due` as other programs call it: JSON in, JSON out, an exit code, never a traceback."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from xiaoshi.cli import main
from xiaoshi.core.clocks.schema import EXAMPLE


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: bytes, *words: str
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    code = main(["clock", "due", *words])
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    return code, told.out


def ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: Any, *words: str
) -> tuple[int, Any]:
    content = given if isinstance(given, bytes) else json.dumps(given).encode()
    code, out = run(capsys, monkeypatch, content, "--json", *words)
    return code, json.loads(out)


def test_a_question_a_list_and_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code, told = ask(capsys, monkeypatch, EXAMPLE)
    assert (code, told["due"], told["problems"]) == (0, "2026-10-08T09:40:00+08:00", [])
    code, many = ask(capsys, monkeypatch, [EXAMPLE, {}])
    assert (code, many[0], many[1]["due"]) == (1, told, None)
    assert {p["where"] for p in many[1]["problems"]} == {"/1/outlet", "/1/start", "/1/working_minutes"}
    file = tmp_path / "问 题.json"
    file.write_text(json.dumps(EXAMPLE), "utf-8-sig")
    assert ask(capsys, monkeypatch, b"", str(file)) == (0, told)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"NaN", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"\xff\xfe", "not_utf8"),
        (b"1" * 6000, "not_json"),
        (b"[" + b"1," * 10_000 + b"1]", "too_many"),
        (b" " * (20 * 1024 * 1024 + 1), "too_large"),
    ],
)
def test_what_is_no_question_at_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: bytes, code: str
) -> None:
    exit_code, told = ask(capsys, monkeypatch, given)
    assert (exit_code, told["due"], told["problems"][0]["code"]) == (2, None, code)


def test_a_file_that_is_not_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (str(tmp_path / "none.json"), str(tmp_path), "a\0b"):
        exit_code, told = ask(capsys, monkeypatch, b"", name)
        assert (exit_code, told["problems"][0]["code"]) == (2, "file_unreadable")


def test_words_for_people_in_both_languages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out = run(capsys, monkeypatch, json.dumps(EXAMPLE).encode())
    assert code == 0
    assert out.startswith("2026-10-08T09:40:00+08:00\n  2026-09-30T17:00:00+08:00 – ")
    assert "没有到期时间" in run(capsys, monkeypatch, b"{}", "--lang", "zh")[1]
    assert "nothing is due" in run(capsys, monkeypatch, b"{}", "--lang", "en")[1]
    code, told = ask(capsys, monkeypatch, b"{}", "--lang", "en")
    assert told["problems"][0]["text"] == told["problems"][0]["en"]


def test_the_schema(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out = run(capsys, monkeypatch, b"", "--schema")
    assert code == 0
    assert json.loads(out)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
