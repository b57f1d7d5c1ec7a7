"""An upload whose line goes dead, over a real socket into the real web server: an answer with words, and no trace."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.papers.models import Document

pytestmark = pytest.mark.database
SECONDS_TO_START = 60


@pytest.fixture
def web(desk: Any, tmp_path: Path) -> Iterator[int]:
    """gunicorn on a free port, with this module's database and its own home for blobs; gives the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "XIAOSHI_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("XIAOSHI_DB_OWNER", None)
    program = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "xiaoshi.desk.wsgi:application"]
    server = subprocess.Popen(program, env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("gunicorn did not start")


def send(port: int, head: str, body: bytes) -> bytes:
    """Send, close our side of the line, and read what still comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(head.encode() + body)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize("arrives", ["half", "all"])
def test_half_an_upload_is_refused_and_a_whole_one_kept(
    people: Any, new_case: Any, client_for: Any, web: int, tmp_path: Path, arrives: str
) -> None:
    case = new_case()
    client = client_for(people.teller)
    client.get("/check/")
    session, token = client.cookies["sessionid"].value, "t" * 32
    fields = {
        "csrfmiddlewaretoken": token,
        "do": "add",
        "key": str(uuid.uuid4()),
        "version": "1",
        "purpose": "other",
    }
    parts = [f'--XX\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    file = (
        '--XX\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + "a line\n" * 500_000
    )
    end = '\r\n--XX\r\nContent-Disposition: form-data; name="end"\r\n\r\n1\r\n--XX--\r\n'
    whole = ("".join(parts) + file + end).encode()
    head = (
        f"POST /desk/cases/{case.id}/papers/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Cookie: sessionid={session}; csrftoken={token}\r\n"
        f"Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: {len(whole)}\r\n\r\n"
    )
    answer = send(web, head, whole if arrives == "all" else whole[: len(whole) // 2])
    with visible_to(people.teller):
        held = Document.objects.filter(case_id=case.id).count()
    stored = [p for p in (tmp_path / "blobs").rglob("*") if p.is_file() and p.name != ".lock"]
    if arrives == "all":
        assert (answer.split()[1], held, len(stored)) == (b"302", 1, 1)
    else:
        assert (answer.split()[1], held, len(stored)) == (b"422", 0, 0)
        assert "上传中断" in answer.decode()
