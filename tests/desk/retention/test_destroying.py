"""A case goes wholly, leaves a tombstone, and the audit knows it from one that vanished."""

from __future__ import annotations

import json
import os
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone
from old_cases import LONG_AGO, approved, do, ended, opened, refused, there

from xiaoshi.desk.audit.anchoring import check_export, export, make_anchor
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.audit.verify import verify_timeline
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.models import Document
from xiaoshi.desk.retention.destroying import run
from xiaoshi.desk.retention.models import Batch, BatchItem, Tombstone

pytestmark = pytest.mark.database
NAME = "端木独一"
# What may still name a destroyed case: what retention keeps of it, and the anchors that vouch for its chain.
MAY_NAME_IT = {"retention_batchitem", "retention_tombstone", "audit_anchor"}


def with_document(case, content: bytes) -> str:
    address = blobs.put(content)
    old = (LONG_AGO).timestamp()
    os.utime(blobs.path_of(address), (old, old))
    Document.objects.using("owner").create(
        case=case, purpose="x", name="材料.pdf", sha256=address, content_type="application/pdf",
        bytes=len(content), added_by="li.min", added_at=LONG_AGO,
    )  # fmt: skip
    return address


def naming(*texts: str) -> dict[str, list[str]]:
    """Tables of which a row holds one of these texts anywhere, also inside its JSON."""
    found: dict[str, list[str]] = {}
    with connections["owner"].cursor() as cursor:
        for table in connections["owner"].introspection.table_names(cursor):
            for text in texts:
                cursor.execute(f'SELECT 1 FROM "{table}" t WHERE strpos(t::text, %s) > 0 LIMIT 1', [text])
                if cursor.fetchone():
                    found.setdefault(table, []).append(text)
    return found


def test_everything_of_it_goes_and_a_tombstone_is_left(fresh_desk, fresh_people):
    people = fresh_people
    case, other = ended(people, name=NAME), ended(people)
    address = with_document(case, b"only of this case")
    shared = with_document(case, b"of both")
    with_document(other, b"of both")
    anchored = json.loads(json.dumps(export(make_anchor(timezone.now()))))
    assert naming(str(case.id), NAME, case.number)
    batch = approved(people, case)
    report = run(timezone.now())
    assert (report.destroyed, report.kept, report.problems) == ([str(case.id)], [], [])
    assert report.batches_done == [batch]
    assert set(naming(str(case.id), NAME, case.number)) <= MAY_NAME_IT
    assert not blobs.path_of(address).exists()
    assert blobs.path_of(shared).exists()
    stone = Tombstone.objects.using("owner").get()
    assert (stone.entries, stone.kind, stone.closed_month, stone.documents) == (
        case.version,
        "example",
        "2014-03",
        2,
    )
    assert bytes(stone.head_hash) == bytes(case.head_hash)
    assert verify_timeline().ok, verify_timeline().first_bad
    assert check_export(anchored) == ()
    assert there(Case, id=other.id) == 1
    # Again: nothing is left to do.
    assert run(timezone.now()).destroyed == []


