"""The embedded database: shared, durable, gone when nobody needs it, back after anything was killed."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from at_the_terminal import ROOT, environment, processes_of, read_until, wait_until

from xiaoshi.house.home import Home
from xiaoshi.house.postgres import ConnectionInfo, database, is_running
from xiaoshi.house.trouble import HouseError

pytestmark = pytest.mark.database

# A user of the database in a process of its own: says "up", then holds it until its input closes.
HOLDER = """
import sys
from xiaoshi.house.home import Home
from xiaoshi.house.postgres import database
import psycopg
with database(Home.chosen(sys.argv[1])) as info:
    with psycopg.connect(**info.owner_dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(1)")
        connection.execute("CREATE TABLE IF NOT EXISTS kept (at timestamptz)")
        connection.execute("INSERT INTO kept VALUES (now())")
    print("up", flush=True)
    sys.stdin.read()
print("down", flush=True)
"""


def holder(home: Path, python: str = sys.executable, **popen: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, "-P", "-c", HOLDER, str(home)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        **popen,
    )  # type: ignore[call-overload]


def finish(process: subprocess.Popen[str]) -> None:
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said


def rows(info: ConnectionInfo) -> int:
    with psycopg.connect(**info.owner_dsn) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def test_a_path_with_space_and_chinese_durable_settings_and_two_roles(open_folder: Path) -> None:
    with database(Home.chosen(open_folder / "家 home")) as info:
        with psycopg.connect(**info.app_dsn) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
                assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)
            assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute(
                "SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone() == (False, False, False)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE TABLE mine (n int)")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(**{**info.app_dsn, "password": "guessed"})
    assert not processes_of(open_folder)


def test_a_home_that_the_database_user_cannot_walk_to(closed_folder: Path) -> None:
    mode = closed_folder.stat().st_mode
    home = Home.chosen(closed_folder / "home")
    for _ in range(2):
        with database(home) as info, psycopg.connect(**info.app_dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert closed_folder.stat().st_mode == mode, "a folder that is not ours was changed"


def test_a_path_too_long_for_a_socket(open_folder: Path) -> None:
    home = Home.chosen(open_folder / ("长" * 60))
    with database(home) as info:
        assert len(os.fsencode(info.app_dsn["host"])) < 90
        assert Path(info.app_dsn["host"]).stat().st_mode & 0o077 == 0
        with psycopg.connect(**info.app_dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    shutil.rmtree(info.app_dsn["host"])


def test_two_commands_share_one_server_and_the_last_stops_it(open_folder: Path) -> None:
    home = open_folder / "home"
    first, second = holder(home), holder(home)  # both start it at once
    read_until(first, "up")
    read_until(second, "up")
    assert len([line for line in processes_of(home) if "guardian.py" in line]) == 1
    finish(first)
    with database(Home.chosen(home)) as info:
        assert rows(info) == 2
    assert is_running(Home.chosen(home))
    finish(second)
    assert not processes_of(home)


@pytest.mark.parametrize(
    "victims", [("holder",), ("guardian",), ("postgres",), ("holder", "guardian", "postgres")]
)
def test_killed_and_started_again(open_folder: Path, victims: tuple[str, ...]) -> None:
    home = Home.chosen(open_folder / "home")
    process = holder(home.path)
    read_until(process, "up")
    pids = {
        "holder": process.pid,
        "guardian": int((home.locks / "database.guardian").read_text()),
        "postgres": int((home.data / "postmaster.pid").read_text().split()[0]),
    }
    for name in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[name], signal.SIGKILL)
    if "guardian" in victims:
        assert wait_until(lambda: not is_running(home)), "a killed guardian still holds its lock"
    if "holder" in victims:
        assert wait_until(lambda: not processes_of(home.path)), "an orphan stayed"
    with database(home) as info:
        assert wait_until(lambda: answers(info))
        assert rows(info) == 1
    process.kill()
    process.communicate()
    assert wait_until(lambda: not processes_of(home.path))


def answers(info: ConnectionInfo) -> bool:
    try:
        with psycopg.connect(**info.app_dsn) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_a_pid_file_whose_number_is_somebody_elses_now(open_folder: Path) -> None:
    home = Home.chosen(open_folder / "home")
    with database(home):
        pid_file = home.data / "postmaster.pid"
        text = pid_file.read_text()
    lines = text.split("\n")
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    user = home.data.stat()
    os.chown(pid_file, user.st_uid, user.st_gid)
    with database(home) as info:
        assert answers(info)


def test_an_interrupted_first_start_leaves_no_half_database(open_folder: Path) -> None:
    home = Home.chosen(open_folder / "home").ensure()
    half = home.path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with database(home) as info:
        assert answers(info)
    assert not half.exists()


def test_secrets_are_for_one_reader_and_made_once(open_folder: Path) -> None:
    home = Home.chosen(open_folder / "home").ensure()
    key = home.master_key_file.read_bytes()
    home.ensure()
    assert home.master_key_file.read_bytes() == key
    assert len(key) == 32
    assert home.secrets.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in home.secrets.iterdir()} == {0o600}


def test_lost_passwords_are_said_and_not_replaced(open_folder: Path) -> None:
    home = Home.chosen(open_folder / "home")
    with database(home):
        pass
    (home.secrets / "database.json").unlink()
    with pytest.raises(HouseError, match="restore the file") as caught, database(home):
        pass
    assert caught.value.problem.code == "database_secret_lost"


def test_data_of_another_version_is_refused(open_folder: Path) -> None:
    home = Home.chosen(open_folder / "home")
    with database(home):
        pass
    (home.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(HouseError, match="written by PostgreSQL 17"), database(home):
        pass


def test_a_home_open_to_everybody_is_refused(open_folder: Path) -> None:
    home = open_folder / "home"
    home.mkdir()
    home.chmod(0o777)
    with pytest.raises(HouseError, match="Anybody may write"):
        Home.chosen(home).ensure()


def test_an_ordinary_user(open_folder: Path, ordinary_user: pwd.struct_passwd) -> None:
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if not _can_run(sys.executable, ordinary_user):
        pytest.skip(f"{ordinary_user.pw_name} cannot run {sys.executable}; {python} lacks the packages")
    home = open_folder / "own"
    home.mkdir(mode=0o700)
    os.chown(home, ordinary_user.pw_uid, ordinary_user.pw_gid)
    process = holder(home, user=ordinary_user.pw_uid, group=ordinary_user.pw_gid, extra_groups=[])
    read_until(process, "up")
    owners = {Path(f"/proc/{line.split()[0]}").stat().st_uid for line in processes_of(home)}
    assert owners == {ordinary_user.pw_uid}
    finish(process)
    assert not processes_of(home)


def _can_run(program: str, user: pwd.struct_passwd) -> bool:
    try:
        asked = subprocess.run(
            [program, "-c", "import psycopg"],
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return asked.returncode == 0 and os.access(ROOT, os.R_OK)


def test_the_programs_are_copied_where_the_user_cannot_reach_them(
    open_folder: Path, closed_folder: Path
) -> None:
    from xiaoshi.house import database_user as module

    if os.geteuid() != 0:
        pytest.skip("only root's database runs as another user")
    user = module.database_user(Home.chosen(open_folder / "home").ensure())
    hidden = closed_folder / "pginstall18"
    shutil.copytree(module.programs(user), hidden, symlinks=True)
    assert not user.can_reach(hidden / "bin" / "postgres")
    copied = module._copied(hidden, user)
    try:
        asked = subprocess.run(
            [str(copied / "bin" / "postgres"), "--version"],
            env={"LD_LIBRARY_PATH": str(copied / "lib")},
            capture_output=True,
            check=True,
            cwd="/",
            **user.popen_arguments(),
        )
        assert b"PostgreSQL) 18" in asked.stdout
    finally:
        shutil.rmtree(copied)
