"""The sandbox core bank over HTTP: what a core has to offer to the desk, and faults that can be ordered for the next payments.

| request | answer |
| --- | --- |
| `GET /accounts/{number}` | JSON: name, state, balance_fen, held_fen; 404 |
| `PUT /holds/{key}` JSON account, payee, amount_fen, until | JSON; 404, 409 with `code`; the same key gives the same hold |
| `DELETE /holds/{key}` | JSON; 404 |
| `POST /payments` pain.001, header `X-Hold` | pain.002; 409 when the end-to-end id is known with another content |
| `GET /payments/{end-to-end id}` | pain.002; 404: it never came here |
| `POST /recalls` camt.056 | camt.029 |
| `GET /accounts/{number}/days/{day}`, `GET /days/{day}` | camt.053 |
| `GET /messages?after=N` | JSON: what the bank says by itself (late answers, the same answer again) |

Faults (`POST /sandbox/faults` with `["lose_answer", …]`, one for each of the next payments):
`down` nothing is done, the line goes dead; `lose_answer` booked, the line goes dead; `late` booked, the answer comes after
`--late` seconds; `twice` answered, and said again twice; `never` taken and never answered; `other_amount` one yuan more is booked;
`garbage` booked, the answer is no XML; `pending` waits until `POST /sandbox/settle`; `die` booked, the process ends.
Every request but `/sandbox/…` needs `Authorization: Bearer TOKEN` when the sandbox was started with one.
"""

from __future__ import annotations

import hmac
import json
import os
import sys
import time
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from xiaoshi.core.iso20022 import (
    Answer,
    Payment,
    Reason,
    Resolution,
    StatusReport,
    read_cancellation_request,
    read_initiation,
    resolution,
    statement,
    status_report,
)
from xiaoshi.core.iso20022.statement import statements_message
from xiaoshi.core.problems import Problem
from xiaoshi.sandbox.core_books import CoreBooks

FAULTS = ("down", "lose_answer", "late", "twice", "never", "other_amount", "garbage", "pending", "die")
BODY_MAX = 4 * 1024 * 1024