def test_a_burnt_note_case_with_measurements_answers_money_and_scans_goes_too(fresh_desk, fresh_people):
    """Rows of a kind hang on rows of the kind; triggers that keep them for good let them go with their case only."""
    people = fresh_people
    from xiaoshi.desk.cases.verbs import cancel
    from xiaoshi.desk.money.models import MoneyOrder
    from xiaoshi.desk.papers.models import ScanFile, ScanPart, ScanUpload

    case, other = opened(people, name=NAME, kind="burnt_notes"), opened(people, kind="burnt_notes")
    for one in (case, other):
        do(cancel, people.outlet_head, one, reason="客户不来", now=LONG_AGO)
    upload = ScanUpload.objects.using("owner").create(
        unit_path=case.unit_path, added_by="li.min", added_at=LONG_AGO
    )
    file = ScanFile.objects.using("owner").create(upload=upload, unit_path=case.unit_path, order=1, name=NAME)
    for order, whose in enumerate((case, other)):
        ScanPart.objects.using("owner").create(
            file=file, unit_path=case.unit_path, order=order, first_page=1, last_page=1, name=NAME, sha256="0" * 64,
            content_type="application/pdf", bytes=1, state="attached", case=whose,
        )  # fmt: skip
    for whose in (case, other):
        with_notes(whose)
        MoneyOrder.objects.using("owner").create(
            case=whose, unit=whose.unit, unit_path=whose.unit_path, kind="pay_account", amount_fen=100, plan=[],
            destination={"to": NAME, "account_number": "0000"}, maker="li.min", made_at=LONG_AGO,
        )  # fmt: skip
    assert run_of(people, case).kept[0][1].code == "order_open"
    MoneyOrder.objects.using("owner").update(state="withdrawn")
    case.refresh_from_db(using="owner")
    assert run_of(people, case).problems == []
    assert not there(Case, id=case.id)
    assert there(ScanFile) == 1
    assert {(o.case_id == case.id, bool(o.destination)) for o in MoneyOrder.objects.using("owner").all()} == {
        (True, False),
        (False, True),
    }
    run_of(people, other)
    assert not there(ScanFile)
    assert not there(ScanUpload)
    assert set(naming(str(case.id), NAME)) <= MAY_NAME_IT | {"money_moneyorder"}
    assert not naming(NAME)


def run_of(people, *cases):
    """Approved before anything was in the way, then run."""
    from xiaoshi.desk.money.models import MoneyOrder

    waiting = list(MoneyOrder.objects.using("owner").filter(state="waiting").values_list("id", flat=True))
    by_hand(
        "UPDATE money_moneyorder SET state = 'rejected', reason = 'x', checker = 'x'",
        table="money_moneyorder",
    )
    approved(people, *cases)
    for ident in waiting:
        by_hand(
            "UPDATE money_moneyorder SET state = 'waiting', reason = '', checker = '' WHERE id = %s",
            ident,
            table="money_moneyorder",
        )
    return run(timezone.now())


def with_notes(case) -> None:
    from xiaoshi.desk.kinds.burnt_notes.models import Judgement, Measurement, Note, Tray

    def filled(model, **given):
        """A row with something in every column that must have something."""
        row = model(**given)
        for f in model._meta.concrete_fields:
            if f.name in given or f.primary_key or f.has_default() or f.null or f.blank:
                continue
            kind = f.get_internal_type()
            value = {"JSONField": {}, "DateTimeField": LONG_AGO, "BooleanField": False, "TextField": "x"}.get(
                kind, 1
            )
            setattr(row, f.name, value)
        row.save(using="owner", force_insert=True)
        return row

    with_document(case, f"photo {case.id}".encode())
    photo = Document.objects.using("owner").filter(case=case).first()
    tray = filled(Tray, case=case, photo=photo)
    measurement = filled(Measurement, tray=tray)
    note = filled(Note, measurement=measurement, tray=tray)
    filled(Judgement, note=note)


def by_hand(statement: str, *values, table: str = "") -> None:
    """SQL as the owner; with the triggers of a table off when one is named."""
    with connections["owner"].cursor() as cursor:
        if table:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, values)
        if table:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_a_table_of_tomorrow_is_not_forgotten_and_one_that_refuses_stops_its_case_only(
    fresh_desk, fresh_people
):
    one, two = ended(fresh_people, name=NAME), ended(fresh_people)
    by_hand("CREATE TABLE tomorrow (id serial PRIMARY KEY, about uuid REFERENCES cases_case)")
    by_hand(
        "CREATE TABLE tomorrow_line (id serial PRIMARY KEY, whose integer REFERENCES tomorrow, text text)"
    )
    by_hand("CREATE TABLE loose (case_id uuid, text text)")
    by_hand("INSERT INTO tomorrow (about) VALUES (%s), (%s)", one.id, two.id)
    by_hand("INSERT INTO tomorrow_line (whose, text) VALUES (1, %s)", NAME)
    by_hand("INSERT INTO loose VALUES (%s, %s)", one.id, NAME)
    by_hand(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id = 2 THEN RAISE EXCEPTION 'stays'; END IF;"
        " RETURN OLD; END $$"
    )
    by_hand("CREATE TRIGGER no BEFORE DELETE ON tomorrow FOR EACH ROW EXECUTE FUNCTION no()")
    batch = approved(fresh_people, one, two)
    report = run(timezone.now())
    assert report.destroyed == [str(one.id)]
    assert [p.code for p in report.problems] == ["not_destroyed"]
    assert set(naming(str(one.id), NAME)) <= MAY_NAME_IT
    assert there(Case, id=two.id) == 1
    assert there(TimelineEntry, case_id=two.id) == two.version
    assert Batch.objects.using("owner").get(id=batch).state == "approved"
    by_hand("DROP TRIGGER no ON tomorrow")
    assert run(timezone.now()).batches_done == [batch]
    assert verify_timeline().ok


