"""Deciding note by note: who may, with which reason, and that the second person does not see the first one's answer."""

from __future__ import annotations

import re
import uuid

import psycopg
import pytest
from django.db import connection
from django.db.utils import DatabaseError, IntegrityError

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts import notes, steps
from xiaoshi.desk.kinds.burnt_notes.models import Judgement
from xiaoshi.desk.kinds.burnt_notes.shown import pieces_of, shown_notes

pytestmark = pytest.mark.database


def refused(kind, code):
    """The act is refused with this code, in both languages."""

    class Check:
        def __enter__(self):
            self.raised = pytest.raises(kind)
            self.info = self.raised.__enter__()
            return self

        def __exit__(self, *error):
            done = self.raised.__exit__(*error)
            self.words = self.info.value.problem.words
            assert self.info.value.problem.code == code
            assert self.words.zh
            assert self.words.en
            return done

    return Check()


def shown_to(tin, person):
    with visible_to(person):
        tray = tin.case.trays.get(number=1)
        found = tray.notes.filter(current=True).select_related("tray").prefetch_related("judgements")
        shown = shown_notes(list(found), person)
        return shown, pieces_of(shown, str, 0, {})


def test_confirming_a_decided_proposal_settles_it_without_a_reason(tin_of_words):
    tin = tin_of_words("full100 half50 none20")
    assert tin.says("teller", 1, "full100", reason="") == "settled"
    assert tin.says("teller", 2, "half50", reason="") == "settled"
    assert tin.says("teller", 3, "none", reason="") == "settled"
    assert tin.counted().amount_fen == 125_00


@pytest.mark.parametrize(
    ("proposed", "said"), [("full100", "half100"), ("half50", "half20"), ("?100", "full100")]
)
def test_departing_from_the_proposal_or_deciding_what_is_open_needs_a_reason(tin_of_words, proposed, said):
    tin = tin_of_words(proposed)
    with refused(Invalid, "reason_missing") as told:
        tin.says("teller", 1, said, reason="  ")
    assert told.info.value.problem.where == "reason"
    assert "理由" in told.words.zh
    assert tin.answers(1) == []
    assert tin.says("teller", 1, said, reason="左角缺，已拼对") == "second"


def test_the_second_and_the_settling_answer_need_a_reason_too(tin_of_words):
    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100")
    with refused(Invalid, "reason_missing"):
        tin.says("colleague", 1, "half100", reason="")
    tin.says("colleague", 1, "half100")
    with refused(Invalid, "reason_missing"):
        tin.says("supervisor", 1, "half100", reason="")


@pytest.mark.parametrize(
    ("verdict", "denomination_fen", "code"),
    [
        ("undecided", 100_00, "verdict_unknown"),
        ("", 100_00, "verdict_unknown"),
        ("full", None, "denomination_missing"),
        ("full", 77, "denomination_missing"),
        ("none", -5, "denomination_missing"),
    ],
)
def test_an_answer_that_cannot_be(tin_of_words, verdict, denomination_fen, code):
    tin = tin_of_words("full100")
    answer = {"verdict": verdict, "denomination_fen": denomination_fen, "reason": "因为"}
    with refused(Invalid, code):
        tin.do(notes.judge_note, "teller", note_id=str(tin.note(1).id), **answer)
    assert tin.answers(1) == []


@pytest.mark.parametrize("act", [notes.judge_note, notes.take_back_judgement])
def test_a_note_of_another_case_is_refused_with_words(tin_of_words, act):
    mine, other = tin_of_words("full100"), tin_of_words("full100")
    more = {"verdict": "full", "denomination_fen": 100_00} if act is notes.judge_note else {}
    for note_id in (str(other.note(1).id), str(uuid.uuid4()), "no id at all"):
        with refused(Invalid, "no_such_note"):
            mine.do(act, "teller", note_id=note_id, **more)
    with refused(Invalid, "no_such_tray"):
        mine.do(notes.confirm_tray, "teller", tray_id=str(other.trays()[0].id))


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("teller", None),
        ("colleague", None),
        ("lobby", None),
        ("supervisor", None),
        ("auditor", NotAllowed),
        ("city_specialist", NotAllowed),
        ("stranger", NotFound),
        ("stranger_head", NotFound),
    ],
)
def test_owner_colleague_stranger_auditor(tin_of_words, who, refusal):
    tin = tin_of_words("full100 full50")
    tray_id, note_id = str(tin.trays()[0].id), str(tin.note(1).id)
    acts = [
        (notes.judge_note, {"note_id": note_id, "verdict": "full", "denomination_fen": 100_00}),
        (notes.take_back_judgement, {"note_id": note_id}),
        (notes.confirm_tray, {"tray_id": tray_id}),
    ]
    for act, fields in acts:
        if refusal is None:
            tin.do(act, who, **fields)
            continue
        with pytest.raises(refusal):
            tin.do(act, who, **fields)
    assert len(tin.answers(1)) == (2 if refusal is None else 0)


