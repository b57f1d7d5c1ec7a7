"""Limits of authority as dated data, a second head above them, and two people at two terminals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from xiaoshi.core.ledger.authority import SHIPPED
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.money import standing
from xiaoshi.desk.money.acts import check_move, move_cash, reverse_move
from xiaoshi.desk.money.acts_decided import agree, set_limit, transfer
from xiaoshi.desk.money.authority import limits_for
from xiaoshi.desk.money.models import AuthorityLimit, MoneyOrder

from .conftest import do, refused
from .test_papers_and_holds import HOSPITAL, by_hand

pytestmark = pytest.mark.database
TODAY = timezone.localdate()


def order_of(people: Any, account: Any, amount_fen: int) -> str:
    return do(transfer, people.teller, account_id=str(account.pk), amount_fen=amount_fen, **HOSPITAL)["order"]


def check(person: Any, order: str, amount_fen: int) -> str:
    return do(check_move, person, order_id=order, amount_fen=amount_fen)["state"]


def test_the_shipped_rows_are_those_of_the_engine(desk: Any) -> None:
    rows = AuthorityLimit.objects.using("owner").filter(unit_path="")
    stored = {(r.work, r.role, r.level, r.alone_fen, r.joint_fen, r.in_force_from) for r in rows}
    assert stored == {(r.work, r.role, r.level, r.alone_fen, r.joint_fen, r.in_force_from) for r in SHIPPED}


def test_above_ones_limit_a_second_head_checks_blind_too(people: Any, funded: Any) -> None:
    account, much = funded(1_000_000_00), 300_000_00
    order = order_of(people, account, much)
    assert check(people.supervisor, order, much) == "endorsed"
    assert MoneyOrder.objects.using("owner").get(id=order).state == "waiting"
    assert refused(check_move, people.supervisor, order_id=order, amount_fen=much) == "endorsed_by_you"
    with visible_to(people.supervisor):
        assert order not in [str(s.order.id) for s in standing.waiting_for(people.supervisor, "zh")]
    with visible_to(people.outlet_head):
        assert order in [str(s.order.id) for s in standing.waiting_for(people.outlet_head, "zh")]
    assert check(people.outlet_head, order, much) == "approved"
    row = MoneyOrder.objects.using("owner").get(id=order)
    assert (row.endorser, row.checker) == (people.supervisor.login, people.outlet_head.login)
    second = order_of(people, account, much)
    check(people.supervisor, second, much)
    assert check(people.outlet_head, second, much + 1) == "mismatch", "the second head counts as well"


def test_above_the_outlet_it_is_for_those_above(people: Any, funded: Any) -> None:
    account, much = funded(1_000_000_00), 600_000_00
    order = order_of(people, account, much)
    for head in (people.supervisor, people.outlet_head):
        assert refused(check_move, head, order_id=order, amount_fen=much) == "above_limit"
    assert check(people.city_specialist, order, much) == "approved"
    entry = MoneyOrder.objects.using("owner").get(id=order).entry
    back = do(reverse_move, people.teller, entry_id=str(entry.id), reason="付错")["order"]
    assert refused(check_move, people.outlet_head, order_id=back, amount_fen=much) == "above_limit", (
        "taking back as paying"
    )
    assert check(people.city_specialist, back, much) == "approved"


def test_a_limit_of_the_bank_by_two_above_the_outlet(people: Any, funded: Any) -> None:
    account = funded(1_000_000_00)
    row = {"work": "pay", "role": "supervisor", "level": "outlet", "alone_fen": 100_00, "joint_fen": 200_00}
    fields = {**row, "from_day": TODAY.isoformat(), "source": "授权制度 2026-3"}
    assert refused(set_limit, people.outlet_head, **fields) == "not_your_role"
    asked = do(set_limit, people.city_specialist, **fields)["request"]
    assert refused(agree, people.city_specialist, request_id=asked) == "maker_is_checker"
    before = order_of(people, account, 150_00)
    assert check(people.supervisor, before, 150_00) == "approved"
    do(agree, people.province_specialist, request_id=asked)
    with visible_to(people.supervisor):
        assert [(r.alone_fen, r.joint_fen) for r in limits_for("pay", people.teller.unit.path)][-1] == (
            100_00,
            200_00,
        )
    assert check(people.supervisor, order_of(people, account, 150_00), 150_00) == "endorsed"
    assert (
        refused(check_move, people.supervisor, order_id=order_of(people, account, 201_00), amount_fen=201_00)
        == "above_limit"
    )
    # A later row gives it back, so that the other tests of this module stand on the shipped figures.
    again = {**fields, "alone_fen": 50_000_00, "joint_fen": 500_000_00}
    do(
        agree,
        people.province_specialist,
        request_id=do(set_limit, people.city_specialist, **again)["request"],
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"work": "steal"}, "work_unknown"),
        ({"role": "teller", "level": "city"}, "role_not_there"),
        ({"alone_fen": 3}, "limit_out_of_order"),
        ({"alone_fen": -1}, "limit_out_of_order"),
        ({"joint_fen": 10**15}, "limit_out_of_order"),
        ({"from_day": (TODAY - timedelta(days=1)).isoformat()}, "day_past"),
        ({"from_day": "2026-02-31"}, "day_unreadable"),
        ({"source": " "}, "reason_missing"),
    ],
)
def test_limits_that_are_refused(people: Any, change: dict[str, Any], code: str) -> None:
    row = {"work": "pay", "role": "supervisor", "level": "outlet", "alone_fen": 1, "joint_fen": 2}
    given = {**row, "from_day": TODAY.isoformat(), "source": "制度", **change}
    assert refused(set_limit, people.city_specialist, **given) == code


def test_the_database_keeps_the_limits_without_us(people: Any, funded: Any) -> None:
    account, much = funded(1_000_000_00), 300_000_00
    order = order_of(people, account, much)
    approve = "UPDATE money_moneyorder SET state = 'approved', checker = %s, checked_at = now() WHERE id = %s"
    endorse = "UPDATE money_moneyorder SET endorser = %s, endorsed_at = now() WHERE id = %s"
    head, supervisor = people.outlet_head, people.supervisor
    assert by_hand("owner", (approve, [supervisor.login, order])) == "money_authority"
    assert by_hand("owner", (endorse, [people.teller.login, order])) == "order_endorsed_by_another"
    assert "row-level security" in by_hand("default", (endorse, [head.login, order]), person=supervisor)
    assert by_hand("default", (endorse, [supervisor.login, order]), person=supervisor) == ""
    assert by_hand("owner", (endorse, [head.login, order])) == "money_order_forward"
    assert by_hand("owner", (approve, [supervisor.login, order])) == "order_endorsed_by_another"
    # Two heads who may: only the entry is missing now.
    assert by_hand("owner", (approve, [head.login, order])) == "money_order_and_entry"


def test_maker_and_checker_do_not_sit_at_one_terminal(people: Any) -> None:
    move = {"direction": "vault_to_drawer", "amount_fen": 100_00}
    order = do(move_cash, people.teller, **move, terminal="t1")["order"]
    check_it = {"order_id": order, "amount_fen": 100_00}
    assert refused(check_move, people.supervisor, **check_it, terminal="t1") == "same_terminal"
    assert do(check_move, people.supervisor, **check_it, terminal="t2")["state"] == "approved"
    second = do(move_cash, people.teller, **move, terminal="t1")["order"]
    by = "UPDATE money_moneyorder SET checker_terminal = 't1', state = 'rejected', reason = 'r', checker = 'z' WHERE id = %s"
    assert by_hand("owner", (by, [second])) == "order_two_terminals"


def test_pages_know_the_terminal_by_its_cookie(people: Any, client_for: Any) -> None:
    first, second = client_for(people.teller), client_for(people.supervisor)
    key = {"key": "terminal-1-move"}
    posted = first.post(
        "/desk/money/", {"do": "move", "direction": "vault_to_drawer", "amount": "77.00", **key}
    )
    assert posted.status_code == 302
    order = MoneyOrder.objects.using("owner").filter(maker=people.teller.login, amount_fen=77_00).get()
    assert order.maker_terminal
    form = {"do": "check", "order": str(order.id), "counted": "77.00"}
    second.cookies = first.cookies.__class__(first.cookies.output(header=""))
    second.force_login(people.supervisor, backend="django.contrib.auth.backends.ModelBackend")
    same = second.post("/desk/money/", {**form, "key": "terminal-2-check"})
    assert same.status_code == 403
    assert "同一台终端" in same.content.decode()
    other = client_for(people.supervisor).post("/desk/money/", {**form, "key": "terminal-3-check"})
    assert other.status_code == 302
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT state FROM money_moneyorder WHERE id = %s", [order.id])
        assert cursor.fetchone() == ("approved",)
