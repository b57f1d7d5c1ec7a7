"""What the search must not tell, what it has not looked at, and what it costs."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xiaoshi.desk.cases.verbs import hand_over
from xiaoshi.desk.find.as_json import found_as_json
from xiaoshi.desk.find.catching_up import take_oldest
from xiaoshi.desk.find.models import Due, IndexRow
from xiaoshi.desk.find.reading import read_waiting
from xiaoshi.desk.find.rebuilding import rebuild
from xiaoshi.desk.find.searching import find_cases
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.visibility import visible_to, visible_to_house
from xiaoshi.desk.papers.acts import add_document


def search(person, text, **more):
    with visible_to(person):
        return find_cases(person, text, **more)


def do(act, person, case, **fields):
    return perform(act, person, str(uuid.uuid4()), case_id=case.id, **fields)


@pytest.fixture
def counted(people, new_case, monkeypatch):
    """A case whose sum stands in an entry and in its facts; the colleague still has to count it blind."""
    from xiaoshi.desk.find import searching

    case = new_case(client_name="皇甫松")
    do(
        hand_over,
        people.teller,
        case,
        to="xu.lan",
        reason="经清点共肆万柒仟壹佰元，即47,123.45元，装在青花罐里",
    )
    monkeypatch.setattr(
        searching,
        "cases_with_unknown_sums",
        lambda cases, reader: frozenset(
            c.id for c in cases if c.id == case.id and reader.login == people.colleague.login
        ),
    )
    return case


@pytest.mark.parametrize("typed", ["47123.45", "47,123.45", "47123", "47", "肆万柒仟", "皇甫松 47123", "4"])
def test_whoever_has_yet_to_count_learns_no_figure_by_asking(people, counted, typed):
    assert counted.id in {f.case.id for f in search(people.teller, typed).cases}
    blind = search(people.colleague, typed)
    hits = [h for f in blind.cases if f.case.id == counted.id for h in f.hits]
    assert all(h.kind in ("case", "person") for h in hits)
    assert blind.asks_for_figures
    assert typed == "4" or not hits


def test_nor_by_a_sum_that_could_be_a_whole_number(people, counted):
    do(hand_over, people.colleague, counted, to="li.min", reason="共计：87654321元")
    assert counted.id in {f.case.id for f in search(people.teller, "87654321").cases}
    assert counted.id not in {f.case.id for f in search(people.colleague, "87654321").cases}


def test_nor_by_an_excerpt(people, counted):
    assert "47,123.45" in excerpts(people.teller, counted)
    shown = excerpts(people.colleague, counted)
    assert "青花罐" in shown
    assert not set("0123456789肆万柒仟壹佰") & set(shown)


def excerpts(person, case):
    found = search(person, "青花罐", limit=100).cases
    return "".join(p.text for f in found if f.case.id == case.id for h in f.hits for p in h.pieces)


def test_the_rule_of_unknown_sums_is_the_rule_of_the_pages(people, new_case):
    """The supervisor who recounts burnt notes does not know the first figures; the teller does."""
    from xiaoshi.desk.cases.views.found import find
    from xiaoshi.desk.cases.views.pages import hides_sums
    from xiaoshi.desk.find.unknown_sums import cases_with_unknown_sums

    case = new_case()
    for person in (people.teller, people.supervisor, people.outlet_head):
        with visible_to(person):
            found = find(case.id)
            assert (case.id in cases_with_unknown_sums([found.case], person)) == hides_sums(
                found, person.as_actor()
            )


def test_a_document_is_said_to_be_unread_until_the_worker_has_read_it(people, new_case):
    case = new_case(client_name="澹台明")
    text = "火灾证明：瓷器店于凌晨起火。身份证330106195001011236。".encode()
    do(add_document, people.teller, case, purpose="fire_report", name="火灾证明.txt", content=text)
    found = search(people.teller, "瓷器店")
    assert not found.cases
    assert found.documents_unread >= 1
    assert not found_as_json(found, "zh")["complete"]
    assert search(people.stranger, "瓷器店").documents_unread == 0
    assert read_waiting(20) >= 1
    found = search(people.teller, "瓷器店 澹台明")
    assert [(f.case.id, f.hits[0].kind) for f in found.cases] == [(case.id, "document")]
    assert found_as_json(found, "en")["complete"]
    assert not search(people.stranger, "瓷器店").cases
    excerpt = "".join(p.text for p in search(people.teller, "凌晨起火").cases[0].hits[0].pieces)
    assert "195001" not in excerpt
    assert search(people.teller, "330106195001011236").cases[0].case.id == case.id


def test_the_worker_takes_what_nobody_searched_for(people, new_case):
    case = new_case(client_name="公冶长")
    with visible_to_house("find"):
        while take_oldest(50):
            pass
        assert not Due.objects.exists()
        assert IndexRow.objects.filter(case=case).exists()


def test_rebuilt_from_the_cases_it_finds_the_same(people, new_case, desk):
    case = new_case(client_name="夏侯惇")
    before = found_as_json(search(people.teller, "夏侯惇"), "zh")["cases"]
    IndexRow.objects.using("owner").all().delete()
    told = rebuild()
    assert told["rows"] >= told["cases"] >= 1
    assert found_as_json(search(people.teller, "夏侯惇"), "zh")["cases"] == before
    rebuild()
    assert [f.case.id for f in search(people.teller, "夏侯惇").cases] == [case.id]


def test_a_search_costs_the_same_number_of_queries_for_one_case_and_for_ten(people, new_case):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    new_case(client_name="独孤一")
    for _ in range(10):
        new_case(client_name="令狐十")
    with visible_to_house("find"):
        while take_oldest(50):
            pass
    counts = []
    for name in ("独孤一", "令狐十"):
        with visible_to(people.teller), CaptureQueriesContext(connection) as queries:
            assert find_cases(people.teller, name).cases
        counts.append(len(queries))
    assert counts[0] == counts[1], counts


def test_a_database_without_time_says_how_far_it_looked(people, new_case, monkeypatch):
    from xiaoshi.desk.find import searching

    monkeypatch.setattr(searching, "LOOKS", ((None, 1), (14, 1)))
    slow = searching._candidates

    def slower(*given):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")
        return slow(*given)

    monkeypatch.setattr(searching, "_candidates", slower)
    found = search(people.teller, "张")
    assert found.since is not None
    assert found.notes
    assert not found_as_json(found, "zh")["complete"]


def test_what_has_just_changed_is_indexed_with_as_many_queries_for_one_case_as_for_many(people, new_case):
    def asked(many: int) -> int:
        with visible_to_house("find"):
            take_oldest(1000)
        for n in range(many):
            case = new_case(client_name=f"令狐{n}")
            do(
                add_document,
                people.teller,
                case,
                purpose="other",
                name=f"{n}.txt",
                content=f"说明{many}{n}".encode(),
            )
            do(hand_over, people.teller, case, to="xu.lan", reason="盒子在保险柜里")
        with visible_to_house("find"), CaptureQueriesContext(connection) as queries:
            assert take_oldest(1000) == many
        assert len(search(people.teller, "令狐 保险柜", limit=100).cases) >= many
        return len(queries)

    assert asked(2) == asked(9)
