"""What single verbs promise at the desk: a delegate's time, copies and reading, corrections, needs, signing, their forms."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.database


def do(act: Any, person: Any, case: Any, **fields: Any) -> Any:
    from xiaoshi.desk.guard.boundary import perform

    return perform(act, person, str(uuid.uuid4()), case_id=case.id, **fields)


def refused(act: Any, person: Any, case: Any, **fields: Any) -> str:
    from xiaoshi.desk.guard.refusals import Refused

    with pytest.raises(Refused) as caught:
        do(act, person, case, **fields)
    assert caught.value.problem.words.zh
    assert caught.value.problem.words.en
    return caught.value.problem.code


def newest(case: Any) -> Any:
    from xiaoshi.desk.audit.models import TimelineEntry

    return TimelineEntry.objects.using("owner").filter(case_id=case.id).latest("seq")


def topics_of(person: Any, case: Any) -> set[str]:
    from xiaoshi.desk.notices.models import Notice

    found = Notice.objects.using("owner").filter(staff_login=person.login, case_id=case.id)
    return set(found.values_list("topic", flat=True))


def test_a_delegation_that_is_over_goes_back_once_and_both_are_told(people, new_case, monkeypatch):
    from procrastinate.contrib.django.models import ProcrastinateJob

    from xiaoshi.desk.cases import jobs
    from xiaoshi.desk.cases.steps import do_step
    from xiaoshi.desk.cases.verbs import delegate

    case = new_case(kind="example")
    until = datetime.now(UTC) + timedelta(hours=1)
    given = {"step": "listen", "to": people.colleague.login, "reason": "代办"}
    assert refused(delegate, people.teller, case, until="soon", **given) == "date_unreadable"
    assert (
        refused(delegate, people.teller, case, until="2020-01-01T00:00:00+08:00", **given)
        == "until_in_the_past"
    )
    do(delegate, people.teller, case, until=until.isoformat(), **given)
    job = ProcrastinateJob.objects.get(task_name__endswith="delegation_over", args__case_id=str(case.id))
    assert job.scheduled_at > until
    assert not jobs.give_back(**job.args)
    later = until + timedelta(minutes=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert jobs.give_back(**job.args)
    assert jobs.give_back(**job.args)  # the same key: answered again, nothing done twice
    assert newest(case).actor == "house:cases"
    for person in (people.teller, people.colleague):
        assert "delegation_over" in topics_of(person, case)
    assert refused(do_step, people.colleague, case, step="listen", result={}) == "held_by_other"
    do(do_step, people.teller, case, step="listen", result={})


def test_copied_to_several_and_read_even_from_another_outlet(people, new_case):
    from xiaoshi.desk.cases.verbs import claim, copy_to, mark_read

    case = new_case()
    wanted = [people.stranger.login, people.archivist.login]
    assert refused(mark_read, people.stranger, case) == "case_not_found"
    assert do(copy_to, people.teller, case, to=wanted).result == {"to": wanted}
    assert do(copy_to, people.teller, case, to=[*wanted, people.lobby.login]).result == {
        "to": [people.lobby.login]
    }
    assert refused(copy_to, people.teller, case, to=wanted) == "copied_already"
    assert refused(copy_to, people.teller, case, to=[]) == "receiver_missing"
    assert refused(copy_to, people.teller, case, to=["nobody"] * 2) == "no_such_colleague"
    do(mark_read, people.stranger, case)
    assert refused(mark_read, people.stranger, case) == "read_already"
    assert refused(claim, people.stranger, case, step="intake") == "other_unit"
    assert refused(mark_read, people.colleague, case) == "not_copied"


def test_a_fact_is_corrected_with_its_reason_and_the_old_value_stays(people, new_case):
    from xiaoshi.desk.cases.recording import set_facts

    case = new_case()
    given = {"facts": {"cause": "mould"}, "reason": "看清楚是霉变"}
    assert refused(set_facts, people.stranger, case, **given) == "case_not_found"
    assert refused(set_facts, people.auditor, case, **given) == "auditor_reads_only"
    assert refused(set_facts, people.teller, case, facts={"cause": "mould"}, reason=" ") == "reason_missing"
    assert refused(set_facts, people.teller, case, facts={"cause": "rain"}, reason="x") == "fact_type"
    assert refused(set_facts, people.teller, case, facts={"weather": "rain"}, reason="x") == "unknown_fact"
    assert refused(set_facts, people.teller, case, facts={"cause": "fire"}, reason="x") == "nothing_new"
    for name in ("sum_fen", "holder_agrees", "designated"):
        value = 5 if name == "sum_fen" else False
        assert (
            refused(set_facts, people.outlet_head, case, facts={name: value}, reason="x") == "fact_set_by_act"
        )
    do(set_facts, people.colleague, case, **given)
    body = newest(case).body
    assert body["before"] == {"cause": "fire"}
    assert "看清楚是霉变" in body["words"]["zh"]


def test_a_correction_that_takes_the_ground_from_finished_work_says_so(people, new_case):
    from xiaoshi.desk.cases.models import Case, PlanVersion
    from xiaoshi.desk.cases.recording import set_facts
    from xiaoshi.desk.cases.steps import do_step
    from xiaoshi.desk.guard.visibility import visible_to

    text = PlanVersion.objects.using("owner").get(kind="example", version=1).text
    text = text.replace("version = 1", "version = 981").replace(
        "[facts.wish]", '[facts.urgent]\ntype = "bool"\nzh = "急"\nen = "Urgent"\n[facts.wish]'
    )
    text = text.replace('form = "listen"\n', 'form = "listen"\nwhen = "facts.urgent"\n')
    not_yet = datetime(2099, 1, 1, tzinfo=UTC)  # in force for no case but the one that is put on it below
    PlanVersion.objects.using("owner").get_or_create(
        kind="example", version=981, defaults={"text": text, "digest": "-", "published_at": not_yet}
    )
    case = new_case(kind="example")
    moved = Case.objects.using("owner").get(id=case.id)
    moved.plan_version = moved.snapshot["plan_version"] = 981
    moved.snapshot["facts"] = {**moved.snapshot["facts"], "urgent": True}
    moved.save()
    do(do_step, people.teller, case, step="listen", result={})
    given = {"facts": {"urgent": False}, "reason": "问错了"}
    assert refused(set_facts, people.teller, case, **given) == "work_loses_its_ground"
    outcome = do(set_facts, people.colleague, case, knowing=True, **given)
    assert outcome.result["unneeded"] == ["listen"]
    assert "听取要求" in newest(case).body["words"]["zh"]
    assert "fact_corrected" in topics_of(people.teller, case)
    with visible_to(people.teller):
        assert Case.objects.get(id=case.id).status == "open"


def test_needs_by_hand_and_what_only_an_act_may_establish(people, new_case):
    from xiaoshi.desk.cases.recording import record_check, waive_need

    case = new_case()
    for check in ("machine", "payment_approved"):
        assert refused(record_check, people.outlet_head, case, check=check, passed=True) == "need_by_act_only"
        code = refused(waive_need, people.outlet_head, case, need=f"check:{check}", reason="x")
        assert code == "need_by_act_only"
    assert refused(record_check, people.teller, case, check="weather", passed=True) == "unknown_need"
    assert refused(waive_need, people.teller, case, need="paper:fire_report", reason="x") == "not_your_act"
    do(waive_need, people.outlet_head, case, need="paper:fire_report", reason="消防未出具")


def test_whoever_made_a_step_is_not_listed_to_sign_it_and_not_told(people, new_case, client_for):
    from xiaoshi.desk.cases.listing import Wanted, page, reader_of
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.cases.signing_verbs import all_sign, remove_signer, sign
    from xiaoshi.desk.cases.steps import do_step
    from xiaoshi.desk.cases.verbs import claim
    from xiaoshi.desk.guard.visibility import visible_to

    case = new_case(kind="example")
    both = [people.colleague.login, people.outlet_head.login]
    do(all_sign, people.teller, case, step="listen", signers=both)
    assert "to_sign" in topics_of(people.outlet_head, case)
    do(
        claim, people.colleague, case, step="listen"
    )  # a signer who takes the work: the case says what to do then
    do(do_step, people.colleague, case, step="listen", result={"heard": "换零钱"})

    def asked(person: Any) -> bool:
        with visible_to(person):
            rows = page(reader_of(person), Wanted(view="asked"))[0]
            return case.id in {row.id for row in rows}

    assert asked(people.outlet_head)
    assert not asked(people.colleague)
    do(sign, people.outlet_head, case, step="listen")
    text = client_for(people.teller).get(f"/desk/cases/{case.id}/").content.decode()
    assert "请减签" in text
    given = {"step": "listen", "signer": people.colleague.login, "reason": "经办人"}
    do(remove_signer, people.teller, case, **given)
    with visible_to(people.teller):
        assert Case.objects.get(id=case.id).snapshot["steps"]["listen"]["phase"] == "done"


def test_the_maker_is_refused_as_signer_though_the_list_was_shown_before(people, new_case, client_for):
    """The list of people was loaded, the work was done, and only then the form is sent."""
    from xiaoshi.desk.cases.signing_verbs import add_signer, all_sign, any_sign
    from xiaoshi.desk.cases.steps import do_step
    from xiaoshi.desk.cases.verbs import claim, delegate

    case = new_case(kind="example")
    maker, other = people.colleague, people.outlet_head
    do(all_sign, people.teller, case, step="listen", signers=[other.login])
    client, address = client_for(people.teller), f"/desk/cases/{case.id}/verbs/add_signer/?step=listen"
    assert maker.name_zh in client.get(address).content.decode()
    do(do_step, maker, case, step="listen", result={"heard": "换零钱"})
    given = {"step": "listen", "signer": maker.login, "place": "after"}
    sent = client.post(address, {**given, "key": "late", "version": str(newest(case).seq)})
    assert sent.status_code == 409
    assert "不能签署自己的工作" in sent.content.decode()
    assert maker.name_zh not in client.get(address).content.decode().partition("<form")[2]
    assert refused(add_signer, people.teller, case, **given) == "signer_is_maker"
    assert "to_sign" not in topics_of(maker, case)

    claimed, delegated = new_case(kind="example"), new_case(kind="example")
    do(claim, maker, claimed, step="listen")
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    do(delegate, people.teller, delegated, step="listen", to=maker.login, reason="代办", until=later)
    for one in (claimed, delegated):
        for ask in (all_sign, any_sign):
            signers = [other.login, maker.login]
            assert refused(ask, people.teller, one, step="listen", signers=signers) == "signer_is_maker"
    # Who delegates answers for the work, and is a maker of it as well.
    signers = [people.teller.login]
    assert refused(all_sign, other, delegated, step="listen", signers=signers) == "signer_is_maker"


def test_any_one_signs(people, new_case):
    from xiaoshi.desk.cases.signing_verbs import any_sign, remove_signer, sign
    from xiaoshi.desk.cases.steps import do_step

    case = new_case(kind="example")
    both = [people.supervisor.login, people.outlet_head.login]
    do(any_sign, people.teller, case, step="listen", signers=both)
    do(do_step, people.teller, case, step="listen", result={})
    assert "to_sign" in topics_of(people.outlet_head, case)
    assert refused(sign, people.colleague, case, step="listen") == "not_your_act"
    do(sign, people.outlet_head, case, step="listen")
    assert refused(sign, people.supervisor, case, step="listen") == "nothing_to_sign"
    given = {"step": "listen", "signer": people.supervisor.login, "reason": "x"}
    assert refused(remove_signer, people.teller, case, **given) == "no_signing"


def test_forms_offer_only_who_may_and_keep_what_was_typed_while_searching(people, new_case, client_for):
    from xiaoshi.desk.cases.views.verb_forms import VERBS

    case = new_case()
    client = client_for(people.teller)
    base = f"/desk/cases/{case.id}/verbs/"
    overview = client.get(base)
    assert overview.status_code == 200
    assert "委派" in overview.content.decode()
    for name, verb in VERBS.items():
        page = client.get(f"{base}{name}/?step=intake")
        assert page.status_code == 200, name
        assert verb.effect.zh[:8] in page.content.decode(), name
    page = client.get(f"{base}delegate/?step=intake").content.decode()
    assert people.colleague.name_zh in page
    assert people.supervisor.name_zh not in page.partition("<form")[2].partition("xs-footer")[0]
    typed = {
        "key": "k1",
        "version": case.version,
        "step": "intake",
        "reason": "去培训",
        "who": "大堂",
        "find": "1",
    }
    found = client.post(f"{base}delegate/", typed)
    assert found.status_code == 200
    assert "去培训" in found.content.decode()
    assert people.lobby.name_zh in found.content.decode()
    del typed["find"]
    nobody = client.post(f"{base}delegate/", {**typed, "to": ""})
    assert nobody.status_code == 422
    done = client.post(f"{base}delegate/", {**typed, "to": people.lobby.login})
    assert done.status_code == 302
    stale = client.post(f"{base}suspend/", {
        "key": "k2", "version": case.version, "waiting_for": "client", "reason": "等证明", **days_from_now(3, "until"),
    })  # fmt: skip
    assert stale.status_code == 409
    assert "等证明" in stale.content.decode()
    assert "委派给" in stale.content.decode()
    assert client.get(f"{base}no_such_verb/").status_code == 404
    assert client_for(people.stranger).get(base).status_code == 404


def days_from_now(days: int, name: str) -> dict[str, int]:
    day = datetime.now(UTC) + timedelta(days=days)
    return {f"{name}_year": day.year, f"{name}_month": day.month, f"{name}_day": day.day}


def test_facts_are_corrected_on_their_form(people, new_case, client_for):
    case = new_case()
    client = client_for(people.teller)
    address = f"/desk/cases/{case.id}/verbs/set_facts/"
    page = client.get(address).content.decode()
    assert 'name="fact_cause"' in page
    assert 'name="fact_sum_fen"' not in page
    form = {
        "key": "k3", "version": case.version, "reason": "看错了", "fact_container": "饼干铁盒", "fact_cause": "mould",
        "fact_special_damage": "yes", "fact_fire_paper": "yes", "fact_told_amount_fen": "", "fact_payout": "cash",
    }  # fmt: skip
    assert client.post(address, form).status_code == 302
    assert newest(case).body["before"] == {"cause": "fire"}


def test_queries_of_the_page_of_all_verbs_do_not_grow_with_people(people, new_case, client_for):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    case = new_case()
    client = client_for(people.teller)
    address = f"/desk/cases/{case.id}/verbs/copy/"
    client.get(address)
    counts = []
    for who in ("", people.colleague.name_zh):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"{address}?who={who}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_zero_byte_names_no_colleague(people, new_case, client_for):
    case = new_case()
    posted = {"key": str(uuid.uuid4()), "version": "1", "to": "\x00"}
    answer = client_for(people.teller).post(f"/desk/cases/{case.id}/verbs/copy/", posted)
    assert answer.status_code == 422
