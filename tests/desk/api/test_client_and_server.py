"""The example client against the real server process, over a real socket; and a token that ends between two calls."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from api_callers import token_for

pytestmark = pytest.mark.database
ROOT = Path(__file__).parents[3]
READY_LIMIT_S = 60.0


@pytest.fixture(scope="module")
def address(desk) -> Iterator[tuple[str, int]]:
    """Two web processes, as `xiaoshi serve` starts them, on this module's database and with the runtime role alone."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        environment = {k: v for k, v in os.environ.items() if k not in {"XIAOSHI_DB_OWNER", "DATABASE_URL"}}
        environment["PYTHONPATH"] = str(ROOT / "src")
        command = [
            sys.executable, "-m", "gunicorn", "xiaoshi.desk.wsgi:application", "--bind", f"fd://{listener.fileno()}",
            "--workers", "2", "--worker-class", "gthread", "--threads", "4", "--no-control-socket", "--log-level", "warning",
        ]  # fmt: skip
        process = subprocess.Popen(command, env=environment, pass_fds=[listener.fileno()])
        try:
            end = time.monotonic() + READY_LIMIT_S
            host, port = listener.getsockname()
            while time.monotonic() < end and process.poll() is None:
                with contextlib.suppress(OSError):
                    if get(host, port, "/healthz").status == 200:
                        break
                time.sleep(0.1)
            yield host, port
        finally:
            process.terminate()
            process.wait(15)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def get(host: str, port: int, path: str, secret: str = "") -> Answer:
    connection = http.client.HTTPConnection(host, port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Authorization": f"Bearer {secret}"} if secret else {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


def test_the_example_client_does_its_case(address, people):
    host, port = address
    secret = token_for(people.teller, "read", "case.*", "papers.add_document")
    command = [sys.executable, str(ROOT / "examples" / "api_client.py"), f"http://{host}:{port}", secret]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={"PYTHONIOENCODING": "utf-8"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("XS-")
    assert done.stdout.rstrip().endswith('"3"')


def test_the_example_client_says_why_not(address, people):
    host, port = address
    secret = token_for(people.teller, "read")
    command = [sys.executable, str(ROOT / "examples" / "api_client.py"), f"http://{host}:{port}", secret]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={"PYTHONIOENCODING": "utf-8"}
    )
    assert done.returncode == 1
    assert "403: 这个令牌不含操作 case.open的权限" in done.stderr


def test_the_example_client_is_thirty_lines():
    lines = (ROOT / "examples" / "api_client.py").read_text("utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 30


def test_a_token_that_ends_is_dead_at_once_in_every_process(address, people):
    from xiaoshi.desk.api.models import Token
    from xiaoshi.desk.api.tokens import hash_of, token_revoke
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.guard.visibility import visible_to

    host, port = address
    secret = token_for(people.teller)
    assert {get(host, port, "/api/v1/me", secret).status for _ in range(6)} == {200}
    with visible_to(people.teller):
        ident = str(Token.objects.get(hash=hash_of(secret)).id)
    perform(token_revoke, people.teller, "end-it", token=ident)
    assert {get(host, port, "/api/v1/me", secret).status for _ in range(6)} == {401}


def test_calls_are_counted_in_the_database_for_all_processes(address, people):
    from xiaoshi.desk.api.models import Token, TokenUse
    from xiaoshi.desk.api.tokens import hash_of
    from xiaoshi.desk.guard.visibility import visible_to

    host, port = address
    secret = token_for(people.teller, "read")
    with visible_to(people.teller):
        token = Token.objects.get(hash=hash_of(secret))
        TokenUse.objects.filter(token=token).update(calls_left=-500)
    answers = [get(host, port, "/api/v1/me", secret) for _ in range(6)]
    assert {a.status for a in answers} == {429}
    body = json.loads(answers[0].body)
    assert body["code"] == "too_many_calls"
    assert int(answers[0].headers["Retry-After"]) > 30
