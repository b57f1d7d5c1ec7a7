"""The search: found in every writing, by whoever may see the case, and by nobody else; bad queries get an answer."""

from __future__ import annotations

import uuid

import pytest

from xiaoshi.desk.cases.verbs import copy_to, hand_over, move_case, suspend
from xiaoshi.desk.find.searching import find_cases
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.visibility import visible_to


def search(person, text, **more):
    with visible_to(person):
        return find_cases(person, text, **more)


def numbers(person, text):
    return [f.case.number for f in search(person, text).cases]


def do(act, person, case, **fields):
    return perform(act, person, str(uuid.uuid4()), case_id=case.id, **fields)


def marked(found):
    return [p.text for f in found.cases for h in f.hits for p in h.pieces if p.marked]


@pytest.fixture(scope="module")
def story(desk):
    """One case with a name in old signs, an account and a reason in the timeline."""
    from desk_fixtures import open_a_case, the_people

    people = the_people()
    case = open_a_case(
        people.teller,
        client_name="張桂蘭",
        id_number="330106195001011236",
        phone="13800001234",
        account_number="6222021100012345678",
    )
    do(hand_over, people.teller, case, to="xu.lan", reason="客户的殘損幣有三盒，约46,845.00元，下午送来")
    return case


@pytest.mark.parametrize(
    ("typed", "hit"),
    [
        ("张桂兰", "張桂蘭"),
        ("張桂蘭", "張桂蘭"),
        ("损币", "損幣"),
        ("饼干铁", "饼干铁"),
        ("5678", "5678"),
        ("46845", "46,845"),
        ("46,845.00", "46,845"),
        ("张桂兰 三盒", "三盒"),
    ],
)
def test_found_in_every_writing(story, people, typed, hit):
    found = search(people.teller, typed)
    assert [f.case.id for f in found.cases] == [story.id]
    assert any(hit in m for m in marked(found)), marked(found)


@pytest.mark.parametrize(
    "typed",
    [
        "330106195001011236",
        "330106 19500101 1236",
        "138 0000 1234",
        "13800001234",
        "6222 0211 0001 2345 678",
        "6222021100012345678",
    ],
)
def test_personal_numbers_are_found_whole_and_never_shown(story, people, typed):
    found = search(people.teller, typed)
    assert [f.case.id for f in found.cases] == [story.id]
    shown = "".join(p.text for f in found.cases for h in f.hits for p in h.pieces)
    assert "13800001234" not in shown
    assert "3301061950" not in shown
    assert "62220211" not in shown


def test_personal_numbers_are_not_found_by_a_part(story, people):
    assert numbers(people.teller, "330106195001") == []
    assert numbers(people.teller, "1380000") == []
    assert numbers(people.teller, "622202110001") == []


def test_a_case_number_in_parts(story, people):
    outlet, day, running = story.number.split("-")[1:]
    for typed in (
        story.number,
        story.number.lower(),
        f"{outlet}-{day}",
        f"{day}-{running}",
        f"xs {outlet} {day} {running}",
    ):
        assert story.number in numbers(people.teller, typed), typed


def test_only_whoever_may_see_the_case_finds_it(story, people):
    """Name, timeline, account, identity number: the same for the outlet, its superiors and the auditor, nothing for others."""
    for typed in ("张桂兰", "残损币", "6222021100012345678", "330106195001011236"):
        for who in (
            people.teller,
            people.colleague,
            people.city_specialist,
            people.province_specialist,
            people.auditor,
        ):
            assert numbers(who, typed) == [story.number], (who.login, typed)
        assert numbers(people.stranger, typed) == [], typed


def test_a_visitor_finds_it_from_then_on(people, new_case):
    case = new_case(client_name="欧阳照")
    assert numbers(people.stranger, "欧阳照") == []
    do(copy_to, people.teller, case, to=people.stranger.login)
    assert numbers(people.stranger, "欧阳照") == [case.number]


