"""Words in a list are looked for in its newest cases; where there are more the page says so, and where all are found."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.database


def listed(person: Any, words: str, **more: str) -> tuple[list[str], bool]:
    from xiaoshi.desk.cases.listing import Wanted, looked_through, page, reader_of
    from xiaoshi.desk.guard.visibility import visible_to

    with visible_to(person):
        wanted = Wanted(view="all", q=words, **more)
        reader = reader_of(person)
        return [c.number for c in page(reader, wanted)[0]], looked_through(reader, wanted).all


def test_only_the_newest_are_looked_through_and_the_page_says_so(people, new_case, client_for, monkeypatch):
    from xiaoshi.desk.cases import listing

    cases = [new_case(kind="example") for _ in range(4)]
    name = cases[0].client_name
    numbers = [c.number for c in cases]
    found, whole = listed(people.teller, name)
    assert set(numbers) <= set(found)
    assert whole
    page = client_for(people.teller).get(f"/desk/?view=all&q={name}").content.decode()
    assert "更早的没有找" not in page
    monkeypatch.setattr(listing, "LOOKED_THROUGH_MAX", 2)
    found, whole = listed(people.teller, name)
    assert found == numbers[:1:-1]
    assert not whole
    assert listed(people.teller, name, sort="due")[0] in ([*numbers[2:]], [*numbers[:1:-1]])
    page = client_for(people.teller).get(f"/desk/?view=all&q={name}").content.decode()
    assert "只在本列表最新的2件案件中找了" in page
    assert "/desk/find/?q=" in page
    assert "更早的没有找" not in client_for(people.teller).get("/desk/?view=all").content.decode()


def test_it_is_one_query_whatever_the_number_of_cases(people, new_case, client_for):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_for(people.outlet_head)
    client.get("/desk/?view=all")
    counts = []
    for address in ("/desk/?view=all", "/desk/?view=all&q=x", "/desk/?view=all&q=x"):
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
        new_case()
    assert counts[1] - counts[0] <= 1
    assert counts[1] == counts[2]
