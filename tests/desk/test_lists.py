"""The lists of cases: odd addresses do no harm, pages follow on one another without gap or double."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.database


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%27%3B--",
        "kind=%00",
        "kind=nothing",
        "after=x~y",
        "after=%00",
        "view=none",
        "due=never",
        "q=" + "长" * 2000,
    ],
)
def test_an_odd_address_shows_a_page(people, client_for, query):
    for path in ("/desk/", "/desk/cases/"):
        assert client_for(people.teller).get(f"{path}?{query}").status_code == 200, query


def test_pages_follow_on_one_another(people, new_case, client_for, monkeypatch):
    from xiaoshi.desk.cases.views import lists

    numbers = {new_case(kind="example").number for _ in range(7)}
    monkeypatch.setattr(lists, "PAGE", 3)
    client, seen, address = client_for(people.teller), [], "/desk/?view=all&kind=example"
    for _ in range(10):
        page = client.get(address).content.decode()
        seen += re.findall(r"XS-\d{4}-\d{6}-\d{3}(?=</a>)", page)
        following = re.search(r'href="(\?[^"]*after=[^"]+)"', page)
        if following is None:
            break
        address = "/desk/" + following[1].replace("&amp;", "&")
    assert sorted(seen) == sorted(numbers)


def test_a_teller_finds_by_number_and_by_name_and_a_stranger_does_not(people, new_case, client_for):
    case = new_case(client_name="令狐拾光")
    address = f"/desk/cases/{case.id}/"
    for words in (case.number, "拾光"):
        found = {
            who: client_for(who).get("/desk/cases/", {"q": words}) for who in (people.teller, people.stranger)
        }
        assert address in found[people.teller].content.decode()
        assert address not in found[people.stranger].content.decode()
