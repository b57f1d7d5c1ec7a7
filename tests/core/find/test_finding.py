"""Folding, grams and hits, in the notation of the desk: what was written | what is typed | is it found.

The dictionary of simplified forms is a handful of signs here; the desk's own (OpenCC) is tried in tests/desk/find.
"""

from __future__ import annotations

import random

import pytest

from xiaoshi.core.find.cutting import OVERLAP_CHARACTERS, PART_CHARACTERS, parts_of
from xiaoshi.core.find.folding import Folding
from xiaoshi.core.find.grams import Query, grams_asked, grams_of, grams_of_numbers, read_query, stands_in
from xiaoshi.core.find.personal import hide_personal
from xiaoshi.core.find.showing import blank_figures, excerpt, has_figures
from xiaoshi.core.problems import Problem

SIMPLE = dict(zip("張蘭殘損幣國慶據", "张兰残损币国庆据", strict=True))
FOLDING = Folding(lambda sign: SIMPLE.get(sign, sign))


def found(written: str, typed: str) -> bool:
    """As the desk does it: hide, cut, compare grams, then look at the text itself."""
    shown, numbers = hide_personal(written, FOLDING)
    folded = FOLDING.fold(shown).text
    held = grams_of(folded) | grams_of_numbers(numbers)
    query = read_query(typed, FOLDING)
    assert isinstance(query, Query), query
    return any(
        all(grams_asked(t) <= held and stands_in(t, folded) for t in terms) for terms in query.alternatives
    )


FOUND = """
客户带来一盒残损币，已登记          | 损币                | yes   # in mid-sentence
客户带来一盒残损币，已登记          | 币                  | yes   # one sign
客户带来一盒残损币，已登记          | 損幣                | yes   # traditional
客户張桂蘭                          | 张桂兰              | yes
客户张桂兰                          | 張桂蘭              | yes
机器损坏，硬币一箱                  | 损币                | no    # both signs, not together
账号 6222 0211 0001 2345 678        | 6222021100012345678 | yes
账号6222021100012345678             | 6222 0211 0001 2345 | yes
账号6222021100012345678             | 5678                | yes   # the last figures
账号6222021100012345678             | 6222 02             | yes   # typed so far
合计46,845.00元                     | 46845               | yes
合计46845元                         | 46,845.00           | yes
合计４６８４５元                    | 46845.00            | yes
利息 12.50                          | 12.5                | yes
利息 12.50                          | 12.05               | no
案件 XS-0103-261124-007             | xs-0103-261124-007  | yes
案件 XS-0103-261124-007             | 261124              | yes
案件 XS-0103-261124-007             | 0103-261124         | yes
案件 XS-0103-261124-007             | XS 0103 261124      | yes
身份证 330106199001011231           | 330106199001011231  | yes   # whole
身份证 330106199001011231           | 330106 19900101 1231| yes
身份证 330106199001011231           | 33010619            | no    # never by a part
电话 138 0000 1234                  | 13800001234         | yes
电话 +86 13800001234                | 138-0000-1234       | yes
电话 13800001234                    | 0000                | no
电话 0571-87654321                  | 057187654321        | yes
阿依古丽·买买提                     | 阿依古丽买买提      | yes
ABC Trust                           | abc trust           | yes
第3张                               | 3张                 | yes
已办结😀                            | 😀                  | yes
已办结                              | "办结"              | yes   # quotes do not count
百分之50%                           | 50%_\\              | yes
"""
ROWS = [[c.strip() for c in line.partition("#")[0].split("|")] for line in FOUND.strip().splitlines()]


@pytest.mark.parametrize(("written", "typed", "expected"), ROWS)
def test_what_is_found(written, typed, expected):
    assert found(written, typed) == (expected == "yes")


REFUSED = {
    "": "query_empty",
    " \u3000\t": "query_empty",
    "\x00": "query_empty",
    "'": "query_without_words",
    '""%\\_': "query_without_words",
    "·": "query_without_words",
    "\ud800": "query_without_words",
    "长" * 101: "query_too_long",
    "x" * 2000: "query_too_long",
    "字" * 1_000_000: "query_too_long",
    "a1 b c d e f g h i j k": "query_too_many_words",
}


