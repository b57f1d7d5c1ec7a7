"""A whole province of invented outlets, people and cases, for measuring lists, search and figures at their true size.

Units, staff and cases go in by COPY as the owner, 5,000 cases a time; each case is one of the histories of
`histories.py` with its own number, outlet, people, client and days, its chain hashed like any other, so that
`xiaoshi audit verify` walks through it. Derived tables (what a part of the desk keeps beside a case: `rebuild.py` of the
part) are built at the end. Same count and seed, same province, but for the ids and the sealed numbers.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connections, transaction

from xiaoshi.desk.audit.chain import FIRST
from xiaoshi.desk.cases.models import Case, CaseNumber
from xiaoshi.desk.cases.plans import newest
from xiaoshi.desk.demo.histories import BEGIN, History, history
from xiaoshi.desk.guard.crypto import keyed_hash
from xiaoshi.desk.kinds import all_kinds
from xiaoshi.desk.organisation.models import Staff, Unit

OWNER = "owner"
ROOT = "sim/"
CASES_FOR_EACH_OUTLET = 200
OUTLETS_AT_MOST = 1000
HISTORIES_OF_A_KIND = 150
BATCH = 5000
DAYS_BACK = 420
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "安宁悦衡川岚旻晴博烨妍若峻恒可敏嘉禾予舟知遥亦辰望舒景行清和"
MARK = re.compile(r"§(\w+)§|2000-\d\d-\d\d")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet with the marks that its cases replace."""

    path: str
    unit_id: int
    marks: dict[str, str]


class ProvinceThereAlready(Exception):  # noqa: N818
    """The home has units already: a simulated province goes into an empty one only."""


