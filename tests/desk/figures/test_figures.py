"""统计: the counts against the cases themselves, who sees which, and exports that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from xiaoshi.desk.cases.verbs import cancel
from xiaoshi.desk.figures.asked import month_before, month_end, month_of
from xiaoshi.desk.figures.exporting import as_csv, as_xlsx, harmless
from xiaoshi.desk.figures.jobs import count_today
from xiaoshi.desk.figures.models import DayCount
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.visibility import visible_to


@pytest.fixture(scope="module")
def counted(desk):
    """Three cases at one outlet, one of them cancelled; one elsewhere."""
    from desk_fixtures import open_a_case, the_people

    people = the_people()
    cases = [open_a_case(people.teller, "example") for _ in range(3)]
    open_a_case(people.stranger, "example")
    perform(cancel, people.outlet_head, "figures-cancel", case_id=cases[0].id, reason="客户改日再来")
    count_today(timestamp=0)
    return cases


def test_days_are_counted_once_however_often(counted, people):
    count_today(timestamp=1)
    with visible_to(people.teller):
        (row,) = DayCount.objects.filter(kind="example")
    assert (row.opened, row.cancelled, row.closed, row.day) == (3, 1, 0, timezone.localdate())


@pytest.mark.parametrize(
    ("who", "outlets"), [("teller", 1), ("stranger", 1), ("city_specialist", 2), ("auditor", 2)]
)
def test_everybody_sees_the_units_below(counted, people, who, outlets):
    with visible_to(getattr(people, who)):
        assert DayCount.objects.filter(kind="example").count() == outlets


@pytest.mark.parametrize("by", ["unit", "kind", "month", "nonsense"])
@pytest.mark.parametrize("who", ["teller", "province_specialist"])
def test_the_page_adds_up(counted, people, client_for, by, who):
    page = client_for(getattr(people, who)).get(f"/desk/stats/?by={by}")
    assert page.status_code == 200
    text = page.content.decode()
    opened = 3 if who == "teller" else 4
    assert f"<td>{opened}</td>" in text or by == "unit"
    assert "在办案件现在等在哪里" in text


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-13",
        "to=x",
        "from=2026-12&to=2026-01",
        "from=1990-01&to=2026-01",
        "unit=zz/",
        "unit=%00x",
        "kind='",
    ],
)
def test_what_makes_no_sense_is_said_and_left_out(counted, people, client_for, query):
    page = client_for(people.teller).get(f"/desk/stats/?{query}")
    assert page.status_code == 422
    assert "已忽略" in page.content.decode()


def test_another_outlet_cannot_be_asked_for(counted, people, client_for):
    page = client_for(people.stranger).get(f"/desk/stats/?unit={people.teller.unit.path}")
    assert page.status_code == 422


def test_exports_are_the_tables(counted, people, client_for):
    reader = client_for(people.teller)
    answer = reader.get("/desk/stats/came.csv?by=kind")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1][1:4] == ["3", "0", "1"]
    book = load_workbook(io.BytesIO(reader.get("/desk/stats/waiting.xlsx").content))
    assert book.worksheets[0].max_row >= 2
    assert reader.get("/desk/stats/secret.csv").status_code == 404
    assert reader.get("/desk/stats/came.exe").status_code == 404


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1"])
def test_no_cell_is_a_formula(text):
    assert harmless(text).startswith("'")
    (_head, row) = csv.reader(io.StringIO(as_csv(["a"], [[text]]).decode("utf-8-sig"), newline=""))
    assert row[0].startswith("'")
    cell = load_workbook(io.BytesIO(as_xlsx("t", ["a"], [[text]]))).worksheets[0]["A2"]
    assert cell.data_type == "s"


def test_numbers_stay_numbers_and_words_stay_words():
    assert harmless(-5) == -5
    assert harmless("城东支行") == "城东支行"
    assert harmless(None) == ""


def test_months():
    assert month_of("2026-11") == date(2026, 11, 1)
    assert [month_of(t) for t in ("", "2026-00", "26-11", "2026-11-01")] == [None] * 4
    assert month_before(date(2026, 1, 1), 1) == date(2025, 12, 1)
    assert month_end(date(2024, 2, 1)) == date(2024, 2, 29)
    assert month_end(date(2026, 12, 1)) + timedelta(days=1) == date(2027, 1, 1)