def test_killed_in_the_middle_it_goes_on(fresh_desk, fresh_people, monkeypatch):
    from xiaoshi.desk.retention import destroying

    one, two = sorted((ended(fresh_people), ended(fresh_people)), key=lambda c: str(c.id))
    address = with_document(one, b"left behind for a moment")
    batch = approved(fresh_people, one, two)

    class Killed(BaseException):
        """Nobody catches it, as nobody catches a signal."""

    def killed(*_args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(destroying, "_tell_the_unit", killed)
        with pytest.raises(Killed):
            run(timezone.now())
    assert there(Case, id=one.id) == 1
    assert not there(Tombstone)
    with monkeypatch.context() as patch:
        patch.setattr(destroying, "_close", killed)
        with pytest.raises(Killed):
            run(timezone.now())
    assert blobs.path_of(address).exists()
    report = run(timezone.now())
    assert (report.blobs_removed, report.batches_done) == (1, [batch])
    assert not blobs.path_of(address).exists()
    assert there(Tombstone) == 2
    assert verify_timeline().ok


def test_two_runs_at_once_handle_each_case_once(fresh_desk, fresh_people, monkeypatch):
    """Both have read the same list of cases before either begins; one case is on hold and stays."""
    from xiaoshi.desk.retention import destroying
    from xiaoshi.desk.retention.holds import hold

    cases = [ended(fresh_people) for _ in range(4)]
    addresses = [with_document(case, f"paper {n}".encode()) for n, case in enumerate(cases)]
    batch = approved(fresh_people, *cases)
    do(hold, fresh_people.outlet_head, cases[0], reason="法院协查", authority="法院函")
    both, settle, waited = threading.Barrier(2, timeout=60), destroying._settle, threading.local()

    def settle_together(*given):
        if not getattr(waited, "once", False):
            waited.once = True
            both.wait()
        settle(*given)

    monkeypatch.setattr(destroying, "_settle", settle_together)

    def run_in_a_thread(_number):
        try:
            return run(timezone.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(run_in_a_thread, range(2)))
    assert [r.problems for r in reports] == [[], []]
    destroyed = [ident for r in reports for ident in r.destroyed]
    assert sorted(destroyed) == sorted(str(case.id) for case in cases[1:])
    kept = [(ident, why.code) for r in reports for ident, why in r.kept]
    assert kept == [(str(cases[0].id), "held")]
    assert [n for r in reports for n in r.batches_done] == [batch]
    assert sum(r.blobs_removed for r in reports) == 3
    assert sum(r.rows["cases_case"] for r in reports if r.rows) == 3
    assert (there(Tombstone), there(Case)) == (3, 1)
    assert [blobs.path_of(a).exists() for a in addresses] == [True, False, False, False]
    told = TimelineEntry.objects.using("owner").filter(act="retention.destroyed")
    assert len({e.body["tombstone"] for e in told}) == told.count() == 3
    assert verify_timeline().ok


@pytest.mark.parametrize("what", ["hold", "altered", "younger"])
def test_what_happened_after_the_approval_keeps_the_case(fresh_desk, fresh_people, what):
    from xiaoshi.desk.retention.holds import hold

    case = ended(fresh_people)
    approved(fresh_people, case)
    if what == "hold":
        do(hold, fresh_people.outlet_head, case, reason="法院协查", authority="法院函")
        code = "held"
    elif what == "altered":
        by_hand(
            "UPDATE audit_timelineentry SET actor = 'nobody' WHERE case_id = %s AND seq = 2",
            case.id,
            table="audit_timelineentry",
        )
        code = "chain_not_sound"
    else:
        by_hand("UPDATE cases_case SET closed_at = closed_at - interval '1 year' WHERE id = %s", case.id)
        code = "closed_day_differs"
    report = run(timezone.now())
    assert [(ident, why.code) for ident, why in report.kept] == [(str(case.id), code)]
    item = BatchItem.objects.using("owner").get()
    assert item.state == "kept"
    assert item.why_zh
    assert item.why_en
    assert there(Case, id=case.id) == 1


def test_the_database_itself_lets_no_case_go_without_two_people(fresh_desk, fresh_people):
    case = ended(fresh_people)
    for statement in (
        "DELETE FROM cases_case WHERE id = %s",
        "DELETE FROM audit_timelineentry WHERE case_id = %s",
    ):
        with pytest.raises(DatabaseError):
            by_hand(statement, case.id)
    from xiaoshi.desk.retention.batches import propose
    from xiaoshi.desk.retention.destroying import _tombstone

    batch = do(propose, fresh_people.outlet_head, cases=[str(case.id)], reason="保存期满")["batch"]
    item = BatchItem.objects.using("owner").get()
    with pytest.raises(DatabaseError, match="two people"), transaction.atomic(using="owner"):
        _tombstone(case, item, timezone.now(), 0, "owner")
    with pytest.raises(DatabaseError, match="batch_two_people"):
        by_hand(
            "UPDATE retention_batch SET state = 'approved', decided_by = proposed_by, decided_at = now() WHERE id = %s",
            batch,
        )
    by_hand(
        "UPDATE retention_batch SET state = 'approved', decided_by = 'lu.heng', decided_at = now() WHERE id = %s",
        batch,
    )
    case.version -= 1
    with pytest.raises(DatabaseError, match="what the chain says"), transaction.atomic(using="owner"):
        _tombstone(case, item, timezone.now(), 0, "owner")


def forged(stone_of, **changed) -> None:
    """A tombstone written by hand with its law switched off."""
    from xiaoshi.desk.retention.tombstones import digest_of

    by_hand("ALTER TABLE retention_tombstone DISABLE TRIGGER USER")
    for name, value in changed.items():
        setattr(stone_of, name, value)
    stone_of.digest = digest_of(stone_of)
    stone_of.save(using="owner")
    by_hand("ALTER TABLE retention_tombstone ENABLE TRIGGER USER")


def test_a_forged_or_missing_tombstone_and_a_case_that_vanished_are_noticed(fresh_desk, fresh_people):
    case, other = ended(fresh_people), ended(fresh_people)
    anchored = json.loads(json.dumps(export(make_anchor(timezone.now()))))
    approved(fresh_people, case)
    run(timezone.now())
    assert verify_timeline().ok
    assert check_export(anchored) == ()
    stone = Tombstone.objects.using("owner").get()
    # A second case is made to vanish, with a tombstone of its own.
    entries = TimelineEntry.objects.using("owner").filter(case_id=other.id).order_by("seq")
    hashes = b"".join(bytes(e.hash) for e in entries)
    for table, column in (("audit_timelineentry", "case_id"), ("cases_case", "id")):
        if table == "cases_case":
            vanish(other.id)
        else:
            by_hand(f"DELETE FROM {table} WHERE {column} = %s", other.id, table=table)
    assert verify_timeline().first_bad.code == "anchored_entry_gone"
    assert [p.code for p in check_export(anchored)] == ["anchored_entry_gone"]
    forged(
        Tombstone(
            chain=str(other.id), case_id=other.id, unit_path=other.unit_path, kind="example", closed_month="2014-03",
            entries=other.version, head_hash=bytes(other.head_hash), hashes=hashes, rule="record", batch=stone.batch,
            destroyed_at=timezone.now(), written_in=1,
        )
    )  # fmt: skip
    assert verify_timeline().first_bad.code == "tombstone_forged"
    assert [p.code for p in check_export(anchored)] == ["tombstone_forged"]
    by_hand("DELETE FROM retention_tombstone WHERE chain = %s", str(other.id), table="retention_tombstone")
    by_hand("UPDATE retention_tombstone SET closed_month = '2013-03'", table="retention_tombstone")
    assert verify_timeline().first_bad.code in {"tombstone_altered", "anchored_entry_gone"}
    by_hand("DELETE FROM audit_anchor", table="audit_anchor")
    assert verify_timeline().first_bad.code == "tombstone_altered"
    by_hand("DELETE FROM retention_tombstone", table="retention_tombstone")
    assert verify_timeline().first_bad.code == "tombstone_gone"


def vanish(ident: uuid.UUID) -> None:
    from xiaoshi.desk.retention.graph import delete_rows, in_order, links, rows_of

    by_hand("ALTER TABLE cases_case DISABLE TRIGGER leaves_a_tombstone")
    with transaction.atomic(using="owner"):
        found = links("owner")
        delete_rows(rows_of(ident, found, "owner"), in_order(found), "owner")
        by_hand("DELETE FROM cases_case WHERE id = %s", ident)
    by_hand("ALTER TABLE cases_case ENABLE TRIGGER leaves_a_tombstone")


def test_a_case_one_day_too_young_is_not_even_proposed(fresh_desk, fresh_people):
    from xiaoshi.desk.retention.batches import propose

    at = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=12).astimezone(UTC)
    young = ended(fresh_people, at.replace(year=at.year - 10))
    assert refused(propose, fresh_people.outlet_head, cases=[str(young.id)], reason="x") == "not_due"
    old = ended(fresh_people, at.replace(year=at.year - 10) - timedelta(days=1))
    assert do(propose, fresh_people.outlet_head, cases=[str(old.id)], reason="x")["cases"] == 1


