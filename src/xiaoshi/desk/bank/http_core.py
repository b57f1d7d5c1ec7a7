"""A core bank over HTTP: messages of ISO 20022 for what moves money, JSON for looking up and holds (`sandbox/core_server.py`).

`keep` gets every message as it came, before anything is understood of it: an answer that nobody can read is evidence too. A
request has one time limit; what has not answered by then has not answered, whatever it did.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote, urlsplit

from xiaoshi.core.iso20022 import (
    Answer,
    Payment,
    Recall,
    Resolution,
    Statement,
    cancellation_request,
    initiation,
    read_resolution,
    read_statements,
    read_status,
)
from xiaoshi.core.iso20022.xml_tree import SIZE_MAX
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.bank.port import (
    FoundAccount,
    FoundHold,
    NoAnswerError,
    RecallWanted,
    Transfer,
    account_not_found,
    key_reused,
    name_differs,
)

Keep = Callable[[str, bytes], None]


def keep_nothing(_kind: str, _body: bytes) -> None:
    return None


class HttpCore:
    """`address`: http(s)://host:port; `token`: shown as Bearer; `own_bank`: our 12-figure number."""

    def __init__(
        self,
        address: str,
        own_bank: str,
        token: str = "",
        timeout_seconds: float = 10.0,
        keep: Keep = keep_nothing,
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"the address of a core bank is http(s)://host:port, not {address!r}")
        self._parts, self._token, self._timeout = parts, token, timeout_seconds
        self.own_bank, self._keep = own_bank, keep

    def account(self, number: str, name: str) -> FoundAccount | Problem:
        status, body = self._ask("GET", f"/accounts/{quote(number, safe='')}")
        if status == 404:
            return account_not_found()
        found = _json(status, body)
        if found["name"] != name:
            return name_differs(name)
        return FoundAccount(
            found["number"], name, found["currency"], found["state"], found["balance_fen"], found["held_fen"]
        )

    def hold(
        self, key: str, account: str, payee: str, payee_name: str, amount_fen: int, until: date
    ) -> FoundHold | Problem:
        there = self.account(payee, payee_name)
        if isinstance(there, Problem):
            return there
        wanted = {"account": account, "payee": payee, "amount_fen": amount_fen, "until": until.isoformat()}
        return self._hold("PUT", key, json.dumps(wanted).encode())

    def release(self, key: str) -> FoundHold | Problem:
        return self._hold("DELETE", key, b"")

    def transfer(self, wanted: Transfer) -> Answer | Problem:
        message = initiation(
            Payment(
                wanted.key,
                wanted.key,
                wanted.made_at,
                wanted.execute_on,
                wanted.debtor,
                wanted.creditor,
                wanted.amount_fen,
                wanted.currency,
                wanted.text,
            )
        )
        if isinstance(message, tuple):
            return message[0]
        headers = {"Content-Type": "application/xml", "Idempotency-Key": wanted.key}
        if wanted.hold:
            headers["X-Hold"] = wanted.hold
        status, body = self._ask("POST", "/payments", message, headers)
        if status == 409:
            return key_reused()
        if status == 422:
            return _not_taken(body)
        return self._answer(status, body, wanted.key)

    def state(self, key: str) -> Answer | None:
        status, body = self._ask("GET", f"/payments/{quote(key, safe='')}")
        # Only the bank's own word counts: a 404 of something between us and the bank is no answer.
        if status == 404 and _json_or_none(body).get("code") == "payment_not_found":
            return None
        return self._answer(status, body, key)

    def recall(self, wanted: RecallWanted) -> Resolution | Problem:
        message = cancellation_request(
            Recall(
                wanted.key,
                wanted.made_at,
                self.own_bank,
                wanted.their_bank,
                wanted.transfer_key,
                wanted.transfer_key,
                wanted.amount_fen,
                wanted.reason,
                wanted.currency,
            )
        )
        if isinstance(message, tuple):
            return message[0]
        status, body = self._ask("POST", "/recalls", message, {"Content-Type": "application/xml"})
        if status == 422:
            return _not_taken(body)
        if status != 200:
            raise NoAnswerError(_no_answer(f"HTTP {status}"))
        self._keep("camt.029", body)
        read = read_resolution(body)
        if isinstance(read, tuple):
            raise NoAnswerError(read[0])
        return read

    def entries(self, account: str, day: date) -> Statement | Problem:
        status, body = self._ask("GET", f"/accounts/{quote(account, safe='')}/days/{day.isoformat()}")
        if status == 404:
            return account_not_found()
        if status != 200:
            raise NoAnswerError(_no_answer(f"HTTP {status}"))
        self._keep("camt.053", body)
        read = read_statements(body)
        first = read[0]
        return first if isinstance(first, Statement | Problem) else _no_answer("camt.053")

    def day(self, day: date) -> bytes | None:
        """The camt.053 of a whole day as it came, not understood yet; None when the bank booked nothing on it."""
        status, body = self._ask("GET", f"/days/{day.isoformat()}")
        if status == 404 and _json_or_none(body).get("code") == "no_lines":
            return None
        if status != 200:
            raise NoAnswerError(_no_answer(f"HTTP {status}"))
        return body

    def messages(self, after: int) -> list[dict[str, Any]]:
        """What the bank says by itself: `{"number", "kind", "xml"}`, those after a number."""
        status, body = self._ask("GET", f"/messages?after={after}")
        found: list[dict[str, Any]] = _json(status, body)["messages"]
        return found

    def _answer(self, status: int, body: bytes, key: str) -> Answer:
        if status != 200:
            raise NoAnswerError(_no_answer(f"HTTP {status}"))
        self._keep("pain.002", body)
        read = read_status(body)
        if isinstance(read, tuple):
            raise NoAnswerError(read[0])
        answer = read.answer_to(key)
        if answer is None:
            raise NoAnswerError(
                Problem(
                    "answer_about_other",
                    Words("答复不是关于这笔付款的。", "The answer is not about this payment."),
                )
            )
        return answer

    def _hold(self, method: str, key: str, body: bytes) -> FoundHold | Problem:
        status, answer = self._ask(method, f"/holds/{quote(key, safe='')}", body)
        code = _json_or_none(answer).get("code", "")
        if code == "key_reused":
            return key_reused()
        if code == "hold_not_covered":
            return Problem(
                "hold_not_covered",
                Words(
                    "可动用余额不足，没有设立专款。", "The free balance does not cover it; nothing is held."
                ),
            )
        if status == 404:
            return account_not_found() if method == "PUT" else _no_hold()
        found = _json(status, answer)
        return FoundHold(
            found["key"],
            found["account"],
            found["payee"],
            found["amount_fen"],
            found["left_fen"],
            found["state"],
        )

    def _ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        assert self._parts.hostname is not None
        line = kind(self._parts.hostname, self._parts.port, timeout=self._timeout)
        given = dict(headers or {})
        if self._token:
            given["Authorization"] = f"Bearer {self._token}"
        over = threading.Event()
        limit = threading.Timer(self._timeout, _hang_up, (line, over))
        try:
            line.connect()
            limit.start()  # a socket's own limit begins anew with each byte, and bytes can drip
            line.request(method, self._parts.path.rstrip("/") + path, body, given)
            answer = line.getresponse()
            read = answer.read(SIZE_MAX + 1)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswerError(
                _late() if over.is_set() or isinstance(error, TimeoutError) else _cut_off()
            ) from error
        finally:
            limit.cancel()
            line.close()
        if over.is_set():
            raise NoAnswerError(_late())
        if answer.status in {401, 403}:
            raise NoAnswerError(
                Problem(
                    "core_token_refused",
                    Words(
                        "核心拒绝了本系统的令牌，请管理员检查 XIAOSHI_CORE_TOKEN_FILE。",
                        "The core bank refused our token: the administrator checks XIAOSHI_CORE_TOKEN_FILE.",
                    ),
                )
            )
        return answer.status, read


