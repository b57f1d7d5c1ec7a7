"""The whole tin as one report. A note is written `id kind verdict amount low high [number]`, kind `denomination/edition`
in yuan (`?` for what is not known), amounts in yuan."""

from __future__ import annotations

import json
from typing import Any

import pytest

from xiaoshi.core.notes.report import notes_of_json, report_of
from xiaoshi.core.problems import Problem

TIN = """
    n1 100/2005 full      100  100 100  AB12345678
    n2 100/2005 none        0    0   0
    n3  50/1999 half       25   25  25  QQ0000????
    n4  20/?    undecided   0    0  20
    n5   ?/?    undecided   0    0 100
    n6 100/2015 full      100  100 100  AB12345678
"""


def assessment(text: str, **changes: Any) -> dict[str, Any]:
    pieces, notes = [], []
    for n, words in enumerate((line.split() for line in text.strip().splitlines()), start=1):
        name, kind, verdict, amount, low, high, *number = words
        face, edition = kind.split("/")
        known = face != "?"
        pieces.append(
            {
                "id": f"p{n}",
                "image": "t.jpg",
                "issuer": "CNY" if known else None,
                "series": "5" if known else None,
                "edition": None if edition == "?" else edition,
            }
        )
        share = 0.6 if known else None
        notes.append(
            {
                "id": name,
                "pieces": [f"p{n}"],
                "denomination_fen": int(face) * 100 if known else None,
                "verdict": verdict,
                "amount_fen": int(amount) * 100,
                "amount_low_fen": int(low) * 100,
                "amount_high_fen": int(high) * 100,
                "area_ratio": share,
                "area_ratio_low": share,
                "area_ratio_high": share,
                "reasons": [{"code": "because", "text": "因为", "text_en": "because"}],
                "serials": [
                    {"text": each, "confidence": 0.9, "zone": 1, "piece": f"p{n}"} for each in number
                ],
            }
        )
    return {"rules": {"id": "cny-2026"}, "pieces": pieces, "notes": notes, **changes}


def notes(text: str, prefix: str = ""):
    found = notes_of_json(assessment(text), prefix)
    assert not isinstance(found, Problem), found
    return found


def test_kinds_are_counted_and_added_up():
    report = report_of(notes(TIN), "cny-2026")
    rows = [
        (
            row.denomination_fen,
            row.edition,
            row.count,
            row.full,
            row.half,
            row.none,
            row.undecided,
            row.amount_fen,
        )
        for row in report.rows
    ]
    assert rows == [
        (10000, "2005", 2, 1, 0, 1, 0, 10000),
        (10000, "2015", 1, 1, 0, 0, 0, 10000),
        (5000, "1999", 1, 0, 1, 0, 0, 2500),
        (2000, None, 1, 0, 0, 0, 1, 0),
        (None, None, 1, 0, 0, 0, 1, 0),
    ]
    total = report.total
    assert (total.count, total.amount_fen, total.amount_low_fen, total.amount_high_fen) == (
        6,
        22500,
        22500,
        34500,
    )
    assert [note.id for note in report.doubtful] == ["n4", "n5"]


def test_sum_in_figures_and_in_capitals():
    told = report_of(notes(TIN), "cny-2026").as_json("zh")["total"]
    assert (told["amount_fen"], told["amount_zh"]) == (22500, "贰佰贰拾伍元整")
    assert told["amount_high_zh"] == "叁佰肆拾伍元整"


def test_each_note_that_is_not_full_says_why_in_the_language_asked():
    report = report_of(notes(TIN), "cny-2026")
    assert [why["note"] for why in report.as_json("zh")["why"]] == ["n2", "n3", "n4", "n5"]
    assert report.as_json("en")["why"][0]["reasons"] == [{"code": "because", "text": "because"}]
    assert report.as_json("zh")["why"][0]["reasons"] == [{"code": "because", "text": "因为"}]


def test_numbers_are_listed_and_one_on_two_trays_is_told():
    """n1 and n6 are of two editions: one number in both is an alarm all the same."""
    both = (*notes(TIN, "1."), *notes("n1 50/1999 full 50 50 50 QQ00001111", "2."))
    told = report_of(both, "cny-2026").as_json("zh")
    assert [(line["number"], line["note"], line["known"]) for line in told["numbers"]] == [
        ("AB12345678", "1.n1", 10),
        ("QQ0000????", "1.n3", 6),
        ("AB12345678", "1.n6", 10),
        ("QQ00001111", "2.n1", 10),
    ]
    assert told["numbers_twice"] == [{"number": "AB12345678", "notes": ["1.n1", "1.n6"]}]


def test_empty_tin_is_a_report_of_nothing():
    told = report_of((), "cny-2026").as_json("zh")
    assert told["rows"] == []
    assert told["total"]["amount_zh"] == "零元整"


WRONG = {
    "no object": [],
    "a text": "x",
    "no notes": {"pieces": []},
    "notes no list": assessment(TIN, notes=7),
    "piece unknown": assessment(TIN, pieces=[]),
    "no such verdict": assessment(TIN.replace("full ", "whole")),
    "bounds the wrong way": assessment("n1 100/2005 full 100 100 50"),
}


@pytest.mark.parametrize("told", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_assessment_is_refused_with_words(told):
    found = notes_of_json(told)
    assert isinstance(found, Problem)
    assert found.code == "assessment_unusable"
    assert "xiaoshi notes assess --json" in found.words.zh
    assert "xiaoshi notes assess --json" in found.words.en


@pytest.mark.parametrize("amount", ["100", 1.5, True, -1, 10**16, None])
def test_amount_that_is_no_sum_is_refused_with_its_place(amount):
    told = assessment(TIN)
    told["notes"][2]["amount_fen"] = amount
    found = notes_of_json(told)
    assert isinstance(found, Problem)
    assert found.where == "notes/2/amount_fen"


def test_command_prints_report_and_register(tmp_path, capsys):
    from xiaoshi.commands.notes import main

    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text(json.dumps(assessment(TIN)), "utf-8")
    second.write_text(json.dumps(assessment("n1 10/2005 half 5 5 5")), "utf-8")
    assert main(["report", str(first), str(second), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"]
    assert told["total"]["count"] == 7
    assert told["why"][-1]["note"] == "2.n1"
    assert main(["register", str(first), "--lang", "zh"]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].startswith("AB12345678\tn1\tCNY 100 (2005)")
    assert "出现在 n1、n6" in printed
    assert main(["report", str(first), "--lang", "en"]) == 0
    assert "in words: 贰佰贰拾伍元整" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "{", "[1]", "null", '{"notes": 1}', "\x00"])
def test_command_refuses_other_files(tmp_path, capsys, content):
    from xiaoshi.commands.notes import main

    file = tmp_path / "a.json"
    file.write_text(content, "utf-8")
    assert main(["report", str(file), "--json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["code"] == "assessment_unusable"
    assert problem["where"].startswith(str(file))
    assert main(["register", str(tmp_path / "none.json"), "--json"]) == 1
    capsys.readouterr()


def test_command_adds_nothing_up_that_stands_under_two_rules(tmp_path, capsys):
    from xiaoshi.commands.notes import main

    files = []
    for rules in ("cny-2026", "cny-2003"):
        files.append(tmp_path / f"{rules}.json")
        files[-1].write_text(json.dumps(assessment(TIN, rules={"id": rules})), "utf-8")
    assert main(["report", *map(str, files), "--json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["code"], problem["where"]) == ("rules_differ", str(files[1]))
