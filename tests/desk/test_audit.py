"""`xiaoshi audit verify`: sound timelines, and timelines that somebody altered with the triggers switched off.

Each damage is done as the owner of the tables, the strongest hand that a bank's own people have, to the middle one of three
cases; the verification must name that case and that entry.
"""

from __future__ import annotations

import contextlib
import io
import json
import uuid
from argparse import Namespace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connections
from django.utils import timezone

from xiaoshi.desk.audit.anchoring import check_export, export, make_anchor
from xiaoshi.desk.audit.chain import hash_of
from xiaoshi.desk.audit.models import Anchor, TimelineEntry
from xiaoshi.desk.audit.verify import merkle_root, one_snapshot, verify_timeline
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.steps import do_step
from xiaoshi.desk.cases.verbs import copy_to
from xiaoshi.desk.guard.boundary import perform

pytestmark = pytest.mark.database


@pytest.fixture
def cases(fresh_desk, fresh_people):
    """Three cases of three entries each, in the order of their chains."""
    from desk_fixtures import open_a_case

    made = []
    for number in range(3):
        case = open_a_case(fresh_people.teller, client_name=f"持有人{number}")
        for step, result in (("intake", {"circumstances": "失火", "explained": True}),):
            perform(
                do_step, fresh_people.teller, str(uuid.uuid4()), case_id=case.id, step=step, result=result
            )
            perform(copy_to, fresh_people.teller, str(uuid.uuid4()), case_id=case.id, to="xu.lan")
        made.append(case)
    return sorted(made, key=lambda c: str(c.id))


def entry(case, seq) -> TimelineEntry:
    return TimelineEntry.objects.using("owner").get(case_id=case.id, seq=seq)


def by_hand(*statements, tables=("audit_timelineentry", "cases_case", "audit_anchor")) -> None:
    """SQL as the owner, with all triggers of these tables off."""
    with connections["owner"].cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for sql, values in statements:
            cursor.execute(sql, values)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def rehashed(case, since: int) -> None:
    """Write all hashes of a chain anew from an entry on, and the case's head: a careful forger."""
    previous = None
    for row in TimelineEntry.objects.using("owner").filter(case_id=case.id).order_by("seq"):
        if row.seq >= since:
            row.previous_hash = previous if previous is not None else row.previous_hash
            row.hash = hash_of(row)
            given = [bytes(row.previous_hash), row.hash, row.id]
            by_hand(("UPDATE audit_timelineentry SET previous_hash = %s, hash = %s WHERE id = %s", given))
        previous = bytes(row.hash)
    by_hand(("UPDATE cases_case SET head_hash = %s WHERE id = %s", [previous, case.id]))


def first_bad():
    found = verify_timeline()
    assert not found.ok
    bad = found.first_bad
    assert bad.words.zh
    assert bad.words.en
    told = found.as_json("en")
    assert told["problems"][0]["code"] == bad.code
    assert told["first_bad"]["reason"] == bad.words.en
    return bad.case, bad.seq, bad.code


def test_sound_timelines(cases):
    make_anchor(timezone.now())
    found = verify_timeline()
    assert found.ok
    assert found.first_bad is None
    assert found.entries >= 9
    assert (found.chains >= 3, found.anchors) == (True, 1)
    assert found.as_json()["problems"] == []


@pytest.mark.parametrize(
    "sql",
    [
        'UPDATE audit_timelineentry SET body = body || \'{"step": "pay"}\' WHERE id = %s',
        "UPDATE audit_timelineentry SET actor = 'nobody' WHERE id = %s",
        "UPDATE audit_timelineentry SET at = at + interval '1 microsecond' WHERE id = %s",
        "UPDATE audit_timelineentry SET visible_to_client = NOT visible_to_client WHERE id = %s",
        "UPDATE audit_timelineentry SET channel = 'phone' WHERE id = %s",
        "UPDATE audit_timelineentry SET unit_path = 'jn/' WHERE id = %s",
        "UPDATE audit_timelineentry SET hash = previous_hash WHERE id = %s",
        "UPDATE audit_timelineentry SET body = '[]' WHERE id = %s",
        "UPDATE audit_timelineentry SET body = '{\"events\": 7}' WHERE id = %s",
        "UPDATE audit_timelineentry SET case_id = NULL WHERE id = %s",
    ],
)
def test_an_altered_entry_is_named(cases, sql):
    by_hand((sql, [entry(cases[1], 2).id]))
    assert first_bad() == (cases[1].number, 2, "entry_altered")


