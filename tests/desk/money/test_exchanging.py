"""Foreign money: rates by two, an exchange at the rate of the minute, a remittance; zero in each currency."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.money.acts import check_move, withdraw_move
from xiaoshi.desk.money.acts_decided import agree, transfer
from xiaoshi.desk.money.acts_exchange import exchange, remit, set_rate
from xiaoshi.desk.money.exchanging import read_foreign
from xiaoshi.desk.money.models import Account, Balance, FxRate
from xiaoshi.desk.money.verify import verify_books

from .conftest import do, refused
from .test_papers_and_holds import booked, by_hand

pytestmark = pytest.mark.database
ABROAD = {
    "beneficiary": "HE CAIYUN",
    "beneficiary_account": "GB33BUKB20201555555555",
    "bank_bic": "BUKBGB22XXX",
    "purpose": "遗产汇出",
}


def rate(people: Any, currency: str, buy: int, sell: int, **more: Any) -> None:
    fields = {"currency": currency, "buy_e4": buy, "sell_e4": sell, "source": "总行牌价", **more}
    asked = do(set_rate, people.city_specialist, **fields)["request"]
    do(agree, people.province_specialist, request_id=asked)


def balances(account: Any) -> dict[str, int]:
    number = account.code.rpartition("/")[2]
    rows = Balance.objects.using("owner").filter(account__code__endswith=number).select_related("account")
    return {b.account.currency: -b.balance_fen for b in rows}


def bought(people: Any, account: Any, minor: int, fen: int, currency: str = "USD") -> Account:
    made = do(exchange, people.teller, account_id=str(account.pk), currency=currency, foreign_minor=minor)
    assert made["amount_fen"] == fen
    do(check_move, people.supervisor, order_id=made["order"], amount_fen=fen)
    number = account.code.rpartition("/")[2]
    return Account.objects.using("owner").get(code__endswith=f"{currency}/{number}")


def test_an_exchange_at_the_rate_of_the_minute_and_a_remittance(people: Any, funded: Any) -> None:
    account = funded(30_000_00)
    assert (
        refused(exchange, people.teller, account_id=str(account.pk), currency="EUR", foreign_minor=100)
        == "no_rate"
    )
    rate(people, "USD", 7_091_200, 7_121_600)
    foreign = bought(people, account, 1_200_50, 8_549_48)
    assert balances(account) == {"CNY": 30_000_00 - 8_549_48, "USD": 1_200_50}
    position = Balance.objects.using("owner").get(
        account__code__endswith="3001/USD", account__unit=people.teller.unit
    )
    assert position.balance_fen == 1_200_50
    waiting = do(exchange, people.teller, account_id=str(account.pk), currency="USD", foreign_minor=100)
    rate(people, "USD", 7_095_000, 7_125_000)
    late = {"order_id": waiting["order"], "amount_fen": waiting["amount_fen"]}
    assert refused(check_move, people.supervisor, **late) == "rate_changed"
    do(withdraw_move, people.teller, order_id=waiting["order"])
    sent = do(remit, people.teller, account_id=str(foreign.pk), foreign_minor=1_000_00, **ABROAD)
    assert (
        do(check_move, people.supervisor, order_id=sent["order"], amount_fen=1_000_00)["state"] == "approved"
    )
    assert balances(account)["USD"] == 200_50
    more = do(remit, people.teller, account_id=str(foreign.pk), foreign_minor=200_51, **ABROAD)
    assert refused(check_move, people.supervisor, order_id=more["order"], amount_fen=200_51) == "overdraft"
    back = do(
        exchange,
        people.teller,
        account_id=str(account.pk),
        currency="USD",
        foreign_minor=200_50,
        direction="sale",
    )
    do(check_move, people.supervisor, order_id=back["order"], amount_fen=back["amount_fen"])
    assert balances(account)["USD"] == 0
    assert verify_books().ok


def test_yen_have_no_cents_and_limits_weigh_in_yuan(people: Any, funded: Any) -> None:
    account = funded(500_000_00)
    rate(people, "JPY", 45_432, 45_767)
    yen = bought(people, account, 1_000_000, 45_767_00, "JPY")
    sent = do(remit, people.teller, account_id=str(yen.pk), foreign_minor=1_000_000, **ABROAD)["order"]
    assert do(check_move, people.supervisor, order_id=sent, amount_fen=1_000_000)["state"] == "approved"
    much = do(exchange, people.teller, account_id=str(account.pk), currency="JPY", foreign_minor=2_000_000)
    state = do(check_move, people.supervisor, order_id=much["order"], amount_fen=much["amount_fen"])["state"]
    assert state == "endorsed", "91,534 yuan"
    assert (read_foreign("1,200.50", "USD"), read_foreign("10001", "JPY")) == (1_200_50, 10_001)
    assert [read_foreign(t, "JPY") for t in ("1.5", "-1", "", "１", "1e3")] == [None] * 5


@pytest.mark.parametrize(
    ("act", "change", "code"),
    [
        (exchange, {"currency": "XAU"}, "currency_unknown"),
        (exchange, {"foreign_minor": 0}, "amount_missing"),
        (exchange, {"direction": "gift"}, "direction_unknown"),
        (remit, {}, "account_not_foreign"),
        (transfer, {"amount_fen": 0}, "amount_missing"),
    ],
)
def test_what_is_refused_from_a_yuan_account(
    people: Any, funded: Any, act: Any, change: dict[str, Any], code: str
) -> None:
    fields: dict[str, Any] = {
        exchange: {"currency": "USD", "foreign_minor": 100},
        remit: {"foreign_minor": 100, **ABROAD},
        transfer: {"amount_fen": 1, "payee_number": "33001617227050001", "payee_name": "市第一人民医院"},
    }[act]
    assert refused(act, people.teller, account_id=str(funded(1_00).pk), **{**fields, **change}) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"beneficiary": "何彩云"}, "not_in_wire_letters"),
        ({"beneficiary_account": "9" * 35}, "not_in_wire_letters"),
        ({"bank_bic": "BUKB"}, "bic_unusable"),
        ({"purpose": " "}, "reason_missing"),
        ({"foreign_minor": -1}, "amount_missing"),
    ],
)
def test_remittances_that_are_refused(people: Any, funded: Any, change: dict[str, Any], code: str) -> None:
    if not FxRate.objects.using("owner").filter(currency="GBP").exists():
        rate(people, "GBP", 9_000_000, 9_100_000)
    pounds = bought(people, funded(10_000_00), 100, 9_10, "GBP")
    given = {"account_id": str(pounds.pk), "foreign_minor": 100, **ABROAD, **change}
    assert refused(remit, people.teller, **given) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "CNY"}, "currency_unknown"),
        ({"sell_e4": 1}, "rate_crossed"),
        ({"valid_from": "2026-02-31T10:00:00+08:00"}, "moment_unreadable"),
        ({"valid_from": "2026-11-25T10:00:00"}, "moment_unreadable"),
        ({"source": ""}, "source_missing"),
    ],
)
def test_rates_that_are_refused(people: Any, change: dict[str, Any], code: str) -> None:
    given = {"currency": "USD", "buy_e4": 7_000_000, "sell_e4": 7_100_000, "source": "总行", **change}
    assert refused(set_rate, people.city_specialist, **given) == code
    assert refused(set_rate, people.outlet_head, **{**given, **change}) in {code, "not_your_role"}


def test_a_rate_of_tomorrow_does_not_hold_today(people: Any, funded: Any) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    rate(people, "HKD", 908_600, 912_300, valid_from=tomorrow.isoformat())
    fields = {"account_id": str(funded(1_000_00).pk), "currency": "HKD", "foreign_minor": 100}
    assert refused(exchange, people.teller, **fields) == "no_rate"
    later = perform(
        exchange, people.teller, "hkd-later", now=tomorrow + timedelta(minutes=1), **fields
    ).result
    assert later["amount_fen"] == 91


def test_each_currency_sums_to_zero_in_the_database_too(people: Any, funded: Any) -> None:
    yuan, other = funded(1_000_00), funded(1_000_00)
    if not FxRate.objects.using("owner").filter(currency="AUD").exists():
        rate(people, "AUD", 4_600_000, 4_700_000)
    foreign = bought(people, yuan, 100, 4_70, "AUD")
    position = Account.objects.using("owner").get(code__endswith="3001/AUD", unit=people.teller.unit)
    lines = [(yuan, 100), (other, -100), (foreign, 50)]
    assert by_hand("owner", *booked(people, *lines)) == "money_zero_sum"
    assert by_hand("owner", *booked(people, (yuan, 100), (foreign, -100))) == "money_zero_sum"
    sound = booked(people, *lines, (position, -50))
    sound[0][1][5] = 100  # the sum of an entry is that of its yuan
    assert by_hand("owner", *sound) == ""
