"""The dry run names what may go and why the rest stays, and writes nothing; holds, periods and small things."""

from __future__ import annotations

import json
from argparse import Namespace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connections
from django.utils import timezone
from old_cases import LONG_AGO, do, ended, opened, refused, there

from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.retention.batches import approve, propose, reject, set_period, withdraw
from xiaoshi.desk.retention.holds import hold, lift_hold
from xiaoshi.desk.retention.models import Batch, BatchItem, Hold, OwnPeriodRow
from xiaoshi.desk.retention.telling import dry_run, read_cursor, rules_now
from xiaoshi.desk.retention.tidying import tidy

pytestmark = pytest.mark.database
ON = date(2026, 11, 25)


@pytest.fixture(scope="module")
def old(desk):
    """One case that may go, one held, one linked to an open one, one of a stranger's; and the open one."""
    from old_cases import ended as make

    from desk_fixtures import the_people

    people = the_people()
    return {name: make(people) for name in ("due", "held", "linked")} | {"open": opened(people)}


def run_dry(on=ON, limit=100, after=None):
    return dry_run(on, limit=limit, after=after, language="en", alias="owner")


def everything() -> str:
    """A figure over every row of every table."""
    with connections["owner"].cursor() as cursor:
        total = []
        for table in connections["owner"].introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*), coalesce(sum(hashtext(t::text)::bigint), 0) FROM "{table}" t')
            total.append((table, *cursor.fetchone()))
    return str(total)


def test_what_goes_what_stays_and_why_and_nothing_is_written(old, people):
    from xiaoshi.desk.linked_cases.models import CaseLink

    row = do(
        hold, people.outlet_head, old["held"], reason="法院协查", authority="法院函 7 号", until="2099-01-01"
    )
    CaseLink.objects.using("owner").create(
        waiting=old["linked"], other=old["open"], waiting_number=old["linked"].number, other_number=old["open"].number,
        made_by="li.min", made_at=LONG_AGO,
    )  # fmt: skip
    before = everything()
    told = run_dry()
    assert everything() == before
    assert [c["number"] for c in told["due"]["cases"]] == [old["due"].number]
    assert told["due"]["by_kind"] == {"example": 1}
    assert told["due"]["by_year_closed"] == {"2014": 1}
    assert told["due"]["cases"][0]["assumed"] == ["identity-2025"]
    why = {c["number"]: [p["code"] for p in c["why_not"]] for c in told["kept"]["cases"]}
    assert why == {old["held"].number: ["held"], old["linked"].number: ["linked"]}
    assert [c["number"] for c in told["kept"]["open_cases"]] == [old["open"].number]
    assert told["kept"]["by_reason"] == {"held": 1, "linked": 1, "open": 1}
    assert run_dry(date(2024, 3, 5))["kept"]["by_reason"]["too_young"] == 3
    assert refused(propose, people.outlet_head, cases=[str(old["held"].id)], reason="x") == "not_due"
    do(lift_hold, people.city_specialist, old["held"], hold=row["hold"], reason="已结案")
    assert run_dry()["due"]["total"] == 2


def test_the_lists_go_on_behind_the_last_one_named(old):
    named, after, rounds = [], None, 0
    while rounds == 0 or after is not None:
        told = run_dry(limit=1, after=after)
        named += [c["number"] for part in ("due", "kept") for c in told[part]["cases"]]
        after = read_cursor(told["next"]) if told["next"] else None
        rounds += 1
    assert sorted(named) == sorted(old[name].number for name in ("due", "held", "linked"))
    assert rounds > 1
    assert read_cursor("yesterday") is None


