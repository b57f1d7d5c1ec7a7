"""Cash between vault and drawer: an act of the outlet, by two people."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import connections

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import NotAllowed, NotFound, Refused
from xiaoshi.desk.money.acts import check_move, move_cash, reject_move, reverse_move, withdraw_move
from xiaoshi.desk.money.chart import VAULT, code_of, drawer_code
from xiaoshi.desk.money.models import MoneyOrder

pytestmark = pytest.mark.database
SUM_FEN = 5_000_00


def do(act: Any, person: Any, **fields: Any) -> dict[str, Any]:
    return perform(act, person, str(uuid.uuid4()), **fields).result


@pytest.mark.parametrize(("direction", "sign"), [("vault_to_drawer", 1), ("drawer_to_vault", -1)])
def test_cash_moves_after_the_check(people: Any, balance_fen: Any, direction: str, sign: int) -> None:
    drawer = drawer_code(people.teller.unit.path, people.teller.login)
    vault = code_of(people.teller.unit.path, VAULT)
    before = balance_fen(drawer), balance_fen(vault)
    order = do(move_cash, people.teller, direction=direction, amount_fen=SUM_FEN)["order"]
    assert (balance_fen(drawer), balance_fen(vault)) == before
    assert do(check_move, people.supervisor, order_id=order, amount_fen=SUM_FEN)["state"] == "approved"
    assert balance_fen(drawer) - before[0] == sign * SUM_FEN
    assert balance_fen(vault) - before[1] == -sign * SUM_FEN


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("teller", NotAllowed), ("colleague", NotAllowed), ("stranger_head", NotFound), ("supervisor", None)],
)
def test_who_checks_a_move(people: Any, who: str, refusal: type[Refused] | None) -> None:
    order = do(move_cash, people.teller, direction="vault_to_drawer", amount_fen=SUM_FEN)["order"]
    if refusal is None:
        do(check_move, people.supervisor, order_id=order, amount_fen=SUM_FEN)
        return
    with pytest.raises(refusal):
        do(check_move, getattr(people, who), order_id=order, amount_fen=SUM_FEN)


def test_a_difference_is_kept_and_nothing_moves(people: Any, balance_fen: Any) -> None:
    vault = code_of(people.teller.unit.path, VAULT)
    before = balance_fen(vault)
    order = do(move_cash, people.teller, direction="vault_to_drawer", amount_fen=SUM_FEN)["order"]
    assert do(check_move, people.supervisor, order_id=order, amount_fen=SUM_FEN + 1)["state"] == "mismatch"
    assert balance_fen(vault) == before
    newest = (
        TimelineEntry.objects.using("owner")
        .filter(chain=f"unit:{people.teller.unit.path}")
        .order_by("-seq")[0]
    )
    assert newest.act == "money.check_move"
    assert "5,000" not in str(newest.body)


def test_withdrawn_and_rejected_moves_stay(people: Any) -> None:
    first = do(move_cash, people.teller, direction="vault_to_drawer", amount_fen=SUM_FEN)["order"]
    with pytest.raises(NotAllowed):
        do(withdraw_move, people.colleague, order_id=first)
    do(withdraw_move, people.teller, order_id=first)
    second = do(move_cash, people.teller, direction="vault_to_drawer", amount_fen=SUM_FEN)["order"]
    do(reject_move, people.supervisor, order_id=second, reason="现金不符")
    states = dict(
        MoneyOrder.objects.using("owner").filter(id__in=[first, second]).values_list("state", "reason")
    )
    assert states == {"withdrawn": "", "rejected": "现金不符"}


def test_a_move_is_reversed_by_two_people(people: Any, balance_fen: Any) -> None:
    vault = code_of(people.teller.unit.path, VAULT)
    before = balance_fen(vault)
    order = do(move_cash, people.teller, direction="vault_to_drawer", amount_fen=SUM_FEN)["order"]
    entry = do(check_move, people.supervisor, order_id=order, amount_fen=SUM_FEN)["entry"]
    reversal = do(reverse_move, people.teller, entry_id=entry, reason="重复出库")["order"]
    do(check_move, people.outlet_head, order_id=reversal, amount_fen=SUM_FEN)
    assert balance_fen(vault) == before


def test_moves_in_both_directions_at_once_do_not_wait_in_a_circle(people: Any, balance_fen: Any) -> None:
    vault = code_of(people.teller.unit.path, VAULT)
    before = balance_fen(vault)
    orders = [
        do(move_cash, people.teller, direction=direction, amount_fen=SUM_FEN)["order"]
        for direction in ("vault_to_drawer", "drawer_to_vault") * 4
    ]
    go, said = threading.Barrier(len(orders)), []

    def check(order: str) -> None:
        go.wait()
        try:
            said.append(do(check_move, people.supervisor, order_id=order, amount_fen=SUM_FEN)["state"])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=check, args=[order]) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["approved"] * len(orders)
    assert balance_fen(vault) == before


@pytest.mark.parametrize(
    ("who", "fields", "code"),
    [
        ("lobby", {"direction": "vault_to_drawer", "amount_fen": 100}, "no_drawer"),
        ("supervisor", {"direction": "vault_to_drawer", "amount_fen": 100}, "not_your_role"),
        ("teller", {"direction": "sideways", "amount_fen": 100}, "direction_unknown"),
        ("teller", {"direction": "vault_to_drawer", "amount_fen": 0}, "amount_missing"),
    ],
)
def test_refused_moves(people: Any, who: str, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        do(move_cash, getattr(people, who), **fields)
    assert refused.value.problem.code == code
