"""Urgent cases stand first in every tab of the queue, whatever is newer, and each once."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from xiaoshi.desk.cases import listing
from xiaoshi.desk.cases.listing import LookedThrough, Wanted, reader_of
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.visibility import visible_to

pytestmark = pytest.mark.database


def test_urgent_first_then_the_others_as_they_were(
    urgent: Any, people: Any, new_case: Any, client_for: Any
) -> None:
    from xiaoshi.desk.cases.models import Case

    older = urgent()
    newer = [new_case(people.lobby) for _ in range(3)]
    client = client_for(people.lobby)
    with visible_to(people.lobby):
        number = Case.objects.get(id=older.case_id).number
    for view in ("mine", "all"):
        page = client.get(f"/desk/?view={view}").content.decode()
        places = [page.index(n) for n in (number, *(c.number for c in reversed(newer)))]
        assert places == sorted(places), view
        assert page.count(f">{number}</a>") == 1
        assert "件急事排在最前" in page
    assert "件急事排在最前" not in client_for(people.stranger).get("/desk/?view=all").content.decode()


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        (Wanted("all"), 1),
        (Wanted("all", urgency="urgent"), 0),
        (Wanted("any"), 0),
        (Wanted("all", after="x"), 0),
    ],
)
def test_only_where_there_is_something_to_put_first(
    urgent: Any, people: Any, wanted: Wanted, first: int
) -> None:
    urgent()
    with visible_to(people.lobby):
        found = listing.urgent_first(reader_of(people.lobby), wanted, LookedThrough())
    assert bool(found) == bool(first)
    assert len(found) <= listing.URGENT_FIRST_MAX


def test_what_waits_for_a_second_person_of_an_urgent_case_comes_first(
    urgent: Any, people: Any, new_case: Any
) -> None:
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.cases.reviewing import page_of_reviews
    from xiaoshi.desk.cases.steps import do_step
    from xiaoshi.desk.kinds.urgent_payment.acts import paying as p

    older = new_case(kind="example")
    case = urgent().decided()
    for step in ("listen", "answer"):
        perform(do_step, people.teller, str(uuid.uuid4()), case_id=older.id, step=step, result={})
    case.do(p.record_withdrawal, people.teller, **case.withdrawal())
    with visible_to(people.outlet_head):
        number = Case.objects.get(id=case.case_id).number
        found = [r.case.number for r in page_of_reviews(people.outlet_head, "")[0]]
    assert found[0] == number
    assert older.number in found
    assert found.count(number) == 1  # the step; not its order on the page of money beside it
