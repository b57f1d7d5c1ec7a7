"""What people tell on a tray's page: the certain ones at once, a doubtful photo, a name, a join; and who may."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tins import assessment, picture

from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts import hints, measured, notes, steps, trays
from xiaoshi.desk.kinds.burnt_notes.hints import for_the_engine
from xiaoshi.desk.kinds.burnt_notes.models import Hint

pytestmark = pytest.mark.database


def refused(act, code, kind=Refused):
    with pytest.raises(kind) as told:
        act()
    assert told.value.problem.code == code
    assert told.value.problem.words.zh
    assert told.value.problem.words.en


def tray_id(tin):
    return str(tin.trays()[0].id)


def ids(tin, *numbers):
    return [str(tin.note(n).id) for n in numbers]


def test_the_certain_ones_are_confirmed_together_and_no_other(tin_of_words):
    tin = tin_of_words("full100 ?100 half50 none20")
    done = tin.do(notes.confirm_sure, "teller", tray_id=tray_id(tin), note_ids=ids(tin, 1, 3, 4))
    assert done == {"confirmed": 3}
    assert tin.answers(2) == []
    assert tin.counted().amount_fen == 125_00


@pytest.mark.parametrize(("numbers", "code"), [((1, 2), "doubt_on_tray"), ((), "no_such_note")])
def test_a_doubtful_note_is_not_slipped_in_and_nothing_is_confirmed(tin_of_words, numbers, code):
    tin = tin_of_words("full100 ?100")
    refused(
        lambda: tin.do(notes.confirm_sure, "teller", tray_id=tray_id(tin), note_ids=ids(tin, *numbers)), code
    )
    assert tin.answers(1) == tin.answers(2) == []


def test_one_that_a_colleague_answered_meanwhile_stops_the_whole(tin_of_words):
    tin = tin_of_words("full100 full50")
    tin.says("colleague", 2, "full50", reason="")
    refused(
        lambda: tin.do(notes.confirm_sure, "teller", tray_id=tray_id(tin), note_ids=ids(tin, 1, 2)),
        "already_settled",
    )
    assert tin.answers(1) == []


@pytest.mark.parametrize(("who", "kind"), [("auditor", NotAllowed), ("stranger", NotFound)])
def test_who_may_tell_nothing(tin_of_words, who, kind):
    tin = tin_of_words("full100 full50")
    for act, fields in (
        (notes.confirm_sure, {"note_ids": ids(tin, 1)}),
        (hints.join_pieces, {"pieces": ["p1", "p2"], "reason": "号码相同"}),
        (hints.keep_apart, {"pieces": ["p1", "p2"], "reason": "号码不同"}),
        (hints.name_pieces, {"pieces": ["p1"], "denomination_fen": 100_00, "reason": "大小相符"}),
        (trays.use_anyway, {}),
    ):
        with pytest.raises(kind):
            tin.do(act, who, tray_id=tray_id(tin), **fields)
    with visible_to(tin.people.teller):
        assert not Hint.objects.exists()


def test_a_doubtful_photo_waits_until_somebody_uses_it(received):
    tin = received()
    finding = {"code": "mat_missing", "level": "warn", "text": "没有托盘垫", "text_en": "no mat"}
    told = tin.do(trays.add_tray, "teller", name="盘.jpg", content=picture(), findings=[finding])
    assert told["state"] == "held"
    ident = told["tray_id"]
    refused(lambda: tin.do(trays.measure_again, "teller", tray_id=ident), "tray_held")
    refused(lambda: tin.do(steps.finish_photographing, "teller"), "tray_held")
    tin.do(trays.use_anyway, "teller", tray_id=ident)
    assert tin.trays()[0].state == "waiting"
    refused(lambda: tin.do(trays.use_anyway, "teller", tray_id=ident), "tray_not_held")


def test_what_is_told_goes_into_the_next_run_and_can_be_taken_back(tin_of_words):
    tin = tin_of_words("?100 ?100 ?")
    ident = tray_id(tin)
    tin.do(hints.join_pieces, "teller", tray_id=ident, pieces=["p2", "p1"], reason="两片号码相同")
    tray = tin.trays()[0]
    assert tray.state == "waiting"
    with visible_to(tin.people.teller):
        assert for_the_engine(tray) == {"joined_by_person": [["p1", "p2"]]}
    refused(lambda: tin.says("teller", 1, "full100"), "still_measuring")
    refused(lambda: tin.do(steps.determine, "teller"), "still_measuring")
    refused(
        lambda: tin.do(
            hints.name_pieces, "teller", tray_id=ident, pieces=["p3"], denomination_fen=50_00, reason="x"
        ),
        "tray_not_measured",
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"pieces": ["p1"], "reason": "x"}, "pieces_missing"),
        ({"pieces": ["p1", "p1"], "reason": "x"}, "pieces_missing"),
        ({"pieces": ["p1", "p9"], "reason": "x"}, "no_such_piece"),
        ({"pieces": ["p1", "p2"], "reason": "  "}, "reason_missing"),
    ],
)
def test_what_cannot_be_told(tin_of_words, fields, code):
    tin = tin_of_words("?100 ?100")
    refused(lambda: tin.do(hints.join_pieces, "teller", tray_id=tray_id(tin), **fields), code, Invalid)
    assert tin.trays()[0].state == "measured"


def test_a_note_on_which_somebody_answered_is_not_joined_away(tin_of_words):
    tin = tin_of_words("full100 ?100")
    tin.says("colleague", 1, "full100", reason="")
    refused(
        lambda: tin.do(
            hints.join_pieces, "teller", tray_id=tray_id(tin), pieces=["p1", "p2"], reason="号码相同"
        ),
        "note_answered",
    )


def test_the_pages_show_what_waits(tin_of_words, people, client_for):
    tin = tin_of_words("full100 ?100 half50")
    tin.says("colleague", 2, "full100")
    client = client_for(people.teller)
    trays_page = client.get(reverse("burnt_notes_trays", args=[tin.case.id])).content.decode()
    assert "有1张等您独立判定" in trays_page
    mine = client.get(reverse("burnt_notes_mine", args=[tin.case.id])).content.decode()
    assert "第1盘第2张" in mine
    assert "对照原券目测" not in mine
    page = client.get(reverse("burnt_notes_tray", args=[tin.case.id, 1])).content.decode()
    assert "还有2张无疑义、未判定" in page
    assert page.count('name="sure"') == 2
    nobody = client_for(people.stranger)
    assert nobody.get(reverse("burnt_notes_mine", args=[tin.case.id])).status_code == 404


def test_the_bounds_of_the_tin_close_in_and_do_not_tell_a_first_answer(tin_of_words):
    tin = tin_of_words("full100 ?50")
    # full100: 100 to 100 (its own bounds); ?50: 0 to 50.
    assert (tin.counted().low_fen, tin.counted().high_fen) == (100_00, 150_00)
    tin.says("teller", 2, "half50")
    assert (tin.counted().low_fen, tin.counted().high_fen) == (100_00, 150_00)
    tin.says("colleague", 2, "half50")
    assert (tin.counted().low_fen, tin.counted().high_fen) == (125_00, 125_00)


def run_again(tin, words, *, hints_used=None):
    """What the worker does with a tray that people told something about: claim it, and record the engine's answer."""
    from xiaoshi.desk.kinds.burnt_notes.hints import holding

    tray = tin.trays()[0]
    with visible_to(tin.people.teller):
        tray.state = "measuring"
        tray.save(update_fields=["state"])
        used = [str(hint.id) for hint in holding(tray)] if hints_used is None else hints_used
    return tin.do(
        measured.record_measurement,
        "teller",
        tray_id=str(tray.id),
        engine="by hand",
        rules_id="cny-2026",
        width_px=64,
        height_px=48,
        assessment=words if isinstance(words, dict) else assessment(words),
        hints=used,
    )