def test_the_same_person_never_answers_twice(tin_of_words):
    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100")
    with refused(NotAllowed, "same_person") as told:
        tin.says("teller", 1, "full100")
    assert "另一人" in told.words.zh
    tin.says("colleague", 1, "half100")
    with refused(NotAllowed, "same_person"):
        tin.says("colleague", 1, "half100")


def test_the_database_refuses_a_second_answer_of_the_same_person(tin_of_words, people):
    """Whatever the act lets pass: by hand, as the runtime role."""
    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100")
    row = (
        "INSERT INTO burnt_notes_judgement (note_id, round, person, verdict, edition, reason, withdrawn, at)"
        " VALUES (%s, %s, %s, 'full', '', '', false, now())"
    )
    note_id = tin.note(1).id
    with (
        pytest.raises(IntegrityError, match="judgement_person_once"),
        visible_to(people.teller),
        connection.cursor() as cursor,
    ):
        cursor.execute(row, [note_id, 2, people.teller.login])
    with (
        pytest.raises(IntegrityError, match="judgement_round_once"),
        visible_to(people.teller),
        connection.cursor() as cursor,
    ):
        cursor.execute(row, [note_id, 1, people.colleague.login])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE burnt_notes_judgement SET verdict = 'none'",
        "UPDATE burnt_notes_judgement SET person = 'xu.lan'",
        "DELETE FROM burnt_notes_judgement",
        "UPDATE burnt_notes_note SET verdict = 'full'",
        "UPDATE burnt_notes_measurement SET assessment = '{}'",
        "DELETE FROM burnt_notes_measurement",
    ],
)
def test_what_was_answered_and_measured_is_not_altered_by_hand(tin_of_words, people, statement):
    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100")
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        visible_to(people.teller),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_not_even_the_owner_of_the_tables_alters_an_answer(tin_of_words, server):
    from django.conf import settings

    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100")
    dsn = {**server.owner, "dbname": settings.DATABASES["owner"]["NAME"]}
    for statement in (
        "UPDATE burnt_notes_judgement SET verdict = 'none' WHERE note_id = %s",
        "DELETE FROM burnt_notes_judgement WHERE note_id = %s",
    ):
        with psycopg.connect(**dsn) as owner, pytest.raises(psycopg.Error, match="only be withdrawn"):
            owner.execute(statement, [tin.note(1).id])


def test_two_equal_answers_settle_and_two_different_ones_go_to_a_supervisor(tin_of_words):
    tin = tin_of_words("?100 ?50")
    tin.says("teller", 1, "full100")
    assert tin.says("colleague", 1, "full100") == "settled"
    tin.says("teller", 2, "full50")
    assert tin.says("colleague", 2, "half50") == "third"
    with refused(NotAllowed, "settler_needed") as told:
        tin.says("lobby", 2, "half50")
    assert "主管" in told.words.zh
    assert tin.says("outlet_head", 2, "half50") == "settled"
    assert tin.counted().amount_fen == 125_00
    with refused(Refused, "already_settled"):
        tin.says("supervisor", 2, "none")


def test_a_settler_who_has_answered_does_not_settle(tin_of_words):
    tin = tin_of_words("?100")
    tin.says("supervisor", 1, "full100")
    tin.says("teller", 1, "half100")
    with refused(NotAllowed, "same_person"):
        tin.says("supervisor", 1, "full100")
    assert tin.says("outlet_head", 1, "full100") == "settled"


def test_confirming_a_tray_takes_all_that_is_not_in_doubt(tin_of_words):
    tin = tin_of_words("full100 half50 none20")
    tin.says("teller", 2, "none", reason="粘有异物")
    tray_id = str(tin.trays()[0].id)
    assert tin.do(notes.confirm_tray, "colleague", tray_id=tray_id) == {"confirmed": 2}
    assert [len(tin.answers(n)) for n in (1, 2, 3)] == [1, 1, 1]
    assert tin.counted().stages == {"settled": 2, "second": 1}
    with refused(Refused, "already_settled"):
        tin.do(notes.confirm_tray, "lobby", tray_id=tray_id)


