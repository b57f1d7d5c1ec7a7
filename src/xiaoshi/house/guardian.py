"""Keeper of the embedded PostgreSQL: a small process of its own that outlives any single command.

Two commands may use one database at once, and the one that started it may end first, or be killed. So nobody who uses
the database is its parent. Each user holds a shared flock on `locks/database.users`; the guardian waits for the
exclusive one, which the kernel grants when the last user has gone, however it went. Then PostgreSQL gets a fast
shutdown (SIGINT). While somebody is there, a PostgreSQL that crashed is started again. When the guardian itself is
killed, the kernel sends PostgreSQL the same SIGINT (PR_SET_PDEATHSIG), so no orphan stays.

Run as a file by `python -I -S guardian.py JSON`, standard library only; the JSON is a `postgres.GuardianOrder`.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

PR_SET_PDEATHSIG = 1
FAST_SHUTDOWN_S = 30.0
MAX_BACK_OFF_S = 10.0


def start_postgres(order: dict[str, Any], log_fd: int) -> subprocess.Popen[bytes]:
    """Start the server as the order's user, bound to this process's life."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def bind_to_parent() -> None:
        # Runs in the child after the change of user, which would clear the death signal.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    user: dict[str, Any] = {}
    if order["uid"] is not None:
        user = {"user": order["uid"], "group": order["gid"], "extra_groups": []}
    fds: tuple[int, ...] = ()
    data = order["data"]
    if order["data_by_descriptor"]:
        # The user of PostgreSQL cannot walk the path, but an open folder needs no path.
        descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
        fds = (descriptor,)
        data = f"/proc/self/fd/{descriptor}"
    try:
        return subprocess.Popen(
            [order["program"], "-D", data, *order["arguments"]],
            stdin=subprocess.DEVNULL,
            stdout=log_fd,
            stderr=log_fd,
            cwd="/",
            env=order["environment"],
            pass_fds=fds,
            start_new_session=True,
            preexec_fn=bind_to_parent,
            **user,
        )
    finally:
        for descriptor in fds:
            os.close(descriptor)


def last_user_gone(users_fd: int, gone: threading.Event) -> None:
    fcntl.flock(users_fd, fcntl.LOCK_EX)
    gone.set()


def watch(order: dict[str, Any], log_fd: int, gone: threading.Event) -> None:
    """Keep PostgreSQL up until `gone`; then stop it fast and wait for it."""
    back_off_s = 0.2
    while not gone.is_set():
        started = time.monotonic()
        server = start_postgres(order, log_fd)
        while server.poll() is None and not gone.wait(0.1):
            pass
        if server.poll() is None:
            stop(server)
            return
        if time.monotonic() - started > 60:
            back_off_s = 0.2
        gone.wait(back_off_s)
        back_off_s = min(back_off_s * 2, MAX_BACK_OFF_S)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown; immediate (recovery at next start, nothing committed is lost) when it takes too long."""
    with contextlib.suppress(ProcessLookupError):
        server.send_signal(signal.SIGINT)
    try:
        server.wait(FAST_SHUTDOWN_S)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def main(order_text: str) -> None:
    order = json.loads(order_text)
    # Ctrl-C is for the command at the terminal; the guardian ends when its users have gone.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    locks = order["locks"]
    alone_fd = os.open(os.path.join(locks, "database.guardian"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(alone_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    os.truncate(alone_fd, 0)
    os.write(alone_fd, str(os.getpid()).encode())
    users_fd = os.open(os.path.join(locks, "database.users"), os.O_RDWR | os.O_CREAT, 0o600)
    log_fd = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    gone = threading.Event()
    threading.Thread(target=last_user_gone, args=(users_fd, gone), daemon=True).start()
    watch(order, log_fd, gone)
    # The kernel closes in the order of opening: first the guardian's lock, then the users'. So who gets the users' lock
    # finds no guardian, and whoever waits for the guardian's lock finds no process any more.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
