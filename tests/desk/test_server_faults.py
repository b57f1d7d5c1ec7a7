"""A real `xiaoshi serve` with the network, the database or the process going away in the middle."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

pytestmark = pytest.mark.database
SOURCE = Path(__file__).resolve().parents[2] / "src"
PASSWORD = "a-password-of-the-tests-only"

_FILL = f"""
import sys
from xiaoshi.house.django import prepare
from xiaoshi.house.home import Home
with prepare(Home.chosen(sys.argv[1]), owner=True):
    from xiaoshi.desk.demo.loading import load_bank
    load_bank({PASSWORD!r})
"""


class Browser:
    """The little of a browser that these tests need: cookies, forms, redirects not followed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, fields: dict[str, str] | None = None, timeout_s: float = 30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        headers = {
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "Accept-Language": "zh-hans",
        }
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(
                {"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **fields}
            )
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"http://127.0.0.1:{self.port}/",
            }
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _sep, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, text, answer.headers.get("Location", "")

    def sign_in(self, login: str) -> None:
        self.send("GET", "/sign-in/")
        status, text, _where = self.send("POST", "/sign-in/", {"login": login, "password": PASSWORD})
        assert status == 302, text

    def form(self, path: str) -> dict[str, str]:
        """Key and version that the page's first form of an act carries."""
        status, text, _where = self.send("GET", path)
        assert status == 200, (status, text[:500])
        key = re.search(r'name="key" value="([^"]+)"', text)
        version = re.search(r'name="version" value="(\d+)"', text)
        assert key
        return {"key": key[1], **({"version": version[1]} if version else {})}


class Desk:
    def __init__(self, home: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.home, self.port, self.process = home, port, process

    def browser(self, login: str = "li.min") -> Browser:
        browser = Browser(self.port)
        browser.sign_in(login)
        return browser

    def owner(self) -> psycopg.Connection:
        from xiaoshi.house.home import Home
        from xiaoshi.house.postgres import ensure_running

        info = ensure_running(Home.chosen(self.home))
        return psycopg.connect(**info.owner_dsn)

    def entries(self, case: str) -> int:
        with self.owner() as connection:
            row = connection.execute(
                "SELECT count(*) FROM audit_timelineentry WHERE chain = %s", [case]
            ).fetchone()
            assert row
            return int(row[0])


@pytest.fixture(scope="module")
def desk_server() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="xs-serve-") as folder:
        home = Path(folder) / "家"
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("XIAOSHI_", "DJANGO", "DATABASE"))
        }
        environment |= {"PYTHONPATH": str(SOURCE), "XIAOSHI_WEB_WORKERS": "2"}
        subprocess.run([sys.executable, "-c", _FILL, str(home)], env=environment, check=True, timeout=120)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "xiaoshi.cli", "serve", "--home", str(home), "--port", str(port)]
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_until(lambda: _alive(port), 60)
            yield Desk(home, port, process)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _alive(port: int) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return Browser(port).send("GET", "/healthz", timeout_s=5)[0] == 200
    return False


def _wait_until(condition, limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"not within {limit_s} s"
        time.sleep(0.2)


OPENING = {
    "client_name": "易望舒",
    "container": "铁盒",
    "cause": "fire",
    "fire_paper": "yes",
    "payout": "cash",
}
INTAKE = {"circumstances": "厨房失火", "explained": "on", "do": "do"}


def open_case(browser: Browser) -> str:
    status, text, where = browser.send(
        "POST", "/desk/cases/new/burnt_notes/", {**OPENING, **browser.form("/desk/cases/new/burnt_notes/")}
    )
    assert status == 302, text
    return where.rstrip("/").rpartition("/")[2]


def test_the_same_form_sent_twice_at_once_is_one_act(desk_server):
    browser = desk_server.browser()
    case = open_case(browser)
    path = f"/desk/cases/{case}/steps/intake/"
    fields, answers, go = {**INTAKE, **browser.form(path)}, [], threading.Barrier(4)

    def send() -> None:
        go.wait()
        answers.append(browser.send("POST", path, fields)[0])

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302, 302, 302, 302]
    assert desk_server.entries(case) == 2


