"""Tokens made by their act, and a client that sends one."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any


def token_for(person: Any, *scopes: str, days: int = 30, machine: str = "") -> str:
    """The secret of a fresh token; by default for reading and every act."""
    from xiaoshi.desk.api.tokens import make_token

    made = make_token(
        person,
        str(uuid.uuid4()),
        name="tests",
        scopes=list(scopes) or ["read", "*"],
        days=days,
        machine=machine,
    )
    assert made.secret
    return made.secret


@dataclass
class Caller:
    """Django's test client with a token: `get`, and `act` with key and version as a program would send them."""

    secret: str
    language: str = "en"

    def get(self, address: str, **headers: str) -> Any:
        return self._send("get", address, **headers)

    def post(self, address: str, body: Any = None, **headers: str) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body if body is not None else {})
        return self._send("post", address, data=data, content_type="application/json", **headers)

    def act(
        self, name: str, case: Any = None, /, *, version: int | None = None, key: str = "", **fields: Any
    ) -> Any:
        """Do an act; on a case with its newest version unless `version` says another."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        if case is None:
            return self.post(f"/api/v1/acts/{name}", fields, **headers)
        headers["If-Match"] = f'"{case.version if version is None else version}"'
        return self.post(f"/api/v1/cases/{case.id}/acts/{name}", fields, **headers)

    def _send(self, method: str, address: str, **given: Any) -> Any:
        from django.test import Client

        sent = {k: v for k, v in given.items() if k in ("data", "content_type")}
        headers = {k: v for k, v in given.items() if k not in sent}
        headers |= {"Accept-Language": self.language}
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
        return getattr(client, method)(address, headers=headers, **sent)
