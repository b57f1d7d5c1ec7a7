"""How many queries a page asks does not grow with what it shows: rows, kinds of matter, or who reads it.

Each page is read twice, by the same reader, before and after the desk got four times as many cases, entries, documents,
notices and questions. What a page asks may differ by one or two where an empty list spares a second look, so the first
reading is of a desk that has some of everything.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.steps import do_step
from xiaoshi.desk.cases.verbs import copy_to, send_back
from xiaoshi.desk.find.catching_up import take_oldest
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.visibility import visible_to, visible_to_house

LISTS = (
    "/desk/",
    "/desk/?view=unclaimed",
    "/desk/?view=asked",
    "/desk/?view=late",
    "/desk/?view=all",
    "/desk/cases/",
    "/desk/reviews/",
    "/desk/notices/",
    "/desk/money/",
    "/desk/stats/",
    "/desk/questions/",
    "/desk/find/?q=量",
    "/desk/plans/",
    "/desk/plans/example/",
    "/desk/substitutes/",
    "/desk/clocks/",
    "/desk/organisation/",
    "/desk/scans/",
)
ON_A_CASE = ("", "papers/", "timeline/", "map/", "money/")
MOST_QUERIES = 45


@pytest.fixture(scope="module")
def grown(desk) -> dict[str, dict[str, int]]:
    """Queries of each page and reader on a small desk and on one four times as large."""
    from desk_fixtures import open_a_case, the_people

    people = the_people()
    readers = {"teller": people.teller, "outlet_head": people.outlet_head, "city": people.city_specialist}
    case = open_a_case(people.teller, "example")
    more(people, case, 3)
    first = counts(readers, case)
    more(people, case, 9)
    return {
        page: {"few": few, "many": many}
        for (page, few), many in zip(first.items(), counts(readers, case).values(), strict=True)
    }


def more(people: Any, case: Any, times: int) -> None:
    from desk_fixtures import open_a_case
    from xiaoshi.desk.consulting.acts import ask
    from xiaoshi.desk.notices.telling import tell_colleagues

    def act(what: Any, person: Any, on: Any, **fields: Any) -> None:
        perform(what, person, str(uuid.uuid4()), case_id=on.id, **fields)

    for n in range(times):
        for kind in ("example", "burnt_notes"):
            other = open_a_case(people.teller, kind, client_name=f"量一量{n}")
            act(copy_to, people.teller, other, to="xu.lan")
        act(ask, people.teller, other, text="量一量可以吗", to_level="city", field="notes")
        act(do_step, people.teller, case, step="listen", result={"note": f"量 {n}"})
        act(send_back, people.outlet_head, case, step="listen", reason="请重听")
        with visible_to(people.teller):
            tell_colleagues(
                [people.teller.login], other, "reminder", Words("请看", "Please look"), other.opened_at
            )


def counts(readers: dict[str, Any], case: Any) -> dict[str, int]:
    from django.test import Client

    found = {}
    with visible_to_house("find"):
        # As the worker does each minute: whoever searches first after an act would index what it changed.
        take_oldest(1000)
    clients = {}
    for name, person in readers.items():
        clients[name] = Client(SERVER_NAME="127.0.0.1")
        clients[name].force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        clients[name].get(
            f"/desk/cases/{case.id}/"
        )  # so that the first reader too sees that others look at it
    for name, client in clients.items():
        for page in (*LISTS, *(f"/desk/cases/{case.id}/{below}" for below in ON_A_CASE)):
            client.get(page)  # once before, so that nothing is read that stays in the process
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(page)
            assert answer.status_code in {200, 403, 404}, (page, answer.status_code)
            found[f"{name} {page.replace(str(case.id), 'CASE')}"] = len(queries)
    return found


def test_no_page_asks_more_when_there_is_more(grown):
    more_asked = {page: n for page, n in grown.items() if n["many"] > n["few"]}
    assert more_asked == {}


def test_no_page_asks_very_much(grown):
    assert {page: n["many"] for page, n in grown.items() if n["many"] > MOST_QUERIES} == {}


def test_who_reads_makes_no_great_difference(grown):
    """The same page asks about as much for a teller as for a specialist of the city."""
    pages: dict[str, list[int]] = {}
    for key, n in grown.items():
        pages.setdefault(key.partition(" ")[2], []).append(n["many"])
    assert {page: n for page, n in pages.items() if max(n) > 2 * min(n) + 6} == {}
