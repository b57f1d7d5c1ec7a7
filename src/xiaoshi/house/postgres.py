"""The database of one home: the embedded PostgreSQL, shared by every process that works on it, or a server of yours.

    with database(Home.chosen()) as info:
        psycopg.connect(**info.app_dsn)

The first user starts the server, the last one stops it, and a killed one counts as gone (`guardian` says how). The
server listens on a unix socket in a 0700 folder only, with scram passwords even there; what makes data durable (fsync,
synchronous_commit, full_page_writes, data checksums) stays on. Left out: TCP (use DATABASE_URL), backup, replication,
upgrade of the data folder to a later major version (refused with one line).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xiaoshi.house import external, roles
from xiaoshi.house.database_user import DatabaseUser, database_user, programs
from xiaoshi.house.home import Home
from xiaoshi.house.locks import is_held, lock_within, open_lock, opened, try_lock, unlock
from xiaoshi.house.logs import open_log
from xiaoshi.house.roles import ConnectionInfo
from xiaoshi.house.trouble import HouseError

__all__ = ["ConnectionInfo", "database", "ensure_running", "is_running"]

PORT = 5432  # names the socket file only; nothing listens on TCP
SOCKET_NAME = f"/.s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 107
MAJOR = "18"
START_LIMIT_S = 60.0


@contextlib.contextmanager
def database(home: Home) -> Iterator[ConnectionInfo]:
    """A reachable database for as long as the block lasts. Raises HouseError with one clear line when there is none.

    With `DATABASE_URL` in the environment that server is used and nothing is started.
    """
    home.ensure()
    url = os.environ.get("DATABASE_URL", "").strip()
    if url:
        yield external.connection_info(url, home)
        return
    users = open_lock(home.locks / "database.users")
    try:
        if not lock_within(users, START_LIMIT_S, shared=True):
            raise _stuck(home)
        info = ensure_running(home)
        yield info
    finally:
        unlock(users)
        _wait_if_last(home, users)
        os.close(users)


def ensure_running(home: Home) -> ConnectionInfo:
    """Start the server if it is not up. The caller holds `database.users`; the supervisor calls this again and again."""
    with opened(home.locks / "database.start") as start:
        if not lock_within(start, 2 * START_LIMIT_S):
            raise _stuck(home)
        if not is_running(home):
            _start(home)
        passwords = _passwords(home)
        address = {"host": _wait_ready(home, None), "port": PORT}
        info = roles.embedded_info(address, passwords)
        if not passwords.get("ready"):
            roles.create(info)
            home.write_secret("database", {**passwords, "ready": True})
        return info


def is_running(home: Home) -> bool:
    """Whether a guardian keeps this home's server (it may be starting or restarting it just now)."""
    return is_held(home.locks / "database.guardian")


def _passwords(home: Home) -> dict[str, Any]:
    known = home.read_secret("database")
    if known is None:
        if home.data.exists():
            raise HouseError(
                "database_secret_lost",
                f"缺少数据库密码文件 {home.secrets / 'database.json'},而数据仍在;请从备份恢复该文件。",
                f"The password file {home.secrets / 'database.json'} is gone but the data is there; restore the file from a backup.",
                str(home.secrets),
            )
        known = {name: secrets.token_urlsafe(24) for name in ("superuser", "owner", "app")}
        home.write_secret("database", known)
    return known


def _start(home: Home) -> None:
    user = database_user(home)
    installed = programs(user)
    passwords = _passwords(home)
    socket = _socket_folder(home, user)
    if not home.data.exists():
        _create_data(home, user, installed, socket, str(passwords["superuser"]))
    _check_version(home)
    before = _end_leftovers(home, socket)
    order = {
        "program": str(installed / "bin" / "postgres"),
        "arguments": _settings(socket),
        "environment": _environment(installed),
        "data": str(home.data),
        "data_by_descriptor": not user.can_reach(home.data),
        "uid": user.uid,
        "gid": user.gid,
        "log": str(home.logs / "postgres.log"),
        "locks": str(home.locks),
    }
    guardian = Path(__file__).with_name("guardian.py")
    with open_log(home.logs / "postgres.log") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(guardian), json.dumps(order)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    try:
        _wait_ready(home, before, process)
    except HouseError:
        process.kill()
        process.wait()
        raise
    # The guardian outlives this object on purpose; without this, Python warns about a running child.
    process.returncode = 0


