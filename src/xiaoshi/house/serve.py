"""`xiaoshi serve`: watches over the embedded database, the web processes and the worker, and stops them together.

Order: home's lock and port (both refuse with one line), database, migrations if any, demo, web, worker; then it waits
until `/healthz` answers. The port is opened here and handed down, so a web process that crashes and comes again never
loses it, and a client waits a second instead of being refused.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from xiaoshi.core.problems import Words
from xiaoshi.house.children import Child
from xiaoshi.house.django import child_environment, migrate_if_needed
from xiaoshi.house.home import Home
from xiaoshi.house.locks import opened, try_lock
from xiaoshi.house.logs import last_line
from xiaoshi.house.postgres import ConnectionInfo, database, ensure_running, is_running
from xiaoshi.house.trouble import USAGE, HouseError

READY_LIMIT_S = 60.0
STOP_LIMIT_S = 10.0
WEB_WORKERS = 2
WEB_THREADS = 4

_LOAD_DEMO = """
import json, sys
import django; django.setup()
from xiaoshi.desk import demo
json.dump({"sign_ins": demo.load()}, sys.stdout, ensure_ascii=True)
"""


@dataclass(frozen=True, slots=True)
class Orders:
    """What was asked for on the command line. `web_only`: neither worker nor the home's lock."""

    host: str = "127.0.0.1"
    port: int = 8000
    demo: bool = False
    web_only: bool = False


def serve(home: Home, orders: Orders, say: Callable[[Words], None]) -> int:
    """Run until SIGINT or SIGTERM; returns the exit code. Raises HouseError before anything was started."""
    stop = _StopSignal()
    home.ensure()
    with _only_one(home, orders) as claim, _port(orders) as listener:
        address = _address(orders.host, listener)
        claim(address)
        say(Words(f"数据目录 {home.path}", f"Home {home.path}"))
        clock = _Clock()
        with database(home) as info:
            clock.mark("database")
            if migrate_if_needed(home, info):
                say(Words("数据库结构已更新。", "The database schema was brought up to date."))
            clock.mark("migrations")
            sign_ins = _demo(home, info, say) if orders.demo else []
            clock.mark("demo")
            children = _children(home, info, orders, listener, address)
            try:
                for child in children:
                    child.start()
                if _wait_ready(orders, listener, children[0], stop):
                    clock.mark("web")
                    say(Words(f"用时 {clock.text()}", f"Took {clock.text()}"))
                    _announce(address, sign_ins, say)
                    _watch(home, info, children, stop, say)
            finally:
                say(Words("正在停止…", "Stopping…"))
                _stop_all(children)
    say(Words("已停止。", "Stopped."))
    return 0


class _Clock:
    """Where the time of a start goes, so that a slow one can be told about."""

    def __init__(self) -> None:
        self.last = time.monotonic()
        self.parts: list[tuple[str, float]] = []

    def mark(self, name: str) -> None:
        now = time.monotonic()
        self.parts.append((name, now - self.last))
        self.last = now

    def text(self) -> str:
        return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.parts if seconds >= 0.05)


class _StopSignal:
    """SIGINT and SIGTERM as a flag; a second Ctrl-C does not interrupt the orderly end."""

    def __init__(self) -> None:
        self.came = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: Any) -> None:
        self.came = True


@contextlib.contextmanager
def _port(orders: Orders) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in orders.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((orders.host, orders.port))
            listener.listen(256)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise HouseError(
                "port_taken",
                f"端口 {orders.host}:{orders.port} 无法使用({reason});请用 --port 或 PORT=8001 换一个端口。",
                f"Port {orders.host}:{orders.port} cannot be used ({reason}); choose another with --port or PORT=8001.",
                f"{orders.host}:{orders.port}",
            ) from error
        yield listener


@contextlib.contextmanager
def _only_one(home: Home, orders: Orders) -> Iterator[Callable[[str], None]]:
    """Hold the home for this copy; gives a function that writes down who holds it and where it answers."""
    if orders.web_only:
        yield lambda address: None
        return
    path = home.locks / "serve"
    with opened(path) as lock:
        if not try_lock(lock):
            holder = path.read_text("utf-8").strip() or "?"
            raise HouseError(
                "home_in_use",
                f"另一个小事({holder})正在使用数据目录 {home.path};请先停止它,或用 XIAOSHI_HOME 指定另一个目录。",
                f"Another Xiaoshi ({holder}) is using the home {home.path}; stop it or set XIAOSHI_HOME.",
                str(home.path),
            )

        def claim(address: str) -> None:
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"pid {os.getpid()}, {address}".encode(), 0)

        yield claim


def _address(host: str, listener: socket.socket) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"


