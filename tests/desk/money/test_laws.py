"""The database keeps the laws of the ledger without our Python: raw SQL, as the owner and as the runtime role."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from xiaoshi.desk.guard.visibility import see_as
from xiaoshi.desk.money.chart import CLEARING, DAMAGED, VAULT, code_of, ensure_chart, open_books
from xiaoshi.desk.money.models import Account, Balance, Entry

pytestmark = pytest.mark.database


@pytest.fixture
def books(desk: Any, people: Any) -> dict[str, Account]:
    """The outlet's accounts, opened with cash (once for the module's database)."""
    unit, login = people.teller.unit, people.teller.login
    accounts = ensure_chart(unit)
    accounts["4001/other"], _ = Account.objects.using("owner").get_or_create(
        code=code_of(unit.path, "4001/other"),
        defaults={
            "unit": unit,
            "unit_path": unit.path,
            "kind": "suspense",
            "name_zh": "其他往来",
            "name_en": "Other",
            "no_overdraft": False,
            "opened_at": timezone.now(),
        },
    )
    open_books(
        unit,
        vault_fen=5_000_000,
        drawer_fen={login: 1_000_000},
        maker="opening",
        checker="city",
        at=timezone.now(),
    )
    return accounts


def run(alias: str, *statements: tuple[str, list[Any]], person: Any = None) -> None:
    """Statements of one transaction; the deferred laws speak at its end."""
    with transaction.atomic(using=alias):
        if person is not None:
            see_as(person)
        with connections[alias].cursor() as cursor:
            for sql, values in statements:
                cursor.execute(sql, values)


def entry(unit: Any, ident: str, **changes: Any) -> tuple[str, list[Any]]:
    fields = {
        "id": ident,
        "unit_id": unit.id,
        "unit_path": unit.path,
        "purpose_zh": "试",
        "purpose_en": "try",
        "maker": "li",
        "checker": "zhou",
        "at": timezone.now(),
        "key": ident,
        "posting_count": 2,
        "amount_fen": 100,
        **changes,
    }
    names = ", ".join(fields)
    return f"INSERT INTO money_entry ({names}) VALUES ({', '.join(['%s'] * len(fields))})", list(
        fields.values()
    )


def lines(ident: str, *postings: tuple[Account, int]) -> tuple[str, list[Any]]:
    values = ", ".join(["(%s, %s, %s)"] * len(postings))
    flat = [v for account, fen in postings for v in (ident, account.id, fen)]
    return f"INSERT INTO money_posting (entry_id, account_id, amount_fen) VALUES {values}", flat


def order(person: Any, ident: str, **changes: Any) -> tuple[str, list[Any]]:
    fields = {
        "id": ident,
        "unit_id": person.unit.id,
        "unit_path": person.unit.path,
        "kind": "drawer_to_vault",
        "matter": "cash",
        "amount_fen": 100,
        "destination": "{}",
        "plan": "[]",
        "made_reason": "",
        "maker": person.login,
        "made_at": timezone.now(),
        "state": "waiting",
        "attempts": "[]",
        "checker": "",
        "reason": "",
        **changes,
    }
    names = ", ".join(fields)
    return f"INSERT INTO money_moneyorder ({names}) VALUES ({', '.join(['%s'] * len(fields))})", list(
        fields.values()
    )


def new() -> str:
    return str(uuid.uuid4())


REFUSED_ENTRIES = [
    ("money_zero_sum", [(VAULT, 100), (CLEARING, -99)], {}),
    ("money_entry_as_stated", [(VAULT, 100), (CLEARING, -100)], {"posting_count": 3}),
    ("money_entry_as_stated", [(VAULT, 50), (CLEARING, -50)], {}),
    ("money_entry_as_stated", [], {}),
    ("posting_not_zero", [(VAULT, 0), (CLEARING, 0)], {}),
    ("posting_account_once", [(VAULT, 100), (VAULT, -100)], {}),
    ("money_no_overdraft", [(DAMAGED, -100), (VAULT, 100)], {}),
    ("entry_two_people", [(VAULT, 100), (CLEARING, -100)], {"checker": "li"}),
    ("entry_has_people", [(VAULT, 100), (CLEARING, -100)], {"checker": ""}),
    ("entry_two_postings", [(VAULT, 100), (CLEARING, -100)], {"posting_count": 1}),
]


@pytest.mark.parametrize(("law", "postings", "changes"), REFUSED_ENTRIES)
def test_the_owner_cannot_book_what_breaks_a_law(
    books: dict[str, Account], people: Any, law: str, postings: list[tuple[str, int]], changes: dict[str, Any]
) -> None:
    before = dict(Balance.objects.using("owner").values_list("account_id", "balance_fen"))
    ident = new()
    work = [entry(people.teller.unit, ident, **changes)]
    if postings:
        work.append(lines(ident, *[(books[local], fen) for local, fen in postings]))
    with pytest.raises(DatabaseError) as error:
        run("owner", *work)
    assert law in str(error.value) or error.value.__cause__.diag.constraint_name == law  # type: ignore[union-attr]
    assert dict(Balance.objects.using("owner").values_list("account_id", "balance_fen")) == before


def test_a_sound_entry_moves_the_balances_and_nothing_joins_it_later(
    books: dict[str, Account], people: Any
) -> None:
    ident, vault, clearing = new(), books[VAULT], books[CLEARING]
    before = Balance.objects.using("owner").get(account=vault).balance_fen
    run("owner", entry(people.teller.unit, ident), lines(ident, (vault, 100), (clearing, -100)))
    assert Balance.objects.using("owner").get(account=vault).balance_fen == before + 100
    drawer = books[f"1001/drawer/{people.teller.login}"]
    with pytest.raises(DatabaseError, match="states 2 postings"):
        run("owner", lines(ident, (drawer, 7), (books[DAMAGED], 3), (books["4001/other"], -10)))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE money_entry SET purpose_zh = '改'",
        "DELETE FROM money_entry",
        "TRUNCATE money_entry CASCADE",
        "UPDATE money_posting SET amount_fen = amount_fen + 1",
        "DELETE FROM money_posting",
        "TRUNCATE money_posting",
        "UPDATE money_balance SET balance_fen = 0",
        "DELETE FROM money_balance",
        "TRUNCATE money_balance",
        "DELETE FROM money_moneyorder",
        "UPDATE money_account SET no_overdraft = false",
    ],
)
@pytest.mark.parametrize("alias", ["owner", "default"])
def test_nobody_rewrites_what_was_booked(
    books: dict[str, Account], people: Any, alias: str, sql: str
) -> None:
    run("owner", order(people.teller, new()))
    with pytest.raises(
        DatabaseError, match=r"append-only|move with postings|only its names|permission denied"
    ):
        run(alias, (sql, []), person=people.teller if alias == "default" else None)


def test_the_runtime_role_books_nothing_without_an_order(books: dict[str, Account], people: Any) -> None:
    ident = new()
    maker_zhou = {"maker": people.teller.login, "checker": people.supervisor.login}
    with pytest.raises(DatabaseError, match="row-level security"):
        run("default", entry(people.teller.unit, ident, **maker_zhou), person=people.supervisor)


def test_an_order_is_recorded_in_ones_own_name_and_at_ones_own_outlet(books: Any, people: Any) -> None:
    run("default", order(people.teller, new()), person=people.teller)
    for sql in (
        order(people.teller, new(), maker=people.colleague.login),
        order(people.stranger, new(), maker=people.teller.login),
    ):
        with pytest.raises(DatabaseError, match="row-level security"):
            run("default", sql, person=people.teller)
    with pytest.raises(DatabaseError, match="starts as waiting"):
        run("default", order(people.teller, new(), state="approved"), person=people.teller)


def approve(ident: str, checker: str) -> tuple[str, list[Any]]:
    sql = "UPDATE money_moneyorder SET state = 'approved', checker = %s, checked_at = now() WHERE id = %s"
    return sql, [checker, ident]


def test_the_same_person_as_maker_and_checker_is_refused_by_the_database(books: Any, people: Any) -> None:
    ident = new()
    run("default", order(people.teller, ident), person=people.teller)
    with pytest.raises(DatabaseError, match="order_two_people"):
        run("default", approve(ident, people.teller.login), person=people.teller)
    with pytest.raises(DatabaseError, match="row-level security"):
        run("default", approve(ident, people.supervisor.login), person=people.teller)


def test_an_order_and_its_entry_agree_or_neither_is_there(books: dict[str, Account], people: Any) -> None:
    vault, clearing = books[VAULT], books[CLEARING]
    plan = f'[{{"account": "{vault.code}", "amount_fen": 100}}, {{"account": "{clearing.code}", "amount_fen": -100}}]'
    two = {"maker": people.teller.login, "checker": people.supervisor.login}
    unit, boss = people.teller.unit, people.supervisor

    def waiting() -> str:
        ident = new()
        run("default", order(people.teller, ident, plan=plan), person=people.teller)
        return ident

    with pytest.raises(DatabaseError, match="do not agree"):  # approved, and nothing booked
        run("default", approve(waiting(), boss.login), person=boss)
    booked = new()
    with pytest.raises(DatabaseError, match="do not agree"):  # booked, and not approved
        run(
            "default",
            entry(unit, booked, order_id=waiting(), **two),
            lines(booked, (vault, 100), (clearing, -100)),
            person=boss,
        )
    ident = waiting()
    with pytest.raises(DatabaseError, match="do not agree"):  # another sum than the order's
        run(
            "default",
            approve(ident, boss.login),
            entry(unit, booked, order_id=ident, **{**two, "amount_fen": 90}),
            lines(booked, (vault, 90), (clearing, -90)),
            person=boss,
        )
    with pytest.raises(DatabaseError, match="do not agree"):  # the same sum to another account
        run(
            "default",
            approve(ident, boss.login),
            entry(unit, booked, order_id=ident, **two),
            lines(booked, (books[DAMAGED], 100), (clearing, -100)),
            person=boss,
        )
    run(
        "default",
        approve(ident, boss.login),
        entry(unit, booked, order_id=ident, **two),
        lines(booked, (vault, 100), (clearing, -100)),
        person=boss,
    )
    with pytest.raises(DatabaseError, match="is no step"):
        run(
            "default",
            ("UPDATE money_moneyorder SET state = 'rejected', reason = 'x' WHERE id = %s", [ident]),
            person=boss,
        )
    with pytest.raises(DatabaseError, match="permission denied"):
        run("default", ("UPDATE money_moneyorder SET amount_fen = 1 WHERE id = %s", [ident]), person=boss)
    with pytest.raises(DatabaseError, match="what was recorded stays"):
        run("owner", ("UPDATE money_moneyorder SET amount_fen = 1 WHERE id = %s", [ident]))


def test_a_reversal_is_the_mirror_and_happens_once(books: dict[str, Account], people: Any) -> None:
    first, wrong, right, again, back = (new() for _ in range(5))
    unit, vault, clearing = people.teller.unit, books[VAULT], books[CLEARING]
    run("owner", entry(unit, first), lines(first, (vault, 100), (clearing, -100)))
    with pytest.raises(DatabaseError, match="mirror"):
        run("owner", entry(unit, wrong, reverses_id=first), lines(wrong, (vault, 100), (clearing, -100)))
    run("owner", entry(unit, right, reverses_id=first), lines(right, (vault, -100), (clearing, 100)))
    with pytest.raises(DatabaseError, match="reverses"):
        run("owner", entry(unit, again, reverses_id=first), lines(again, (vault, -100), (clearing, 100)))
    with pytest.raises(DatabaseError, match="mirror"):
        run("owner", entry(unit, back, reverses_id=right), lines(back, (vault, 100), (clearing, -100)))


def test_the_books_of_another_outlet_are_not_seen(books: Any, people: Any) -> None:
    def seen(person: Any) -> tuple[int, int, int]:
        with transaction.atomic():
            see_as(person)
            own = Account.objects.filter(unit=people.teller.unit)
            return (
                own.count(),
                Balance.objects.filter(account__in=own).count(),
                Entry.objects.filter(unit=people.teller.unit).count(),
            )

    assert min(seen(people.teller)) > 0
    assert seen(people.colleague) == seen(people.teller) == seen(people.supervisor)
    assert seen(people.stranger) == (0, 0, 0)
    assert seen(None) == (0, 0, 0)


def test_nothing_is_booked_on_a_frozen_account(books: dict[str, Account], people: Any) -> None:
    ident, damaged = new(), books[DAMAGED]
    run("owner", ("UPDATE money_account SET state = 'frozen' WHERE id = %s", [damaged.id]))
    with pytest.raises(DatabaseError, match="is not open"):
        run("owner", entry(people.teller.unit, ident), lines(ident, (damaged, 100), (books[VAULT], -100)))
    run("owner", ("UPDATE money_account SET state = 'open' WHERE id = %s", [damaged.id]))
