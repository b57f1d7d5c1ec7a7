"""Two people on one case: told, never locked; a stale form keeps what was typed; drafts are their writer's alone."""

from __future__ import annotations

import re
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.steps import do_step
from xiaoshi.desk.cases.verbs import copy_to, send_back
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused, Stale
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.presence.models import Draft, Looking

pytestmark = pytest.mark.database


def act(person, what, case, **fields):
    return perform(what, person, str(uuid.uuid4()), case_id=case.id, **fields)


def listened(new_case, person):
    """A case whose next step is the answer: one text, then confirmed by somebody else. Version 2."""
    case = new_case(kind="example")
    act(person, do_step, case, step="listen", result={"understood": True})
    return case


def step_of(case, step: str = "answer") -> str:
    return f"/desk/cases/{case.id}/steps/{step}/"


def draft_of(case, step: str = "answer") -> str:
    return f"/desk/cases/{case.id}/drafts/{step}/"


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


# ---- who looks ------------------------------------------------------------------------------------------------------


def test_each_page_of_a_case_names_who_else_has_it_open(people, new_case, client_for):
    case = new_case(kind="example")
    here, there = client_for(people.teller), client_for(people.colleague)
    assert "徐岚也在看此案" not in here.get(f"/desk/cases/{case.id}/").content.decode()
    there.get(step_of(case))
    assert "徐岚也在看此案" in here.get(f"/desk/cases/{case.id}/timeline/").content.decode()
    told = here.post(f"/desk/cases/{case.id}/looking/", {"version": "1"}).json()
    assert told == {"words": "徐岚也在看此案", "changed": ""}
    act(people.colleague, copy_to, case, to="qian.bo")
    assert here.post(f"/desk/cases/{case.id}/looking/", {"version": "1"}).json()["changed"]


def test_who_looked_a_minute_ago_is_named_no_more(people, new_case, client_for):
    case = new_case(kind="example")
    client_for(people.colleague).get(f"/desk/cases/{case.id}/")
    with visible_to(people.colleague):
        Looking.objects.filter(case=case).update(seen_at=timezone.now() - timedelta(seconds=61))
    told = client_for(people.teller).post(f"/desk/cases/{case.id}/looking/", {}).json()
    assert told["words"] == ""


def test_a_stranger_neither_sees_nor_is_seen_and_nobody_looks_for_another(people, new_case, client_for):
    from django.db import ProgrammingError

    case = new_case(kind="example")
    client_for(people.teller).get(f"/desk/cases/{case.id}/")
    assert client_for(people.stranger).post(f"/desk/cases/{case.id}/looking/", {}).status_code == 404
    with visible_to(people.stranger):
        assert not Looking.objects.filter(case_id=case.id).exists()
    with pytest.raises(ProgrammingError), visible_to(people.teller):
        Looking.objects.create(case_id=case.id, staff_login="xu.lan", seen_at=timezone.now())


# ---- a stale form ---------------------------------------------------------------------------------------------------


def test_a_stale_form_shows_what_changed_and_is_sent_again_on_the_new_version(people, new_case, client_for):
    case, client = listened(new_case, people.teller), client_for(people.teller)
    page = client.get(step_of(case)).content.decode()
    act(people.colleague, copy_to, case, to="qian.bo")
    posted = {"key": hidden(page, "key"), "version": "2", "do": "do", "words": "客户想换新券"}
    stale = client.post(step_of(case), posted)
    text = stale.content.decode()
    assert stale.status_code == 409
    assert "抄送钱博" in text
    assert "客户想换新券" in text
    assert "仍然提交" in text
    again = client.post(
        step_of(case), posted | {"key": hidden(text, "key"), "version": hidden(text, "version")}
    )
    assert again.status_code == 302
    with visible_to(people.teller):
        assert Case.objects.get(id=case.id).snapshot["steps"]["answer"]["phase"] == "to_confirm"


def test_when_the_step_is_done_already_the_text_stays_to_be_copied(people, new_case, client_for):
    case, client = listened(new_case, people.teller), client_for(people.teller)
    act(people.colleague, do_step, case, step="answer", result={"words": "别人写的"})
    stale = client.post(step_of(case), {"key": "k-late", "version": "2", "do": "do", "words": "我写的两行"})
    text = stale.content.decode()
    assert stale.status_code == 409
    assert "我写的两行" in text
    assert 'name="version"' not in text.split("我写的两行")[0].rsplit("<form", 1)[-1], "nothing to send"