def test_who_may_hold(old, people, new_case):
    case = old["due"]
    assert refused(hold, people.teller, case, reason="x", authority="x") == "not_your_role"
    assert refused(hold, people.auditor, case, reason="x", authority="x") == "auditor_reads_only"
    assert refused(hold, people.stranger_head, case, reason="x", authority="x") == "case_not_found"
    assert refused(hold, people.outlet_head, case, reason=" ", authority="x") == "reason_missing"
    assert refused(hold, people.outlet_head, case, reason="x" * 501, authority="x") == "reason_too_long"
    assert refused(hold, people.outlet_head, case, reason="x", authority="") == "authority_missing"
    assert (
        refused(hold, people.outlet_head, case, reason="x", authority="x", until="2020-01-01") == "until_past"
    )
    assert (
        refused(hold, people.outlet_head, case, reason="x", authority="x", until="soon") == "until_unreadable"
    )
    assert refused(lift_hold, people.outlet_head, case, hold=987654, reason="x") == "hold_unknown"
    fresh = new_case(kind="example")
    ident = do(hold, people.outlet_head, fresh, reason="仲裁", authority="仲裁委")["hold"]
    assert refused(lift_hold, people.outlet_head, case, hold=ident, reason="x") == "hold_unknown"
    do(lift_hold, people.outlet_head, fresh, hold=ident, reason="撤诉")
    assert refused(lift_hold, people.outlet_head, fresh, hold=ident, reason="x") == "hold_lifted"
    with visible_to(people.stranger):
        assert not Hold.objects.exists()


def test_two_people_and_only_in_their_part_of_the_bank(desk, people):
    one, two = ended(people), ended(people)
    cases = [str(one.id), str(two.id)]
    for person, code in (
        (people.teller, "not_your_role"),
        (people.auditor, "auditor_reads_only"),
        (people.stranger_head, "case_not_found"),
    ):
        assert refused(propose, person, cases=cases, reason="x") == code
    assert refused(propose, people.outlet_head, cases=[], reason="x") == "cases_missing"
    assert refused(propose, people.outlet_head, cases=["x"], reason="x") == "cases_missing"
    batch = do(propose, people.city_specialist, cases=cases, reason="保存期满")["batch"]
    assert refused(propose, people.outlet_head, cases=cases[:1], reason="x") == "in_a_batch"
    assert refused(approve, people.city_specialist, batch=batch, reason="x", cases=2) == "maker_is_checker"
    assert refused(approve, people.outlet_head, batch=batch, reason="x", cases=2) == "not_your_role"
    assert refused(approve, people.province_specialist, batch=batch, reason="x", cases=3) == "count_differs"
    assert refused(withdraw, people.stranger_head, batch=batch, reason="x") == "batch_unknown"
    with pytest.raises(DatabaseError), visible_to(people.city_specialist):
        Batch.objects.filter(id=batch).update(
            state="approved", decided_by="lu.heng", decided_at=timezone.now()
        )
    do(reject, people.province_specialist, batch=batch, reason="先核对")
    assert refused(approve, people.province_specialist, batch=batch, reason="x", cases=2) == "batch_decided"
    assert set(BatchItem.objects.using("owner").filter(batch=batch).values_list("state", flat=True)) == {
        "kept"
    }
    again = do(propose, people.outlet_head, cases=cases, reason="核对完毕")["batch"]
    do(approve, people.city_specialist, batch=again, reason="同意", cases=2)
    do(withdraw, people.outlet_head, batch=again, reason="改期")
    assert Batch.objects.using("owner").get(id=again).state == "withdrawn"


def test_a_bank_keeps_longer_from_a_day_on(desk, people):
    given = {"subject": "documents", "source": "行内制度 7 号"}
    assert refused(set_period, people.city_specialist, years=15, **given) == "not_your_role"
    assert refused(set_period, people.province_specialist, years=9, **given) == "period_not_allowed"
    assert (
        refused(set_period, people.province_specialist, years=15, in_force_from="2020-01-01", **given)
        == "day_past"
    )
    first = timezone.localdate() + timedelta(days=400)
    do(
        set_period,
        people.province_specialist,
        years=15,
        kind="example",
        in_force_from=first.isoformat(),
        **given,
    )
    later = dry_run(first, limit=10, after=None, language="zh", alias="owner")
    assert later["kept"]["by_reason"].get("own_period_longer")
    assert not run_dry()["kept"]["by_reason"].get("own_period_longer")
    assert [r.years for r in rules_now(first) if r.own] == [15]
    with pytest.raises(DatabaseError):
        OwnPeriodRow.objects.using("owner").update(years=1)