def test_the_books_stay_and_still_agree_with_what_the_timeline_told(fresh_desk, fresh_people):
    """A payment of long ago, booked by two people; then its case goes, and the books have only the tombstone to ask."""
    from money_acts import acts_of_the_tests

    from xiaoshi.desk.cases.verbs import cancel
    from xiaoshi.desk.money.acts import check_payment, record_payment
    from xiaoshi.desk.money.models import Entry, MoneyOrder
    from xiaoshi.desk.money.verify import verify_books

    people, (settle, work) = fresh_people, acts_of_the_tests()
    case = opened(people, name=NAME, kind="burnt_notes")
    for step in ("intake", "photograph", "denominations", "editions", "determine"):
        do(work, people.teller, case, step=step, now=LONG_AGO)
    do(settle, people.teller, case, sum_fen=46845, now=LONG_AGO)
    for step in ("machine", "count", "bag", "recheck", "papers"):
        who = people.supervisor if step == "recheck" else people.teller
        do(work, who, case, step=step, now=LONG_AGO)
    order = do(record_payment, people.teller, case, amount_fen=46845, way="cash", now=LONG_AGO)["order"]
    do(check_payment, people.supervisor, case, order_id=order, amount_fen=46845, now=LONG_AGO)
    for head in (people.supervisor, people.outlet_head):  # money was paid: two heads
        do(cancel, head, case, reason="试", now=LONG_AGO)
    assert verify_books().ok
    approved(people, case)
    report = run(timezone.now())
    assert (report.destroyed, report.kept, report.problems) == ([str(case.id)], [], [])
    assert MoneyOrder.objects.using("owner").get(id=order).destination == {}
    assert there(Entry, case_id=case.id) == 1
    assert not naming(NAME)
    assert verify_books().ok, verify_books().findings
    assert verify_timeline().ok
    by_hand("UPDATE retention_tombstone SET booked = '[]'", table="retention_tombstone")
    assert [f.code for f in verify_books().findings] == ["entry_untold"]
    assert verify_timeline().first_bad.code == "tombstone_altered"
