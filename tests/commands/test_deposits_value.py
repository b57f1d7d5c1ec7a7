"""`xiaoshi deposits value` as other programs call it: JSON in, JSON out, an exit code, never a traceback."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from xiaoshi.cli import main
from xiaoshi.core.deposits.schema import EXAMPLE, SCHEMA

FIGURES = ("interest_fen", "tax_fen", "net_fen", "total_fen")


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    def asked(given: Any, *words: str) -> tuple[int, Any]:
        content = given if isinstance(given, bytes) else json.dumps(given).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        code = main(["deposits", "value", "--json", *words])
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return code, json.loads(told.out)

    return asked


def test_the_shape_that_other_programs_rely_on(ask: Any) -> None:
    code, (told,) = ask([EXAMPLE])
    assert code == 0
    assert list(told) == ["id", *FIGURES, "remaining", "segments", "unconfirmed", "problems"]
    assert [told[name] for name in FIGURES] == [22500, 2738, 19762, 1019762]
    assert told["remaining"] is None
    needed = {"from", "to", "days", "rate_pct", "basis", "interest_li", "tax_pct", "tax_li", "rule"}
    for segment in told["segments"]:
        assert needed <= set(segment)
    assert [s["rate_pct"] for s in told["segments"]] == [2.25, 2.25]
    assert [(s["from"], s["to"], s["tax_pct"]) for s in told["segments"]] == [
        ("1999-06-10", "1999-11-01", 0),
        ("1999-11-01", "2000-06-10", 20),
    ]
    assert "第26条" in told["segments"][0]["rule"]
    assert "art. 26" in ask([EXAMPLE], "--lang", "en")[1][0]["segments"][0]["rule"]


def test_answers_and_examples_keep_to_the_schema(ask: Any) -> None:
    request, answer = (
        {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]} for name in ("request", "answer")
    )
    given = [
        EXAMPLE,
        {
            **EXAMPLE,
            "product": "call_7d",
            "term_months": None,
            "principal_fen": 20_000_000,
            "withdraw_fen": 6_000_000,
        },
        {**EXAMPLE, "product": "instalment_in"},
        {**EXAMPLE, "opened_on": "1988-09-01", "term_months": 96, "withdrawn_on": "1996-09-01"},
    ]
    for deposit in given:
        jsonschema.validate(deposit, request)
    for told in ask([*given, {}, 7])[1]:
        jsonschema.validate(told, answer)
    assert main(["deposits", "value", "--schema"]) == 0


def test_one_deposit_a_list_a_file_and_nothing(ask: Any, tmp_path: Path) -> None:
    one = ask(EXAMPLE)[1]
    assert ask([EXAMPLE, EXAMPLE]) == (0, [one, one])
    assert ask([]) == (0, [])
    file = tmp_path / "存 款.json"
    file.write_text(json.dumps([EXAMPLE]), "utf-8-sig")
    assert ask(b"", str(file)) == (0, [one])


@pytest.mark.parametrize(
    ("wrong", "code", "where"),
    [
        ({"product": "saving"}, "unknown_product", "product"),
        ({"product": None}, "unknown_product", "product"),
        ({"product": ["fixed"]}, "unknown_product", "product"),
        ({"term_months": 7}, "term_never_existed", "term_months"),
        ({"term_months": 0}, "term_never_existed", "term_months"),
        ({"term_months": 12.0}, "not_a_whole_number", "term_months"),
        ({"term_months": None}, "term_missing", "term_months"),
        ({"term_months": 10**50}, "term_never_existed", "term_months"),
        ({"opened_on": "1991-01-01", "term_months": True}, "not_a_whole_number", "term_months"),
        ({"withdrawn_on": "1999-06-09"}, "withdrawal_before_opening", "withdrawn_on"),
        ({"opened_on": "1999-02-31"}, "no_such_day", "opened_on"),
        ({"opened_on": "2023-02-29"}, "no_such_day", "opened_on"),
        ({"opened_on": "1999-6-1"}, "day_unreadable", "opened_on"),
        ({"opened_on": 19990610}, "day_unreadable", "opened_on"),
        ({"opened_on": None}, "day_missing", "opened_on"),
        ({"opened_on": "1987-01-01"}, "before_first_rate", "opened_on"),
        ({"withdrawn_on": "9999-12-31"}, "day_too_late", "withdrawn_on"),
        ({"principal_fen": -1}, "sum_negative", "principal_fen"),
        ({"principal_fen": 0}, "sum_zero", "principal_fen"),
        ({"principal_fen": 1000000.0}, "not_a_whole_number", "principal_fen"),
        ({"principal_fen": "1000000"}, "not_a_whole_number", "principal_fen"),
        ({"principal_fen": True}, "not_a_whole_number", "principal_fen"),
        ({"principal_fen": None}, "sum_missing", "principal_fen"),
        ({"principal_fen": 2**63}, "sum_too_large", "principal_fen"),
        ({"principal_fen": 10**4000}, "sum_too_large", "principal_fen"),
        ({"withdraw_fen": 0}, "sum_zero", "withdraw_fen"),
        ({"withdraw_fen": 1000001}, "withdraw_above_principal", "withdraw_fen"),
        ({"auto_rollover": "yes"}, "not_a_boolean", "auto_rollover"),
        ({"auto_rollover": 1}, "not_a_boolean", "auto_rollover"),
        ({"day_count": "30/365"}, "unknown_day_count", "day_count"),
        ({"posted": "nobody"}, "unknown_rate_table", "posted"),
        ({"posted": 3}, "posted_unreadable", "posted"),
        ({"id": 1.5}, "id_unreadable", "id"),
        (
            {"product": "call_7d", "notice_given_on": "2000-06-11"},
            "notice_after_withdrawal",
            "notice_given_on",
        ),
        ({"product": "call_7d", "notice_given_on": "1999-06-09"}, "notice_before_opening", "notice_given_on"),
        ({"product": "call_7d", "idle_notices_on": "1999-06-09"}, "not_a_list", "idle_notices_on"),
        ({"product": "demand", "withdraw_fen": 5}, "part_not_for_product", "withdraw_fen"),
    ],
)
def test_bad_input_is_answered_with_words_and_no_figures(ask: Any, wrong: Any, code: str, where: str) -> None:
    exit_code, (fine, told) = ask([EXAMPLE, EXAMPLE | wrong])
    assert exit_code == 1
    assert fine["problems"] == []
    assert [told[name] for name in FIGURES] == [None] * 4
    assert told["segments"] == []
    found = [p for p in told["problems"] if p["code"] == code]
    assert [p["where"] for p in found] == [f"/1/{where}"]
    assert found[0]["zh"]
    assert found[0]["en"]


def test_oddities_stand_beside_the_figures(ask: Any) -> None:
    given = EXAMPLE | {"product": "demand", "auto_rollover": True, "colour": "red"}
    code, (told,) = ask([given])
    assert code == 0
    assert told["interest_fen"] is not None
    found = {(p["code"], p["where"]) for p in told["problems"]}
    assert found == {
        ("unknown_key", "/0/colour"),
        ("field_not_used", "/0/term_months"),
        ("field_not_used", "/0/auto_rollover"),
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b"", "not_json"),
        (b"[", "not_json"),
        (b"[NaN]", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"\xff\xfe", "not_utf8"),
        (b"1" * 6000, "not_json"),
        (b"[" + b"1," * 200_000 + b"1]", "too_many"),
    ],
)
def test_what_is_no_list_of_deposits_ends_with_two(ask: Any, given: bytes, code: str) -> None:
    exit_code, told = ask(given)
    assert exit_code == 2
    assert [p["code"] for p in told["problems"]] == [code]


@pytest.mark.parametrize("given", ["null", "7", '"x"', "[[]]", "[null]"])
def test_what_is_no_object_is_said(ask: Any, given: str) -> None:
    code, told = ask(given.encode())
    told = told[0] if isinstance(told, list) else told
    assert code == 1
    assert [p["code"] for p in told["problems"]] == ["not_an_object"]


def test_a_banks_own_rates(ask: Any, tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    file.write_text("effective_from,demand,y1\n1999-01-01,1.00,3.00\n", "utf-8-sig")
    given = [EXAMPLE | {"posted": "ours"}, EXAMPLE]
    assert [told["interest_fen"] for told in ask(given, "--rates", str(file))[1]] == [30000, 22500]
    named = [EXAMPLE | {"posted": "branch"}]
    assert ask(named, "--rates", f"branch={file}")[1][0]["interest_fen"] == 30000
    file.write_text("effective_from,demand,y1\n1999-01-01,1.00,3.00\n1999-01-01,1.00,3.10\n", "utf-8")
    code, told = ask(given, "--rates", str(file))
    assert (code, [p["code"] for p in told["problems"]]) == (2, ["day_twice"])
    assert told["problems"][0]["where"] == f"{file}:3:effective_from"
    for words in ((f"big_banks={file}",), (str(tmp_path / "none.csv"),), (f"a b={file}",)):
        assert ask(given, "--rates", *words)[0] == 2


def test_a_person_reads_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "d.json"
    file.write_text(json.dumps([EXAMPLE, EXAMPLE | {"term_months": 7}]), "utf-8")
    assert main(["deposits", "value", str(file), "--lang", "en"]) == 1
    out = capsys.readouterr().out
    assert "interest 225.00  tax 27.38  paid 10,197.62" in out
    assert "no term of 7 months" in out
