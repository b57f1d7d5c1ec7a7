"""Calendars of units: who may change them, what is refused, what the pages show. The tree's hours are inherited."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest

from xiaoshi.core.clocks.opening import working_days
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.audit.verify import verify_timeline
from xiaoshi.desk.clocks import calendar_acts as acts
from xiaoshi.desk.clocks import jobs, library_days
from xiaoshi.desk.clocks.calendars import calendar_of
from xiaoshi.desk.clocks.models import CalendarYear, Closure, SwappedDay
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to

OUTLET = "jn/lz/cd/yy/"
OTHER = "jn/hc/gx/rm/"
HOURS = {"mon-fri": "09:00-12:00,13:30-17:30"}
NIGHTS = {"周六": [["21:00", "02:00"]], "7": "00:00-24:00"}


def do(act: Any, person: Any, **fields: Any) -> Any:
    return perform(act, person, str(uuid.uuid4()), **fields).result


def calendar(path: str, reader: Any) -> Any:
    with visible_to(reader):
        return calendar_of(path)


def days_worked(shown: Any, first: str, last: str) -> list[str]:
    found = working_days(shown.outlet, date.fromisoformat(first), date.fromisoformat(last))
    return [work.day.isoformat() for work in found]


def test_the_first_calendar_knows_the_swapped_days_of_the_announced_years(people: Any) -> None:
    shown = calendar(OUTLET, people.teller)
    assert shown.hours_from is None
    assert days_worked(shown, "2026-09-28", "2026-10-11") == [
        "2026-09-28", "2026-09-29", "2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10",
    ]  # fmt: skip
    assert shown.outlet.announced >= {2025, 2026}
    year = CalendarYear.objects.get(year=2026)
    assert (year.status, year.entered_by) == ("unconfirmed", "house:clocks")
    assert library_days.source() == year.source


def test_hours_are_inherited_down_the_tree_until_a_unit_has_its_own(people: Any) -> None:
    do(acts.set_hours, people.city_specialist, periods={"1": "10:00-11:00"})
    assert calendar(OUTLET, people.teller).hours_from == "jn/lz/"
    assert calendar(OTHER, people.province_specialist).hours_from is None
    kept = do(acts.set_hours, people.outlet_head, periods=NIGHTS)["periods"]
    assert kept == {"sat": [["21:00", "02:00"]], "sun": [["00:00", "24:00"]]}
    assert calendar(OUTLET, people.teller).hours_from == OUTLET
    do(acts.inherit_hours, people.outlet_head)
    assert calendar(OUTLET, people.teller).hours_from == "jn/lz/"
    entry = TimelineEntry.objects.using("owner").filter(act="clock.inherit_hours").get()
    assert (entry.chain, entry.actor) == (f"unit:{OUTLET}", "guo.ye")
    assert verify_timeline().ok


@pytest.mark.parametrize(
    ("who", "fields", "kind", "code"),
    [
        ("teller", {}, NotAllowed, "not_your_role"),
        ("auditor", {}, NotAllowed, "auditor_reads_only"),
        ("stranger_head", {"unit_path": OUTLET}, NotAllowed, "other_units_calendar"),
        ("outlet_head", {"unit_path": "jn/"}, NotAllowed, "other_units_calendar"),
        ("outlet_head", {"unit_path": "no/such/"}, Invalid, "no_such_unit"),
        ("outlet_head", {"periods": {}}, Invalid, "never_open"),
        ("outlet_head", {"periods": {"mon": []}}, Invalid, "never_open"),
        ("outlet_head", {"periods": {"someday": "09:00-12:00"}}, Invalid, "weekday_unknown"),
        ("outlet_head", {"periods": {"mon": "9-12"}}, Invalid, "time_unreadable"),
        ("outlet_head", {"periods": {"mon": "09:00-12:00,11:00-13:00"}}, Invalid, "periods_overlap"),
        ("outlet_head", {"zone": "Moon/Base"}, Invalid, "zone_unknown"),
        ("outlet_head", {"zone": "+08:00"}, Invalid, "zone_unknown"),
    ],
)
def test_hours_refused(people: Any, who: str, fields: dict[str, Any], kind: type, code: str) -> None:
    with pytest.raises(kind) as refused:
        do(acts.set_hours, getattr(people, who), **{"periods": HOURS, **fields})
    assert refused.value.problem.code == code


def test_a_closure_holds_for_all_below_and_is_withdrawn_once(people: Any) -> None:
    do(acts.set_hours, people.province_specialist, periods=HOURS, unit_path="jn/hc/")
    closed = {"from": "2026-06-01", "to": "2026-06-03"}
    made = do(
        acts.close_outlet, people.province_specialist, closed=closed, reason="台风", unit_path="jn/hc/gx/"
    )
    assert days_worked(calendar(OTHER, people.province_specialist), "2026-06-01", "2026-06-05") == [
        "2026-06-04",
        "2026-06-05",
    ]
    fields = {"closure": made["closure"], "reason": "台风转向"}
    with pytest.raises(NotAllowed):
        do(acts.withdraw_closure, people.outlet_head, **fields)
    do(acts.withdraw_closure, people.province_specialist, **fields)
    with pytest.raises(Refused) as refused:
        do(acts.withdraw_closure, people.province_specialist, **fields)
    assert refused.value.problem.code == "closure_withdrawn"
    assert len(days_worked(calendar(OTHER, people.province_specialist), "2026-06-01", "2026-06-05")) == 5


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"closed": "yesterday"}, "date_unreadable"),
        ({"closed": {"from": "2026-06-03", "to": "2026-06-01"}}, "ends_before_it_begins"),
        ({"closed": {"from": "2026-06-03", "to": "2036-06-01"}}, "closure_too_long"),
        ({"closed": {"from": "2026-06-03T10:00", "to": "2026-06-03T10:00"}}, "ends_before_it_begins"),
        ({"closed": {"date": "2026-06-03", "periods": "10:00-11:00,14:00-15:00"}}, "one_closure"),
        ({"closed": ["2026-06-03"]}, "field_of_other_kind"),
        ({"closed": {}}, "closure_unreadable"),
        ({"closed": "2026-06-03\x00"}, "field_of_other_kind"),
        ({"reason": " "}, "reason_missing"),
        ({"reason": "长" * 301}, "reason_missing"),
    ],
)
def test_closures_refused(people: Any, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        do(acts.close_outlet, people.outlet_head, **{"closed": "2026-06-03", "reason": "停电", **fields})
    assert refused.value.problem.code == code
    with pytest.raises(NotFound):
        do(acts.withdraw_closure, people.outlet_head, closure=10**12, reason="x")


NOTICE = [
    {"date": "2027-01-01", "off": True, "name": "元旦"},
    {"date": "2027-02-06", "works_as": "周一"},
]


def test_the_yearly_notice_replaces_what_was_known(people: Any) -> None:
    told = do(acts.announce_year, people.province_specialist, year=2027, days=NOTICE, source="示例通知")
    assert told == {"year": 2027, "off": 1, "worked": 1}
    do(acts.announce_year, people.province_specialist, year=2027, days=NOTICE[:1], source="示例更正")
    assert [d.day.isoformat() for d in SwappedDay.objects.filter(year_id=2027)] == ["2027-01-01"]
    year = CalendarYear.objects.get(year=2027)
    assert (year.status, year.source, year.entered_by) == ("confirmed", "示例更正", "su.yan")
    assert jobs.take_years_of_library(year.entered_at) == []


@pytest.mark.parametrize(
    ("who", "fields", "code"),
    [
        ("outlet_head", {}, "not_your_role"),
        ("city_specialist", {}, "not_your_role"),
        ("province_specialist", {"days": []}, "days_missing"),
        ("province_specialist", {"days": NOTICE * 100}, "days_missing"),
        ("province_specialist", {"days": [NOTICE[0], NOTICE[0]]}, "day_twice"),
        ("province_specialist", {"days": ["2028-01-01"]}, "day_of_other_year"),
        ("province_specialist", {"days": ["2027-02-30"]}, "date_unreadable"),
        ("province_specialist", {"days": [{"date": "2027-01-01"}]}, "weekday_unknown"),
        ("province_specialist", {"days": [{"date": "2027-01-01", "works_as": "0"}]}, "weekday_unknown"),
        ("province_specialist", {"source": ""}, "reason_missing"),
        ("province_specialist", {"year": 1066}, "year_out_of_range"),
    ],
)
def test_the_yearly_notice_refused(people: Any, who: str, fields: dict[str, Any], code: str) -> None:
    given = {"year": 2027, "days": NOTICE, "source": "示例通知", **fields}
    with pytest.raises(Refused) as refused:
        do(acts.announce_year, getattr(people, who), **given)
    assert refused.value.problem.code == code


# ---- pages ----------------------------------------------------------------------------------------------------------


def test_the_page_of_a_year_and_its_forms(people: Any, client_for: Any) -> None:
    client = client_for(people.outlet_head)
    page = client.get("/desk/clocks/?year=2026")
    text = page.content.decode()
    assert page.status_code == 200
    assert "10日（周六）按周三" in text
    assert "来自软件库" in text
    assert "尚未公布" in client.get("/desk/clocks/?year=2031").content.decode()
    key = str(uuid.uuid4())
    fields = {"key": key, "zone": "Asia/Shanghai", "mon": "09:00-12:00", "sat": "10:00-25:99"}
    refused = client.post("/desk/clocks/hours/", fields)
    assert refused.status_code == 422
    assert "10:00-25:99" in refused.content.decode()
    assert client.post("/desk/clocks/hours/", {**fields, "sat": ""}).status_code == 302
    assert calendar(OUTLET, people.teller).periods == {"mon": [["09:00", "12:00"]]}
    closing = {"key": str(uuid.uuid4()), "first": "2026-06-08", "begin": "10:00", "reason": "消防演练"}
    assert client.post("/desk/clocks/close/", closing).status_code == 302
    row = Closure.objects.filter(reason="消防演练").get()
    assert (row.begin.isoformat(), row.end.isoformat()) == (
        "2026-06-08T02:00:00+00:00",
        "2026-06-08T16:00:00+00:00",
    )
    assert "消防演练" in client.get("/desk/clocks/").content.decode()
    gone = client.post(f"/desk/clocks/closures/{row.id}/withdraw/", {"key": "w", "reason": "改期"})
    assert gone.status_code == 302


def test_the_notice_is_typed_line_by_line(people: Any, client_for: Any) -> None:
    client = client_for(people.province_specialist)
    fields = {
        "key": str(uuid.uuid4()),
        "year": "2028",
        "source": "示例通知",
        "days": "2028-01-01 休 元旦\n\n2028-01-08 按周五 补班",
    }
    assert client.post("/desk/clocks/announce/", {**fields, "days": "2028-01-01"}).status_code == 422
    assert client.post("/desk/clocks/announce/", fields).status_code == 302
    assert list(SwappedDay.objects.filter(year_id=2028).order_by("day").values_list("works_as", flat=True)) == [
        None, 4,
    ]  # fmt: skip


def test_who_sees_the_pages(people: Any, client_for: Any) -> None:
    for path in ("hours/", "close/", "inherit/"):
        assert client_for(people.teller).get(f"/desk/clocks/{path}").status_code == 403
        assert client_for(people.outlet_head).get(f"/desk/clocks/{path}").status_code == 200
    assert client_for(people.outlet_head).get("/desk/clocks/announce/").status_code == 403
    for unit in (OTHER, "x" * 500, "a\0b", "%"):
        assert client_for(people.teller).get("/desk/clocks/", {"unit": unit}).status_code == 404
    assert client_for(people.teller).get("/desk/clocks/?unit=jn/lz/&year=9999").status_code == 200
    assert client_for().get("/desk/clocks/").status_code == 302


def test_the_case_shows_why_and_more_time_is_given_on_a_page(
    people: Any, new_case: Any, client_for: Any
) -> None:
    case = new_case(kind="example")
    client = client_for(people.supervisor)
    page = client.get(f"/desk/cases/{case.id}/").content.decode()
    assert "30 个工作分钟" in page
    assert "为什么是这个时间" in page
    address = f"/desk/cases/{case.id}/clocks/listen/extend/"
    assert address in page
    assert client.get(address).status_code == 200
    fields = {
        "key": str(uuid.uuid4()),
        "version": str(case.version),
        "amount": "20",
        "reason": "客户耳背",
        "authority": "郭烨",
    }
    refused = client.post(address, fields)
    assert refused.status_code == 422
    assert "新时限应长于现在的" in refused.content.decode()
    assert client.post(address, {**fields, "amount": "90"}).status_code == 302
    page = client.get(f"/desk/cases/{case.id}/").content.decode()
    assert "30 → 90" in page
    assert client.get(f"/desk/cases/{case.id}/clocks/nothing/extend/").status_code == 404
    assert client_for(people.stranger_head).get(address).status_code == 404
    assert client_for(people.teller).get(address).status_code == 403