def test_a_broken_link_is_named(cases):
    by_hand(("UPDATE audit_timelineentry SET previous_hash = hash WHERE id = %s", [entry(cases[1], 2).id]))
    assert first_bad() == (cases[1].number, 2, "link_broken")


def test_a_deleted_entry_in_the_middle_is_named(cases):
    by_hand(("DELETE FROM audit_timelineentry WHERE id = %s", [entry(cases[1], 2).id]))
    assert first_bad() == (cases[1].number, 2, "entry_missing")


def test_the_first_entry_deleted_is_named(cases):
    by_hand(("DELETE FROM audit_timelineentry WHERE id = %s", [entry(cases[1], 1).id]))
    assert first_bad() == (cases[1].number, 1, "entry_missing")


@pytest.mark.parametrize("which", [1, 2])
def test_the_newest_entry_deleted_is_named(cases, which):
    """In the middle of the walk, and in the very last chain."""
    case = cases[which]
    by_hand(("DELETE FROM audit_timelineentry WHERE id = %s", [entry(case, 3).id]))
    assert first_bad() == (case.number, 3, "end_missing")


def test_all_entries_deleted_are_missed(cases):
    by_hand(("DELETE FROM audit_timelineentry WHERE case_id = %s", [cases[1].id]))
    assert first_bad() == (cases[1].number, 1, "entry_missing")


def test_a_case_deleted_with_its_entries_left_is_missed(cases):
    case = cases[1]
    # Foreign keys are held by system triggers, which only a superuser can switch off: so the constraints go first.
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint"
            " WHERE contype = 'f' AND confrelid = 'cases_case'::regclass"
        )
        constraints = cursor.fetchall()
    drops = [(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"', []) for table, name in constraints]
    by_hand(*drops, ("DELETE FROM cases_case WHERE id = %s", [case.id]))
    assert first_bad() == ("", 3, "case_missing")
    assert verify_timeline().first_bad.chain == str(case.id)


def test_entries_of_two_cases_swapped_are_named(cases):
    one, other = entry(cases[1], 2), entry(cases[2], 2)
    move = "UPDATE audit_timelineentry SET chain = %s, case_id = %s, seq = %s WHERE id = %s"
    by_hand(
        (move, ["aside", None, 2, one.id]),
        (move, [str(cases[1].id), cases[1].id, 2, other.id]),
        (move, [str(cases[2].id), cases[2].id, 2, one.id]),
    )
    number, seq, code = first_bad()
    assert (number, seq) == (cases[1].number, 2)
    assert code in ("link_broken", "entry_altered")


def test_an_entry_that_claims_another_case_is_named_even_with_new_hashes(cases):
    by_hand(
        ("UPDATE audit_timelineentry SET case_id = %s WHERE id = %s", [cases[0].id, entry(cases[1], 3).id])
    )
    row = TimelineEntry.objects.using("owner").get(chain=str(cases[1].id), seq=3)
    row.hash = hash_of(row)
    by_hand(
        ("UPDATE audit_timelineentry SET hash = %s WHERE id = %s", [row.hash, row.id]),
        ("UPDATE cases_case SET head_hash = %s WHERE id = %s", [row.hash, cases[1].id]),
    )
    assert first_bad() == (cases[1].number, 3, "entry_foreign")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE cases_case SET snapshot = jsonb_set(snapshot, '{owner}', '\"nobody\"') WHERE id = %s",
        "UPDATE cases_case SET snapshot = jsonb_set(snapshot, '{facts,sum_fen}', '1') WHERE id = %s",
    ],
)
def test_a_changed_snapshot_is_named(cases, sql):
    by_hand((sql, [cases[1].id]))
    assert first_bad() == (cases[1].number, 3, "snapshot_differs")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE cases_case SET owner = 'nobody' WHERE id = %s",
        "UPDATE cases_case SET status = 'closed' WHERE id = %s",
        "UPDATE cases_case SET unit_path = 'jn/' WHERE id = %s",
    ],
)
def test_a_case_row_that_says_other_than_its_entries_is_named(cases, sql):
    """What lists and policies read of a case is on the row beside the snapshot."""
    by_hand((sql, [cases[1].id]))
    assert first_bad() == (cases[1].number, 3, "row_differs")


