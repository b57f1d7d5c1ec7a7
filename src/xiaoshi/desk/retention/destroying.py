"""Destroying the cases of approved batches: the owner's work (`xiaoshi retention run`), one case in one transaction.

What is written first is the tombstone, which the database checks against chain, batch and holds; then everything that hangs
on the case goes, the case, and one entry on the unit's chain says so. Bytes of documents follow after the commit, from a
list that was committed with it: a run that is killed in the middle leaves whole cases and destroyed cases, and the next run
goes on. Everything that could have changed since the approval is looked at again; a case that may not go is kept, with why.

Left out: overwriting of freed disk space (the blobs are encrypted), and copies in backups, which have a time of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connections, transaction
from psycopg import sql

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.audit.chain import FIRST, hash_of
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.audit.verify import OWNER, first_bad_of_case
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.retention.due import Looked, day_of, look_at, own_periods
from xiaoshi.desk.retention.graph import LOOSE, delete_rows, in_order, links, rows_of
from xiaoshi.desk.retention.models import Batch, BatchItem, BlobToGo, Tombstone
from xiaoshi.desk.retention.tombstones import DESTROYED, digest_of

ACTOR = "house:retention"
BLOBS_AT_ONCE = 1000


@dataclass
class Report:
    """What a run did. `kept`: cases of approved batches that stay, each with why; `problems`: what hindered the run itself."""

    destroyed: list[str] = field(default_factory=list)
    kept: list[tuple[str, Problem]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    batches_done: list[int] = field(default_factory=list)
    blobs_removed: int = 0
    rows: dict[str, int] = field(default_factory=dict)


def run(now: datetime, *, alias: str = OWNER) -> Report:
    """Carry out every approved batch as far as it goes. Safe to run again, and twice at the same time."""
    report = Report()
    _remove_blobs(report, now, alias)
    approved = Batch.objects.using(alias).filter(state="approved").order_by("id")
    for batch in list(approved.values_list("id", flat=True)):
        waiting = BatchItem.objects.using(alias).filter(batch_id=batch, state="waiting").order_by("id")
        for item in list(waiting.values_list("id", flat=True)):
            _settle(batch, item, now, report, alias)
        _close(batch, now, report, alias)
    _remove_blobs(report, now, alias)
    return report


def _settle(batch: int, item_id: int, now: datetime, report: Report, alias: str) -> None:
    try:
        with transaction.atomic(using=alias, durable=True):
            held = Batch.objects.using(alias).select_for_update().get(id=batch)
            item = BatchItem.objects.using(alias).select_for_update().get(id=item_id)
            if held.state != "approved" or item.state != "waiting":
                return
            case = (
                Case.objects.using(alias)
                .select_for_update(of=("self",))
                .select_related("unit")
                .filter(id=item.case_id)
                .first()
            )
            why_not = _why_not(case, now, alias)
            gone: dict[str, int] = {}
            if why_not is None and case is not None:
                gone = _destroy(case, item, now, alias)
            item.state = "kept" if why_not else "destroyed"
            item.why_zh, item.why_en = (why_not.words.zh, why_not.words.en) if why_not else ("", "")
            item.settled_at = now
            item.save(using=alias)
    except DatabaseError as error:
        text = (str(error).strip().splitlines() or [""])[0][:200]
        words = Words(
            f"数据库拒绝：{text}；该案件保持原样。", f"The database refused: {text}; the case is untouched."
        )
        report.problems.append(Problem("not_destroyed", words, f"batch/{batch}/{item_id}"))
        return
    if why_not is None:
        report.destroyed.append(str(item.case_id))
        for table, count in gone.items():
            report.rows[table] = report.rows.get(table, 0) + count
    else:
        report.kept.append((str(item.case_id), why_not))


def _why_not(case: Case | None, now: datetime, alias: str) -> Problem | None:
    """Why the case may not go after all: everything is looked at again, and the whole chain is read once more."""
    if case is None:
        return Problem("case_not_there", Words("案件已不存在。", "The case is not there any more."))
    looked: Looked = look_at([case], day_of(now), own_periods(alias), alias=alias)[0]
    if not looked.standing.due:
        return looked.standing.why_not[0]
    bad = first_bad_of_case(case, alias)
    if bad is not None:
        zh = f"时间线第 {bad.seq} 条校验不通过（{bad.words.zh}），须先查清。"
        en = f"Entry {bad.seq} of its timeline does not verify ({bad.words.en}): find out why first."
        return Problem("chain_not_sound", Words(zh, en))
    ended = _ended_at(case, alias)
    if ended is None or case.closed_at is None or day_of(ended) != day_of(case.closed_at):
        words = Words(
            "案件的结案日期与时间线不符。",
            "The day on which it was closed is not the one that its timeline tells.",
        )
        return Problem("closed_day_differs", words)
    return None


def _ended_at(case: Case, alias: str) -> datetime | None:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT max(at) FROM audit_timelineentry WHERE chain = %s AND jsonb_path_exists(body, %s)",
            [str(case.id), '$.events[*] ? (@.event == "CaseClosed" || @.event == "CaseCancelled")'],
        )
        (at,) = cursor.fetchone()
    return at


def _destroy(case: Case, item: BatchItem, now: datetime, alias: str) -> dict[str, int]:
    found = links(alias)
    rows = rows_of(case.id, found, alias)
    stone = _tombstone(case, item, now, len(rows.get("papers_document", ())), alias)
    with _in_the_name_of(case.id, alias):
        _note_blobs(rows, now, alias)
        scans = _scans_of(case.id, alias)
        _forget_elsewhere(case.id, alias)
        gone = delete_rows(rows, in_order(found), alias)
        _scans_left_empty(scans, now, alias)
        with connections[alias].cursor() as cursor:
            cursor.execute("DELETE FROM cases_case WHERE id = %s", [case.id])
        _tell_the_unit(case, stone, now, alias)
        # Whatever still names the case is found now, and not at the commit.
        with connections[alias].cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return {**gone, "cases_case": 1}


def _tombstone(case: Case, item: BatchItem, now: datetime, documents: int, alias: str) -> Tombstone:
    entries = TimelineEntry.objects.using(alias).filter(chain=str(case.id)).order_by("seq")
    told = entries.filter(body__has_keys=["entry", "maker", "amount_fen"])  # of a kind's own acts too
    assert case.closed_at is not None
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (written_in,) = cursor.fetchone()
    stone = Tombstone(
        chain=str(case.id),
        case_id=case.id,
        unit_path=case.unit_path,
        kind=case.kind,
        closed_month=f"{day_of(case.closed_at):%Y-%m}",
        entries=case.version,
        head_hash=bytes(case.head_hash),
        hashes=b"".join(bytes(h) for h in entries.values_list("hash", flat=True)),
        booked=[
            {
                "entry": e.body["entry"],
                "amount_fen": e.body.get("amount_fen"),
                "maker": e.body.get("maker"),
                "checker": e.actor,
            }
            for e in told
        ],
        documents=documents,
        rule=item.rule,
        batch_id=item.batch_id,
        destroyed_at=now.astimezone(UTC),
        written_in=written_in,
    )
    stone.digest = digest_of(stone)
    stone.save(using=alias, force_insert=True)
    return stone


@contextmanager
def _in_the_name_of(case_id: UUID, alias: str) -> Iterator[None]:
    """Inside, the laws that keep rows for good let those of this case go: its tombstone stands."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT set_config('xiaoshi.destroying', %s, true)", [str(case_id)])
        yield
        cursor.execute("SELECT set_config('xiaoshi.destroying', '', true)")