def _settings(socket: Path) -> list[str]:
    values = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %u@%d ",
        "idle_in_transaction_session_timeout": "10min",
    }
    return [part for name, value in values.items() for part in ("-c", f"{name}={value}")]


def _environment(installed: Path) -> dict[str, str]:
    # The wheel's run path points to its build machine.
    return {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": str(installed / "lib")}


def _create_data(home: Home, user: DatabaseUser, installed: Path, socket: Path, password: str) -> None:
    """initdb beside the real name, renamed when complete: an interrupted first start leaves no half database."""
    new = home.path / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    user.take_over(new)
    handle, password_file = tempfile.mkstemp(dir=socket, prefix=".pw-")
    try:
        with os.fdopen(handle, "w") as out:
            out.write(password)
        user.take_over(Path(password_file))
        with _folder_argument(new, user) as (folder, descriptors):
            made = subprocess.run(
                [
                    str(installed / "bin" / "initdb"),
                    f"--pgdata={folder}",
                    "--username=postgres",
                    "--auth=scram-sha-256",
                    f"--pwfile={password_file}",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--data-checksums",
                    "--no-instructions",
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                cwd="/",
                env=_environment(installed),
                pass_fds=descriptors,
                **user.popen_arguments(),
            )
    finally:
        Path(password_file).unlink(missing_ok=True)
    if made.returncode != 0:
        lines = made.stderr.decode("utf-8", "replace").strip().splitlines() or ["?"]
        shutil.rmtree(new, ignore_errors=True)
        raise HouseError(
            "database_not_created",
            f"无法在 {home.path} 建立数据库({lines[-1]});请检查磁盘空间和权限后重试。",
            f"No database could be made in {home.path} ({lines[-1]}); check disk space and permission, then try again.",
            str(home.path),
        )
    new.rename(home.data)


@contextlib.contextmanager
def _folder_argument(folder: Path, user: DatabaseUser) -> Iterator[tuple[str, tuple[int, ...]]]:
    if user.can_reach(folder):
        yield str(folder), ()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)


def _check_version(home: Home) -> None:
    version = (home.data / "PG_VERSION").read_text("ascii").strip()
    if version != MAJOR:
        raise HouseError(
            "database_of_other_version",
            f"{home.data} 是 PostgreSQL {version} 的数据,本程序自带的是 {MAJOR};请用旧版本导出(pg_dump)后再导入。",
            f"{home.data} was written by PostgreSQL {version}, this program brings {MAJOR}; dump it with the old one (pg_dump) and load it again.",
            str(home.data),
        )


def _socket_folder(home: Home, user: DatabaseUser) -> Path:
    """`HOME/run` where a socket path may be that long and the user can get there, else a short folder of this home."""
    text = str(home.run)
    fits = len(os.fsencode(text + SOCKET_NAME)) <= SOCKET_PATH_LIMIT
    # Commas and quotes separate entries in unix_socket_directories and in libpq's host.
    plain = not any(mark in text for mark in ',"\\\n') and text == text.strip()
    if fits and plain and user.can_reach(home.path):
        folder = home.run
    else:
        mark = hashlib.sha256(os.fsencode(home.path)).hexdigest()[:12]
        folder = _short_base() / f"xiaoshi-{os.geteuid()}-{mark}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        user.take_over(folder)
    found = folder.lstat()
    owner = os.geteuid() if user.uid is None else user.uid
    if not folder.is_dir() or folder.is_symlink() or found.st_uid != owner or found.st_mode & 0o077:
        raise HouseError(
            "socket_folder_not_ours",
            f"目录 {folder} 不属于数据库用户或权限过宽,拒绝使用;请删除该目录后重试。",
            f"The folder {folder} is not the database user's own or is open to others; remove it and try again.",
            str(folder),
        )
    return folder


def _short_base() -> Path:
    if os.geteuid() == 0:
        return Path("/run") if os.access("/run", os.W_OK) else Path(tempfile.gettempdir())
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and os.access(runtime, os.W_OK) and len(os.fsencode(runtime)) < 60:
        return Path(runtime)
    return Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())  # noqa: S108