@pytest.mark.parametrize("events", ['[{"kind": "NoSuchEvent"}]', "[7]", '"x"', "{}"])
def test_a_forger_who_renews_all_hashes_writes_events_that_do_not_fold(cases, events):
    sql = "UPDATE audit_timelineentry SET body = jsonb_set(body, '{events}', %s::jsonb) WHERE id = %s"
    by_hand((sql, [events, entry(cases[1], 2).id]))
    rehashed(cases[1], 2)
    number, _seq, code = first_bad()
    assert number == cases[1].number
    assert code in ("events_unreadable", "snapshot_differs")


# ---- the anchor knows what a careful forger made fit ----------------------------------------------------------------


def test_a_chain_written_anew_is_found_by_the_anchor(cases):
    make_anchor(timezone.now())
    by_hand(("UPDATE audit_timelineentry SET actor = 'nobody' WHERE id = %s", [entry(cases[1], 2).id]))
    assert first_bad() == (cases[1].number, 2, "entry_altered")
    rehashed(cases[1], 2)
    found = verify_timeline()
    assert (found.first_bad.chain, found.first_bad.seq) == (str(cases[1].id), 3)
    assert found.first_bad.code == "anchored_entry_gone"
    assert found.first_bad.case == cases[1].number


def test_an_anchor_with_another_root_or_other_heads_is_named(cases):
    anchor = make_anchor(timezone.now())
    by_hand(("UPDATE audit_anchor SET root = %s WHERE id = %s", [b"\0" * 32, anchor.id]))
    assert first_bad() == ("", anchor.id, "anchor_altered")
    by_hand(("UPDATE audit_anchor SET root = %s WHERE id = %s", [bytes(anchor.root), anchor.id]))
    assert verify_timeline().ok
    by_hand(("UPDATE audit_anchor SET heads = heads - 0 WHERE id = %s", [anchor.id]))
    assert first_bad() == ("", anchor.id, "anchor_altered")
    by_hand(("UPDATE audit_anchor SET heads = '[[1]]' WHERE id = %s", [anchor.id]))
    assert first_bad() == ("", anchor.id, "anchor_altered")
    renamed = [["unit:nowhere", seq, digest] for _chain, seq, digest in anchor.heads]
    by_hand(("UPDATE audit_anchor SET heads = %s WHERE id = %s", [json.dumps(renamed), anchor.id]))
    assert first_bad() == ("", anchor.heads[0][1], "anchored_entry_gone")


def test_a_desk_that_works_on_meanwhile_does_not_look_damaged(cases, fresh_people):
    """All is read as of one moment: an act between two reads is not seen."""
    with one_snapshot("owner"):
        before = Case.objects.using("owner").get(id=cases[0].id).version
        perform(copy_to, fresh_people.teller, str(uuid.uuid4()), case_id=cases[0].id, to="qian.bo")
        assert TimelineEntry.objects.using("owner").filter(case_id=cases[0].id).count() == before
        assert verify_timeline().ok
    assert TimelineEntry.objects.using("owner").filter(case_id=cases[0].id).count() == before + 1
    assert verify_timeline().ok


def test_what_came_after_the_anchor_does_not_disturb_it(cases, fresh_people):
    make_anchor(timezone.now())
    perform(copy_to, fresh_people.teller, str(uuid.uuid4()), case_id=cases[0].id, to="qian.bo")
    make_anchor(timezone.now())
    found = verify_timeline()
    assert (found.ok, found.anchors) == (True, 2)
    assert Anchor.objects.using("owner").count() == 2


def test_the_root_of_leaves():
    one, two, three = b"a" * 32, b"b" * 32, b"c" * 32
    assert merkle_root([one]) != one
    assert merkle_root([one, two]) != merkle_root([two, one])
    assert merkle_root([one, two, three]) != merkle_root([one, two])
    # An odd node goes up alone and is not doubled: a known way to make two lists share a root.
    assert merkle_root([one, two, three]) != merkle_root([one, two, three, three])


# ---- the command ----------------------------------------------------------------------------------------------------


