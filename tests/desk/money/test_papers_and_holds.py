"""Lost and frozen papers, money held for one payee: by acts of two people, and by the database against SQL by hand."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from xiaoshi.desk.guard.visibility import see_as, visible_to
from xiaoshi.desk.money.acts import check_move, reverse_move
from xiaoshi.desk.money.acts_decided import (
    agree,
    client_cash,
    decline,
    move_paper,
    place_hold,
    register_paper,
    release_hold,
    transfer,
    withdraw_request,
)
from xiaoshi.desk.money.models import Account, Balance, Hold, Instrument, Request

from .conftest import do, refused

pytestmark = pytest.mark.database
HOSPITAL = {"payee_number": "33001617227050001", "payee_name": "市第一人民医院"}
TODAY = timezone.localdate().isoformat()


def paper_of(people: Any, account: Any) -> str:
    number = uuid.uuid4().hex[:12]
    fields = {
        "account_id": str(account.pk),
        "kind": "call_deposit",
        "number": number,
        "issued_on": "2026-01-05",
    }
    return do(register_paper, people.teller, **fields)["instrument"]


def state_of(paper: str) -> tuple[str, str, str]:
    row = Instrument.objects.using("owner").select_related("account__balance").get(id=int(paper))
    return row.state, row.beneath, row.account.balance.stopped


def moved(people: Any, paper: str, move: str, **fields: Any) -> dict[str, Any]:
    asked = do(move_paper, people.teller, instrument_id=paper, move=move, reason="依据", **fields)
    if asked["state"] == "waiting":
        return do(agree, people.supervisor, request_id=asked["request"])
    return asked


def pay(people: Any, account: Any, amount_fen: int, **fields: Any) -> dict[str, Any]:
    named = fields if "hold_id" in fields else {**HOSPITAL, **fields}
    asked = do(transfer, people.teller, account_id=str(account.pk), amount_fen=amount_fen, **named)
    return {"order": asked["order"]}


def pay_refused(people: Any, account: Any, amount_fen: int, **fields: Any) -> str:
    order = pay(people, account, amount_fen, **fields)["order"]
    return refused(check_move, people.supervisor, order_id=order, amount_fen=amount_fen)


def test_a_lost_paper_stops_at_once_and_two_people_lift_it(people: Any, funded: Any) -> None:
    account = funded()
    paper = paper_of(people, account)
    assert moved(people, paper, "report_lost")["state"] == "at_once"
    assert state_of(paper) == ("lost", "lost", "lost")
    assert pay_refused(people, account, 100) == "instrument_lost"
    asked = do(move_paper, people.teller, instrument_id=paper, move="lift_loss", reason="客户找到存单")
    assert asked["state"] == "waiting"
    assert state_of(paper)[0] == "lost"
    assert refused(agree, people.teller, request_id=asked["request"]) == "maker_is_checker"
    assert refused(agree, people.colleague, request_id=asked["request"]) == "not_your_role"
    assert refused(agree, people.stranger_head, request_id=asked["request"]) == "request_not_found"
    do(agree, people.supervisor, request_id=asked["request"])
    assert state_of(paper) == ("live", "live", "")
    order = pay(people, account, 100)["order"]
    assert do(check_move, people.supervisor, order_id=order, amount_fen=100)["state"] == "approved"


def test_a_freeze_takes_two_and_a_loss_beneath_it_stays(people: Any, funded: Any) -> None:
    account = funded()
    paper = paper_of(people, account)
    moved(people, paper, "freeze")
    assert pay_refused(people, account, 100) == "instrument_frozen"
    moved(people, paper, "report_lost")
    assert state_of(paper) == ("frozen", "lost", "frozen")
    moved(people, paper, "thaw")
    assert state_of(paper) == ("lost", "lost", "lost")
    moved(people, paper, "reissue", new_number=f"N{paper}0001")
    rows = Instrument.objects.using("owner").filter(account=account).order_by("id")
    assert [r.state for r in rows] == ["closed", "live"]
    assert Balance.objects.using("owner").get(account=account).stopped == ""


def test_the_contact_centre_stops_a_lost_paper_and_nothing_else(people: Any, funded: Any) -> None:
    paper = paper_of(people, funded())
    asked = {"instrument_id": paper, "reason": "客户来电挂失"}
    assert refused(move_paper, people.contact_centre, **asked, move="freeze") == "not_your_role"
    assert do(move_paper, people.contact_centre, **asked, move="report_lost")["state"] == "at_once"
    assert state_of(paper) == ("lost", "lost", "lost")


def test_requests_are_sent_back_withdrawn_and_asked_once(people: Any, funded: Any) -> None:
    paper = paper_of(people, funded())
    freeze = {"instrument_id": paper, "move": "freeze", "reason": "法院 2026-17 号"}
    first = do(move_paper, people.teller, **freeze)["request"]
    assert refused(move_paper, people.teller, **freeze) == "request_waiting"
    assert refused(decline, people.supervisor, request_id=first, reason=" ") == "reason_missing"
    assert do(decline, people.supervisor, request_id=first, reason="文书号不符")["state"] == "rejected"
    assert refused(agree, people.supervisor, request_id=first) == "order_decided"
    second = do(move_paper, people.teller, **freeze)["request"]
    assert refused(withdraw_request, people.colleague, request_id=second) == "not_your_order"
    assert do(withdraw_request, people.teller, request_id=second)["state"] == "withdrawn"
    assert state_of(paper) == ("live", "live", "")


@pytest.mark.parametrize(
    ("who", "fields", "code"),
    [
        ("supervisor", {"move": "thaw"}, "move_not_from_here"),
        ("teller", {"move": "melt"}, "move_unknown"),
        ("teller", {"move": "freeze", "reason": " "}, "reason_missing"),
        ("teller", {"move": "freeze", "day": "2026-02-31"}, "day_unreadable"),
        ("teller", {"move": "freeze", "day": "2999-01-01"}, "day_ahead"),
        ("teller", {"move": "freeze", "day": "2020-01-01"}, "day_before_last"),
        ("teller", {"move": "close"}, "balance_left"),
        ("stranger", {"move": "report_lost"}, "instrument_not_found"),
        ("archivist", {"move": "report_lost"}, "not_your_role"),
        ("auditor", {"move": "report_lost"}, "auditor_reads_only"),
        ("teller", {"move": "freeze", "instrument_id": "nothing"}, "instrument_not_found"),
    ],
)
def test_moves_that_are_refused(
    people: Any, funded: Any, who: str, fields: dict[str, str], code: str
) -> None:
    paper = paper_of(people, funded(1_00))
    given = {"instrument_id": paper, "reason": "依据", **fields}
    assert refused(move_paper, getattr(people, who), **given) == code


def test_money_held_for_the_hospital_reaches_nobody_else(people: Any, funded: Any) -> None:
    account = funded(100_000_00)
    hold = _held(people, account, 40_000_00)
    assert (
        pay_refused(
            people, account, 1_00, hold_id=hold, payee_number="33001617227059999", payee_name="康复诊所"
        )
        == "hold_other_payee"
    )
    assert pay_refused(people, account, 40_000_01, hold_id=hold) == "hold_spent"
    clinic = {"payee_number": "33001617227059999", "payee_name": "康复诊所"}
    assert pay_refused(people, account, 60_000_01, **clinic) == "held_for_purpose"
    assert pay_refused(people, account, 100_000_01, **clinic) == "overdraft"
    order = pay(people, account, 23_000_00, hold_id=hold)["order"]
    entry = do(check_move, people.supervisor, order_id=order, amount_fen=23_000_00)["entry"]
    row = Hold.objects.using("owner").get(id=hold)
    assert (row.used_fen, row.left_fen) == (23_000_00, 17_000_00)
    back = do(reverse_move, people.teller, entry_id=entry, reason="医院退回")["order"]
    do(check_move, people.supervisor, order_id=back, amount_fen=23_000_00)
    assert Hold.objects.using("owner").get(id=hold).left_fen == 40_000_00, "it comes back under its purpose"
    asked = do(release_hold, people.teller, hold_id=hold, reason="出院结清")["request"]
    assert refused(agree, people.supervisor, request_id=asked) == "not_your_role"
    do(agree, people.outlet_head, request_id=asked)
    assert Balance.objects.using("owner").get(account=account).held_fen == 0
    assert refused(release_hold, people.teller, hold_id=hold, reason="再来") == "hold_spent"


def _held(people: Any, account: Any, amount_fen: int, until: str = "") -> str:
    fields = {"amount_fen": amount_fen, "until": until or TODAY, "purpose": "住院押金", **HOSPITAL}
    asked = do(place_hold, people.teller, account_id=str(account.pk), **fields)["request"]
    do(agree, people.supervisor, request_id=asked)
    return str(asked)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount_fen": 1_000_01}, "hold_not_covered"),
        ({"amount_fen": 0}, "amount_missing"),
        ({"until": "2020-01-01"}, "day_past"),
        ({"until": "31.12.2026"}, "day_unreadable"),
        ({"payee_name": "市第一人民医院门诊部"}, "payee_name_differs"),
        ({"payee_name": "市笫一人民医院"}, "payee_name_differs"),
        ({"payee_name": " "}, "payee_name_missing"),
        ({"payee_number": "33"}, "account_number_unusable"),
        ({"purpose": ""}, "reason_missing"),
        ({"account_id": "0"}, "account_not_found"),
    ],
)
def test_holds_that_are_refused(people: Any, funded: Any, fields: dict[str, Any], code: str) -> None:
    account = funded(2_000_00)
    _held(people, account, 1_000_00)
    given = {
        "account_id": str(account.pk),
        "amount_fen": 1_00,
        "until": TODAY,
        "purpose": "住院",
        **HOSPITAL,
        **fields,
    }
    assert refused(place_hold, people.teller, **given) == code


def test_a_hold_that_has_ended_is_free_again(people: Any, funded: Any) -> None:
    account = funded(1_000_00)
    hold = _held(people, account, 900_00)
    yesterday = timezone.localdate() - timedelta(days=1)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE money_hold DISABLE TRIGGER effect")
        cursor.execute("UPDATE money_hold SET expires_on = %s WHERE id = %s", [yesterday, hold])
        cursor.execute("ALTER TABLE money_hold ENABLE TRIGGER effect")
    assert pay_refused(people, account, 100_00, hold_id=hold) == "hold_expired"
    order = pay(people, account, 1_000_00)["order"]
    assert do(check_move, people.supervisor, order_id=order, amount_fen=1_000_00)["state"] == "approved"
    assert Hold.objects.using("owner").get(id=hold).left_fen == 0


def by_hand(alias: str, *statements: tuple[str, list[Any]], person: Any = None) -> str:
    """SQL written by hand, in one transaction; gives the law that refused it, or ""."""
    try:
        with transaction.atomic(using=alias):
            if person is not None:
                see_as(person)
            with connections[alias].cursor() as cursor:
                for text, values in statements:
                    cursor.execute(text, values)
    except DatabaseError as error:
        cause: Any = error.__cause__
        return str(cause.diag.constraint_name or cause.diag.message_primary)
    return ""


def booked(people: Any, *lines: tuple[Account, int], hold: str | None = None) -> list[tuple[str, list[Any]]]:
    ident, unit = str(uuid.uuid4()), people.teller.unit
    made = (
        "INSERT INTO money_entry (id, unit_id, unit_path, purpose_zh, purpose_en, maker, checker, at, key, posting_count,"
        " amount_fen, hold_id) VALUES (%s, %s, %s, '试', 'try', 'li', 'zhou', now(), %s, %s, %s, %s)"
    )
    total = sum(fen for _a, fen in lines if fen > 0)
    rows = ", ".join(["(%s, %s, %s)"] * len(lines))
    return [
        (made, [ident, unit.id, unit.path, ident, len(lines), total, hold]),
        (
            f"INSERT INTO money_posting (entry_id, account_id, amount_fen) VALUES {rows}",
            [v for account, fen in lines for v in (ident, account.pk, fen)],
        ),
    ]


def test_the_database_keeps_papers_and_holds_without_us(people: Any, funded: Any) -> None:
    account, other = funded(1_000_00), funded(1_000_00)
    paper, hold = paper_of(people, account), _held(people, account, 900_00)
    hospital = Account.objects.using("owner").get(code__endswith=HOSPITAL["payee_number"])
    assert by_hand("owner", *booked(people, (account, 100_01), (other, -100_01))) == "money_held"
    assert by_hand("owner", *booked(people, (account, 1_00), (other, -1_00), hold=hold)) == "money_hold_payee"
    assert (
        by_hand("owner", *booked(people, (account, 900_01), (hospital, -900_01), hold=hold))
        == "hold_not_exceeded"
    )
    assert by_hand("owner", *booked(people, (account, 1_00), (hospital, -1_00), hold=hold)) == ""
    moved(people, paper, "report_lost")
    assert by_hand("owner", *booked(people, (account, 1_00), (other, -1_00))) == "money_paper_stops"
    assert by_hand("owner", *booked(people, (other, 1_00), (account, -1_00))) == "", "money may come in"
    for alias, who in (("owner", None), ("default", people.supervisor)):
        for text in (
            "UPDATE money_instrument SET state = 'live' WHERE account_id = %s",
            "UPDATE money_hold SET released_fen = 1 WHERE account_id = %s",
            "DELETE FROM money_hold WHERE account_id = %s",
            "UPDATE money_balance SET stopped = '' WHERE account_id = %s",
            "DELETE FROM money_request WHERE account_id = %s",
        ):
            assert by_hand(alias, (text, [account.pk]), person=who) != "", (alias, text)


REQUEST = (
    "INSERT INTO money_request (unit_id, unit_path, kind, reason, instrument_id, hold_id, day, terms, maker, made_for, made_at,"
    " maker_terminal, state, checker, checker_terminal, decided_reason)"
    " VALUES (%s, %s, %s, 'r', %s, %s, current_date, '{}', %s, '', now(), '', %s, %s, '', '') RETURNING id"
)
AGREED = "UPDATE money_request SET state = 'agreed', checker = %s, checked_at = now() WHERE state = 'waiting' AND instrument_id = %s"


def test_requests_by_hand_take_two_people_in_their_own_names(people: Any, funded: Any) -> None:
    account = funded(1_000_00)
    paper, unit = int(paper_of(people, account)), people.teller.unit
    teller, supervisor = people.teller, people.supervisor

    def ask(
        kind: str, maker: str, state: str = "waiting", checker: str = "", **on: Any
    ) -> tuple[str, list[Any]]:
        return REQUEST, [
            unit.id,
            unit.path,
            kind,
            on.get("paper", paper),
            on.get("hold"),
            maker,
            state,
            checker,
        ]

    assert "row-level security" in by_hand("default", ask("freeze", supervisor.login), person=teller)
    assert (
        by_hand("default", ask("freeze", teller.login, "agreed", supervisor.login), person=teller)
        == "money_request_forward"
    )
    assert (
        by_hand("default", ask("freeze", teller.login, "at_once"), person=teller) == "money_request_forward"
    )
    assert by_hand("default", ask("thaw", teller.login), person=teller) == ""
    assert by_hand("default", (AGREED, [supervisor.login, paper]), person=supervisor) == "money_paper_moves"
    assert by_hand("default", (AGREED, [teller.login, paper]), person=teller) == "request_two_people"
    assert "row-level security" in by_hand("default", (AGREED, [supervisor.login, paper]), person=teller)
    hold = _held(people, account, 1_00)
    assert by_hand("default", ask("hold_release", teller.login, paper=None, hold=hold), person=teller) == ""
    wrong_role = AGREED.replace("instrument_id", "hold_id")
    assert (
        by_hand("default", (wrong_role, [supervisor.login, hold]), person=supervisor)
        == "money_hold_released_by"
    )
    with visible_to(people.stranger):
        assert not Request.objects.filter(unit=unit).exists()
        assert not Hold.objects.filter(unit=unit).exists()
        assert not Instrument.objects.filter(unit=unit).exists()


def test_cash_of_a_client_in_and_out(people: Any) -> None:
    named = {"account_number": "6217000000007788", "holder": "何采薇"}
    order = do(client_cash, people.teller, direction="pay_in", amount_fen=500_00, **named)["order"]
    assert refused(check_move, people.teller, order_id=order, amount_fen=500_00) == "maker_is_checker"
    do(check_move, people.supervisor, order_id=order, amount_fen=500_00)
    account = Account.objects.using("owner").select_related("balance").get(code__endswith="6217000000007788")
    assert account.balance.balance_fen == -500_00
    out = {"direction": "draw", "account_id": str(account.pk)}
    paper_of(people, account)
    order = do(client_cash, people.teller, **out, amount_fen=500_01)["order"]
    assert refused(check_move, people.supervisor, order_id=order, amount_fen=500_01) == "overdraft"
    order = do(client_cash, people.teller, **out, amount_fen=500_00)["order"]
    assert do(check_move, people.supervisor, order_id=order, amount_fen=500_00)["state"] == "approved"
    assert refused(client_cash, people.lobby, **out, amount_fen=1) == "no_drawer"
    assert (
        refused(client_cash, people.teller, direction="keep", amount_fen=1, account_id="1")
        == "direction_unknown"
    )
    other = {**named, "holder": "何彩薇"}
    assert refused(client_cash, people.teller, direction="pay_in", amount_fen=1, **other) == "holder_differs"
