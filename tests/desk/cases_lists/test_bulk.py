"""One act on many cases: each for itself, in words, once."""

from __future__ import annotations

import json
import uuid

import pytest

from xiaoshi.core.problems import Words
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.bulk import CASES_AT_MOST, IN_BULK, counted, perform_bulk
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.verbs import copy_to
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to

pytestmark = pytest.mark.database

HAND_OVER = {"to": "xu.lan", "reason": "休假"}


def entries(person, case) -> list[str]:
    with visible_to(person):
        return list(TimelineEntry.objects.filter(case=case).order_by("seq").values_list("act", flat=True))


def as_seen(person, case) -> Case:
    with visible_to(person):
        return Case.objects.get(id=case.id)


def test_each_case_has_its_own_result_and_entry(people, new_case):
    good, changed, foreign = (
        new_case(kind="example"),
        new_case(kind="example"),
        new_case(people.stranger, kind="example"),
    )
    perform(
        copy_to, people.colleague, str(uuid.uuid4()), case_id=changed.id, expected_version=1, to="qian.bo"
    )
    items = [(good.id, 1), (changed.id, 1), (foreign.id, 1), ("no-id", None), (uuid.uuid4(), None)]
    results = perform_bulk("case.hand_over", people.teller, "bulk-1", items, **HAND_OVER)
    assert [r.state for r in results] == ["done", "changed", "refused", "refused", "refused"]
    assert [r.problem and r.problem.code for r in results] == [
        None,
        "case_changed",
        "case_not_found",
        "case_not_found",
        "case_not_found",
    ]
    assert counted(results) == {"done": 1, "changed": 1, "refused": 3}
    assert results[0].number == good.number
    assert results[0].version == 2
    assert results[2].number == "", "a case that one may not see has no number"
    assert as_seen(people.teller, good).owner == "xu.lan"
    assert as_seen(people.teller, changed).owner == "li.min"
    assert entries(people.teller, good) == ["case.open", "case.hand_over"]


def test_the_same_bulk_again_does_nothing_again(people, new_case):
    case = new_case(kind="example")
    for _ in range(2):
        (result,) = perform_bulk("case.hand_over", people.teller, "bulk-2", [(case.id, 1)], **HAND_OVER)
        assert result.ok
        assert result.version == 2
    assert entries(people.teller, case) == ["case.open", "case.hand_over"]