def _demo(home: Home, info: ConnectionInfo, say: Callable[[Words], None]) -> list[dict[str, Any]]:
    """The demo's sign-ins; loads the demo when this home has none. The passwords stay in `secrets/demo.json`."""
    known = home.read_secret("demo")
    if known is None:
        say(Words("正在装入示例数据…", "Loading the demo…"))
        ran = subprocess.run(
            [sys.executable, "-P", "-c", _LOAD_DEMO],
            env=child_environment(home, info, owner=True),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        log = home.logs / "demo.log"
        log.write_bytes(ran.stderr)
        if ran.returncode != 0:
            raise HouseError(
                "demo_failed",
                f"示例数据装入失败({last_line(log)});详见 {log}。",
                f"The demo could not be loaded ({last_line(log)}); see {log}.",
                str(log),
            )
        known = dict(json.loads(ran.stdout))
        home.write_secret("demo", known)
    return list(known.get("sign_ins") or [])


def _children(
    home: Home, info: ConnectionInfo, orders: Orders, listener: socket.socket, address: str
) -> list[Child]:
    environment = {
        **child_environment(home, info),
        "PYTHONUNBUFFERED": "1",
        "XIAOSHI_PUBLIC_ADDRESS": os.environ.get("XIAOSHI_PUBLIC_ADDRESS", address),
    }
    python = [sys.executable, "-P"]
    workers = os.environ.get("XIAOSHI_WEB_WORKERS", str(WEB_WORKERS))
    web = Child(
        "web",
        [
            *python, "-m", "gunicorn", "xiaoshi.desk.wsgi:application", "--bind", f"fd://{listener.fileno()}",
            "--workers", workers, "--worker-class", "gthread", "--threads", str(WEB_THREADS), "--timeout", "120",
            "--graceful-timeout", "8", "--no-control-socket", "--log-level", "warning",
        ],
        environment,
        home.logs / "web.log",
        (listener.fileno(),),
    )  # fmt: skip
    if orders.web_only:
        return [web]
    worker = Child(
        "worker",
        [*python, "-m", "xiaoshi.cli", "worker", "--attached"],
        environment,
        home.logs / "worker.log",
    )
    return [web, worker]


def _wait_ready(orders: Orders, listener: socket.socket, web: Child, stop: _StopSignal) -> bool:
    """Whether the web answers `/healthz`; False when a stop came first. Raises HouseError with the log's last line."""
    end = time.monotonic() + READY_LIMIT_S
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(orders.host, orders.host)  # noqa: S104
    while not stop.came:
        web.tend()
        if _answers(host, listener.getsockname()[1]):
            return True
        if web.crashes or time.monotonic() > end:
            raise HouseError(
                "web_not_started",
                f"网页服务未能启动({last_line(web.log)});详见 {web.log}。",
                f"The web did not start ({last_line(web.log)}); see {web.log}.",
                str(web.log),
            )
        time.sleep(0.05)
    return False


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"127.0.0.1:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _announce(address: str, sign_ins: list[dict[str, Any]], say: Callable[[Words], None]) -> None:
    if sign_ins:
        say(Words("示例登录(仅本机有效):", "Demo sign-ins (this installation only):"))
    for row in sign_ins:
        line = f"  {row.get('username', '')}  {row.get('password', '')}  {row.get('role', '')}  {row.get('outlet', '')}"
        say(Words(line, line))
    say(Words(f"小事已启动:{address}(按 Ctrl-C 停止)", f"Xiaoshi is running at {address} (Ctrl-C stops it)"))


def _watch(
    home: Home, info: ConnectionInfo, children: list[Child], stop: _StopSignal, say: Callable[[Words], None]
) -> None:
    """Keep everything up until a stop is asked for. A database that cannot be started is tried again, and said once."""
    next_look = 0.0
    complained = False
    while not stop.came:
        for child in children:
            status = child.tend()
            if status is not None:
                line = last_line(child.log)
                say(
                    Words(
                        f"{child.name} 意外退出(状态 {status}:{line}),{child.back_off_s / 2:.1f} 秒后重启。",
                        f"{child.name} ended unexpectedly (status {status}: {line}); it starts again in {child.back_off_s / 2:.1f} s.",
                    )
                )
        if info.embedded and time.monotonic() >= next_look:
            next_look = time.monotonic() + 1.0
            if not is_running(home):
                try:
                    ensure_running(home)
                    complained = False
                except HouseError as error:
                    if not complained:
                        say(error.problem.words)
                    complained = True
                    next_look = time.monotonic() + 5.0
        time.sleep(0.1)


def _stop_all(children: list[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    until = time.monotonic() + STOP_LIMIT_S
    for child in children:
        child.wait_or_kill(until)


def port_from_environment() -> int:
    """`PORT`, else 8000; raises HouseError for what is no port."""
    text = os.environ.get("PORT", "").strip() or "8000"
    if not text.isdecimal() or int(text) > 65535:
        raise HouseError(
            "port_wrong",
            f"PORT={text} 不是端口号(0 至 65535)。",
            f"PORT={text} is no port number (0 to 65535).",
            "PORT",
            USAGE,
        )
    return int(text)
