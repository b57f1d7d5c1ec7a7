"""The tree and the people from a CSV or XLSX file: each row its own act, each refused row with its reason.

A table is known by its headings, in Chinese or English, in any order:

    units:  path 路径 | level 级别 | name_zh 中文名称 | name_en 英文名称 | phone 电话 | address_zh 地址
    people: login 登录名 | name_zh 中文姓名 | name_en 英文姓名 | unit_path 机构路径 | roles 岗位 | fields 专业领域

A row that is as it was is left alone; a person who stands elsewhere or in other roles is moved or changed. Bringing the
same file in twice changes nothing. Where a role signs money the row waits for a second person, as on the page. Nobody gets
a password by file: it is given in person. A dry run does the same in transactions that are undone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from xiaoshi.core.casework.roles import LEVELS, ROLES
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.boundary import Act, Context, perform
from xiaoshi.desk.guard.fields import require_fitting
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import see_as
from xiaoshi.desk.organisation.acts import people, units
from xiaoshi.desk.organisation.models import Staff, Unit

BYTES_MAX = 10 * 1024 * 1024
UNPACKED_MAX = 100 * 1024 * 1024
ROWS_MAX = 20_000

HEADINGS: dict[str, dict[str, str]] = {
    "units": {
        "path": "path", "路径": "path", "机构路径": "path", "level": "level", "级别": "level",
        "name_zh": "name_zh", "中文名称": "name_zh", "name_en": "name_en", "英文名称": "name_en",
        "phone": "phone", "电话": "phone", "address_zh": "address_zh", "地址": "address_zh",
    },
    "people": {
        "login": "login", "登录名": "login", "name_zh": "name_zh", "中文姓名": "name_zh", "姓名": "name_zh",
        "name_en": "name_en", "英文姓名": "name_en", "unit_path": "unit_path", "机构路径": "unit_path",
        "roles": "roles", "岗位": "roles", "fields": "fields", "专业领域": "fields",
    },
}  # fmt: skip
NEEDED = {
    "units": {"path", "level", "name_zh", "name_en"},
    "people": {"login", "name_zh", "name_en", "unit_path", "roles"},
}
LEVEL_OF = {words.zh: level for level, words in LEVELS.items()} | {level: level for level in LEVELS}
ROLE_OF = {role.words.zh: role.id for role in ROLES.values()} | {role: role for role in ROLES}


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one row. `what`: added, changed, same, waiting, refused. `problem` only when refused."""

    table: str
    line: int
    name: str
    what: str
    problem: Problem | None = None


@dataclass(frozen=True)
class Report:
    """`problems`: why the file as a whole was not read; then there are no rows."""

    dry_run: bool
    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        return {
            what: sum(r.what == what for r in self.rows)
            for what in ("added", "changed", "same", "waiting", "refused")
        }

    @property
    def refused(self) -> list[Row]:
        return [row for row in self.rows if row.what == "refused"]

    def as_json(self, language: str) -> dict[str, Any]:
        return {
            "ok": not self.problems and not self.refused,
            "dry_run": self.dry_run,
            "counts": self.counts,
            "refused": [
                {"table": r.table, "line": r.line, "name": r.name, **r.problem.as_json(language)}
                for r in self.refused
                if r.problem is not None
            ],
            "problems": [p.as_json(language) for p in self.problems],
        }


@dataclass
class _Table:
    kind: str
    name: str
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)


class _UndoError(Exception):
    """Ends the transaction of a dry run."""


def bring_in(by: Staff, file_name: str, content: bytes, *, dry_run: bool, channel: str = "cli") -> Report:
    """Bring the file in as `by`, a people keeper. Units come before people, whichever sheet is first."""
    try:
        tables = list(_tables(file_name, content))
    except _UnreadableError as error:
        return Report(dry_run, problems=(error.problem,))
    # The same file by the same person is the same intent: rows that were done are not done again.
    seed = hashlib.sha256(content).hexdigest()[:24] if not dry_run else uuid.uuid4().hex
    rows: list[Row] = []
    done: set[str] = set()
    for table in sorted(tables, key=lambda t: t.kind != "units"):
        for line, values in table.rows:
            rows.append(
                _bring_row(by, table, line, values, f"import/{seed}/{by.login}", dry_run, channel, done)
            )
    return Report(dry_run, tuple(rows))


def _bring_row(
    by: Staff,
    table: _Table,
    line: int,
    values: dict[str, str],
    seed: str,
    dry_run: bool,
    channel: str,
    done: set[str],
) -> Row:
    name = values.get("path" if table.kind == "units" else "login", "")
    try:
        steps = (
            _unit_steps(values)
            if table.kind == "units"
            else _person_steps(values, done if dry_run else set())
        )
        if not steps:
            return Row(table.name, line, name, "same")
        what = ""
        for act, fields in steps:
            state = _perform(
                by, act, f"{seed}/{table.kind}/{name}/{act.name}/{line}", fields, dry_run, channel
            )
            new = act in (units.add_unit, people.add_staff)
            what = "waiting" if state == "waiting" else what or ("added" if new else "changed")
        if table.kind == "units":
            done.add(name)
        return Row(table.name, line, name, what)
    except Refused as refused:
        problem = refused.problem
        if dry_run and problem.code in ("parent_missing", "no_such_unit") and _comes_with_file(values, done):
            return Row(table.name, line, name, "added")
        return Row(table.name, line, name, "refused", problem)