@pytest.mark.parametrize(("typed", "code"), REFUSED.items(), ids=REFUSED.values())
def test_what_cannot_be_searched_says_so_in_both_languages(typed, code):
    problem = read_query(typed, FOLDING)
    assert isinstance(problem, Problem)
    assert problem.code == code
    assert problem.words.zh
    assert problem.words.en


def test_a_personal_number_is_masked_where_it_stands_and_an_account_is_not():
    text, numbers = hide_personal("証 330106 19900101 123X；卡 6222 0211 0001 2345；护照E12345678", FOLDING)
    assert text == "証 330*** ******** **3X；卡 6222 0211 0001 2345；护照E12****78"
    assert numbers == ("33010619900101123x", "e12345678")


def test_the_hit_is_marked_as_it_was_written():
    pieces = excerpt(
        "收到張桂蘭的殘損幣，账号 6222 0211 0001 2345，" + "等" * 200,
        ("62220211", "残损币", "张桂兰"),
        FOLDING,
    )
    assert [p.text for p in pieces if p.marked] == ["張桂蘭", "殘損幣", "6222 0211"]
    assert pieces[-1].text == "…"
    assert len("".join(p.text for p in pieces)) < 100


def test_where_nothing_stands_the_beginning_is_shown():
    assert [p.text for p in excerpt("甲乙丙", ("丁",), FOLDING)] == ["甲乙丙"]


@pytest.mark.parametrize("term", ["46845", "肆万", "四万六千"])
def test_sums_in_every_writing_are_figures(term):
    assert has_figures(term)
    assert not has_figures(blank_figures(term))


def test_no_hit_is_lost_between_two_parts():
    """Every stretch of up to 100 signs stands whole in one part. Known truth: 12,345 signs from seed 5."""
    chance = random.Random(5)
    text = "".join(chance.choice("甲乙丙丁戊己庚辛") for _ in range(12_345))
    parts, cut = parts_of(text)
    assert not cut
    assert all(len(p) <= PART_CHARACTERS for p in parts)
    for _ in range(300):
        at = chance.randrange(len(text) - OVERLAP_CHARACTERS)
        assert any(text[at : at + OVERLAP_CHARACTERS] in p for p in parts)
    assert parts_of("字" * 10**6)[1]
    assert parts_of("  ") == ([], False)


def test_grams_never_miss_what_stands_there():
    """Whatever stretch of a text is typed, the text has all the grams that it asks for. 500 texts from seed 11."""
    chance = random.Random(11)
    for _ in range(500):
        written = "".join(
            chance.choice("张桂兰残损币0123456789abc ，.-张1") for _ in range(chance.randrange(1, 60))
        )
        folded = FOLDING.fold(written).text
        for term in [t for t in folded.split(" ") if t][:3]:
            begin = chance.randrange(len(term))
            part = term[begin : chance.randrange(begin, len(term)) + 1]
            assert grams_asked(part) <= grams_of(folded) or grams_of(folded) != grams_of_without_numbers(
                folded
            )


def grams_of_without_numbers(folded: str) -> set[str]:
    """All grams, were no number a person's: differs from `grams_of` only where one was hidden."""
    found: set[str] = set()
    for run in folded.split(" "):
        found |= set(run) | {run[i : i + 2] for i in range(len(run) - 1)}
        word = "0123456789abcdefghijklmnopqrstuvwxyz."
        found |= {run[i : i + 3] for i in range(len(run) - 2) if all(c in word for c in run[i : i + 3])}
    return found


def test_folding_with_and_without_places_says_the_same():
    chance = random.Random(3)
    for _ in range(500):
        text = "".join(chance.choice("張Ａ1234567890 ,.，-00·\x00é①") for _ in range(chance.randrange(0, 40)))
        folded = FOLDING.fold(text)
        assert folded.text == FOLDING.text(text)
        assert len(folded.places) == len(folded.text)
        assert list(folded.places) == sorted(folded.places)
