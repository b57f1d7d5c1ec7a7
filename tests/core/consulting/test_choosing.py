"""Who is asked, as tables: people of the tree, what is wished, who it is and why."""

from __future__ import annotations

import pytest

from xiaoshi.core.consulting.choosing import Chosen, Specialist, UnitToCall, choose, choose_by_name
from xiaoshi.core.problems import Problem, Words

CASE = "jn/lz/cd/yy/"
UNITS = (
    UnitToCall(Words("临洲市分行", "Linzhou"), "city", "0571-1"),
    UnitToCall(Words("省分行", "Province"), "province", ""),
)


def who(line: str) -> Specialist:
    """`login level path roles fields open [sub=x|away]`, lists with commas, `-` for none."""
    login, level, path, roles, fields, n, *more = line.split()
    split = lambda text: frozenset(() if text == "-" else text.split(","))  # noqa: E731
    sub = next((m[4:] for m in more if m.startswith("sub=")), "")
    return Specialist(
        login, Words(login, login), level, path, split(roles), split(fields), int(n), sub, "away" in more
    )


PEOPLE = """
lu    city     jn/lz/     city_specialist     notes,coins   1
chen  city     jn/lz/     city_specialist     deposits      0 away
fang  city     jn/lz/     city_specialist     deposits      4
gu    city     jn/lz/     city_specialist     -             0
other city     jn/hc/     city_specialist     law           0
bo    sub_branch jn/lz/cd/ supervisor         -             0
tell  city     jn/lz/     contact_centre      deposits      0
su    province jn/        province_specialist law,deposits  2
"""
ALL = [who(line) for line in PEOPLE.strip().splitlines()]

CHOICES = """
deposits city      fang    # of the field and in, though a generalist has less to do
notes    city      lu
law      city      gu      # nobody of the field at the city, but one who answers for any
coins    city      lu
law      province  su
deposits sub_branch bo
notes    province  nobody  # the province's specialist has other fields
"""


@pytest.mark.parametrize("line", CHOICES.strip().splitlines())
def test_by_field_and_load(line):
    field, level, expected = line.split()[:3]
    found = choose(field, level, CASE, "li", ALL, UNITS)
    assert (found.login if isinstance(found, Chosen) else "nobody") == expected


def test_nobody_of_the_field_at_the_city_goes_to_the_province_and_says_so():
    people = [p for p in ALL if p.login != "gu"]
    found = choose("law", "city", CASE, "li", people, UNITS)
    assert isinstance(found, Chosen)
    assert (found.login, found.level) == ("su", "province")
    assert "市分行没有" in found.reason.zh


def test_nobody_at_all_says_whom_to_call():
    found = choose("fx", "city", CASE, "li", [p for p in ALL if p.login == "lu"], UNITS)
    assert isinstance(found, Problem)
    assert found.code == "consult_nobody"
    assert "0571-1" in found.words.zh
    assert "Province" in found.words.en


def test_the_same_facts_choose_the_same_person():
    twins = [who(f"{n} city jn/lz/ city_specialist notes 3") for n in ("zz", "aa", "mm")]
    assert {choose("notes", "city", CASE, "li", order, ()).login for order in (twins, twins[::-1])} == {"aa"}


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ("nobody", "not_a_specialist"),
        ("tell", "not_a_specialist"),
        ("other", "not_a_specialist"),
        ("chen", "specialist_away"),
        ("li", "not_a_specialist"),
    ],
)
def test_who_cannot_be_asked_by_name(login, code):
    found = choose_by_name(login, CASE, "li", "outlet", ALL)
    assert isinstance(found, Problem)
    assert found.code == code


def test_by_name_the_substitute_is_asked_and_it_is_said():
    people = [*ALL, who("ma city jn/lz/ city_specialist notes 0 sub=lu")]
    found = choose_by_name("ma", CASE, "li", "outlet", people)
    assert isinstance(found, Chosen)
    assert found.login == "lu"
    assert "ma" in found.reason.zh


def test_a_specialist_of_the_city_asks_the_province_not_a_neighbour():
    found = choose_by_name("fang", CASE, "lu", "city", ALL)
    assert isinstance(found, Problem)
    assert found.code == "not_upwards"
