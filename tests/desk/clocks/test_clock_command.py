"""`xiaoshi clock show|hours|close|…` on the module's database: the same acts, the same refusals."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xiaoshi.cli import main
from xiaoshi.desk.audit.models import TimelineEntry

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(desk: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """`ask("show", login="li.min")` gives exit code and JSON; the database of this module is there already."""
    monkeypatch.setattr("xiaoshi.commands.calendars.prepare", lambda home: contextlib.nullcontext())

    def asked(*words: str, login: str = "guo.ye") -> tuple[int, Any]:
        code = main(["clock", *words, "--as", login, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return asked


def test_a_year_that_is_not_announced_says_so(
    ask: Ask, capsys: pytest.CaptureFixture[str], people: Any, client_for: Any
) -> None:
    code, told = ask("show", "--year", "2027", login="li.min")
    assert (code, told["announced"]) == (0, False)
    assert main(["clock", "show", "--year", "2027", "--as", "li.min"]) == 0
    assert "2027 年放假调休尚未公布" in capsys.readouterr().out
    assert main(["clock", "show", "--year", "2027", "--as", "li.min", "--lang", "en"]) == 0
    assert "2027: not announced yet" in capsys.readouterr().out
    page = client_for(people.teller).get("/desk/clocks/?year=2027").content.decode()
    assert "2027" in page
    assert "尚未公布" in page


def test_from_hours_to_a_closure_and_back(ask: Ask) -> None:
    code, told = ask("hours", '{"mon-fri": "09:00-12:00,13:30-17:30"}')
    assert (code, told["ok"], told["unit"]) == (0, True, "jn/lz/cd/yy/")
    code, shown = ask("show", "--year", "2026", login="li.min")
    assert (code, shown["announced"], shown["status"]) == (0, True, "unconfirmed")
    assert shown["working_days"]["10"] == 18
    assert {"date": "2026-10-10", "works_as": "wed", "name": "调休上班（10月7日休息）"} in shown["swaps"]
    code, closed = ask("close", "2026-10-12", "2026-10-13", "--reason", "装修", "--key", "once")
    assert ask("close", "2026-10-12", "2026-10-13", "--reason", "装修", "--key", "once")[1] == closed
    assert ask("show", "--year", "2026")[1]["working_days"]["10"] == 16
    assert ask("open", str(closed["closure"]), "--reason", "改期")[0] == 0
    assert ask("show", "--year", "2026")[1]["working_days"]["10"] == 18
    assert ask("inherit")[0] == 0
    entry = TimelineEntry.objects.using("owner").filter(act="clock.close_outlet").get()
    assert (entry.actor, entry.channel) == ("guo.ye", "cli")


def test_the_yearly_notice_from_a_file(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "通知.json"
    notice = {"year": 2027, "source": "示例通知", "days": [{"date": "2027-01-01", "off": True}]}
    file.write_text(json.dumps(notice), "utf-8")
    assert ask("announce", str(file), login="su.yan") == (
        0,
        {"ok": True, "year": 2027, "off": 1, "worked": 0},
    )
    assert ask("show", "--year", "2027")[1]["announced"] is True
    file.write_text("[]", "utf-8")
    assert ask("announce", str(file), login="su.yan")[0] == 2
    assert ask("announce", str(tmp_path / "none"), login="su.yan")[0] == 2


def test_more_time_for_a_step(ask: Ask, new_case: Any) -> None:
    case = new_case(kind="example")
    words = ("extend", case.number, "listen", "90", "--reason", "客户耳背", "--authority", "郭烨")
    code, told = ask(*words)
    assert (code, told["step"]) == (0, "listen")
    assert ask(*words)[1]["problems"][0]["code"] == "not_longer"
    assert ask(*words, login="li.min")[1]["problems"][0]["code"] == "not_your_role"
    assert ask("extend", "XS-none", *words[2:])[1]["problems"][0]["code"] == "case_not_found"


@pytest.mark.parametrize(
    ("words", "login", "exit_code", "code"),
    [
        (("hours", "{"), "guo.ye", 2, "not_an_object"),
        (("hours", "{}"), "guo.ye", 1, "never_open"),
        (("hours", "{}"), "li.min", 1, "not_your_role"),
        (("close", "2026-10-40", "--reason", "x"), "guo.ye", 1, "date_unreadable"),
        (("open", "99999", "--reason", "x"), "guo.ye", 1, "no_such_closure"),
        (("show", "no/such/"), "guo.ye", 1, "no_such_unit"),
        (("show", "--year", "0"), "guo.ye", 1, "year_out_of_range"),
        (("inherit", "--unit", "jn/"), "guo.ye", 1, "other_units_calendar"),
    ],
)
def test_what_is_refused(ask: Ask, words: tuple[str, ...], login: str, exit_code: int, code: str) -> None:
    found, told = ask(*words, login=login)
    assert (found, told["problems"][0]["code"]) == (exit_code, code)


def test_what_was_done_is_a_sentence_in_either_language(
    desk: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("xiaoshi.commands.calendars.prepare", lambda home: contextlib.nullcontext())

    def said(*words: str, login: str = "guo.ye") -> str:
        assert main(["clock", *words, "--as", login]) == 0
        return capsys.readouterr().out

    zh = said("close", "2026-10-26", "--reason", "装修")
    assert zh.startswith("已登记")
    assert "停业" in zh
    assert "=" not in zh
    en = said("close", "2026-10-27", "--reason", "装修", "--lang", "en")
    assert en.startswith("Entered closure")
    assert "2026-10-27" in en
    hours = said("hours", '{"mon-fri": "09:00-12:00,13:30-17:30"}')
    assert "09:00–12:00、13:30–17:30" in hours
    assert "沿用上级营业时间" in said("inherit")
