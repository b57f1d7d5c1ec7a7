"""The statements that every act runs, sent in two round trips and planned once for each connection.

Problem. An act is six small statements around the engine's half millisecond. Built by an ORM, planned anew each time and
sent one by one they cost three quarters of the act: 3.8 ms of a core, and as much again of waiting.

Choice. They are written out here, run on a server-side cursor as prepared statements (the policies of row-level security
are planned once too), and sent in a pipeline: the first three together, the last three together. What they say is what
the models say; the columns of the case are taken from the model, so a new column cannot be forgotten.

Left out: everything that only some acts do goes through the models as before.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import JSONField

from xiaoshi.desk.cases.models import Case

if TYPE_CHECKING:
    from xiaoshi.desk.audit.models import TimelineEntry
    from xiaoshi.desk.organisation.models import Staff

Statement = tuple[str, Sequence[Any]]

WHO = "SELECT set_config('xiaoshi.staff', %s, true), set_config('xiaoshi.reach', %s, true)"
CLAIM = "INSERT INTO cases_answeredact (key, act, actor, digest, at) VALUES (%s, %s, %s, %s, now()) ON CONFLICT (key) DO NOTHING"
ANSWER = "UPDATE cases_answeredact SET result = %s::jsonb, case_id = %s, version = %s WHERE key = %s"
ENTRY = (
    "INSERT INTO audit_timelineentry (chain, seq, case_id, unit_path, act, actor, channel, at, visible_to_client, body,"
    " previous_hash, hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s)"
)
# What a case keeps from its opening to its end.
FOR_GOOD = {"id", "number", "kind", "opened_at"}


@cache
def _columns() -> tuple[Any, ...]:
    return tuple(Case._meta.concrete_fields)


@cache
def _take() -> str:
    names = ", ".join(field.column for field in _columns())
    return f"SELECT {names} FROM cases_case WHERE id = %s FOR UPDATE"  # noqa: S608  names of our own model


@cache
def _changing() -> tuple[Any, ...]:
    return tuple(field for field in _columns() if field.name not in FOR_GOOD)


@cache
def _keep() -> str:
    sets = ", ".join(
        f"{field.column} = %s::jsonb" if isinstance(field, JSONField) else f"{field.column} = %s"
        for field in _changing()
    )
    return f"UPDATE cases_case SET {sets} WHERE id = %s"  # noqa: S608  names of our own model


def send(statements: Sequence[Statement], using: str = DEFAULT_DB_ALIAS) -> list[psycopg.Cursor[Any]]:
    """Run them in order in one pipeline, inside the transaction that is open; give a cursor for each."""
    through = connections[using]
    through.ensure_connection()
    raw = through.connection
    cursors = []
    with through.wrap_database_errors, raw.pipeline():
        for text, values in statements:
            cursor: psycopg.Cursor[Any] = psycopg.Cursor(raw)
            cursor.execute(text, values, prepare=True)
            cursors.append(cursor)
    return cursors


def begin(person: Staff, key: str, act: str, digest: str, case_id: UUID | None) -> tuple[bool, Case | None]:
    """Name the reader, claim the key, lock the case. Gives whether the key was free, and the case if there is one to see.

    A key that somebody else is just using makes the claim wait for that transaction; the lock is asked for after it.
    """
    statements: list[Statement] = [
        (WHO, [person.login, person.unit.path]),
        (CLAIM, [key, act, person.login, digest]),
    ]
    if case_id is not None:
        statements.append((_take(), [case_id]))
    cursors = send(statements)
    row = cursors[2].fetchone() if case_id is not None else None
    return cursors[1].rowcount == 1, _case(row) if row is not None else None


def _case(row: Sequence[Any]) -> Case:
    fields = _columns()
    values = [
        field.from_db_value(value, None, connection) if isinstance(field, JSONField) else value
        for field, value in zip(fields, row, strict=True)
    ]
    return Case.from_db("default", [field.attname for field in fields], values)


def finish(
    key: str,
    result: dict[str, Any],
    case: Case | None,
    entry: TimelineEntry | None,
    also: Sequence[Statement] = (),
) -> None:
    """Write the entry and the case (if the act was about one and changed it), what goes `also`, and the key's answer."""
    statements: list[Statement] = []
    if entry is not None:
        statements.append((ENTRY, _entry_values(entry)))
    if entry is not None and case is not None:
        statements.append((_keep(), [*_case_values(case), case.id]))
    statements.extend(also)
    answer = json.dumps(result, ensure_ascii=False)
    statements.append((ANSWER, [answer, case.id if case else None, case.version if case else None, key]))
    send(statements)


def _entry_values(entry: TimelineEntry) -> list[Any]:
    return [
        entry.chain, entry.seq, entry.case_id, entry.unit_path, entry.act, entry.actor, entry.channel, entry.at,
        entry.visible_to_client, json.dumps(entry.body, ensure_ascii=False), bytes(entry.previous_hash), bytes(entry.hash),
    ]  # fmt: skip


def _case_values(case: Case) -> list[Any]:
    return [
        json.dumps(value, ensure_ascii=False)
        if isinstance(field, JSONField)
        else bytes(value)
        if isinstance(value, memoryview)
        else value
        for field in _changing()
        for value in (getattr(case, field.attname),)
    ]