def test_a_rejection_on_an_old_version_keeps_its_reason(people, new_case, client_for):
    case = listened(new_case, people.teller)
    act(people.teller, do_step, case, step="answer", result={"answer": "x"})
    act(people.colleague, copy_to, case, to="guo.ye")
    posted = {"key": "k-reject", "version": "3", "do": "reject", "reason": "附件二缺页"}
    stale = client_for(people.supervisor).post(step_of(case, "answer"), posted)
    text = stale.content.decode()
    assert stale.status_code == 409
    assert "附件二缺页" in text
    again = posted | {"key": hidden(text, "key"), "version": hidden(text, "version")}
    assert client_for(people.supervisor).post(step_of(case, "answer"), again).status_code == 302
    with visible_to(people.teller):
        assert TimelineEntry.objects.filter(case=case, act="case.reject_step").exists()


def test_two_tellers_finish_one_step_in_the_same_second(people, new_case):
    """One entry, one refusal that says what happened; the second one's key is free to be used again."""
    case = new_case(kind="example")
    start, answers = threading.Barrier(2), {}

    def finish(person) -> None:
        try:
            start.wait()
            perform(
                do_step,
                person,
                f"same-second-{person.login}",
                case_id=case.id,
                expected_version=1,
                step="listen",
                result={"note": person.login},
            )
            answers[person.login] = "done"
        except Refused as refused:
            answers[person.login] = refused
        finally:
            connections.close_all()

    both = [threading.Thread(target=finish, args=(p,)) for p in (people.teller, people.colleague)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    refused = [a for a in answers.values() if a != "done"]
    assert len(refused) == 1
    assert isinstance(refused[0], Stale)
    with visible_to(people.teller):
        assert TimelineEntry.objects.filter(case=case, act="case.do_step").count() == 1


def test_a_step_is_sent_back_while_another_does_the_next_one(people, new_case, client_for):
    case = listened(new_case, people.teller)
    client = client_for(people.teller)
    page = client.get(step_of(case, "answer")).content.decode()
    act(people.outlet_head, send_back, case, step="listen", reason="没有问清金额")
    posted = {"key": hidden(page, "key"), "version": hidden(page, "version"), "do": "do", "words": "可以换"}
    stale = client.post(step_of(case, "answer"), posted)
    text = stale.content.decode()
    assert stale.status_code == 409
    assert "没有问清金额" in text
    assert "可以换" in text
    assert "仍然" not in text


# ---- drafts ---------------------------------------------------------------------------------------------------------


def test_what_was_typed_is_offered_again_after_signing_out_and_gone_when_sent(people, new_case, client_for):
    case, client = listened(new_case, people.teller), client_for(people.teller)
    page = client.get(step_of(case)).content.decode()
    typed = {
        "key": hidden(page, "key"),
        "version": "2",
        "words": "写到一半",
        "csrfmiddlewaretoken": "x",
        "password": "p",
    }
    assert client.post(draft_of(case), typed).json()["kept"] is True
    with visible_to(people.teller):
        row = Draft.objects.get(case=case)
    assert "写到一半".encode() not in bytes(row.sealed)
    client.logout()
    back = client_for(people.teller)
    offered = back.get(step_of(case)).content.decode()
    assert f"?draft={row.id}" in offered
    filled = back.get(f"{step_of(case)}?draft={row.id}").content.decode()
    assert "写到一半" in filled
    assert "govuk-error-summary" not in filled
    sent = {"key": hidden(filled, "key"), "version": "2", "do": "do", "words": "写完了", "draft": str(row.id)}
    assert back.post(step_of(case), sent).status_code == 302
    with visible_to(people.teller):
        assert not Draft.objects.filter(case=case).exists()
    late = back.post(draft_of(case), sent | {"words": "迟到的保存"}).json()
    assert late["kept"] is False, "a form that was sent is not a draft"


def test_two_tabs_are_two_drafts_and_going_on_with_one_replaces_it(people, new_case, client_for):
    case, client = listened(new_case, people.teller), client_for(people.teller)
    for key, note in (("tab-1", "甲"), ("tab-2", "乙"), ("tab-1", "甲甲")):
        client.post(draft_of(case), {"key": key, "words": note})
    with visible_to(people.teller):
        first, second = Draft.objects.filter(case=case).order_by("key")
    client.post(draft_of(case), {"key": "tab-3", "words": "甲甲甲", "draft": str(first.id)})
    with visible_to(people.teller):
        assert sorted(Draft.objects.filter(case=case).values_list("key", flat=True)) == ["tab-2", "tab-3"]
    client.post(draft_of(case), {"do": "discard", "draft": str(second.id)})
    with visible_to(people.teller):
        assert list(Draft.objects.filter(case=case).values_list("key", flat=True)) == ["tab-3"]


def test_nobody_else_reads_or_ends_a_draft(people, new_case, client_for):
    case = listened(new_case, people.teller)
    client_for(people.teller).post(draft_of(case), {"key": "mine", "words": "只有我知道"})
    with visible_to(people.teller):
        ident = Draft.objects.get(case=case).id
    for person in (people.colleague, people.outlet_head, people.auditor):
        with visible_to(person):
            assert not Draft.objects.exists()
        client_for(person).post(draft_of(case), {"do": "discard", "draft": str(ident)})
        assert "只有我知道" not in client_for(person).get(f"{step_of(case)}?draft={ident}").content.decode()
    assert client_for(people.stranger).post(draft_of(case), {"key": "x", "words": "x"}).status_code == 404
    with visible_to(people.teller):
        assert Draft.objects.filter(id=ident).exists()


@pytest.mark.parametrize(
    "posted",
    [
        {"words": "no key"},
        {"key": "k" * 201, "words": "x"},
        {"key": "zero\x00byte", "words": "x"},
        {"key": "empty", "words": "  "},
        {"key": "huge", "words": "长" * 70_000},
    ],
)
def test_nothing_is_kept_of_what_cannot_be_a_draft(people, new_case, client_for, posted):
    case = new_case(kind="example")
    assert client_for(people.teller).post(draft_of(case), posted).json()["kept"] is False


# ---- pages that only send back ---------------------------------------------------------------------------------------


def test_a_page_that_only_sends_back_keeps_what_was_typed_too(people, new_case, client_for):
    """A tray's buttons: the page of the kind knows nothing of it; the shared code answers in its place."""
    from xiaoshi.desk.kinds.burnt_notes.models import Tray
    from xiaoshi.desk.papers.acts import add_document

    case, client = new_case(), client_for(people.teller)
    photo = act(
        people.teller, add_document, case, purpose="other", name="盘.txt", content="盘".encode()
    ).result["document"]
    Tray.objects.using("owner").create(
        case_id=case.id,
        number=1,
        state="measured",
        added_by="li.min",
        added_at=timezone.now(),
        photo_id=photo,
    )
    address = f"/desk/cases/{case.id}/trays/1/act"
    act(people.colleague, copy_to, case, to="qian.bo")
    posted = {"key": "t1", "version": "2", "do": "withdraw", "reason": "拍糊了 <b>"}
    stale = client.post(address, posted)
    text = stale.content.decode()
    assert stale.status_code == 409
    assert "抄送钱博" in text
    assert 'name="do" value="withdraw"' in text
    assert "拍糊了 &lt;b&gt;" in text
    assert hidden(text, "version") == "3"
    again = client.post(address, posted | {"key": hidden(text, "key"), "version": "3"})
    assert again.status_code == 302  # it reached the act: the answer is the act's own, not staleness any more
    assert client_for(people.stranger).post(address, posted).status_code == 404


def test_a_refusal_that_is_not_stale_goes_its_way(people, new_case, client_for):
    case = new_case(kind="example")
    sent = client_for(people.teller).post(
        f"/desk/cases/{case.id}/close/",
        {"key": "c1", "version": str(Case.objects.using("owner").get(id=case.id).version)},
    )
    assert sent.status_code == 302
    late = client_for(people.teller).post(f"/desk/cases/{case.id}/close/", {"key": "c2", "version": "0"})
    assert late.status_code == 409