def test_a_tray_with_a_doubt_is_not_confirmed_as_a_whole(tin_of_words):
    tin = tin_of_words("full100 ?50")
    with refused(Refused, "doubt_on_tray") as told:
        tin.do(notes.confirm_tray, "teller", tray_id=str(tin.trays()[0].id))
    assert "逐张" in told.words.zh
    assert tin.answers(1) == []


def test_taking_back_ones_own_newest_answer(tin_of_words):
    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100")
    with refused(NotAllowed, "not_yours"):
        tin.takes_back("colleague", 1)
    assert tin.takes_back("teller", 1) == "first"
    assert [j.withdrawn for j in tin.answers(1)] == [True]
    assert tin.says("teller", 1, "half100") == "second"
    assert tin.says("colleague", 1, "half100") == "settled"
    with refused(NotAllowed, "not_yours"):
        tin.takes_back("teller", 1)


def test_answers_that_differ_lie_open_and_are_not_taken_back(tin_of_words):
    """Otherwise the second person would look at the first one's answer and then give the same."""
    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100")
    tin.says("colleague", 1, "half100")
    with refused(Refused, "answers_open") as told:
        tin.takes_back("colleague", 1)
    assert "裁定" in told.words.zh


def test_who_has_seen_anothers_answer_gives_no_independent_one_any_more(tin_of_words, people):
    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100")
    tin.says("colleague", 1, "full100")
    assert tin.takes_back("colleague", 1) == "second"
    with refused(NotAllowed, "seen_already"):
        tin.says("colleague", 1, "half100")
    assert not shown_to(tin, people.colleague)[0][0].may_answer
    assert tin.takes_back("teller", 1) == "first"
    with refused(NotAllowed, "seen_already"):
        tin.says("teller", 1, "half100")
    assert tin.says("lobby", 1, "half100") == "second"
    assert tin.says("outlet_head", 1, "full100") == "third"
    assert tin.says("supervisor", 1, "half100") == "settled"


def test_a_settler_may_correct_the_own_decision(tin_of_words):
    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100")
    tin.says("colleague", 1, "half100")
    tin.says("supervisor", 1, "full100")
    assert tin.takes_back("supervisor", 1) == "third"
    assert tin.says("supervisor", 1, "half100") == "settled"


def test_nothing_of_the_first_answer_is_shown_to_the_second_person(tin_of_words, people):
    tin = tin_of_words("?100 full50")
    before = shown_to(tin, people.colleague)[1]
    tin.says("teller", 1, "none", reason="整张炭化")
    tin.says("teller", 2, "half50", reason="整张炭化")
    for who in (people.colleague, people.supervisor, people.outlet_head, people.auditor):
        shown, pieces = shown_to(tin, who)
        assert [s.answers for s in shown] == [(), ()]
        assert [s.my_answer for s in shown] == [None, None]
        assert [s.settled.answer for s in shown] == [None, None]
        assert pieces == before
    mine = shown_to(tin, people.teller)[0]
    assert [reason for _name, _word, reason in mine[0].answers] == ["整张炭化"]
    assert not mine[0].may_answer


def test_once_both_have_answered_both_see_both_and_a_third_by_right_only(tin_of_words, people):
    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100", reason="四角俱在")
    tin.says("colleague", 1, "half100", reason="缺一角多")
    for who, sees, may in (
        (people.teller, 2, False),
        (people.colleague, 2, False),
        (people.supervisor, 2, True),
        (people.outlet_head, 2, True),
        (people.lobby, 0, False),
        (people.auditor, 0, False),
    ):
        shown = shown_to(tin, who)[0][0]
        assert (len(shown.answers), shown.may_answer) == (sees, may), who.login


TOKENS = re.compile(
    r'name="(?:csrfmiddlewaretoken|key|version)" value="[^"]*"|nonce="[^"]*"|data-(?:version|session-left)="[^"]*"|"X-CSRFToken": "[^"]*"'
)


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return TOKENS.sub("", answer.content.decode())


