"""The pages of the core bank: the owner, a colleague, a stranger; two people through the forms."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone


@pytest.fixture
def stopped(desk, people, sandbox, funded, monkeypatch):
    """A payment that stopped because the bank booked another sum."""
    import uuid

    from django.conf import settings

    from xiaoshi.desk.bank.jobs import work_off
    from xiaoshi.desk.bank.models import Dispatch
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.money.acts import check_move
    from xiaoshi.desk.money.acts_decided import transfer

    monkeypatch.setattr(settings, "CORE_URL", sandbox.address)
    client, hospital = f"63{uuid.uuid4().int % 10**12:012d}", f"64{uuid.uuid4().int % 10**12:012d}"
    account = funded(client, 1_000_00, "何采薇")
    sandbox.open(client, "何采薇", 1_000_00)
    sandbox.open(hospital, "样张医院")
    fields = {"account_id": str(account.pk), "payee_number": hospital, "payee_name": "样张医院"}
    order = perform(transfer, people.teller, str(uuid.uuid4()), amount_fen=468_45, **fields).result["order"]
    perform(check_move, people.supervisor, str(uuid.uuid4()), order_id=order, amount_fen=468_45)
    sandbox.faults("other_amount")
    work_off(timezone.now() + timedelta(seconds=1))
    return Dispatch.objects.using("owner").get(order_id=order)


def post(client, address, do, **fields):
    page = client.get(address).content.decode()
    key = re.search(rf'name="key" value="([^"]+-{do})"', page)
    assert key, f"no form {do} on {address}"
    return client.post(address, {"do": do, "key": key[1], **fields}, follow=True)


def test_two_people_settle_what_stopped(stopped, people, client_for):
    address = f"/desk/bank/{stopped.pk}/"
    maker, checker = client_for(people.teller), client_for(people.supervisor)
    listed = maker.get("/desk/bank/").content.decode()
    assert "样张医院" in listed
    assert "469.45" in listed
    wrong = post(maker, address, "propose", kind="recall", reason="")
    assert wrong.status_code == 422
    post(maker, address, "propose", kind="not_done", reason="核心已冲销")
    assert "处理待复核" in checker.get("/desk/bank/").content.decode()
    assert 'value="agree"' not in maker.get(address).content.decode()
    post(checker, address, "agree")
    stopped.refresh_from_db(using="owner")
    assert stopped.state == "rejected"
    assert "冲正" in maker.get(address).content.decode()


def test_a_stranger_sees_nothing_and_an_auditor_gets_no_forms(stopped, people, client_for):
    address = f"/desk/bank/{stopped.pk}/"
    assert client_for(people.stranger).get(address).status_code == 404
    assert "样张医院" not in client_for(people.stranger).get("/desk/bank/").content.decode()
    assert 'name="do"' not in client_for(people.lobby).get("/desk/bank/").content.decode()


def test_the_day_is_asked_for_and_its_differences_shown(stopped, people, client_for):
    from xiaoshi.desk.bank.jobs import day_over

    today = timezone.localdate()
    maker = client_for(people.teller)
    assert "尚未核对" in maker.get("/desk/bank/day/?day=2020-01-01").content.decode()
    assert maker.get("/desk/bank/day/?day=nonsense").status_code == 200
    asked = post(
        maker, "/desk/bank/day/", "day", day_year=today.year, day_month=today.month, day_day=today.day
    )
    assert (asked.status_code, asked.redirect_chain[0][0]) == (200, f"/desk/bank/day/?day={today}")
    ahead = post(maker, "/desk/bank/day/", "day", day_year=today.year + 1, day_month=1, day_day=1)
    assert (ahead.status_code, "日期不能晚于今天" in ahead.content.decode()) == (422, True)
    day_over(today, timezone.now())
    shown = maker.get(f"/desk/bank/day/?day={today}").content.decode()
    assert "金额不同" in shown
    assert "-469.45" in shown


def test_the_pages_ask_a_constant_number_of_queries(stopped, people, client_for):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_for(people.teller)
    client.get("/desk/bank/?all=1")
    with CaptureQueriesContext(connection) as counted:
        client.get("/desk/bank/?all=1")
    assert len(counted) < 20