def joined(told, first, second):
    """The assessment with two of its notes made one (by places, from 0)."""
    notes_told = told["notes"]
    notes_told[first]["pieces"] += notes_told.pop(second)["pieces"]
    notes_told[first] |= {"verdict": "full", "amount_fen": notes_told[first]["denomination_fen"]}
    return told


def test_a_run_with_what_was_told_leaves_answered_notes_alone(tin_of_words):
    tin = tin_of_words("?100 ?100 full50 ?20")
    tin.says("colleague", 3, "full50", reason="")
    before = {n: tin.note(n).id for n in (3, 4)}
    told = tin.do(hints.join_pieces, "teller", tray_id=tray_id(tin), pieces=["p1", "p2"], reason="号码相同")
    run_again(tin, joined(assessment("?100 ?100 full50 ?20"), 0, 1))
    assert tin.trays()[0].state == "measured"
    assert tin.counted().notes == 3
    with visible_to(tin.people.teller):
        shown = [
            (n.order, n.verdict, n.piece_ids) for n in tin.case.trays.get(number=1).notes.filter(current=True)
        ]
    assert shown == [(3, "full", ["p3"]), (4, "undecided", ["p4"]), (5, "full", ["p1", "p2"])]
    assert [tin.note(1).id, tin.note(2).id] == [before[3], before[4]]
    assert [a.verdict for a in tin.answers(1)] == ["full"]
    # Taken back, the two are two again; the answered one is still where it was.
    tin.do(hints.take_back_hint, "teller", hint_id=told["hint_id"])
    run_again(tin, "?100 ?100 full50 ?20")
    assert tin.counted().notes == 4
    assert [a.verdict for a in tin.answers(1)] == ["full"]


def test_a_run_that_does_not_know_what_was_told_since_is_not_taken(tin_of_words):
    tin = tin_of_words("?100 ?100")
    tin.do(hints.keep_apart, "teller", tray_id=tray_id(tin), pieces=["p1", "p2"], reason="号码不同")
    refused(lambda: run_again(tin, "full100 full100", hints_used=[]), "too_late_to_measure")
    assert [tin.note(n).verdict for n in (1, 2)] == ["undecided", "undecided"]


def test_a_tray_that_is_out_with_what_was_told_is_sent_again(tin_of_words):
    tin = tin_of_words("?100 ?100")
    refused(lambda: tin.do(trays.measure_again, "teller", tray_id=tray_id(tin)), "step_finished")
    tin.do(hints.join_pieces, "teller", tray_id=tray_id(tin), pieces=["p1", "p2"], reason="号码相同")
    assert tin.do(trays.measure_again, "teller", tray_id=tray_id(tin)) == {"number": 1}


def test_what_was_told_is_not_altered_by_hand(tin_of_words, people):
    from django.db import DatabaseError, connection, transaction

    tin = tin_of_words("?100 ?100")
    tin.do(hints.join_pieces, "teller", tray_id=tray_id(tin), pieces=["p1", "p2"], reason="号码相同")
    for statement in (
        "UPDATE burnt_notes_hint SET reason = 'x'",
        "DELETE FROM burnt_notes_hint",
        "UPDATE burnt_notes_traypicture SET width_px = 1",
    ):
        with pytest.raises(DatabaseError), visible_to(people.teller), transaction.atomic():
            connection.cursor().execute(statement)
