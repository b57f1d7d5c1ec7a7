"""Statements: opening, lines, closing by keyset; files; a fixed number of queries; and many who draw on one account at once."""

from __future__ import annotations

import csv
import io
import threading
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.money.account_statement import all_lines, as_csv, plain, statement
from xiaoshi.desk.money.acts import check_move
from xiaoshi.desk.money.acts_decided import transfer
from xiaoshi.desk.money.models import Account, Balance, Posting

from .conftest import do
from .test_papers_and_holds import HOSPITAL

pytestmark = pytest.mark.database
EVER = (date(2000, 1, 1), date(2100, 1, 1))


@pytest.fixture
def paid(people: Any, funded: Callable[..., Any]) -> Callable[..., Any]:
    """`paid([300, 200])`: an account of 1,000.00 from which these sums went to the hospital."""

    def make(sums_fen: list[int], now: Any = None) -> Any:
        account = funded(1_000_00)
        for fen in sums_fen:
            fields = {"account_id": str(account.pk), "amount_fen": fen, **HOSPITAL}
            order = do(transfer, people.teller, **fields, **({"now": now} if now else {}))["order"]
            do(check_move, people.supervisor, order_id=order, amount_fen=fen, **({"now": now} if now else {}))
        return account

    return make


def test_opening_lines_and_closing_agree(people: Any, paid: Any) -> None:
    account = paid([300_00, 200_00, 1])
    with visible_to(people.teller):
        made = statement(account, *EVER)
        first = statement(account, *EVER, limit=2)
        rest = statement(account, *EVER, limit=2, after=first.after)
        before = statement(account, date(2000, 1, 1), timezone.localdate() - timedelta(days=1))
        after = statement(account, timezone.localdate() + timedelta(days=1), date(2100, 1, 1))
    assert [(line.out_fen, line.in_fen, line.balance_fen) for line in made.lines] == [
        (0, 1_000_00, 1_000_00),
        (300_00, 0, 700_00),
        (200_00, 0, 500_00),
        (1, 0, 499_99),
    ]
    assert (made.opening_fen, made.closing_fen, made.after) == (0, 499_99, 0)
    assert first.lines + rest.lines == made.lines
    assert (before.opening_fen, before.closing_fen, before.lines) == (0, 0, ())
    assert (after.opening_fen, after.closing_fen, after.lines) == (499_99, 499_99, ())


def test_a_page_takes_as_many_queries_for_many_lines_as_for_few(people: Any, paid: Any) -> None:
    few, many = paid([1]), paid([1] * 12)
    taken = []
    for account in (few, many):
        with visible_to(people.teller), CaptureQueriesContext(connection) as queries:
            statement(account, *EVER)
        taken.append(len(queries))
    assert taken[0] == taken[1]
    with visible_to(people.teller), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT balance_after_fen FROM money_posting WHERE account_id = %s AND booked_on < %s"
            " ORDER BY booked_on DESC, account_seq DESC LIMIT 1",
            [many.pk, timezone.localdate()],
        )
        assert "posting_of_day" in "".join(row[0] for row in cursor.fetchall())


def test_a_file_holds_no_formula_and_the_same_sums(people: Any, paid: Any) -> None:
    account = paid([300_00])
    with visible_to(people.teller):
        made = statement(account, *EVER)
        text = as_csv(made, list(all_lines(account, *EVER)), "zh")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0][-3:] == ["支出", "收入", "余额"]
    assert rows[2][-3:] == ["", "1000.00", "1000.00"]
    assert rows[3][-3:] == ["300.00", "", "700.00"]
    assert [plain(t) for t in ("=1+1", " @x", "-2", "+3", "何")] == ["'=1+1", "' @x", "'-2", "'+3", "何"]


def test_who_sees_a_statement(people: Any, paid: Any, client_for: Any) -> None:
    account = paid([300_00])
    where = f"/desk/money/accounts/{account.pk}/"
    page = client_for(people.teller).get(where)
    assert page.status_code == 200
    assert "700.00" in page.content.decode()
    assert client_for(people.stranger).get(where).status_code == 404
    assert client_for(people.stranger).get(f"{where}statement.csv").status_code == 404
    table = client_for(people.auditor).get(f"{where}statement.csv")
    assert table.status_code == 200
    assert b"700.00" in b"".join(table) if table.streaming else b"700.00" in table.content
    assert client_for(people.teller).get(f"{where}?from=2026-02-31").status_code == 422
    sheet = client_for(people.teller).get(f"{where}statement.pdf")
    assert sheet.content.startswith(b"%PDF-")


def test_eight_who_draw_on_one_account_never_take_more_than_is_there(people: Any, funded: Any) -> None:
    account, each = funded(1_000_00), 170_00
    fields = {"account_id": str(account.pk), "amount_fen": each, **HOSPITAL}
    orders = [do(transfer, people.teller, **fields)["order"] for _ in range(16)]
    go, said = threading.Barrier(8), []

    def draw(mine: list[str]) -> None:
        go.wait()
        for order in mine:
            try:
                perform(check_move, people.supervisor, str(uuid.uuid4()), order_id=order, amount_fen=each)
                said.append("booked")
            except Refused as refused:
                said.append(refused.problem.code)
        connections.close_all()

    threads = [threading.Thread(target=draw, args=[orders[n::8]]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(said)) == ["booked", "overdraft"]
    assert said.count("booked") == 5
    rows = list(Posting.objects.using("owner").filter(account=account).order_by("account_seq"))
    assert [r.account_seq for r in rows] == list(range(1, 7))
    assert all((r.balance_after_fen or 0) <= 0 for r in rows), "a deposit is never on the wrong side"
    left = Balance.objects.using("owner").get(account=account)
    assert -left.balance_fen == 150_00
    assert left.balance_fen == rows[-1].balance_after_fen == sum(r.amount_fen for r in rows)
    assert Account.objects.using("owner").get(pk=account.pk).state == "open"
