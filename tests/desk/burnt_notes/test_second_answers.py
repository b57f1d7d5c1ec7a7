"""复核: a note that waits for a second answer stands in the list of those who may give it, and of nobody else."""

from __future__ import annotations

import pytest

from xiaoshi.desk.cases.reviewing import waiting_for_review
from xiaoshi.desk.guard.visibility import visible_to

pytestmark = pytest.mark.database


def waits_for(people, case) -> set[str]:
    found = set()
    for who in (
        "teller",
        "colleague",
        "lobby",
        "supervisor",
        "outlet_head",
        "stranger",
        "city_specialist",
        "auditor",
    ):
        person = getattr(people, who)
        with visible_to(person):
            if any(review.case.id == case.id for review in waiting_for_review(person)):
                found.add(who)
    return found


def test_first_second_third(tin_of_words, people):
    tin = tin_of_words("full100 ?50")
    assert waits_for(people, tin.case) == set()
    tin.says("teller", 1, "full100")
    assert waits_for(people, tin.case) == set(), "a confirmed proposal waits for nobody"
    tin.says("teller", 2, "full50")
    assert waits_for(people, tin.case) == {"colleague", "lobby", "supervisor", "outlet_head"}
    tin.says("colleague", 2, "half50")
    assert waits_for(people, tin.case) == {"supervisor", "outlet_head"}
    tin.says("supervisor", 2, "half50")
    assert waits_for(people, tin.case) == set()