def _comes_with_file(values: dict[str, str], done: set[str]) -> bool:
    """In a dry run units of the same file do not exist yet."""
    path = values.get("unit_path") or "/".join(values.get("path", "").split("/")[:-2]) + "/"
    if path in done and "path" in values:
        done.add(values["path"])
    return path in done


def _perform(by: Staff, act: Act, key: str, fields: dict[str, Any], dry_run: bool, channel: str) -> str:
    if not dry_run:
        return str(perform(act, by, key, channel=channel, **fields).result.get("state", "done"))
    require_fitting(act, fields)
    state = "done"
    try:
        # The act itself, in a transaction that is undone: what it refuses, and what the database refuses, shows.
        with transaction.atomic():
            see_as(by)
            ctx = Context(act, by, by.as_actor(), timezone.now(), key, channel)
            state = str(act.function(ctx, **fields).get("state", "done"))
            raise _UndoError
    except _UndoError:
        return state


def _unit_steps(values: dict[str, str]) -> list[tuple[Act, dict[str, Any]]]:
    level = LEVEL_OF.get(values.get("level", ""), values.get("level", ""))
    about = {k: values.get(k, "") for k in ("name_zh", "name_en", "phone", "address_zh")}
    found = Unit.objects.filter(path=values.get("path", "")).first()
    if found is None:
        return [(units.add_unit, {"path": values.get("path", ""), "level": level, **about})]
    if all(getattr(found, k) == v for k, v in about.items()):
        return []
    return [(units.change_unit, {"path": found.path, **about})]


def _person_steps(values: dict[str, str], coming: set[str]) -> list[tuple[Act, dict[str, Any]]]:
    roles = [ROLE_OF.get(r, r) for r in _split(values.get("roles", ""))]
    fields = sorted(_split(values.get("fields", "")))
    login, path = values.get("login", ""), values.get("unit_path", "")
    found = Staff.objects.select_related("unit").filter(login=login).first()
    if found is None:
        about = {k: values.get(k, "") for k in ("login", "name_zh", "name_en", "unit_path")}
        return [(people.add_staff, {**about, "roles": roles, "fields": fields, "reason": "导入"})]
    if found.unit.path != path:
        return [(people.move_staff, {"login": login, "unit_path": path, "roles": roles, "reason": "导入"})]
    if sorted(found.roles) != sorted(set(roles)) or sorted(found.fields) != fields:
        return [(people.change_roles, {"login": login, "roles": roles, "fields": fields, "reason": "导入"})]
    return []


def _split(text: str) -> list[str]:
    for mark in ("、", "，", ";", "；", "|"):
        text = text.replace(mark, ",")
    return [piece.strip() for piece in text.split(",") if piece.strip()]


class _UnreadableError(Exception):
    def __init__(self, code: str, zh: str, en: str, where: str = "file") -> None:
        super().__init__(code)
        self.problem = Problem(code, Words(zh, en), where)


def _tables(file_name: str, content: bytes) -> Iterator[_Table]:
    if len(content) > BYTES_MAX:
        raise _UnreadableError(
            "file_too_large", "文件超过 10 MB，请分批导入。", "The file is above 10 MB: bring it in in parts."
        )
    if content[:4] == b"PK\x03\x04":
        yield from _sheets(content)
        return
    rows = list(csv.reader(io.StringIO(_text(content))))
    yield _table(file_name, [[cell.strip() for cell in row] for row in rows])


def _text(content: bytes) -> str:
    """UTF-8, or GB 18030, which spreadsheets in China still write."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise _UnreadableError("file_unreadable", "文件不是 CSV 或 XLSX。", "The file is neither CSV nor XLSX.")


def _sheets(content: bytes) -> Iterator[_Table]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > UNPACKED_MAX:
                raise _UnreadableError(
                    "file_too_large", "文件解压后过大。", "The file is too large when it is unpacked."
                )
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = [
            (s.title, [[_cell(c) for c in row] for row in s.iter_rows(values_only=True)])
            for s in book.worksheets
        ]
        book.close()
    except _UnreadableError:
        raise
    except Exception as error:
        # Whatever a damaged workbook makes its reader raise, it is the file that is wrong.
        raise _UnreadableError("file_unreadable", "XLSX 文件已损坏。", "The XLSX file is damaged.") from error
    for title, rows in sheets:
        if any(any(row) for row in rows):
            yield _table(title, rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _table(name: str, rows: list[list[str]]) -> _Table:
    if not rows:
        raise _UnreadableError("file_empty", "文件是空的。", "The file is empty.")
    if len(rows) > ROWS_MAX + 1:
        raise _UnreadableError(
            "rows_too_many",
            f"超过 {ROWS_MAX} 行，请分批导入。",
            f"More than {ROWS_MAX} rows: bring them in in parts.",
        )
    head = [cell.strip().lower() for cell in rows[0]]
    for kind, names in HEADINGS.items():
        columns = [names.get(cell, "") for cell in head]
        if set(columns) >= NEEDED[kind]:
            table = _Table(kind, name)
            for number, row in enumerate(rows[1:], start=2):
                if any(row):
                    table.rows.append((number, {c: v for c, v in zip(columns, row, strict=False) if c}))
            return table
    needs_units, needs_people = ", ".join(sorted(NEEDED["units"])), ", ".join(sorted(NEEDED["people"]))
    raise _UnreadableError(
        "headings_unknown",
        f"“{name}”第一行不是可识别的表头。机构表需要 {needs_units}；人员表需要 {needs_people}。",
        f"The first row of “{name}” is no heading that is known. Units need {needs_units}; people need {needs_people}.",
        f"{name}:1",
    )
