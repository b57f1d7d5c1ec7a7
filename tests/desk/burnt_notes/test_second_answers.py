"""复核: a note that waits for a second answer stands in the list of those who may give it, and of nobody else."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xiaoshi.desk.cases.reviewing import waiting_for_review
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.second_answers import notes_waiting_for

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


def test_how_many_notes_wait_for_whom_in_two_queries(tin_of_words, people):
    """| note | engine | answers | waits for the colleague | for the supervisor |; other tins change nothing of it."""
    tin = tin_of_words("full100 full50 ?20 ?10 half5")
    tin.says("teller", 1, "full100")  # agrees: for nobody
    tin.says("teller", 2, "none")  # differs from the engine: for both
    tin.says("teller", 3, "full20")  # left open by the engine: for both
    tin.says("teller", 4, "full10")
    tin.says("colleague", 4, "half10")  # two that differ: for the supervisor
    tin.says("teller", 5, "full5")
    tin.takes_back("teller", 5)  # nobody has answered it
    for _ in range(2):
        other = tin_of_words("full100 ?50")
        other.says("teller", 2, "half50")
    for who, wanted in (("teller", None), ("colleague", 2), ("supervisor", 3), ("stranger", None)):
        person = getattr(people, who)
        with visible_to(person), CaptureQueriesContext(connection) as queries:
            said = {review.case.id: review.what.en for review in notes_waiting_for(person)}
        assert said.get(tin.case.id) == (wanted and f"{wanted} notes wait for another person's answer")
        assert len(queries) <= 2