class CoreServer(ThreadingHTTPServer):
    """`books`: its state; `late_seconds`: how late a late answer is; `token`: what callers must show, empty for none."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], books: CoreBooks, late_seconds: float, token: str) -> None:
        super().__init__(address, _Handler)
        self.books, self.late_seconds, self.token = books, late_seconds, token
        self.waiting: dict[str, Payment] = {}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who is gone is no fault of the bank; anything else is told."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def new_id(self) -> str:
        return f"C{uuid4().hex[:30]}"


class _Handler(BaseHTTPRequestHandler):
    server: CoreServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        where, books = urlsplit(self.path), self.server.books
        parts = [unquote(p) for p in where.path.strip("/").split("/")]
        if not self._let_in(parts):
            return
        match parts:
            case ["accounts", number]:
                self._json_or_404(books.account(number))
            case ["accounts", number, "days", day] if _is_day(day):
                made = books.statement(number, date.fromisoformat(day), self.server.new_id())
                self._xml(statement(made)) if made else self._json(404, {"code": "account_not_found"})
            case ["days", day] if _is_day(day):
                ident = self.server.new_id()
                found = books.statements(date.fromisoformat(day), ident)
                self._xml(statements_message(found, ident)) if found else self._json(
                    404, {"code": "no_lines"}
                )
            case ["payments", key]:
                known = books.payment(key)
                self._xml(self._report(*known)) if known else self._json(404, {"code": "payment_not_found"})
            case ["messages"]:
                after = parse_qs(where.query).get("after", ["0"])[0]
                self._json(200, {"messages": books.messages(int(after) if after.isdecimal() else 0)})
            case ["sandbox", "totals"]:
                self._json(200, books.totals())
            case _:
                self._json(404, {"code": "not_found"})

    def do_PUT(self) -> None:
        parts = [unquote(p) for p in self.path.strip("/").split("/")]
        if not self._let_in(parts):
            return
        given = self._given_json()
        match parts:
            case ["holds", key] if given is not None:
                try:
                    fields = {n: str(given[n]) for n in ("account", "payee", "until")}
                    made = self.server.books.place_hold(key, amount_fen=int(given["amount_fen"]), **fields)
                except (KeyError, ValueError):
                    self._json(422, {"code": "fields_missing"})
                    return
                if isinstance(made, str):
                    self._json(404 if made == "account_not_found" else 409, {"code": made})
                    return
                self._json(200, made)
            case _:
                self._json(404 if given is not None else 422, {"code": "not_found"})

    def do_DELETE(self) -> None:
        parts = [unquote(p) for p in self.path.strip("/").split("/")]
        if self._let_in(parts):
            match parts:
                case ["holds", key]:
                    self._json_or_404(self.server.books.release_hold(key))
                case _:
                    self._json(404, {"code": "not_found"})

    def do_POST(self) -> None:
        parts = self.path.strip("/").split("/")
        if not self._let_in(parts):
            return
        body = self._body()
        match parts:
            case ["payments"]:
                self._pay(body)
            case ["recalls"]:
                self._recall(body)
            case ["sandbox", "accounts"]:
                for one in json.loads(body):
                    self.server.books.open_account(
                        one["number"],
                        one["name"],
                        one.get("balance_fen", 0),
                        one.get("state", "open"),
                        _today(),
                    )
                self._json(200, {})
            case ["sandbox", "faults"]:
                names = [n for n in json.loads(body) if n in FAULTS or n == ""]
                self.server.books.plan_faults(names)
                self._json(200, {"planned": names})
            case ["sandbox", "settle"]:
                self.server.books.settle(self.server.waiting, datetime.now(UTC))
                self._json(200, {})
            case _:
                self._json(404, {"code": "not_found"})

    # Payments and their faults

    def _pay(self, body: bytes) -> None:
        payment = read_initiation(body)
        if isinstance(payment, tuple):
            self._not_read(payment)
            return
        fault, books = self.server.books.next_fault(), self.server.books
        if fault == "down":
            self._dead()
            return
        waits = fault in {"pending", "never"}
        if waits:
            self.server.waiting[payment.end_to_end_id] = payment
        answer = books.pay(
            payment,
            self.headers.get("X-Hold", ""),
            datetime.now(UTC),
            other_amount=fault == "other_amount",
            waits=waits,
        )
        if answer is None:
            self._json(409, {"code": "key_reused"})
            return
        report = self._report(payment.message_id, answer)
        match fault:
            case "die":
                os._exit(1)
            case "lose_answer" | "never":
                self._dead()
                return
            case "late":
                time.sleep(self.server.late_seconds)
            case "twice":
                for _ in range(2):
                    again = self._report(payment.message_id, answer)
                    if isinstance(again, bytes):
                        books.leave_message("pain.002", again.decode())
            case "garbage":
                self._send(200, b"<html>502 Bad Gateway</html", "text/html")
                return
        self._xml(report)

    def _recall(self, body: bytes) -> None:
        asked = read_cancellation_request(body)
        if isinstance(asked, tuple):
            self._not_read(asked)
            return
        code, reason = self.server.books.recall(asked.recall_id, asked.end_to_end_id, _today())
        made = Resolution(
            self.server.new_id(),
            datetime.now(UTC),
            asked.recall_id,
            asked.end_to_end_id,
            code,
            (Reason(reason),) if reason else (),
        )
        self._xml(resolution(made, asked.their_bank, asked.our_bank))

    def _report(self, message_id: str, answer: Answer) -> bytes | tuple[Problem, ...]:
        return status_report(StatusReport(self.server.new_id(), datetime.now(UTC), message_id, (answer,)))

    def _not_read(self, problems: tuple[Problem, ...]) -> None:
        self._json(422, {"code": "message_not_read", "problems": [p.as_json("en") for p in problems]})

    # The wire

    def _let_in(self, parts: list[str]) -> bool:
        token = self.server.token
        given = self.headers.get("Authorization", "")
        if (
            parts[0] == "sandbox"
            or not token
            or hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
        ):
            return True
        self._body()
        self._json(401, {"code": "token_wrong"})
        return False

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_MAX:
            self.close_connection = True
            return b""
        return self.rfile.read(length)

    def _given_json(self) -> dict[str, Any] | None:
        try:
            given = json.loads(self._body() or b"{}")
        except ValueError:
            return None
        return given if isinstance(given, dict) else None

    def _json_or_404(self, found: dict[str, Any] | None) -> None:
        self._json(200, found) if found else self._json(404, {"code": "not_found"})

    def _json(self, status: int, answer: dict[str, Any]) -> None:
        self._send(status, json.dumps(answer, ensure_ascii=False).encode(), "application/json")

    def _xml(self, made: bytes | tuple[Problem, ...]) -> None:
        if isinstance(made, tuple):
            self._json(500, {"code": "answer_not_valid", "problems": [p.as_json("en") for p in made]})
            return
        self._send(200, made, "application/xml")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # whoever asked has gone: as in a bank, the booking stands

    def _dead(self) -> None:
        """The line goes dead without an answer."""
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            return

    def log_message(self, format: str, *args: Any) -> None:
        return


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