def verify_command(monkeypatch, *, json_form: bool, lang: str = "zh"):
    """`xiaoshi audit verify` in this process, on the database of the test."""
    from xiaoshi.commands import audit

    monkeypatch.setattr(audit, "prepare", lambda *_a, **_k: contextlib.nullcontext())
    monkeypatch.setattr(audit, "chosen_home", lambda _args: SimpleNamespace())
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = audit.run(Namespace(work="verify", json=json_form, lang=lang, home=None))
    return code, out.getvalue()


def test_the_command_names_the_first_bad_row_and_exits_with_1(cases, monkeypatch):
    code, out = verify_command(monkeypatch, json_form=True)
    assert (code, json.loads(out)["ok"]) == (0, True)
    assert verify_command(monkeypatch, json_form=False)[1].startswith("✓")
    for case in cases[1:]:
        by_hand(("UPDATE audit_timelineentry SET actor = 'nobody' WHERE id = %s", [entry(case, 2).id]))
    code, out = verify_command(monkeypatch, json_form=True)
    told = json.loads(out)
    assert code == 1
    assert told["first_bad"]["case"] == cases[1].number
    assert told["first_bad"]["seq"] == 2
    assert told["problems"][0]["where"] == f"{cases[1].number}#2"
    code, out = verify_command(monkeypatch, json_form=False, lang="en")
    assert code == 1
    assert out == f"✗ {cases[1].number}#2: the entry was altered\n"
    assert Case.objects.using("owner").count() == 3


# ---- rows beside the timeline -----------------------------------------------------------------------------------------


def test_a_renamed_client_is_found(cases):
    by_hand(("UPDATE cases_case SET client_name = '别人' WHERE id = %s", [cases[1].id]))
    assert first_bad() == (cases[1].number, 1, "client_differs")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("UPDATE burnt_notes_judgement SET verdict = 'full' WHERE verdict = 'half'", "answer_altered"),
        (
            "UPDATE burnt_notes_judgement SET denomination_fen = 10000 WHERE denomination_fen = 5000",
            "answer_altered",
        ),
        ("DELETE FROM burnt_notes_judgement WHERE verdict = 'half'", "answer_gone"),
    ],
)
def test_an_altered_answer_is_found(fresh_desk, fresh_people, sql, code):
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parent / "burnt_notes"))
    from tins import Tin

    tin = Tin.open(fresh_people, "full100 ?50")
    tin.says("teller", 1, "full100")
    tin.says("teller", 2, "half50")
    tin.says("colleague", 2, "half50")
    assert verify_timeline().ok
    by_hand((sql, []), tables=("burnt_notes_judgement",))
    assert first_bad()[::2] == (tin.case.number, code)


def test_an_anchor_covers_what_grew_and_the_anchor_before(cases, fresh_people):
    first = make_anchor(timezone.now() - timedelta(hours=3))
    second = make_anchor(timezone.now() - timedelta(hours=2))
    assert 0 < second.chains <= first.chains
    by_hand(("DELETE FROM audit_anchor WHERE id = %s", [first.id]))
    assert first_bad() == ("", second.id, "anchor_altered")


def test_an_anchor_that_left_the_house_finds_what_the_database_hides(cases):
    told = json.loads(json.dumps(export(make_anchor(timezone.now()))))
    assert check_export(told) == ()
    assert [p.code for p in check_export({**told, "root": "00" * 32})] == ["anchor_file_altered"]
    assert [p.code for p in check_export({"heads": 1})] == ["anchor_file_unreadable"]
    chain, seq, _digest = told["heads"][0]
    by_hand(
        ("DELETE FROM audit_anchor", []),
        ("UPDATE audit_timelineentry SET hash = %s WHERE chain = %s AND seq = %s", [b"x" * 32, chain, seq]),
    )
    assert [p.code for p in check_export(told)] == ["anchor_gone", "anchored_entry_gone"]


def test_the_house_makes_the_anchor_at_night_and_nobody_else_writes_or_reads_one(cases, fresh_people):
    from django.db import DatabaseError

    from xiaoshi.desk.audit.jobs import daily_anchor
    from xiaoshi.desk.guard.visibility import visible_to

    daily_anchor(timestamp=0)
    assert verify_timeline().ok
    assert Anchor.objects.using("owner").get().chains >= 3
    with visible_to(fresh_people.auditor):
        assert not Anchor.objects.exists()
    with pytest.raises(DatabaseError), visible_to(fresh_people.auditor):
        make_anchor(timezone.now(), alias="default")
