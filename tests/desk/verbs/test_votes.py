"""票签 at the desk: on any step, and by the plan's rule; page, entries, notices, machines; the maker taken off by one click."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from .test_verb_acts import do, newest, refused, topics_of

pytestmark = pytest.mark.database

RULE = "votes = { pass_at_percent = 60, voters_min = 2, weights = { outlet_head = 2, supervisor = 1, teller = 1 } }"


def state_of(case: Any) -> Any:
    from xiaoshi.desk.cases.models import Case

    return Case.objects.using("owner").get(id=case.id)


def page(client_for: Any, person: Any, address: str) -> str:
    return client_for(person).get(address).content.decode()


@pytest.fixture
def voted(people, new_case):
    """A case of a plan in which `listen` is decided by votes; the plan is in force for this case only."""
    from xiaoshi.desk.cases.models import PlanVersion

    text = PlanVersion.objects.using("owner").get(kind="example", version=1).text
    text = text.replace("version = 1", "version = 982").replace(
        'form = "listen"\n', f'form = "listen"\n{RULE}\n'
    )
    not_yet = datetime(2099, 1, 1, tzinfo=UTC)
    PlanVersion.objects.using("owner").get_or_create(
        kind="example", version=982, defaults={"text": text, "digest": "-", "published_at": not_yet}
    )
    moved = state_of(new_case(kind="example"))
    moved.plan_version = moved.snapshot["plan_version"] = 982
    moved.save()
    return moved


def test_votes_by_the_plan_from_naming_to_the_decision(people, voted, client_for):
    from xiaoshi.desk.cases.signing_verbs import all_sign, sign
    from xiaoshi.desk.cases.steps import do_step
    from xiaoshi.desk.cases.votes import ask_votes, vote

    step = f"/desk/cases/{voted.id}/steps/listen/"
    three = [people.outlet_head.login, people.supervisor.login, people.colleague.login]
    assert refused(do_step, people.teller, voted, step="listen", result={}) == "voters_missing"
    assert "票签：指定投票人" in page(client_for, people.teller, step)
    assert refused(all_sign, people.teller, voted, step="listen", signers=three) == "votes_by_plan"
    assert (
        refused(ask_votes, people.teller, voted, step="listen", signers=[people.lobby.login] * 1) == "no_vote"
    )
    assert refused(ask_votes, people.stranger, voted, step="listen", signers=three) == "case_not_found"
    assert refused(ask_votes, people.auditor, voted, step="listen", signers=three) == "auditor_reads_only"
    asked = {"step": "listen", "signers": three}
    assert refused(ask_votes, people.teller, voted, **asked, pass_at_percent=10) == "votes_by_plan"
    form = page(client_for, people.teller, f"/desk/cases/{voted.id}/verbs/ask_votes/?step=listen")
    assert "流程规定：达到60%通过" in form
    assert people.lobby.name_zh not in form.partition("<form")[2].partition("xs-footer")[0]
    posted = {"key": "va", "version": voted.version, **asked}
    assert (
        client_for(people.teller).post(f"/desk/cases/{voted.id}/verbs/ask_votes/", posted).status_code == 302
    )
    assert "to_vote" in topics_of(people.supervisor, voted)
    do(do_step, people.teller, voted, step="listen", result={})
    assert refused(sign, people.supervisor, voted, step="listen") == "vote_instead"
    yes = {"step": "listen", "vote": "for", "reason": "看过"}
    assert refused(vote, people.teller, voted, **yes) == "not_your_act"
    assert refused(vote, people.stranger, voted, **yes) == "case_not_found"
    assert refused(vote, people.auditor, voted, **yes) == "auditor_reads_only"
    assert refused(vote, people.supervisor, voted, **{**yes, "reason": " "}) == "reason_missing"
    assert refused(vote, people.supervisor, voted, **{**yes, "reason": "长" * 501}) == "reason_too_long"
    assert do(vote, people.supervisor, voted, **{**yes, "vote": "against"}).result == {
        "outcome": "",
        "missing": 3,
    }
    assert f"/desk/cases/{voted.id}/verbs/vote/?step=listen" in page(client_for, people.outlet_head, step)
    shown = page(client_for, people.teller, f"/desk/cases/{voted.id}/")
    assert "达到60%通过：共4票，需3票" in shown
    assert "不同意1票，还差3票" in shown
    assert do(vote, people.supervisor, voted, **yes).result == {"outcome": "", "missing": 2}
    sent = {"key": "vb", "version": state_of(voted).version, **yes}
    address = f"/desk/cases/{voted.id}/verbs/vote/?step=listen"
    assert client_for(people.outlet_head).post(address, {**sent, "reason": ""}).status_code == 422
    assert client_for(people.outlet_head).post(address, sent).status_code == 302
    assert "票签通过" in newest(voted).body["words"]["zh"]
    assert state_of(voted).snapshot["steps"]["listen"]["phase"] == "done"


def test_a_vote_that_fails_opens_the_step_and_tells_who_made_it(people, new_case):
    from xiaoshi.desk.cases.steps import do_step
    from xiaoshi.desk.cases.votes import ask_votes, vote

    case = new_case(kind="example")
    both = [people.supervisor.login, people.outlet_head.login]
    assert refused(ask_votes, people.teller, case, step="listen", signers=both) == "share_wrong"
    do(ask_votes, people.teller, case, step="listen", signers=both, pass_at_percent=51)
    do(do_step, people.teller, case, step="listen", result={})
    outcome = do(vote, people.supervisor, case, step="listen", vote="against", reason="不清楚")
    assert outcome.result["outcome"] == "failed"
    assert "sent_back" in topics_of(people.teller, case)
    assert state_of(case).snapshot["steps"]["listen"].get("phase", "open") == "open"


def test_a_machine_has_no_vote():
    from xiaoshi.core.casework.events import VoteCast
    from xiaoshi.desk.cases.votes import vote
    from xiaoshi.desk.guard.machines import OF_A_SECOND_PERSON

    assert vote.people_only
    assert VoteCast in OF_A_SECOND_PERSON


def test_the_maker_who_is_the_last_signer_is_named_in_the_queue_and_taken_off_by_one_click(
    people, new_case, client_for
):
    from xiaoshi.desk.cases.signing_verbs import all_sign, sign
    from xiaoshi.desk.cases.steps import do_step

    case = new_case(kind="example")
    both = [people.colleague.login, people.outlet_head.login]
    do(all_sign, people.teller, case, step="listen", signers=both)
    do(do_step, people.colleague, case, step="listen", result={})
    assert state_of(case).waiting_for == ""
    do(sign, people.outlet_head, case, step="listen")
    assert state_of(case).waiting_for == "signer"
    assert "减签（经办人）" in page(client_for, people.outlet_head, f"/desk/?view=all&q={case.number}")
    shown = page(client_for, people.outlet_head, f"/desk/cases/{case.id}/")
    assert f"减签：{people.colleague.name_zh}" in shown
    assert f"减签：{people.colleague.name_zh}" not in page(
        client_for, people.lobby, f"/desk/cases/{case.id}/"
    )
    click = {
        "key": str(uuid.uuid4()),
        "version": state_of(case).version,
        "step": "listen",
        "signer": people.colleague.login,
        "reason": "是本环节的经办人，不能签署自己的工作",
    }
    address = f"/desk/cases/{case.id}/verbs/remove_signer/"
    assert client_for(people.outlet_head).post(address, click).status_code == 302
    after = state_of(case)
    assert (after.waiting_for, after.snapshot["steps"]["listen"]["phase"]) == ("", "done")