def test_the_second_persons_pages_are_the_same_whatever_the_first_has_said(tin_of_words, people, client_for):
    """Tray, list of trays and case, to the letter, after "full" and after "none"; the timeline never says what or why."""
    tin = tin_of_words("?100 full50")
    address = f"/desk/cases/{tin.case.id}/"
    pages = [f"{address}trays/1/?note=1", f"{address}trays/1/", f"{address}trays/", f"{address}?tab=overview"]
    client = client_for(people.colleague)
    tin.says("teller", 1, "full100", reason="甲" * 7)
    first = [page(client, p) for p in pages[:3]]
    tin.takes_back("teller", 1)
    tin.says("teller", 1, "none", reason="乙" * 9)
    second = [page(client, p) for p in pages[:3]]
    assert first == second
    assert "还需" in first[0] or "independent" in first[0] or "另" in first[0]
    for text in (*second, page(client, pages[3]), page(client, f"{address}timeline/")):
        assert "甲甲" not in text
        assert "乙乙" not in text


def test_the_timeline_can_prove_an_answer_and_does_not_tell_it(tin_of_words, people):
    tin = tin_of_words("?100")
    tin.says("teller", 1, "full100", reason="四角俱在")
    with visible_to(people.auditor):
        entry = TimelineEntry.objects.filter(case_id=tin.case.id).order_by("-seq").first()
        kept = Judgement.objects.get(note_id=tin.note(1).id)
        assert entry.body["answer_sha256"] == notes.digest_of(kept)
    told = str(entry.body)
    assert "full" not in told
    assert "10000" not in told
    assert "四角" not in told
    kept.verdict = "none"
    assert entry.body["answer_sha256"] != notes.digest_of(kept)


def test_nothing_is_preselected_where_the_engine_could_not_tell(tin_of_words, people, client_for):
    tin = tin_of_words("?100 full50")
    address = f"/desk/cases/{tin.case.id}/trays/1/?note="
    client = client_for(people.teller)
    doubtful, decided = page(client, f"{address}1"), page(client, f"{address}2")
    verdicts = re.compile(r'<input[^>]*name="verdict"[^>]*>')
    assert len(verdicts.findall(doubtful)) == len(verdicts.findall(decided)) == 3
    assert not any("checked" in box for box in verdicts.findall(doubtful))
    assert [box for box in verdicts.findall(decided) if "checked" in box and 'value="full"' in box]
    tin.says("teller", 2, "half50")
    second = page(client_for(people.colleague), f"{address}2")
    assert len(verdicts.findall(second)) == 3
    assert not any("checked" in box for box in verdicts.findall(second))


def test_a_note_is_decided_in_its_step_only(received):
    tin = received()
    tin.tray("full100")
    with refused(Refused, "step_not_yet") as told:
        tin.says("teller", 1, "full100")
    assert "全额" in told.words.zh
    tin.before("machine")
    with refused(Refused, "step_finished") as told:
        tin.says("colleague", 1, "full100")
    assert "驳回" in told.words.zh
    assert tin.do(steps.machine_check, "teller", machine="DJ-1", passed=1, by_hand=0)


# ---- a note that the engine did not find -----------------------------------------------------------------------------


def test_a_note_added_by_hand_is_decided_by_two_and_counts(tin_of_words, people, client_for):
    tin = tin_of_words("full100")
    tray = str(tin.trays()[0].id)
    with refused(Invalid, "reason_missing"):
        tin.do(notes.add_note, "teller", tray_id=tray, denomination_fen=50_00)
    for who, kind in (("stranger", NotFound), ("auditor", NotAllowed)):
        with pytest.raises(kind):
            tin.do(notes.add_note, who, tray_id=tray, denomination_fen=50_00, reason="压在夹子下")
    added = tin.do(notes.add_note, "teller", tray_id=tray, denomination_fen=50_00, reason="压在夹子下")
    assert added["number"] == 2
    page = client_for(people.teller).get(f"/desk/cases/{tin.case.id}/trays/1/").content.decode()
    assert 'id="piece-2"' in page
    assert "压在夹子下" in page
    tin.says("teller", 1, "full100")
    assert tin.says("teller", 2, "half50") == "second"
    assert tin.says("colleague", 2, "half50") == "settled"
    assert tin.counted().amount_fen == 125_00


def test_no_note_is_added_before_or_after_the_deciding(tin_of_words, received):
    early = received()
    tray = early.tray("full100")
    with pytest.raises(Refused):
        early.do(notes.add_note, "teller", tray_id=tray, denomination_fen=50_00, reason="压在夹子下")
    late = tin_of_words("full100").before("machine")
    with pytest.raises(Refused) as told:
        late.do(
            notes.add_note,
            "teller",
            tray_id=str(late.trays()[0].id),
            denomination_fen=50_00,
            reason="压在夹子下",
        )
    assert told.value.problem.code == "step_finished"