def _note_blobs(rows: dict[str, set[str]], now: datetime, alias: str) -> None:
    """Addresses of bytes that these rows name, to be removed after the commit."""
    with connections[alias].cursor() as cursor:
        for table in _tables_with_blobs(alias):
            if table in rows:
                cursor.execute(
                    sql.SQL(
                        "INSERT INTO retention_blobtogo (sha256, since) SELECT DISTINCT sha256, %s::timestamptz FROM {}"
                        " WHERE ctid = ANY(%s::tid[]) AND sha256 <> '' ON CONFLICT DO NOTHING"
                    ).format(sql.Identifier(table)),  # type: ignore[arg-type]
                    [now, sorted(rows[table])],
                )


def _tables_with_blobs(alias: str) -> list[str]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT table_name::text FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name = 'sha256' AND table_name <> 'retention_blobtogo' ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def _forget_elsewhere(case_id: UUID, alias: str) -> None:
    """Rows that stay but name the case or its client: orders of the books, openings of shared answers, old jobs."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "UPDATE money_moneyorder SET destination = '{}', made_reason = CASE made_reason WHEN '' THEN '' ELSE '-' END,"
            " reason = CASE reason WHEN '' THEN '' ELSE '-' END WHERE case_id = %s",
            [case_id],
        )
        for table, column in LOOSE:
            name, place = sql.Identifier(table), sql.Identifier(column)
            forget = sql.SQL("UPDATE {} SET {} = NULL WHERE {} = %s").format(name, place, place)
            cursor.execute(forget, [case_id])  # type: ignore[arg-type]
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE status <> 'doing' AND strpos(args::text, %s) > 0",
            [str(case_id)],
        )


def _scans_of(case_id: UUID, alias: str) -> list[Any]:
    """Scanned files that hold pages of this case."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT DISTINCT file_id FROM papers_scanpart WHERE case_id = %s", [case_id])
        return [ident for (ident,) in cursor.fetchall()]