def test_an_upload_cut_off_in_the_middle_leaves_nothing(desk_server):
    browser = desk_server.browser()
    case = open_case(browser)
    path = f"/desk/cases/{case}/steps/intake/"
    browser.send("POST", path, {**INTAKE, **browser.form(path)})
    tray = f"/desk/cases/{case}/trays/"
    form = browser.form(tray)
    boundary = "cut"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {**form, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="t.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = "".join(parts).encode() + head.encode() + b"\xff\xd8\xff" + b"x" * 50_000
    request = (
        f"POST {tray} HTTP/1.1\r\nHost: 127.0.0.1:{browser.port}\r\nContent-Type: multipart/form-data; boundary={boundary}\r\n"
        f"Cookie: {'; '.join(f'{k}={v}' for k, v in browser.cookies.items())}\r\nContent-Length: {len(body) + 500_000}\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", browser.port)) as line:
        line.sendall(request + body)
        time.sleep(0.5)
    time.sleep(1.0)
    assert desk_server.entries(case) == 2
    with desk_server.owner() as connection:
        row = connection.execute(
            "SELECT count(*) FROM burnt_notes_tray WHERE case_id = %s", [case]
        ).fetchone()
    assert row == (0,)
    assert browser.send("GET", tray)[0] == 200


def test_killed_in_the_middle_of_an_act_nothing_is_half_written_and_the_retry_happens_once(desk_server):
    browser = desk_server.browser()
    case = open_case(browser)
    path = f"/desk/cases/{case}/steps/intake/"
    fields = {**INTAKE, **browser.form(path)}
    with desk_server.owner() as holder:
        # The act waits for the case's row, its transaction open, when its process is killed.
        holder.execute("SELECT 1 FROM cases_case WHERE id = %s FOR UPDATE", [case])
        broken = []
        sender = threading.Thread(target=lambda: broken.append(_try_send(browser, path, fields)))
        sender.start()
        with desk_server.owner() as looker:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            _wait_until(lambda: looker.execute(waiting).fetchone() != (0,), 20)
        for pid in _web_processes(desk_server.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        sender.join(30)
    assert broken == [None]
    _wait_until(lambda: _alive(desk_server.port), 40)
    assert desk_server.entries(case) == 1
    assert browser.send("POST", path, fields)[0] == 302
    assert browser.send("POST", path, fields)[0] == 302
    assert desk_server.entries(case) == 2


def _try_send(browser: Browser, path: str, fields: dict[str, str]):
    try:
        return browser.send("POST", path, fields)[0]
    except (OSError, http.client.HTTPException):
        return None


def _web_processes(parent: int) -> list[int]:
    """gunicorn's workers and master, as children of the supervisor."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if b"gunicorn" in (entry / "cmdline").read_bytes() and _descends(int(entry.name), parent):
                    found.append(int(entry.name))
    return found


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        stat = Path(f"/proc/{pid}/stat").read_text()
        pid = int(stat.rpartition(")")[2].split()[1])
    return False


def test_the_database_gone_for_ten_seconds_what_was_typed_is_kept_and_then_it_goes_on(desk_server):
    browser = desk_server.browser()
    case = open_case(browser)
    path = f"/desk/cases/{case}/steps/intake/"
    fields = {**INTAKE, **browser.form(path), "circumstances": f"仓库进水 {uuid.uuid4()}"}
    with desk_server.owner() as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row
        postmaster = int(Path(f"/proc/{row[0]}/stat").read_text().rpartition(")")[2].split()[1])
    end = time.monotonic() + 10
    os.kill(postmaster, signal.SIGSTOP)
    for pid in _children_of(postmaster):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    try:
        status, text, _where = browser.send("POST", path, fields, timeout_s=30)
        assert status == 503
        assert fields["circumstances"] in text
        assert "数据库" in text or "稍" in text
        time.sleep(max(0.0, end - time.monotonic()))
    finally:
        os.kill(postmaster, signal.SIGCONT)
    _wait_until(lambda: _alive(desk_server.port), 60)
    assert browser.send("POST", path, fields)[0] == 302
    assert desk_server.entries(case) == 2


def _children_of(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(entry.name))
    return found


def test_a_teller_of_another_outlet_learns_nothing_but_what_to_do(desk_server):
    case = open_case(desk_server.browser())
    stranger = desk_server.browser("wu.an")
    for path in ("", "map/", "timeline/", "papers/", "money/", "trays/", "steps/intake/"):
        status, text, _where = stranger.send("GET", f"/desk/cases/{case}/{path}")
        assert status == 404, path
        assert "易望舒" not in text
        assert "管辖" in text or "转办" in text, text[:800]