def make_province(cases: int, seed: int, now: datetime, say: Say = lambda line: None) -> dict[str, int]:
    """Fill an empty, migrated database. Gives how many units, staff, cases and entries were written."""
    if Unit.objects.using(OWNER).exists():
        raise ProvinceThereAlready
    outlets = min(OUTLETS_AT_MOST, max(12, cases // CASES_FOR_EACH_OUTLET))
    places, staff = _tree(outlets)
    say(f"{len(places)} outlets, {staff} staff")
    pool = [
        history(newest(kind.name), f"{seed}/{kind.name}/{n}")
        for kind in all_kinds()
        for n in range(min(HISTORIES_OF_A_KIND, max(10, cases // 20)))
    ]
    say(f"{len(pool)} histories")
    write = _Writing(places, pool, random.Random(f"{seed}/cases"), now)  # noqa: S311
    for done in write.all(cases):
        say(f"{done}/{cases} cases")
    _remember_numbers(write.last_number)
    with connections[OWNER].cursor() as cursor:
        cursor.execute("ANALYZE")
    units = Unit.objects.using(OWNER).count()
    return {"units": units, "staff": staff, "cases": cases, "entries": write.entries}


def _tree(outlets: int) -> tuple[list[Outlet], int]:
    """One province, a city for about 90 outlets, a sub-branch for about 10; nine people in each outlet."""
    rows: list[Unit] = [_unit(ROOT, "province", "示例省分行", "Example province branch")]
    people: list[tuple[str, str, str, str]] = [
        ("sim.y1", "何省", ROOT, "province_specialist"),
        ("sim.k1", "客服一", ROOT, "contact_centre"),
    ]
    places = []
    for n in range(outlets):
        city, sub = f"{ROOT}c{n // 90:02d}/", f"{ROOT}c{n // 90:02d}/s{n // 10:03d}/"
        if n % 90 == 0:
            rows.append(_unit(city, "city", f"示例第{n // 90 + 1}市分行", f"Example city {n // 90 + 1}"))
            people.append((f"c{n // 90:02d}.x1", "市专家", city, "city_specialist"))
        if n % 10 == 0:
            rows.append(
                _unit(sub, "sub_branch", f"示例第{n // 10 + 1}支行", f"Example sub-branch {n // 10 + 1}")
            )
        path = f"{sub}o{n:04d}/"
        rows.append(_unit(path, "outlet", f"示例第{n + 1}网点", f"Example outlet {n + 1}"))
        logins = {"l1": "lobby_manager", "t1": "teller", "t2": "teller", "t3": "teller", "t4": "teller"}
        logins |= {"v1": "supervisor", "h1": "outlet_head"}
        people += [
            (f"o{n:04d}.{mark}", _name(n * 7 + i), path, role)
            for i, (mark, role) in enumerate(logins.items())
        ]
        marks = {mark: f"o{n:04d}.{mark}" for mark in logins}
        parts = path.rstrip("/").split("/")
        marks |= dict(zip("pcso", parts, strict=True)) | {
            "x1": f"c{n // 90:02d}.x1",
            "y1": "sim.y1",
            "k1": "sim.k1",
        }
        places.append((path, marks))
    Unit.objects.using(OWNER).bulk_create(rows, batch_size=1000)
    ids = dict(Unit.objects.using(OWNER).values_list("path", "id"))
    Staff.objects.using(OWNER).bulk_create(
        (
            # "!" is no password: nobody signs in as them unless an administrator gives one.
            Staff(login=login, name_zh=name, name_en=login, unit_id=ids[path], roles=[role], password="!")  # noqa: S106
            for login, name, path, role in people
        ),
        batch_size=2000,
    )
    return [Outlet(path, ids[path], marks) for path, marks in places], len(people)


def _unit(path: str, level: str, zh: str, en: str) -> Unit:
    return Unit(path=path, level=level, name_zh=zh, name_en=en, phone="0000-0000000")


def _name(n: int) -> str:
    return (
        SURNAMES[n % len(SURNAMES)]
        + GIVEN[n // 3 % len(GIVEN)]
        + (GIVEN[n // 7 % len(GIVEN)] if n % 3 else "")
    )


def uuid7(moment: datetime) -> uuid.UUID:
    """A time-ordered id of that moment, as PostgreSQL's `uuidv7()` makes it for now."""
    ms = int(moment.timestamp() * 1000)
    raw = bytearray(ms.to_bytes(6, "big") + os.urandom(10))
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(raw))


CASE_COLUMNS = (
    "id", "number", "kind", "plan_version", "unit_id", "unit_path", "client_name", "title", "urgency", "owner", "status",
    "step", "step_since", "waiting_for", "due_at", "opened_at", "closed_at", "version", "head_hash", "snapshot",
)  # fmt: skip
ENTRY_COLUMNS = (
    "id", "chain", "seq", "case_id", "unit_path", "act", "actor", "channel", "at", "visible_to_client", "body",
    "previous_hash", "hash",
)  # fmt: skip


class _Writing:
    """Writes cases in batches; one transaction a batch, so that an interrupted run leaves whole cases only."""

    def __init__(
        self, places: list[Outlet], pool: list[History], chance: random.Random, now: datetime
    ) -> None:
        self.places, self.pool, self.random, self.now = places, pool, chance, now
        self.entries = 0
        self.last_number: dict[tuple[int, Any], int] = {}

    def all(self, cases: int) -> Iterator[int]:
        done = 0
        while done < cases:
            batch = [self._case() for _ in range(min(BATCH, cases - done))]
            with transaction.atomic(using=OWNER):
                self._copy("cases_case", CASE_COLUMNS, (row for row, _entries, _client in batch))
                self._copy(
                    "audit_timelineentry",
                    ENTRY_COLUMNS,
                    (e for _row, entries, _client in batch for e in entries),
                )
                self._copy(
                    "people_client", ("case_id", "part", "name", "id_kind", "id_number_sealed", "id_number_hash",
                                      "phone_sealed", "phone_hash", "account_number_sealed", "account_number_hash"), (client for _row, _entries, client in batch)
                )  # fmt: skip
            self.entries += sum(len(entries) for _row, entries, _client in batch)
            done += len(batch)
            yield done

    def _copy(self, table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        with (
            connections[OWNER].cursor() as cursor,
            cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def _case(self) -> tuple[tuple[Any, ...], list[tuple[Any, ...]], tuple[Any, ...]]:
        told, outlet = self.random.choice(self.pool), self.random.choice(self.places)
        back = self.random.randrange(2, DAYS_BACK) if told.ended_at else self.random.randrange(1, 25)
        last = told.entries[-1].at
        shift = timedelta(days=max((self.now - last).days - back, 0))
        opened = (
            BEGIN.replace(hour=0, minute=0) + (told.entries[0].at - BEGIN.replace(hour=0, minute=0)) + shift
        )
        day = (opened + timedelta(hours=8)).date()
        self.last_number[outlet.unit_id, day] = n = self.last_number.get((outlet.unit_id, day), 0) + 1
        number = f"XS-{outlet.unit_id:04d}-{day:%y%m%d}-{n:03d}"
        ident = uuid7(opened)
        client = _name(self.random.randrange(10**6))
        fill = _filling({**outlet.marks, "num": number, "hash": keyed_hash("people", client)}, shift)
        head, entries = self._chain(told, ident, outlet, shift, fill)
        owner = fill(told.owner)
        row = (
            ident, number, told.kind, told.plan_version, outlet.unit_id, outlet.path, client, "",
            self.random.choice(("small", "small", "small", "hard", "urgent")), owner, told.status, told.step,
            told.step_since + shift, told.waiting_for, None, opened,
            told.ended_at + shift if told.ended_at else None, len(entries), head, fill(told.snapshot),
        )  # fmt: skip
        return row, entries, (ident, "holder", client, "resident_id", b"", "", b"", "", b"", "")

    def _chain(
        self, told: History, ident: uuid.UUID, outlet: Outlet, shift: timedelta, fill: Callable[[str], str]
    ) -> tuple[bytes, list[tuple[Any, ...]]]:
        """The entries, hashed as `audit.chain.canonical` does: same keys, same order, same bytes."""
        previous, rows = FIRST, []
        for seq, entry in enumerate(told.entries, 1):
            at = entry.at + shift
            actor, body = fill(entry.actor), fill(entry.body)
            text = (
                f'{{"act":"{entry.act}","actor":"{actor}","at":"{at.isoformat(timespec="microseconds")}","body":{body},'
                f'"case":"{ident}","chain":"{ident}","channel":"counter","seq":{seq},"unit_path":"{outlet.path}",'
                f'"visible_to_client":{"true" if entry.visible else "false"}}}'
            )
            digest = hashlib.sha256(previous + text.encode()).digest()
            rows.append(
                (uuid7(at), str(ident), seq, ident, outlet.path, entry.act, actor, "counter", at, entry.visible, body,
                 previous, digest)
            )  # fmt: skip
            previous = digest
        return previous, rows


def _filling(marks: dict[str, str], shift: timedelta) -> Callable[[str], str]:
    """Replace marks and days in one pass over the text."""
    days: dict[str, str] = {}

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return marks[match[1]]
        day = match[0]
        if day not in days:
            days[day] = (datetime.fromisoformat(day).replace(tzinfo=UTC) + shift).date().isoformat()
        return days[day]

    return lambda text: MARK.sub(one, text)


def _remember_numbers(last: dict[tuple[int, Any], int]) -> None:
    """So that a case opened afterwards at a simulated outlet gets a number of its own."""
    CaseNumber.objects.using(OWNER).bulk_create(
        (CaseNumber(unit_id=unit, day=day, last=n) for (unit, day), n in last.items()), batch_size=5000
    )


def count_cases() -> int:
    return Case.objects.using(OWNER).count()
