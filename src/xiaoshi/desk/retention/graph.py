"""Everything that hangs on a case, found by asking the database, so that a table of tomorrow cannot be forgotten.

Problem. Some forty tables name a case or something of a case; parts and kinds from outside add more. A list in the code
would be right on the day it was written.

Choice. From the case's row outward along the foreign keys that PostgreSQL knows, and along every uuid column called `case_id`
that has none (written down as plain values so as not to lock the case). What is found is deleted with the case, the
farthest first, but for `KEPT`. Example: case -> tray -> measurement -> note -> judgement goes judgement first.

Left out: ids inside texts and JSON. Two are known and handled by name (`LOOSE`, and background jobs in `destroying.py`); a
test looks through every table for a destroyed case's id, number and client.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any
from uuid import UUID

from django.db import connections
from psycopg import sql

CASE = "cases_case"
KEPT = frozenset({"money_moneyorder", "money_entry"})
"""The books keep the case's id; `destroying.py` takes the client's name and number out of the orders."""
OF_RETENTION = re.compile(r"retention_(batchitem|tombstone)$")
# A column that names a case without being called `case_id`; the row belongs to something else and only forgets the case.
LOOSE: tuple[tuple[str, str], ...] = (("consulting_opening", "for_case"),)


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of `table` whose `column` names a row of `parent` (its `parent_column`)."""

    table: str
    column: str
    parent: str
    parent_column: str


_FOREIGN_KEYS = """
    SELECT k.conrelid::regclass::text, a.attname, k.confrelid::regclass::text, b.attname
      FROM pg_constraint k
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
      JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
     WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND cardinality(k.conkey) = 1
"""
_PLAIN_IDS = """
    SELECT c.table_name::text, c.column_name::text FROM information_schema.columns c
      JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.column_name = 'case_id' AND c.data_type = 'uuid'
"""


def links(alias: str) -> list[Link]:
    """Every way from a case to a row that hangs on it."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_FOREIGN_KEYS)
        keys = [Link(*row) for row in cursor.fetchall()]
        cursor.execute(_PLAIN_IDS)
        plain = [Link(table, column, CASE, "id") for table, column in cursor.fetchall()]
    known = {(link.table, link.column) for link in keys}
    # What a row of the organisation or a plan has to do with a case is not the case's: walk from the case outward only.
    outward: list[Link] = []
    seen, edge = {CASE}, [CASE]
    every = [*keys, *(link for link in plain if (link.table, link.column) not in known)]
    while edge:
        parent = edge.pop()
        for link in every:
            if link.parent != parent or link.table in KEPT or OF_RETENTION.search(link.table):
                continue
            outward.append(link)
            if link.table not in seen:
                seen.add(link.table)
                edge.append(link.table)
    return outward


def rows_of(case_id: UUID, found: list[Link], alias: str) -> dict[str, set[str]]:
    """The rows that hang on the case: table -> physical places (ctid). Inside one transaction, with the case locked."""
    rows: dict[str, set[str]] = {}
    edge: list[tuple[str, str, list[Any]]] = [
        (link.table, link.column, [case_id]) for link in found if link.parent == CASE
    ]
    by_parent: dict[str, list[Link]] = {}
    for link in found:
        by_parent.setdefault(link.parent, []).append(link)
    with connections[alias].cursor() as cursor:
        while edge:
            table, column, values = edge.pop()
            below = by_parent.get(table, [])
            wanted = sorted({link.parent_column for link in below})
            statement = sql.SQL("SELECT ctid::text{} FROM {} WHERE {} = ANY(%s) FOR UPDATE").format(
                sql.SQL("").join(sql.SQL(", {}").format(sql.Identifier(name)) for name in wanted),
                sql.Identifier(table),
                sql.Identifier(column),
            )
            cursor.execute(statement, [values])  # type: ignore[arg-type]
            new = [row for row in cursor.fetchall() if row[0] not in rows.get(table, ())]
            rows.setdefault(table, set()).update(row[0] for row in new)
            for link in below if new else []:
                place = 1 + wanted.index(link.parent_column)
                edge.append((link.table, link.column, [row[place] for row in new]))
    return {table: places for table, places in rows.items() if places}


def in_order(found: list[Link]) -> list[str]:
    """The tables, the farthest from the case first. A circle of tables falls back to the order of finding, reversed."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for link in found:
        if link.table != link.parent:
            sorter.add(link.parent, link.table)
    try:
        return [table for table in sorter.static_order() if table != CASE]
    except CycleError:
        return list(dict.fromkeys(link.table for link in reversed(found)))


def delete_rows(rows: dict[str, set[str]], order: list[str], alias: str) -> dict[str, int]:
    """Delete them, the farthest first; how many of each table."""
    gone = {}
    with connections[alias].cursor() as cursor:
        for table in order:
            if table in rows:
                statement = sql.SQL("DELETE FROM {} WHERE ctid = ANY(%s::tid[])").format(
                    sql.Identifier(table)
                )
                cursor.execute(statement, [sorted(rows[table])])  # type: ignore[arg-type]
                gone[table] = cursor.rowcount
    return gone