def _end_leftovers(home: Home, socket: Path) -> str:
    """Make sure that no server of a killed guardian is left, and return the old postmaster.pid.

    A server whose guardian was killed is in its fast shutdown. A pid file whose number belongs to a foreign process by
    now, or to a zombie that a container's first process never fetches, would stop PostgreSQL from starting, though
    nobody uses the data: that file goes, and the like one beside the socket.
    """
    pid_file = home.data / "postmaster.pid"
    if not pid_file.exists():
        return ""
    end = time.monotonic() + START_LIMIT_S
    asked = False
    while left := _processes_in(home.data):
        if time.monotonic() > end:
            raise _stuck(home)
        if not asked and time.monotonic() > end - START_LIMIT_S / 2:
            asked = True
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 3)  # SIGQUIT: immediate shutdown; the next start recovers from the log
        time.sleep(0.05)
    try:
        text = pid_file.read_text("utf-8", "replace")
        if Path(f"/proc/{text.split()[0]}").exists():
            pid_file.unlink()
            (socket / f"{SOCKET_NAME[1:]}.lock").unlink(missing_ok=True)
    except (FileNotFoundError, IndexError):
        return ""
    return text


def _processes_in(folder: Path) -> list[int]:
    """Processes whose working folder is `folder`: every process of a PostgreSQL works in its data folder."""
    wanted = os.stat(folder)
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                here = os.stat(f"/proc/{name}/cwd")
                if (here.st_dev, here.st_ino) == (wanted.st_dev, wanted.st_ino):
                    found.append(int(name))
    return found


def _wait_ready(home: Home, before: str | None, guardian: subprocess.Popen[bytes] | None = None) -> str:
    """Wait until the server says `ready` in postmaster.pid; returns its socket folder. `before`: the stale content."""
    end = time.monotonic() + START_LIMIT_S
    while True:
        with contextlib.suppress(FileNotFoundError):
            text = (home.data / "postmaster.pid").read_text("utf-8", "replace")
            lines = text.split("\n")
            if text != before and len(lines) >= 8 and lines[7].strip() == "ready":
                return lines[4]
        ended = guardian is not None and guardian.poll() is not None
        if ended or _fatal_line(home) or time.monotonic() > end:
            raise _not_started(home)
        time.sleep(0.02)


def _fatal_line(home: Home) -> str:
    """The last FATAL or PANIC line that PostgreSQL wrote before it was ready, or nothing."""
    with contextlib.suppress(OSError):
        tail = (home.logs / "postgres.log").read_bytes()[-4000:].decode("utf-8", "replace")
        start = tail.rfind("starting PostgreSQL")
        for line in reversed(tail[max(start, 0) :].splitlines()):
            if "FATAL:  could not" in line or "PANIC:" in line or "FATAL:  lock file" in line:
                return line.split(": ", 1)[-1].strip()
    return ""


def _wait_if_last(home: Home, users: int) -> None:
    """The last user waits until the server has stopped, so that a command leaves no process behind."""
    if try_lock(users):
        unlock(users)
    elif try_lock(users, shared=True):
        unlock(users)
        return  # somebody else still works
    end = time.monotonic() + START_LIMIT_S
    while is_running(home) and time.monotonic() < end:
        if try_lock(users, shared=True):
            # Either the guardian has not woken yet, or a new user came: then there is nothing to wait for.
            unlock(users)
            if not try_lock(users):
                if try_lock(users, shared=True):
                    unlock(users)
                    return
            else:
                unlock(users)
        time.sleep(0.02)


def _not_started(home: Home) -> HouseError:
    log = home.logs / "postgres.log"
    reason = _fatal_line(home) or "?"
    return HouseError(
        "database_not_started",
        f"内嵌数据库未能启动({reason});详见 {log},或执行 xiaoshi doctor。",
        f"The embedded database did not start ({reason}); see {log}, or run 'xiaoshi doctor'.",
        str(log),
    )


def _stuck(home: Home) -> HouseError:
    return HouseError(
        "database_busy",
        f"数据目录 {home.path} 的数据库正在启动或停止,等候超时;请稍后重试,或执行 xiaoshi doctor。",
        f"The database of {home.path} is being started or stopped and did not get ready; try again later, or run 'xiaoshi doctor'.",
        str(home.path),
    )