def test_small_things_go_at_night_and_nobody_else_lets_them_go(desk, people, new_case):
    from xiaoshi.desk.cases.models import AnsweredAct
    from xiaoshi.desk.notices.models import Notice
    from xiaoshi.desk.presence.models import Draft

    case, over = new_case(kind="example"), ended(people)
    long_ago = timezone.now() - timedelta(days=1000)
    for read_at in (long_ago, None):
        Notice.objects.using("owner").create(
            staff_login="li.min", case=case, topic="x", at=long_ago, read_at=read_at
        )
    for which, whose in enumerate((case, over)):
        Draft.objects.using("owner").create(
            case=whose, staff_login="li.min", step="listen", key=str(which), sealed=b"x", at=long_ago
        )
    AnsweredAct.objects.using("owner").create(key="old", act="x", actor="li.min", digest="x", at=long_ago)
    answered = there(AnsweredAct)
    assert tidy(timezone.now()) == {
        "notices": 1,
        "answered_keys": 1,
        "drafts": 1,
        "looking": 0,
        "background_jobs": 0,
    }
    assert there(Notice, staff_login="li.min", read_at=None, topic="x") == 1
    assert there(Draft, case_id=case.id) == 1
    assert there(AnsweredAct) == answered - 1
    with pytest.raises(DatabaseError), visible_to(people.teller), connections["default"].cursor() as cursor:
        cursor.execute("SELECT retention_let_answers_go(%s, 10)", [long_ago])


def test_the_command_line_says_the_same(old, capsys, monkeypatch):
    from contextlib import nullcontext

    from xiaoshi.cli import parse
    from xiaoshi.commands import retention
    from xiaoshi.house.trouble import HouseError

    monkeypatch.setattr(retention, "prepare", lambda *_a, **_k: nullcontext())
    monkeypatch.setattr(retention, "chosen_home", lambda _args: None)

    def said(*words, code=0):
        args: Namespace = parse(retention, "retention", [*words, "--json"], "en")
        assert retention.run(args) == code
        return json.loads(capsys.readouterr().out)

    told = said("due", "--on", "2026-11-25", "--limit", "1")
    assert told["dry_run"]
    assert told["next"]
    assert {r["status"] for r in said("rules")["rules"]} == {"confirmed", "unconfirmed"}
    placed = said("hold", old["due"].number, "--reason", "x", "--authority", "y", "--as", "guo.ye")
    assert (
        said("lift", old["due"].number, str(placed["hold"]), "--reason", "x", "--as", "guo.ye")[
            "still_held_by"
        ]
        == 0
    )
    batch = said("propose", old["due"].number, "--reason", "x", "--as", "guo.ye")["batch"]
    with pytest.raises(HouseError) as caught:
        said("approve", str(batch), "--cases", "1", "--reason", "x", "--as", "guo.ye")
    assert caught.value.problem.code == "not_your_role"
    said("withdraw", str(batch), "--reason", "x", "--as", "guo.ye")
    assert said("run")["destroyed"] == 0
    for words in (["due", "--on", "soon"], ["due", "--after", "x"], ["due", "--limit", "0"]):
        with pytest.raises(HouseError):
            said(*words)


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [
        ("zh", ("不可销毁，尚未办结：", "可以销毁，"), "open:"),
        ("en", ("stay, not closed yet: ", "may go, "), "open:"),
    ],
)
def test_the_terminal_says_it_in_words(old, monkeypatch, capsys, language, said, unsaid):
    import contextlib

    from xiaoshi.cli import main
    from xiaoshi.desk.audit import verify

    monkeypatch.setattr("xiaoshi.commands.retention.prepare", lambda home, owner: contextlib.nullcontext())
    monkeypatch.setattr(verify, "OWNER", "owner")
    assert main(["retention", "due", "--on", ON.isoformat(), "--lang", language]) == 0
    out = capsys.readouterr().out
    for words in said:
        assert words in out
    assert unsaid not in out
    assert " kind " not in out


def test_every_reason_of_the_rules_has_words():
    import inspect
    import re

    from xiaoshi.commands.done_words import WHAT_KEEPS
    from xiaoshi.core.rules import retention_rules as rules

    source = "".join(inspect.getsource(f) for f in (rules.standing_of, rules._what_keeps, rules._too_young))
    codes = set(re.findall(r'Problem\(\s*"(\w+)"', source)) | {"own_period_longer", "too_young"}
    assert codes == set(WHAT_KEEPS)