def _scans_left_empty(files: list[Any], now: datetime, alias: str) -> None:
    """A scanned file goes when no other case's pages are in it any more, and its upload with the last file."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "DELETE FROM papers_scanfile f WHERE f.id = ANY(%s) AND NOT EXISTS (SELECT 1 FROM papers_scanpart p"
            " WHERE p.file_id = f.id) RETURNING f.sha256, f.upload_id",
            [files],
        )
        gone = cursor.fetchall()
        cursor.execute(
            "INSERT INTO retention_blobtogo (sha256, since) SELECT s, %s FROM unnest(%s::text[]) s WHERE s <> ''"
            " ON CONFLICT DO NOTHING",
            [now, sorted({sha256 for sha256, _upload in gone})],
        )
        cursor.execute(
            "DELETE FROM papers_scanupload u WHERE u.id = ANY(%s) AND NOT EXISTS (SELECT 1 FROM papers_scanfile f"
            " WHERE f.upload_id = u.id)",
            [[upload for _sha256, upload in gone]],
        )


def _tell_the_unit(case: Case, stone: Tombstone, now: datetime, alias: str) -> None:
    """One entry on the unit's chain, as `chain.append_for_unit` writes them, on the owner's connection."""
    chain = f"unit:{case.unit_path}"
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [chain])
    last = TimelineEntry.objects.using(alias).filter(chain=chain).order_by("-seq").first()
    words = Words(
        f"按第 {stone.batch_id} 批销毁一个 {stone.closed_month} 办结的案件（{stone.entries} 条记录）",
        f"Destroyed a case closed in {stone.closed_month} by batch {stone.batch_id} ({stone.entries} entries)",
    )
    body = {"tombstone": stone.digest, "batch": stone.batch_id, "words": {"zh": words.zh, "en": words.en}}
    entry = TimelineEntry(
        chain=chain,
        seq=last.seq + 1 if last else 1,
        case=None,
        unit_path=case.unit_path,
        act=DESTROYED,
        actor=ACTOR,
        channel="system",
        at=now.astimezone(UTC),
        body=json.loads(json.dumps(body, ensure_ascii=False)),
        previous_hash=bytes(last.hash) if last else FIRST,
    )
    entry.hash = hash_of(entry)
    entry.save(using=alias, force_insert=True)


def _close(batch: int, now: datetime, report: Report, alias: str) -> None:
    with transaction.atomic(using=alias):
        row = Batch.objects.using(alias).select_for_update().get(id=batch)
        if row.state != "approved" or row.items.using(alias).filter(state="waiting").exists():
            return
        row.state, row.done_at = "done", now
        row.save(using=alias, update_fields=["state", "done_at"])
    report.batches_done.append(batch)


def _remove_blobs(report: Report, now: datetime, alias: str) -> None:
    """Bytes that destroyed cases left behind. What another row names stays; what was just handed in again waits a day."""
    tables = _tables_with_blobs(alias)

    def named(address: str) -> bool:
        with connections[alias].cursor() as cursor:
            for table in tables:
                asked = sql.SQL("SELECT 1 FROM {} WHERE sha256 = %s LIMIT 1").format(sql.Identifier(table))
                cursor.execute(asked, [address])  # type: ignore[arg-type]
                if cursor.fetchone():
                    return True
        return False

    after = ""
    while some := list(
        BlobToGo.objects.using(alias).filter(sha256__gt=after).order_by("sha256")[:BLOBS_AT_ONCE]
    ):
        for blob in some:
            done = blobs.remove(blob.sha256, named, now_seconds=now.timestamp())
            if done != "fresh":
                # Of two runs at once the one that strikes it off the list counts it.
                struck, _ = BlobToGo.objects.using(alias).filter(sha256=blob.sha256).delete()
                report.blobs_removed += done == "removed" and struck > 0
        after = some[-1].sha256
