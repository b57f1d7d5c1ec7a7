"""The dispatcher: options on every command, one line for what goes wrong, exit codes that mean something."""

from __future__ import annotations

import argparse
import importlib.util
import json
import socket
import subprocess
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from at_the_terminal import environment, run

from xiaoshi import cli
from xiaoshi.house.trouble import HouseError


def module(run_it: object) -> types.SimpleNamespace:
    def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        verbs = subparsers.add_parser("notes").add_subparsers(dest="verb", required=True)
        verbs.add_parser("assess").add_argument("--rules")

    return types.SimpleNamespace(add_parser=add_parser, run=run_it)


def run_with(monkeypatch: pytest.MonkeyPatch, run_it: object, *words: str) -> int:
    monkeypatch.setattr(cli.importlib, "import_module", lambda name: module(run_it))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("XIAOSHI_HOME", raising=False)
    return cli.main(["notes", "assess", *words])


def test_every_leaf_takes_the_common_options(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[argparse.Namespace] = []

    def remember(args: argparse.Namespace) -> int:
        seen.append(args)
        return 0

    assert run_with(monkeypatch, remember, "--json", "--home", "/h", "--rules", "cny-2026") == 0
    assert run_with(monkeypatch, remember) == 0
    assert (seen[0].json, seen[0].home, seen[0].lang, seen[0].rules) == (True, "/h", "en", "cny-2026")
    assert (seen[1].json, seen[1].home) == (False, None)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (HouseError("x", "坏了。", "It broke."), 3, "It broke."),
        (HouseError("x", "拒绝。", "Refused.", exit_code=1), 1, "Refused."),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (ValueError("odd\nsecond line"), 4, "ValueError: odd"),
    ],
)
def test_one_line_and_a_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    text: str,
) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise error

    assert run_with(monkeypatch, fail, "--json") == code
    out, err = capsys.readouterr()
    assert text in err
    assert len(err.splitlines()) == 1
    assert text in json.loads(out)["problems"][0]["text"]


def silent_server(folder: Path) -> psycopg.Connection[object]:
    """Connect where somebody listens and never answers, as a frozen server does."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / ".s.PGSQL.5432"))
        listening.listen()
        return psycopg.connect(host=str(folder), user="x", dbname="x", connect_timeout=2)


def absent_server(folder: Path) -> psycopg.Connection[object]:
    return psycopg.connect(host=str(folder), user="x", dbname="x")


def cut_connection(folder: Path) -> None:
    raise psycopg.errors.AdminShutdown("terminating connection due to administrator command")


@pytest.mark.parametrize("connect", [silent_server, absent_server, cut_connection])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_database_that_does_not_answer_is_named_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    connect: Callable[[Path], object],
    language: str,
) -> None:
    def fail(args: argparse.Namespace) -> int:
        with tempfile.TemporaryDirectory(prefix="xs-") as folder:  # short: a socket's path has a limit
            try:
                connect(Path(folder))
            except psycopg.Error as error:
                raise RuntimeError("Database error.") from error  # as the layers above wrap it
        return 0

    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert run_with(monkeypatch, fail, "--json", "--lang", language) == 3
    out, err = capsys.readouterr()
    (problem,) = json.loads(out)["problems"]
    assert problem["code"] == "database_gone"
    does_not, what_to_do = {
        "zh": ("数据库没有应答", "xiaoshi doctor"),
        "en": ("does not answer", "xiaoshi doctor"),
    }[language]
    for told in (err, problem["text"]):
        assert does_not in told
        assert what_to_do in told
    assert len(err.splitlines()) == 1


def test_a_refused_statement_is_not_a_silent_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise psycopg.errors.QueryCanceled("canceling statement due to statement timeout")

    assert run_with(monkeypatch, fail) == 4
    assert "QueryCanceled" in capsys.readouterr().err


def test_unknown_command_and_help_in_both_languages() -> None:
    wrong = run(["fly"])
    assert (wrong.returncode, wrong.stderr) == (
        2,
        "xiaoshi: There is no command 'fly'; 'xiaoshi --help' lists them.\n",
    )
    assert "run the desk" in run(["--help"]).stdout
    assert "启动服务" in run(["--help", "--lang", "zh"]).stdout
    assert run([]).returncode == 2


def test_wrong_use_is_said_in_the_readers_language_and_in_json() -> None:
    wrong = run(["simulate", "province", "--cases", "many", "--json", "--lang", "zh"])
    assert wrong.returncode == 2
    assert "应为整数,不是 'many'" in json.loads(wrong.stdout)["problems"][0]["text"]
    assert "Wrong use" in run(["--lang", "en", "audit"]).stderr


def test_common_options_may_stand_before_the_command() -> None:
    assert run(["--lang", "zh", "fly"]).stderr.startswith("xiaoshi: 没有“fly”这个命令")


def test_help_imports_no_django() -> None:
    code = "import sys; from xiaoshi.cli import main; main(['--help']); sys.exit('django' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-P", "-c", code], env=environment(), stdout=subprocess.DEVNULL
        ).returncode
        == 0
    )


def test_a_reader_who_leaves_early_is_no_error() -> None:
    code = (
        "import sys, types; from xiaoshi import cli;"
        "m = types.SimpleNamespace(build_parser=lambda p: __import__('argparse').ArgumentParser(p),"
        " run=lambda a: [print('x' * 1000) for _ in range(9999)] and 0);"
        "cli.importlib.import_module = lambda name: m; sys.exit(cli.main(['audit']))"
    )
    reader = subprocess.Popen(
        [sys.executable, "-P", "-c", code], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert reader.stdout is not None
    assert reader.stderr is not None
    reader.stdout.read(10)
    reader.stdout.close()
    assert reader.stderr.read() == b""
    reader.stderr.close()
    assert reader.wait() == 0


@pytest.mark.parametrize("name", ["serve", "worker", "doctor"])
def test_commands_are_there(name: str) -> None:
    assert importlib.util.find_spec(cli.COMMANDS[name][0]) is not None
    assert "--json" in run([name, "--help"]).stdout
