"""D7 over HTTP: who sees which sum, who may send what, and what comes back when it is refused."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from xiaoshi.core.money import yuan
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.boundary import ACTS
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.money.models import MoneyOrder
from xiaoshi.desk.papers.letters.acts import issue_letter

pytestmark = pytest.mark.database
DUE_FEN = 468_45


@pytest.fixture
def address(till: Any) -> str:
    return f"/desk/cases/{till.case.id}/money/"


def post(client: Any, address: str, do: str, **fields: Any) -> Any:
    """Send as a person does who has just opened the page: with the version that stood on it."""
    seen = re.search(r'name="version" value="(\d+)"', client.get(address).content.decode())
    version = {"version": seen[1]} if seen else {}
    return client.post(address, {"do": do, "key": str(uuid.uuid4()), **version, **fields})


def waiting(till: Any) -> MoneyOrder:
    return MoneyOrder.objects.using("owner").get(case_id=till.case.id, state="waiting")


def test_recorded_on_the_page_checked_on_the_page(
    till: Any, address: str, people: Any, client_for: Any
) -> None:
    teller, boss = client_for(people.teller), client_for(people.supervisor)
    page = teller.get(address)
    assert page.status_code == 200
    assert yuan(DUE_FEN) in page.content.decode()
    assert "肆佰陆拾捌元肆角伍分" in page.content.decode()
    version = re.search(r'name="version" value="(\d+)"', page.content.decode())
    assert version
    sent = post(teller, address, "record", amount="468.45", way="cash", account_number="", version=version[1])
    assert sent.status_code == 302
    order = waiting(till)
    assert post(boss, address, "check", order=order.id, counted="468.45").status_code == 302
    done = boss.get(address).content.decode()
    assert yuan(DUE_FEN) in done
    assert people.teller.name_zh in done
    assert people.supervisor.name_zh in done


def test_the_checker_sees_no_sum_before_his_own(
    till: Any, address: str, people: Any, client_for: Any
) -> None:
    till.do(ACTS["test.settle"], people.teller, sum_fen=531_77)  # a sum that no other test booked
    till.record(people.teller, amount_fen=531_77)
    for person in (people.supervisor, people.outlet_head, people.colleague, people.auditor):
        page = client_for(person).get(address).content.decode()
        assert "531.77" not in page, person.login
        assert 'name="counted"' in page or person in (people.colleague, people.auditor)
        assert "531.77" not in client_for(person).get("/desk/money/").content.decode()
    mine = client_for(people.teller).get(address).content.decode()
    assert "531.77" in mine
    assert 'name="counted"' not in mine


def test_no_letter_tells_the_checker_the_sum_before_his_own(till: Any, people: Any, client_for: Any) -> None:
    till.do(ACTS["test.settle"], people.teller, sum_fen=531_78)
    till.record(people.teller, amount_fen=531_78)
    form = f"/desk/cases/{till.case.id}/papers/letters/done/"
    assert yuan(531_78) in client_for(people.teller).get(form).content.decode()
    page = client_for(people.supervisor).get(form)
    assert page.status_code == 200
    assert yuan(531_78) not in page.content.decode()
    facts = Case.objects.using("owner").get(id=till.case.id).snapshot["facts"]
    fact = next(n for n, v in facts.items() if v == 531_78)
    with pytest.raises(Refused) as caught:
        till.do(issue_letter, people.supervisor, letter="done", answers={"text": "x", "amount": fact})
    assert caught.value.problem.code == "sum_not_told"


def test_the_maker_who_posts_the_check_is_refused_by_the_server(
    till: Any, address: str, people: Any, client_for: Any
) -> None:
    order = till.record(people.teller)
    answer = post(client_for(people.teller), address, "check", order=order, counted="468.45")
    assert answer.status_code == 403
    assert "不能复核自己录入的款项" in answer.content.decode()
    assert waiting(till)


def test_a_different_count_goes_back(till: Any, address: str, people: Any, client_for: Any) -> None:
    order = till.record(people.teller)
    boss = client_for(people.supervisor)
    assert post(boss, address, "check", order=order, counted="468.54").status_code == 302
    answer = boss.get(address)
    assert MoneyOrder.objects.using("owner").get(id=order).state == "mismatch"
    assert "468.54" not in answer.content.decode()
    again = client_for(people.teller).get(address).content.decode()
    assert 'name="way"' in again
    assert "468.54" not in again


@pytest.mark.parametrize(
    ("fields", "status", "kept"),
    [
        ({"amount": "468.46", "way": "cash"}, 422, "468.46"),
        ({"amount": "四百", "way": "cash"}, 422, "四百"),
        ({"amount": "468.45"}, 422, "468.45"),
        ({"amount": "468.45", "way": "account", "account_number": "12"}, 422, "12"),
        ({"amount": "468.45", "way": "cash", "version": "0"}, 409, "468.45"),
    ],
)
def test_what_was_typed_is_kept(
    address: str, people: Any, client_for: Any, fields: dict[str, str], status: int, kept: str
) -> None:
    answer = post(client_for(people.teller), address, "record", **fields)
    assert answer.status_code == status
    assert f'value="{kept}"' in answer.content.decode()


def test_a_rejection_needs_a_reason_and_shows_it(
    till: Any, address: str, people: Any, client_for: Any
) -> None:
    order = till.record(people.teller)
    boss = client_for(people.supervisor)
    assert post(boss, address, "reject", order=order, reason="").status_code == 422
    assert post(boss, address, "reject", order=order, reason="封签号<不清>").status_code == 302
    assert "封签号&lt;不清&gt;" in client_for(people.teller).get(address).content.decode()


def test_a_stranger_and_nobody_get_nothing(address: str, people: Any, client_for: Any) -> None:
    assert client_for(people.stranger).get(address).status_code == 404
    assert (
        post(client_for(people.stranger), address, "record", amount="468.45", way="cash").status_code == 404
    )
    assert client_for().get(address).status_code == 302


def test_the_desk_page_moves_cash_by_two_people(people: Any, client_for: Any) -> None:
    teller, boss = client_for(people.teller), client_for(people.supervisor)
    assert (
        post(teller, "/desk/money/", "move", direction="vault_to_drawer", amount="1,234.00").status_code
        == 302
    )
    order = MoneyOrder.objects.using("owner").filter(kind="vault_to_drawer").latest("made_at")
    listed = boss.get("/desk/money/").content.decode()
    assert f"?check={order.id}" in listed
    assert "1,234.00" not in listed
    assert "1,234.00" not in boss.get(f"/desk/money/?check={order.id}").content.decode()
    assert post(boss, "/desk/money/", "check", order=order.id, counted="1234").status_code == 302
    page = boss.get("/desk/money/").content.decode()
    assert "1,234.00" in page
    assert "金库出库至尾箱" in page


def test_in_english(address: str, people: Any, client_for: Any) -> None:
    client = client_for(people.teller)
    client.cookies["xiaoshi_language"] = "en"
    page = client.get(address).content.decode()
    assert "Record the payment" in page
    assert "录入付款" not in page


def test_chinese_is_complete(till: Any, address: str, people: Any, client_for: Any) -> None:
    """No English sentence of these templates is left on a Chinese page."""
    till.record(people.teller)
    for person in (people.teller, people.supervisor):
        for where in (address, "/desk/money/"):
            page = client_for(person).get(where).content.decode()
            main = re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")])
            left = [w for w in re.findall(r"[A-Za-z]{4,}(?: [a-z]+)+", main) if "xiaoshi" not in w]
            assert left == [], (person.login, where)


def test_a_zero_byte_in_the_address_is_no_place_in_the_list(people: Any, client_for: Any) -> None:
    assert client_for(people.teller).get("/desk/money/?after=%00").status_code == 200