def test_a_bulk_that_was_cut_off_goes_on_where_it_stopped(people, new_case, monkeypatch):
    from xiaoshi.desk.cases import bulk

    cases = [new_case(kind="example") for _ in range(3)]
    items = [(c.id, 1) for c in cases]
    real, calls = bulk.perform, []

    def dies_at_the_second(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(bulk, "perform", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        perform_bulk("case.hand_over", people.teller, "bulk-3", items, **HAND_OVER)
    monkeypatch.setattr(bulk, "perform", real)
    assert [r.ok for r in perform_bulk("case.hand_over", people.teller, "bulk-3", items, **HAND_OVER)] == [
        True
    ] * 3
    assert all(entries(people.teller, c) == ["case.open", "case.hand_over"] for c in cases)


@pytest.mark.parametrize(
    "name", ["case.confirm_step", "case.sign", "case.close", "case.cancel", "case.answer", "nothing"]
)
def test_what_judges_signs_pays_or_ends_is_not_done_in_bulk(people, new_case, name):
    case = new_case(kind="example")
    with pytest.raises(Refused) as refused:
        perform_bulk(name, people.outlet_head, "bulk-4", [(case.id, None)])
    assert refused.value.problem.code == "not_in_bulk"
    assert isinstance(refused.value.problem.words, Words)


def test_none_too_many_no_key_and_fields_that_do_not_fit(people, new_case):
    case = new_case(kind="example")
    for items, key, code in (
        ([], "k", "no_case_chosen"),
        ([(uuid.uuid4(), None) for _ in range(CASES_AT_MOST + 1)], "k", "too_many_cases"),
        ([(case.id, None)], "", "key_missing"),
        ([(case.id, None)], "k" * 151, "key_missing"),
    ):
        with pytest.raises(Refused) as refused:
            perform_bulk("case.hand_over", people.teller, key, items, **HAND_OVER)
        assert refused.value.problem.code == code
    (result,) = perform_bulk("case.hand_over", people.teller, "bulk-5", [(case.id, None)], to=7)
    assert not result.ok
    assert entries(people.teller, case) == ["case.open"]


def test_an_auditor_and_a_case_named_twice(people, new_case):
    case = new_case(kind="example")
    (result,) = perform_bulk("case.copy", people.auditor, "bulk-6", [(case.id, None)], to="xu.lan")
    assert not result.ok
    twice = [(case.id, None), (str(case.id).upper(), None)]
    assert len(perform_bulk("case.copy", people.teller, "bulk-7", twice, to="xu.lan")) == 1


def test_claiming_the_next_step_is_the_same_request_when_it_is_retried(people, new_case):
    case = new_case(people.lobby, kind="example")
    for _ in range(2):
        (result,) = perform_bulk("case.claim_next", people.teller, "bulk-8", [(case.id, None)])
        assert result.ok, result.problem
    assert entries(people.teller, case) == ["case.open", "case.claim_next"]
    (second,) = perform_bulk("case.claim_next", people.colleague, "bulk-9", [(case.id, None)])
    assert second.problem.code == "nothing_to_claim"
    (reminded,) = perform_bulk("case.remind_holder", people.lobby, "bulk-10", [(case.id, None)])
    assert reminded.ok, reminded.problem
    (oneself,) = perform_bulk("case.remind_holder", people.teller, "bulk-11", [(case.id, None)])
    assert oneself.problem.code == "nobody_to_remind"


def test_five_hundred_in_one_go(people, new_case):
    """Seen ids are asked for in one query; a case that is not there costs no transaction."""
    cases = [new_case(kind="example") for _ in range(3)]
    items = [(c.id, 1) for c in cases] + [(uuid.uuid4(), 1) for _ in range(CASES_AT_MOST - 3)]
    results = perform_bulk("case.copy", people.teller, "bulk-12", items, to="qian.bo")
    assert len(results) == CASES_AT_MOST
    assert counted(results) == {"done": 3, "changed": 0, "refused": CASES_AT_MOST - 3}


def test_the_page_asks_for_what_the_act_needs_and_tells_each_result(people, new_case, client_for):
    good, changed = new_case(kind="example"), new_case(kind="example")
    client = client_for(people.teller)
    perform(
        copy_to, people.colleague, str(uuid.uuid4()), case_id=changed.id, expected_version=1, to="qian.bo"
    )
    rows = [f"{good.id}~1", f"{changed.id}~1", "rubbish"]
    form = {"case": rows, "act": "case.hand_over", "from": "/desk/?view=all"}
    page = client.post("/desk/bulk/", form)
    assert page.status_code == 200
    assert good.number in page.content.decode()
    missing = client.post(
        "/desk/bulk/", form | {"do": "perform", "key": "page-1", "to": "xu.lan", "reason": ""}
    )
    assert missing.status_code == 422
    done = client.post("/desk/bulk/", form | {"do": "perform", "key": "page-1", **HAND_OVER})
    text = done.content.decode()
    assert done.status_code == 200
    assert text.index(changed.number) < text.index(good.number), "what was not done stands first"
    assert as_seen(people.teller, good).owner == "xu.lan"
    again = client.post("/desk/bulk/", form | {"do": "perform", "key": "page-1", **HAND_OVER})
    assert again.status_code == 200
    assert entries(people.teller, good) == ["case.open", "case.hand_over"]


@pytest.mark.parametrize("act", [*sorted(IN_BULK), "case.sign", ""])
def test_nothing_chosen_or_an_act_that_is_not_offered_leads_back_to_the_list(people, client_for, act):
    page = client_for(people.teller).post("/desk/bulk/", {"act": act, "from": "https://elsewhere/?view=all"})
    assert page.status_code == 302
    assert page["Location"].startswith("/desk/?")


def test_the_command_gives_a_line_for_each_case(people, new_case, tmp_path, monkeypatch, capsys):
    from contextlib import nullcontext

    from xiaoshi.commands import case as command

    monkeypatch.setattr(command, "prepare", lambda home: nullcontext())
    monkeypatch.setattr(command, "chosen_home", lambda args: None)
    good, other = new_case(kind="example"), new_case(people.stranger, kind="example")
    listed = tmp_path / "名单.txt"
    listed.write_text(f"{good.number} 1\n\n{other.number}\n", "utf-8")

    def run(*words: str) -> tuple[int, list[str]]:
        parser = command.build_parser("xiaoshi case")
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--lang", default="zh")
        code = command.run(parser.parse_args(["--json", "bulk", *words, "--as", "li.min"]))
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    fields = json.dumps(HAND_OVER)
    code, told = run("case.hand_over", "--cases", str(listed), "--fields", fields)
    assert code == 1
    assert [(t["number"], t["state"]) for t in told[:2]] == [(good.number, "done"), ("", "refused")]
    assert told[2]["done"] == 1
    assert told[2]["ok"] is False
    assert run("case.hand_over", "--cases", str(tmp_path / "none"))[0] == 2
    listed.write_text("XS-1 two three\n", "utf-8")
    assert run("case.hand_over", "--cases", str(listed))[1][0]["problems"][0]["where"] == "--cases:1"
    listed.write_text("", "utf-8")
    assert run("case.hand_over", "--cases", str(listed))[1][0]["problems"][0]["code"] == "no_case_chosen"