def test_a_case_that_moves_is_found_where_it_went(people, new_case):
    case = new_case(people.outlet_head, client_name="司徒远")
    assert numbers(people.outlet_head, "司徒远") == [case.number]
    do(
        move_case,
        people.outlet_head,
        case,
        unit_path=people.stranger.unit.path,
        to=people.stranger.login,
        reason="客户搬家",
    )
    assert numbers(people.stranger_head, "司徒远") == [case.number]
    assert numbers(people.colleague, "司徒远") == []
    assert numbers(people.outlet_head, "司徒远") == [case.number], "whoever gave it away still sees it"


def test_what_was_written_a_moment_ago_is_found_without_a_worker(people, new_case):
    case = new_case(client_name="端木一")
    do(
        suspend,
        people.teller,
        case,
        reason="等翡翠鉴定书",
        until="2099-01-01T00:00:00+08:00",
        waiting_for="client",
    )
    found = search(people.colleague, "翡翠鉴定")
    assert [f.case.id for f in found.cases] == [case.id]
    assert found.cases[0].hits[0].kind == "entry"
    assert not found.notes


def test_pages_by_keyset_show_every_case_once(people, new_case):
    made = [new_case(client_name="尉迟连").id for _ in range(7)]
    seen, after = [], ""
    for _ in range(10):
        found = search(people.teller, "尉迟连", after=after, limit=3)
        seen += [f.case.id for f in found.cases]
        after = found.after
        if not after:
            break
    assert seen == sorted(made, reverse=True)


BAD = ["", " ", "'", '"', "%_\\", "\x00", "\ud800", "x" * 2000, "字" * 100_000, "; DROP TABLE find_indexrow --", "a b c d e f g h i j k l", "😀", "{1,2}", "$1", "�"]  # fmt: skip


@pytest.mark.parametrize("typed", BAD, ids=range(len(BAD)))
def test_bad_queries_get_words_and_never_an_error(story, people, client_for, typed):
    page = client_for(people.teller).get("/desk/find/", {"q": typed.replace("\ud800", "\ufffd")})
    assert page.status_code in (200, 422)
    found = search(people.teller, typed)
    text = page.content.decode()
    if found.problem:
        assert page.status_code == 422 or typed == "\ud800"
        assert found.problem.words.zh
        assert found.problem.words.en
    else:
        assert found.cases or "没有查到" in text


def test_one_sign_and_one_figure_are_searched(story, people):
    assert story.number in numbers(people.teller, "蘭")
    assert story.number in numbers(people.teller, "6")


def test_a_cursor_that_is_none(people):
    assert search(people.teller, "张", after="'").problem.code == "cursor_unreadable"


def test_a_client_name_is_no_hit_of_every_entry(story, people):
    found = search(people.teller, "张桂兰")
    assert [h.kind for h in found.cases[0].hits] == ["case"]


def test_reading_the_index_table_tells_nothing(story, desk):
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT string_agg(encode(sealed, 'escape'), ' ') FROM find_indexrow")
        kept = cursor.fetchone()[0]
    assert "6222021100012345678" not in kept
    assert "13800001234" not in kept


def test_a_person_without_a_name_sees_no_row(story, desk):
    from xiaoshi.desk.find.models import IndexRow

    with visible_to(None):
        assert not IndexRow.objects.exists()


def test_the_page_names_a_kind_in_the_readers_language_only(story, people, client_for):
    from xiaoshi.desk.kinds import kind_named

    words, client = kind_named("burnt_notes").words, client_for(people.teller)
    page = client.get("/desk/find/", {"q": "張桂蘭"}).content.decode()
    assert words.zh in page
    assert words.en not in page
    client.cookies["xiaoshi_language"] = "en"
    page = client.get("/desk/find/", {"q": "張桂蘭"}).content.decode()
    assert words.en in page
    assert words.zh not in page
