"""`xiaoshi serve` and its neighbours, started as a person starts them."""

from __future__ import annotations

import json
import os
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from at_the_terminal import free_port, processes_of, read_until, run, start, wait_until

from xiaoshi.house.home import Home

pytestmark = pytest.mark.database


def get(port: int, path: str) -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_serve_from_start_to_stop(open_folder: Path) -> None:
    home, port = open_folder / "家", free_port()
    desk = start(["serve", "--port", str(port), "--home", str(home)])
    assert f"http://127.0.0.1:{port}" in read_until(desk, "is running at")
    assert get(port, "/database") == (200, {"user": "xiaoshi_app", "owner_known": False})

    second = run(["serve", "--port", str(free_port()), "--home", str(home)])
    assert second.returncode == 3
    assert second.stderr == (
        f"xiaoshi: Another Xiaoshi (pid {desk.pid}, http://127.0.0.1:{port}) is using the home {home}; "
        "stop it or set XIAOSHI_HOME.\n"
    )
    doctor = run(["doctor", "--json", "--home", str(home)])
    checks = {check["name"]: check for check in json.loads(doctor.stdout)["checks"]}
    assert {"database", "durable", "runtime_role", "migrations", "secrets", "home", "port"} <= {
        name for name, check in checks.items() if check["ok"]
    }, doctor.stdout

    # Web process and database are killed: both come again, and the port was never given up.
    os.kill(int((home / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    web = next(line for line in processes_of(home) if "gunicorn" in line)
    os.kill(int(web.split()[0]), signal.SIGKILL)
    assert wait_until(lambda: get(port, "/database")[0] == 200)

    desk.send_signal(signal.SIGINT)
    said, _ = desk.communicate(timeout=30)
    assert desk.returncode == 0
    assert said.endswith("Stopping…\nStopped.\n")
    assert not processes_of(home)


def test_a_killed_supervisor_leaves_nothing_behind(open_folder: Path) -> None:
    home, port = open_folder / "home", free_port()
    desk = start(["serve", "--web", "--port", str(port), "--home", str(home)])
    read_until(desk, "is running at")
    desk.kill()
    desk.communicate()
    assert wait_until(lambda: not processes_of(home)), processes_of(home)


def test_a_taken_port_and_a_wrong_one(open_folder: Path) -> None:
    home = str(open_folder / "home")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = run(["serve", "--port", str(port), "--home", home])
    assert taken.returncode == 3
    assert f"Port 127.0.0.1:{port} cannot be used" in taken.stderr
    assert "PORT=8001" in taken.stderr
    assert len(taken.stderr.splitlines()) == 1
    wrong = run(["serve", "--home", home, "--lang", "zh"], PORT="eighty")
    assert (wrong.returncode, wrong.stderr) == (2, "xiaoshi: PORT=eighty 不是端口号(0 至 65535)。\n")
    assert not Path(home, "postgres").exists()


def test_doctor_names_what_is_wrong_and_what_to_do(open_folder: Path) -> None:
    home = Home.chosen(open_folder / "home").ensure()
    home.master_key_file.chmod(0o644)
    found = run(["doctor", "--json", "--home", str(home.path)])
    assert found.returncode == 1
    secrets = next(check for check in json.loads(found.stdout)["checks"] if check["name"] == "secrets")
    assert not secrets["ok"]
    assert str(home.master_key_file) in secrets["remedy"]
    none = run(["doctor", "--home", str(open_folder / "none"), "--lang", "zh"])
    assert none.returncode == 1
    assert "还不存在" in none.stdout
    assert not (open_folder / "none").exists(), "a doctor changes nothing"


def test_a_server_of_yours(open_folder: Path) -> None:
    """DATABASE_URL, against a second embedded server that plays the foreign one."""
    import psycopg
    from psycopg import sql

    from xiaoshi.house.postgres import database

    name, word = "bank db", "p@ss/wörd:%"
    with database(Home.chosen(open_folder / "theirs")) as theirs:
        assert theirs.superuser_dsn is not None
        with psycopg.connect(**theirs.superuser_dsn, autocommit=True) as root:
            root.execute(sql.SQL("CREATE ROLE boss LOGIN CREATEROLE PASSWORD {}").format(sql.Literal(word)))
            root.execute(sql.SQL("CREATE DATABASE {} OWNER boss").format(sql.Identifier(name)))
            root.execute(sql.SQL("CREATE ROLE weak LOGIN PASSWORD {}").format(sql.Literal(word)))
            root.execute("CREATE DATABASE weak OWNER weak")
        from urllib.parse import quote

        host = quote(str(theirs.owner_dsn["host"]), safe="")
        secret = quote(word, safe="")
        home = str(open_folder / "ours")
        url = f"postgresql://boss:{secret}@{host}/{quote(name)}"
        found = run(["doctor", "--json", "--home", home], DATABASE_URL=url)
        checks = {check["name"]: check for check in json.loads(found.stdout)["checks"]}
        assert checks["runtime_role"] == {
            "name": "runtime_role",
            "ok": True,
            "found": "bank db_app",
            "remedy": "",
        }
        assert not Path(home, "postgres").exists(), "nothing of our own was started"

        refused = run(
            ["worker", "--once", "--home", home], DATABASE_URL=f"postgresql://weak:{secret}@{host}/weak"
        )
        assert refused.returncode == 3
        assert 'CREATE ROLE "weak_app"' in refused.stderr
        wrong = run(["worker", "--once", "--home", home], DATABASE_URL="mysql://a@b/c")
        assert wrong.returncode == 3
        assert "is not understood (mysql://)" in wrong.stderr
        assert word not in refused.stderr + found.stdout


def test_worker_alone_starts_the_database_for_itself(open_folder: Path) -> None:
    home = open_folder / "home"
    done = run(["worker", "--once", "--home", str(home)])
    assert done.returncode == 0, done.stderr
    assert not processes_of(home)
