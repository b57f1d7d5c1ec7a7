"""`xiaoshi token`: made once, listed to whoever answers for it, ended; the same refusals as on the page."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from xiaoshi.cli import main
from xiaoshi.desk.api.tokens import hash_of

pytestmark = pytest.mark.database
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(desk: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    monkeypatch.setattr("xiaoshi.commands.token.prepare", lambda home: contextlib.nullcontext())

    def asked(*words: str, login: str = "li.min", plain: bool = False) -> tuple[int, Any]:
        code = main(["token", *words, "--as", login, *([] if plain else ["--json"])])
        said = capsys.readouterr()
        return code, said.out if plain else json.loads(said.out or said.err)

    return asked


def test_made_shown_once_listed_and_ended(ask: Ask) -> None:
    from xiaoshi.desk.api.models import Token

    code, made = ask(
        "create", "对账程序", "--scope", "read", "--scope", "case.*", "--days", "30", "--key", "t1"
    )
    assert (code, made["ok"], made["secret"][:3]) == (0, True, "xs_")
    assert Token.objects.using("owner").get(id=made["token"]).hash == hash_of(made["secret"])
    again = ask("create", "对账程序", "--scope", "read", "--scope", "case.*", "--days", "30", "--key", "t1")[
        1
    ]
    assert (again["token"], again["secret"]) == (made["token"], None)
    rows = ask("list")[1]["tokens"]
    [row] = [r for r in rows if r["token"] == made["token"]]
    assert (row["whose"], row["scopes"], row["valid"]) == ("li.min", ["case.*", "read"], True)
    assert made["secret"] not in json.dumps(rows)
    assert made["token"] not in json.dumps(ask("list", login="xu.lan")[1])
    assert ask("revoke", made["token"], login="xu.lan")[0] == 1
    assert ask("revoke", made["token"], "--reason", "换程序")[0] == 0
    assert ask("revoke", made["token"])[0] == 1
    assert made["token"] not in json.dumps(ask("list")[1])
    assert made["token"] in json.dumps(ask("list", "--all")[1])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["create", "x", "--days", "0"], "days_out_of_range"),
        (["create", "x", "--scope", "no.such"], None),
        (["create", " "], "name_unfit"),
        (["create", "x", "--machine", "machine:none"], "no_such_machine"),
        (["revoke", "'"], "token_not_found"),
        (["revoke", "00000000-0000-0000-0000-000000000000"], "token_not_found"),
    ],
)
def test_refused_with_words(ask: Ask, words: list[str], code: str | None) -> None:
    exit_code, told = ask(*words)
    assert exit_code == 1
    [problem] = told["problems"]
    assert problem["text"]
    assert code in (None, problem["code"])


def test_for_a_machine_account_by_who_answers_for_it(ask: Ask, people: Any) -> None:
    from xiaoshi.desk.api.tokens import machine_make
    from xiaoshi.desk.guard.boundary import perform

    fields = {"login": "scanner-desk", "name_zh": "扫描台", "name_en": "Scanner", "roles": ["lobby_manager"]}
    perform(machine_make, people.outlet_head, "m1", owner="li.min", **fields)
    code, made = ask("create", "扫描", "--machine", "machine:scanner-desk", "--scope", "read")
    assert code == 0
    [row] = [r for r in ask("list")[1]["tokens"] if r["token"] == made["token"]]
    assert row["whose"] == "machine:scanner-desk"
    assert ask("create", "扫描", "--machine", "machine:scanner-desk", login="xu.lan")[0] == 1


def test_plain_words(ask: Ask) -> None:
    code, said = ask("create", "手工", plain=True)
    assert code == 0
    assert said.startswith("xs_")
    assert "只显示这一次" in said
    assert "手工" in ask("list", plain=True)[1]
