"""What a wire can do to us: dripping bytes, wrong tokens, strangers between us and the bank, nobody there."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from xiaoshi.desk.bank.http_core import HttpCore
from xiaoshi.desk.bank.port import NoAnswerError

OWN = "999999999999"


@pytest.fixture
def wire() -> Iterator[Callable[..., str]]:
    """`wire(answer)` listens once and gives the address; `answer(connection)` is what it does with the request."""
    opened: list[socket.socket] = []

    def listen(answer: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65536)
                answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield listen
    for listener in opened:
        listener.close()


def said(status: str, body: str, kind: str = "application/json") -> Callable[[socket.socket], None]:
    text = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}"
    return lambda connection: connection.sendall(text.encode())


def no_answer(address: str, **fields: Any) -> str:
    with pytest.raises(NoAnswerError) as caught:
        HttpCore(address, OWN, timeout_seconds=0.6, **fields).state("e1")
    assert caught.value.problem.words.zh
    assert caught.value.problem.words.en
    return caught.value.problem.code


def test_an_answer_that_drips_ends_with_the_time_limit(wire):
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            for _ in range(100):
                connection.sendall(b"<")
                time.sleep(0.1)
        except OSError:
            return

    started = time.monotonic()
    assert no_answer(wire(drip)) == "no_answer"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("404 Not Found", "<html>nginx</html>"),
        ("404 Not Found", '{"code": "not_found"}'),
        ("302 Found", ""),
        ("500 Internal Server Error", "{}"),
        ("502 Bad Gateway", "[]"),
        ("200 OK", ""),
        ("200 OK", "{}"),
    ],
)
def test_only_the_bank_s_own_word_counts_as_an_answer(wire, status, body):
    no_answer(wire(said(status, body)))


def test_that_the_bank_never_had_it_is_its_own_word(wire):
    core = HttpCore(wire(said("404 Not Found", '{"code": "payment_not_found"}')), OWN)
    assert core.state("e1") is None


def test_nobody_there_and_no_http_there(wire):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"http://127.0.0.1:{gone.getsockname()[1]}"
    assert no_answer(address) == "no_answer"
    assert no_answer(wire(lambda c: c.sendall(b"SSH-2.0-x\r\n"))) == "no_answer"


def test_a_wrong_token_is_said_as_that(tmp_path):
    from xiaoshi.sandbox.core_books import CoreBooks
    from xiaoshi.sandbox.core_server import CoreServer

    server = CoreServer(("127.0.0.1", 0), CoreBooks(tmp_path / "state.sqlite"), 1.0, "s3cret")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        assert no_answer(address, token="other") == "core_token_refused"
        assert HttpCore(address, OWN, "s3cret").state("e1") is None
    finally:
        server.shutdown()
        server.server_close()


def test_an_address_that_is_none_is_refused_at_once():
    for address in ("", "core.example", "file:///etc/passwd", "http://"):
        with pytest.raises(ValueError, match="address of a core bank"):
            HttpCore(address, OWN)