def _hang_up(line: http.client.HTTPConnection, over: threading.Event) -> None:
    over.set()
    with contextlib.suppress(OSError, AttributeError):
        line.sock.shutdown(socket.SHUT_RDWR)


def _json_or_none(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _json(status: int, body: bytes) -> dict[str, Any]:
    found = _json_or_none(body)
    if status != 200 or not found:
        raise NoAnswerError(_no_answer(f"HTTP {status}"))
    return found


def _no_answer(zh: str, en: str = "") -> Problem:
    return Problem(
        "no_answer",
        Words(
            f"核心没有答复（{zh}）。款项是否已办不明，系统会先查询再决定。",
            f"The core bank did not answer ({en or zh}). Whether it was done is not known; the desk asks before anything else.",
        ),
    )


def _late() -> Problem:
    return _no_answer("超时", "the time was over")


def _cut_off() -> Problem:
    return _no_answer("连接不上或中断", "no connection, or it was cut off")


def _not_taken(body: bytes) -> Problem:
    told = _json_or_none(body).get("problems") or [{}]
    said = str(told[0].get("text", ""))[:200]
    return Problem(
        "core_did_not_take",
        Words(f"核心不接受这份报文：{said}", f"The core bank does not take the message: {said}"),
    )


def _no_hold() -> Problem:
    return Problem("hold_not_found", Words("没有这笔专款。", "There is no such hold."))
