"""`xiaoshi deposits value-batch`: Parquet in, Parquet out, row for row; whole or not at all."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from xiaoshi.cli import main
from xiaoshi.core.deposits.answer import answer
from xiaoshi.core.deposits.schema import EXAMPLE


def batch(capsys: pytest.CaptureFixture[str], source: Path, target: Path, *words: str) -> tuple[int, Any]:
    code = main(["deposits", "value-batch", str(source), str(target), "--json", "--workers", "1", *words])
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    return code, json.loads(told.out)


def test_without_the_library_the_command_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, told = batch(capsys, tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert (code, [p["code"] for p in told["problems"]]) == (3, ["parquet_library_missing"])


@pytest.fixture
def arrow() -> Any:
    return pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")


def written(arrow: Any, path: Path, rows: list[dict[str, Any]], row_group: int = 1000) -> Path:
    parquet = pytest.importorskip("pyarrow.parquet")
    for row in rows:
        for name in ("opened_on", "withdrawn_on"):
            row[name] = date.fromisoformat(row[name])
    parquet.write_table(arrow.Table.from_pylist(rows), path, row_group_size=row_group)
    return path


def read_back(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist()
    return rows


def test_every_row_is_answered_in_its_place(arrow: Any, capsys: Any, tmp_path: Path) -> None:
    rows = [EXAMPLE | {"id": str(n), "principal_fen": n * 100} for n in range(200)]
    rows += [EXAMPLE | {"id": "part", "withdrawn_on": "2000-05-10", "withdraw_fen": 300_000}]
    rows += [EXAMPLE | {"id": "bad", "product": "saving"}, EXAMPLE | {"id": "8", "term_months": 7}]
    expected = [answer(dict(row)) for row in rows]
    source = written(arrow, tmp_path / "in.parquet", [dict(row) for row in rows], 64)
    code, told = batch(capsys, source, tmp_path / "out.parquet")
    assert (code, told["rows"], told["valued"], told["refused"]) == (1, 203, 200, 3)
    for found, one in zip(read_back(tmp_path / "out.parquet"), expected, strict=True):
        for name in ("id", "interest_fen", "tax_fen", "net_fen", "total_fen"):
            assert found[name] == one[name], one["id"]
        left = one["remaining"] and one["remaining"] | {
            "opened_on": date.fromisoformat(one["remaining"]["opened_on"])
        }
        assert found["remaining"] == left
        for name in ("unconfirmed", "problems"):
            assert set(found[name]) == {p["code"] for p in one[name]}


def test_an_empty_file_gives_an_empty_file(arrow: Any, capsys: Any, tmp_path: Path) -> None:
    source = written(arrow, tmp_path / "in.parquet", [dict(EXAMPLE)])
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(parquet.read_table(source).slice(0, 0), source)
    code, told = batch(capsys, source, tmp_path / "out.parquet")
    assert (code, told["rows"], read_back(tmp_path / "out.parquet")) == (0, 0, [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda t, a: t.drop_columns(["opened_on"]), "column_missing"),
        (lambda t, a: t.append_column("notice_fen", a.array([1])), "column_one_by_one"),
        (
            lambda t, a: t.drop_columns(["opened_on"]).append_column("opened_on", a.array([[1]])),
            "column_type",
        ),
    ],
)
def test_a_file_of_another_shape_is_refused_and_nothing_written(
    arrow: Any, capsys: Any, tmp_path: Path, change: Any, code: str
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    source = written(arrow, tmp_path / "in.parquet", [dict(EXAMPLE)])
    parquet.write_table(change(parquet.read_table(source), arrow), source)
    exit_code, told = batch(capsys, source, tmp_path / "out.parquet")
    assert (exit_code, [p["code"] for p in told["problems"]]) == (2, [code])
    assert list(tmp_path.iterdir()) == [source]


def test_decimals_are_answered_row_by_row_and_unknown_columns_told(
    arrow: Any, capsys: Any, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    source = written(arrow, tmp_path / "in.parquet", [dict(EXAMPLE), dict(EXAMPLE)])
    table = (
        parquet.read_table(source)
        .drop_columns(["principal_fen"])
        .append_column("colour", arrow.array(["a", "b"]))
    )
    parquet.write_table(table.append_column("principal_fen", arrow.array([1000000.0, None])), source)
    code, told = batch(capsys, source, tmp_path / "out.parquet")
    assert (code, told["rows"], told["valued"], [p["code"] for p in told["problems"]]) == (
        1,
        2,
        0,
        ["column_unknown"],
    )
    assert [row["problems"] for row in read_back(tmp_path / "out.parquet")] == [
        ["not_a_whole_number"],
        ["sum_missing"],
    ]


def test_a_file_that_breaks_off_leaves_nothing_behind(arrow: Any, capsys: Any, tmp_path: Path) -> None:
    rows = [
        EXAMPLE | {"id": f"{n * 7919 % 100003}", "principal_fen": n * 7919 % 100003 + 1} for n in range(3000)
    ]
    source = written(arrow, tmp_path / "in.parquet", rows, 1000)
    content = bytearray(source.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 300] = bytes(300)
    source.write_bytes(content)
    code, told = batch(capsys, source, tmp_path / "out.parquet")
    assert (code, [p["code"] for p in told["problems"]]) == (2, ["parquet_unreadable"])
    assert list(tmp_path.iterdir()) == [source]


def test_no_parquet_and_one_file_for_both(arrow: Any, capsys: Any, tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    source.write_text("id,product\n1,fixed\n")
    assert batch(capsys, source, tmp_path / "out.parquet")[1]["problems"][0]["code"] == "parquet_unreadable"
    assert (
        batch(capsys, tmp_path / "none", tmp_path / "o.parquet")[1]["problems"][0]["code"]
        == "parquet_unreadable"
    )
    assert batch(capsys, source, source)[1]["problems"][0]["code"] == "same_file"
