"""The boundary: once, wholly or not at all, by somebody who may, on the case as it was seen, with one entry."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connection, connections

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.steps import do_step
from xiaoshi.desk.cases.verbs import copy_to
from xiaoshi.desk.guard.boundary import ACTS, perform
from xiaoshi.desk.guard.refusals import NotAllowed, NotFound, Refused, Stale
from xiaoshi.desk.guard.visibility import visible_to

pytestmark = pytest.mark.database
INTAKE = {"step": "intake", "result": {"circumstances": "厨房失火"}}


def entries(case, person):
    with visible_to(person):
        return list(TimelineEntry.objects.filter(case_id=case.id).order_by("seq"))


def test_an_act_leaves_one_entry_with_its_events(people, new_case):
    case = new_case()
    perform(do_step, people.teller, "k-one", case_id=case.id, expected_version=1, **INTAKE)
    told = entries(case, people.teller)
    assert [e.act for e in told] == ["case.open", "case.do_step"]
    assert told[1].body["step"] == "intake"
    assert len(told[1].body["events"]) >= 1


def test_the_same_key_twice_is_one_act_and_one_answer(people, new_case):
    case = new_case()
    key = str(uuid.uuid4())
    first = perform(do_step, people.teller, key, case_id=case.id, expected_version=1, **INTAKE)
    second = perform(do_step, people.teller, key, case_id=case.id, expected_version=1, **INTAKE)
    assert not first.replayed
    assert second.replayed
    assert (first.result, first.version) == (second.result, second.version)
    assert len(entries(case, people.teller)) == 2


def test_a_key_used_for_something_else_is_refused(people, new_case):
    case = new_case()
    key = str(uuid.uuid4())
    perform(do_step, people.teller, key, case_id=case.id, expected_version=1, **INTAKE)
    with pytest.raises(Refused) as refused:
        perform(copy_to, people.teller, key, case_id=case.id, to="xu.lan")
    assert refused.value.problem.code == "key_reused"
    with pytest.raises(Refused) as refused:
        perform(do_step, people.colleague, key, case_id=case.id, expected_version=1, **INTAKE)
    assert refused.value.problem.code == "key_reused"


@pytest.mark.parametrize("key", ["", "k" * 201, "zero\x00byte"])
def test_a_key_that_cannot_be_kept_is_refused_with_words(people, new_case, key):
    case = new_case()
    with pytest.raises(Refused) as refused:
        perform(do_step, people.teller, key, case_id=case.id, expected_version=1, **INTAKE)
    assert refused.value.problem.code == "key_missing"


def test_the_same_act_sent_twice_at_once_happens_once(people, new_case):
    case = new_case()
    key, outcomes, go = str(uuid.uuid4()), [], threading.Barrier(6)

    def send() -> None:
        go.wait()
        try:
            outcomes.append(
                perform(do_step, people.teller, key, case_id=case.id, expected_version=1, **INTAKE).replayed
            )
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, True, True, True, True, True]
    assert len(entries(case, people.teller)) == 2


def test_two_people_at_once_the_second_is_told_what_changed(people, new_case):
    case = new_case()
    perform(do_step, people.colleague, str(uuid.uuid4()), case_id=case.id, expected_version=1, **INTAKE)
    with pytest.raises(Stale) as stale:
        perform(do_step, people.teller, str(uuid.uuid4()), case_id=case.id, expected_version=1, **INTAKE)
    assert stale.value.details == {"expected_version": 1, "version": 2}


@pytest.mark.parametrize(
    ("who", "refusal"), [("teller", None), ("colleague", None), ("auditor", Refused), ("stranger", NotFound)]
)
def test_owner_colleague_auditor_stranger(people, new_case, who, refusal):
    case = new_case()
    person = getattr(people, who)
    if refusal is None:
        perform(do_step, person, str(uuid.uuid4()), case_id=case.id, **INTAKE)
        return
    with pytest.raises(refusal):
        perform(do_step, person, str(uuid.uuid4()), case_id=case.id, **INTAKE)
    assert len(entries(case, people.teller)) == 1


def test_a_refused_act_writes_nothing_and_its_key_is_free_again(people, new_case):
    case = new_case()
    key = str(uuid.uuid4())
    with pytest.raises(Refused):
        perform(do_step, people.teller, key, case_id=case.id, step="receipt", result={})
    perform(do_step, people.teller, key, case_id=case.id, **INTAKE)
    assert len(entries(case, people.teller)) == 2


def test_an_act_can_only_be_done_through_the_boundary():
    with pytest.raises(TypeError, match="perform"):
        do_step(None, **INTAKE)
    assert all(a.words.zh and a.words.en for a in ACTS.values())


def test_without_a_name_the_database_shows_nothing(people, new_case):
    case = new_case()
    with visible_to(None):
        assert not Case.objects.filter(id=case.id).exists()
    assert not Case.objects.filter(id=case.id).exists()
    for person, sees in (
        (people.colleague, True),
        (people.archivist, True),
        (people.city_specialist, True),
        (people.province_specialist, True),
        (people.auditor, True),
        (people.stranger, False),
        (people.stranger_head, False),
    ):
        with visible_to(person):
            assert Case.objects.filter(id=case.id).exists() is sees, person.login
            assert TimelineEntry.objects.filter(case_id=case.id).exists() is sees, person.login


def test_the_runtime_role_owns_nothing_and_cannot_alter_the_timeline(people, new_case):
    case = new_case()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = current_user"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False)
    for statement in (
        "UPDATE audit_timelineentry SET actor = 'nobody'",
        "DELETE FROM audit_timelineentry",
        "TRUNCATE audit_timelineentry",
        "DROP POLICY case_seen ON cases_case",
        "ALTER TABLE cases_case DISABLE ROW LEVEL SECURITY",
    ):
        refused = pytest.raises(Exception, match=r"permission denied|must be owner")
        with refused, visible_to(people.teller), connection.cursor() as cursor:
            cursor.execute(statement)
    assert len(entries(case, people.teller)) == 1


def test_whoever_is_copied_sees_the_case_from_then_on(people, new_case):
    case = new_case()
    perform(copy_to, people.teller, str(uuid.uuid4()), case_id=case.id, to=people.stranger.login)
    with visible_to(people.stranger):
        assert Case.objects.filter(id=case.id).exists()
    with pytest.raises((NotAllowed, Refused)):
        perform(do_step, people.stranger, str(uuid.uuid4()), case_id=case.id, **INTAKE)


def test_a_form_that_does_not_say_which_version_was_seen_is_refused(people, new_case, client_for):
    case = new_case()
    client = client_for(people.teller)
    form = {"key": str(uuid.uuid4()), "circumstances": "厨房失火", "explained": "on", "do": "do"}
    answer = client.post(f"/desk/cases/{case.id}/steps/intake/", form)
    assert answer.status_code == 422
    assert "刷新" in answer.content.decode()
    assert "厨房失火" in answer.content.decode()
    assert len(entries(case, people.teller)) == 1
    assert client.post(f"/desk/cases/{case.id}/steps/intake/", {**form, "version": "1"}).status_code == 302
    assert len(entries(case, people.teller)) == 2


def test_a_stale_form_shows_what_changed_and_keeps_what_was_typed(people, new_case, client_for):
    case = new_case()
    perform(copy_to, people.colleague, str(uuid.uuid4()), case_id=case.id, to=people.outlet_head.login)
    form = {
        "key": str(uuid.uuid4()),
        "version": "1",
        "circumstances": "厨房失火",
        "explained": "on",
        "do": "do",
    }
    answer = client_for(people.teller).post(f"/desk/cases/{case.id}/steps/intake/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "抄送" in page
    assert people.colleague.name_zh in page
    assert "厨房失火" in page
    assert len(entries(case, people.teller)) == 2


def test_somebody_who_was_only_told_may_look_but_neither_photograph_nor_pay(people, new_case):
    from xiaoshi.desk.kinds.burnt_notes.acts.trays import add_tray
    from xiaoshi.desk.money.acts import record_payment

    case = new_case()
    perform(copy_to, people.teller, str(uuid.uuid4()), case_id=case.id, to=people.stranger.login)
    for act, fields in (
        (add_tray, {"name": "t.jpg", "content": b"x"}),
        (record_payment, {"amount_fen": 100, "way": "cash"}),
        (copy_to, {"to": people.stranger_head.login}),
    ):
        for person, code in ((people.stranger, "other_unit"), (people.auditor, "auditor_reads_only")):
            with pytest.raises(NotAllowed) as refused:
                perform(act, person, str(uuid.uuid4()), case_id=case.id, **fields)
            assert refused.value.problem.code == code
    assert len(entries(case, people.teller)) == 2


@pytest.mark.parametrize(
    ("fields", "code", "where"),
    [
        ({"step": "intake"}, "field_missing", "result"),
        ({**INTAKE, "facts": {"sum_fen": 1}}, "field_unknown", "facts"),
        ({"step": 7, "result": {}}, "field_of_other_kind", "step"),
        ({"step": "intake", "result": []}, "field_of_other_kind", "result"),
        ({"step": "in\x00take", "result": {}}, "field_of_other_kind", "step"),
        ({"step": "count", "result": {}}, "step_has_its_own_act", "step"),
        ({"step": "nowhere", "result": {}}, "no_such_step", "step"),
    ],
)
def test_fields_that_do_not_fit_are_named(people, new_case, fields, code, where):
    case = new_case()
    with pytest.raises(Refused) as refused:
        perform(do_step, people.teller, str(uuid.uuid4()), case_id=case.id, **fields)
    assert (refused.value.problem.code, refused.value.problem.where) == (code, where)
    assert len(entries(case, people.teller)) == 1


def test_two_who_take_the_same_free_name_in_the_same_second_are_not_both_told_a_traceback(people):
    from xiaoshi.desk.api.tokens import machine_make

    answers, go = [], threading.Barrier(3)
    fields = {"login": "nightly-scan", "name_zh": "夜间", "name_en": "Night", "roles": ["teller"]}

    def send() -> None:
        go.wait()
        try:
            perform(machine_make, people.outlet_head, str(uuid.uuid4()), owner="li.min", **fields)
            answers.append("made")
        except Refused as refused:
            answers.append(refused.problem.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever looked after the first had written hears that the name is taken; whoever looked before, that it just was.
    assert answers.count("made") == 1
    assert set(answers) <= {"made", "done_meanwhile", "machine_exists"}
