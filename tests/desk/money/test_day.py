"""The end of a day: drawers and vault counted by two, differences booked, the day closed and opened again."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.money.acts import check_move, move_cash, reject_move
from xiaoshi.desk.money.acts_day import (
    check_count,
    close_day,
    count_cash,
    hand_over,
    reopen_day,
    withdraw_count,
)
from xiaoshi.desk.money.acts_decided import agree
from xiaoshi.desk.money.chart import DIFFERENCES, VAULT, code_of, drawer_code
from xiaoshi.desk.money.counting import places_of
from xiaoshi.desk.money.models import Balance, CashCount
from xiaoshi.desk.money.verify import verify_books

from .conftest import do, refused
from .test_papers_and_holds import booked, by_hand

pytestmark = pytest.mark.database


def pieces_for(amount_fen: int) -> dict[str, int]:
    """Notes and coins for a sum, the largest first."""
    made = {}
    for name, face in (("note_10000", 10_000), ("note_100", 100), ("coin_10", 10), ("coin_1", 1)):
        made[name], amount_fen = divmod(amount_fen, face)
    return made


def in_books(code: str) -> int:
    return int(Balance.objects.using("owner").get(account__code=code).balance_fen)


def counted(people: Any, person: Any, place: str, total_fen: int, reason: str = "") -> str:
    count = do(count_cash, person, pieces=pieces_for(total_fen), place=place, reason=reason)["count"]
    assert do(check_count, people.supervisor, count_id=count, total_fen=total_fen)["state"] == "agreed"
    return str(count)


def test_a_difference_is_booked_by_two_with_its_reason(people: Any) -> None:
    drawer = drawer_code(people.teller.unit.path, people.teller.login)
    differences = code_of(people.teller.unit.path, DIFFERENCES)
    there = in_books(drawer)
    short = {"pieces": pieces_for(there - 100_00)}
    assert refused(count_cash, people.teller, **short) == "difference_unexplained"
    count = do(count_cash, people.teller, **short, reason="找零时多付一张")["count"]
    assert in_books(drawer) == there, "nothing moves before the second count"
    assert refused(count_cash, people.teller, **short, reason="再点") == "count_waiting"
    assert refused(check_count, people.teller, count_id=count, total_fen=there - 100_00) == "maker_is_checker"
    assert refused(check_count, people.colleague, count_id=count, total_fen=there - 100_00) == "not_your_role"
    assert refused(check_count, people.stranger_head, count_id=count, total_fen=0) == "count_not_found"
    assert do(check_count, people.supervisor, count_id=count, total_fen=there - 100_00)["state"] == "agreed"
    assert (in_books(drawer), in_books(differences)) == (there - 100_00, 100_00)
    over = do(count_cash, people.teller, pieces=pieces_for(there), reason="找到了")["count"]
    assert do(check_count, people.supervisor, count_id=over, total_fen=there + 1)["state"] == "mismatch"
    assert in_books(drawer) == there - 100_00
    counted(people, people.teller, "", there, "找到了")
    assert (in_books(drawer), in_books(differences)) == (there, 0)
    assert verify_books().ok


def test_the_printed_sheet_has_each_count(people: Any, client_for: Any) -> None:
    import pypdfium2

    drawer = drawer_code(people.teller.unit.path, people.teller.login)
    there = in_books(drawer)
    counted(people, people.teller, "", there + 1, "多一分")
    pdf = client_for(people.teller).get("/desk/money/day/sheet.pdf").content
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded()
    assert "李旻尾箱" in text
    assert "0.01 长款" in text
    assert "多一分" in text
    assert "券别" in text
    counted(people, people.teller, "", there, "退回")


def test_a_count_is_worth_nothing_after_cash_moved(people: Any) -> None:
    drawer = drawer_code(people.colleague.unit.path, people.colleague.login)
    there = in_books(drawer)
    count = do(count_cash, people.colleague, pieces=pieces_for(there))["count"]
    move = do(move_cash, people.colleague, direction="drawer_to_vault", amount_fen=1_00)["order"]
    do(check_move, people.outlet_head, order_id=move, amount_fen=1_00)
    assert refused(check_count, people.supervisor, count_id=count, total_fen=there) == "moved_since_count"
    assert refused(withdraw_count, people.teller, count_id=count) == "not_your_order"
    do(withdraw_count, people.colleague, count_id=count)
    counted(people, people.colleague, "", there - 1_00)


def test_a_drawer_is_handed_over_to_who_counts_it(people: Any) -> None:
    mine, other = (drawer_code(p.unit.path, p.login) for p in (people.teller, people.colleague))
    there, before = in_books(mine), in_books(other)
    assert refused(hand_over, people.teller, receiver=people.teller.login) == "receiver_is_giver"
    assert refused(hand_over, people.teller, receiver=people.stranger.login) == "receiver_unknown"
    order = do(hand_over, people.teller, receiver=people.colleague.login)["order"]
    taken = {"order_id": order, "amount_fen": there}
    assert refused(check_move, people.supervisor, **taken) == "not_the_receiver"
    assert do(check_move, people.colleague, **taken)["state"] == "approved"
    assert (in_books(mine), in_books(other)) == (0, before + there)
    assert refused(hand_over, people.teller, receiver=people.colleague.login) == "drawer_empty"
    back = do(move_cash, people.teller, direction="vault_to_drawer", amount_fen=there)["order"]
    do(check_move, people.supervisor, order_id=back, amount_fen=there)


@pytest.mark.parametrize(
    ("pieces", "code"),
    [
        ({"note_300": 1}, "piece_unknown"),
        ({"note_100": -1}, "count_negative"),
        ({"note_100": 10**9}, "count_too_large"),
    ],
)
def test_counts_that_are_refused(people: Any, pieces: dict[str, int], code: str) -> None:
    assert refused(count_cash, people.teller, pieces=pieces) == code


def test_a_day_closes_when_all_is_counted_and_then_takes_nothing(fresh_desk: Any, fresh_people: Any) -> None:
    people = fresh_people
    unit, today = people.teller.unit, timezone.localdate()
    vault = code_of(unit.path, VAULT)
    assert refused(close_day, people.teller) == "day_not_counted"
    with visible_to(people.teller):
        places = [
            (p.account.staff_login, p.account.code, p.account.balance.balance_fen)
            for p in places_of(unit, today)
            if p.wanted
        ]
    for login, code, fen in places:
        who = people.teller if login in ("", people.teller.login) else people.colleague
        counted(people, who, "vault" if code == vault else login, fen)
    waits = do(move_cash, people.teller, direction="vault_to_drawer", amount_fen=1_00)["order"]
    assert refused(close_day, people.teller) == "cash_waits"
    do(reject_move, people.supervisor, order_id=waits, reason="日终后再办")
    asked = do(close_day, people.teller)["request"]
    assert refused(close_day, people.teller) == "request_waiting"
    do(agree, people.supervisor, request_id=asked)
    assert refused(close_day, people.teller) == "day_closed"
    late = do(move_cash, people.teller, direction="vault_to_drawer", amount_fen=1_00)["order"]
    assert refused(check_move, people.supervisor, order_id=late, amount_fen=1_00) == "day_closed"
    from xiaoshi.desk.money.models import Account

    accounts = [
        Account.objects.using("owner").get(code=code_of(unit.path, c)) for c in (VAULT, "4001/clearing")
    ]
    assert by_hand("owner", *booked(people, (accounts[0], 1), (accounts[1], -1))) == "money_day_closed"
    again = do(reopen_day, people.supervisor, reason="漏记一笔")["request"]
    assert refused(agree, people.supervisor, request_id=again) == "maker_is_checker"
    do(agree, people.outlet_head, request_id=again)
    assert do(check_move, people.supervisor, order_id=late, amount_fen=1_00)["state"] == "approved"
    closing = "INSERT INTO money_businessday (unit_id, unit_path, day, state, request_id) VALUES (%s, %s, %s, 'closed', %s)"
    assert by_hand("owner", (closing, [unit.id, unit.path, today, again])) != ""
    assert refused(close_day, people.teller) == "day_not_counted", "the drawer moved after its count"
    assert CashCount.objects.using("owner").filter(state="agreed").count() == len(places)
    assert verify_books().ok
