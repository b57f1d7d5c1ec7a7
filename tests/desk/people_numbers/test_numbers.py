"""Personal numbers: encrypted, masked everywhere, looked at by an act with a reason, and the list of who did."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.utils import ProgrammingError
from django.utils import timezone

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.notices.models import Notice
from xiaoshi.desk.organisation.acts.units import change_setting
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.people.looking import look_at_number
from xiaoshi.desk.people.models import Client, NumberLook, hash_of

ID, PHONE, ACCOUNT = "000000190001019999", "13900007777", "6222000044448888"
NUMBERS = (ID, PHONE, ACCOUNT)


@pytest.fixture
def case(new_case: Any) -> Any:
    return new_case(id_number=ID, phone=PHONE, account_number=ACCOUNT)


def client_of(case: Any, person: Staff) -> Client:
    with visible_to(person):
        return Client.objects.get(case=case)


def look(case: Any, person: Staff, number: str = "id", **more: Any) -> Any:
    fields = {"client": client_of(case, person).id, "number": number, "reason": "check_identity", **more}
    version = None
    return perform(
        look_at_number, person, str(uuid.uuid4()), case_id=case.id, expected_version=version, **fields
    )


def everything_stored() -> str:
    """Every column of every table that can be read as text, but for the indexes of the search."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'jsonb', 'character varying', 'ARRAY')"
        )
        texts = []
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT string_agg("{column}"::text, chr(10)) FROM "{table}"')
            texts.append(cursor.fetchone()[0] or "")
    return "\n".join(texts)


def test_numbers_are_nowhere_in_the_clear_and_found_again_by_hash(case, people):
    look(case, people.teller, "account")
    stored = everything_stored()
    for number in NUMBERS:
        assert number not in stored
    found = client_of(case, people.teller)
    assert found.number("account") == ACCOUNT
    assert found.account_number_hash == hash_of("6222 0000 4444-8888")
    assert found.account_number_masked == "6222********8888"


def test_pages_show_masked_numbers_only(case, people, client_for):
    for who in (people.teller, people.outlet_head, people.auditor):
        reader = client_for(who)
        for place in ("", "people/", "money/", "timeline/", "papers/", "people/looks/"):
            page = reader.get(f"/desk/cases/{case.id}/{place}")
            assert page.status_code == 200, place
            text = page.content.decode()
            assert not [n for n in NUMBERS if n in text], (who.login, place)
    assert (
        "6222********8888" in client_for(people.teller).get(f"/desk/cases/{case.id}/people/").content.decode()
    )


def posted(page: Any, case: Any, **fields: Any) -> dict[str, Any]:
    text = page.content.decode()
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', text)[1] for name in ("key", "version")}
    return {**hidden, **fields}


def test_a_look_shows_one_number_to_one_person_for_two_minutes(case, people, client_for):
    address = f"/desk/cases/{case.id}/people/"
    teller, colleague = client_for(people.teller), client_for(people.colleague)
    which = f"{client_of(case, people.teller).id}/phone"
    form = posted(teller.get(address), case, which=which, reason="call_client")
    assert teller.post(address, form).status_code == 302
    page = teller.get(address)
    text = page.content.decode()
    assert PHONE in text
    assert ID not in text
    assert ACCOUNT not in text
    assert 100 <= int(page.headers["Refresh"].split(";")[0]) <= 121
    assert "no-store" in page.headers["Cache-Control"]
    assert PHONE not in teller.get(f"/desk/cases/{case.id}/").content.decode()
    assert PHONE not in colleague.get(address).content.decode()
    assert "电话联系客户" in colleague.get(address + "looks/").content.decode()
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE people_numberlook DISABLE TRIGGER append_only")
        cursor.execute("UPDATE people_numberlook SET until = now() - interval '1 second'")
        cursor.execute("ALTER TABLE people_numberlook ENABLE TRIGGER append_only")
    later = teller.get(address)
    assert PHONE not in later.content.decode()
    assert "Refresh" not in later.headers


def test_the_entry_says_who_and_why_and_no_number_and_the_client_may_see_it(case, people):
    look(case, people.teller, "id", reason="other", reason_text="公证处来函")
    with visible_to(people.teller):
        entry = case.entries.order_by("-seq").first()
    assert entry.act == "people.look_at_number"
    assert entry.visible_to_client
    assert entry.body["words"]["zh"] == "查看证件号码，理由：其他：公证处来函"
    keeper = Staff.objects.select_related("unit").get(login="ding.wen")
    perform(change_setting, keeper, str(uuid.uuid4()), setting="client_sees_looks", value=False)
    look(case, people.teller, "id")
    with visible_to(people.teller):
        assert not case.entries.order_by("-seq").first().visible_to_client
    perform(change_setting, keeper, str(uuid.uuid4()), setting="client_sees_looks", value=True)


REFUSED = [
    ({"number": "shoe_size"}, "number_unknown"),
    ({"reason": ""}, "reason_missing"),
    ({"reason": "curious"}, "reason_missing"),
    ({"reason": "other"}, "reason_text_missing"),
    ({"reason_text": "打 139 0000 7777"}, "number_in_reason"),
    ({"reason_text": "x" * 201}, "reason_text_long"),
    ({"client": 2**60}, "no_number"),
    ({"client": "1"}, "field_of_other_kind"),
]


@pytest.mark.parametrize(("odd", "code"), REFUSED)
def test_a_look_without_a_good_reason_is_refused(case, people, odd, code):
    with pytest.raises(Refused) as caught:
        look(case, people.teller, **odd)
    assert caught.value.problem.code == code
    with visible_to(people.teller):
        assert not NumberLook.objects.filter(case=case).exists()


@pytest.mark.parametrize(("who", "code"), [("auditor", "auditor_reads_only"), ("stranger", "case_not_found")])
def test_others_do_not_look(case, people, who, code):
    ident = client_of(case, people.teller).id
    with pytest.raises(Refused) as caught:
        perform(
            look_at_number, getattr(people, who), str(uuid.uuid4()), case_id=case.id, client=ident, number="id",
            reason="check_identity",
        )  # fmt: skip
    assert caught.value.problem.code == code


def test_with_a_token_nobody_looks(case, people):
    with pytest.raises(Refused) as caught:
        perform(
            look_at_number, people.teller, str(uuid.uuid4()), case_id=case.id, channel="api",
            client=client_of(case, people.teller).id, number="id", reason="check_identity",
        )  # fmt: skip
    assert caught.value.problem.code == "page_only"


def test_pages_of_looks_are_for_heads_and_strangers_see_none(case, people, client_for):
    look(case, people.colleague)
    assert client_for(people.teller).get("/desk/number-looks/").status_code == 403
    head = client_for(people.outlet_head).get("/desk/number-looks/?who=xu.lan").content.decode()
    assert case.number in head
    assert case.number not in client_for(people.stranger_head).get("/desk/number-looks/").content.decode()
    assert client_for(people.stranger).get(f"/desk/cases/{case.id}/people/").status_code == 404
    assert client_for(people.outlet_head).get("/desk/number-looks/?before=x").status_code == 200


def test_many_looks_in_a_day_are_told_to_the_head_and_then_end(case, people, new_case):
    keeper = Staff.objects.select_related("unit").get(login="ding.wen")
    for key, value in (("looks_told_at", 2), ("looks_per_day", 3)):
        perform(change_setting, keeper, str(uuid.uuid4()), setting=key, value=value)
    tired = Staff.objects.select_related("unit").get(login="zhou.qing")
    for _ in range(3):
        look(case, tired)
    with pytest.raises(Refused) as caught:
        look(case, tired)
    assert caught.value.problem.code == "looks_used_up"
    with visible_to(people.outlet_head):
        assert Notice.objects.filter(topic="looks", words_zh__contains="2 次").count() == 1
    perform(
        look_at_number, tired, str(uuid.uuid4()), case_id=case.id, now=timezone.now() + timedelta(days=1),
        client=client_of(case, tired).id, number="id", reason="check_identity",
    )  # fmt: skip
    for key, value in (("looks_told_at", 10), ("looks_per_day", 30)):
        perform(change_setting, keeper, str(uuid.uuid4()), setting=key, value=value)


def test_the_list_of_looks_is_only_added_to_and_only_in_the_own_name(case, people):
    look(case, people.teller)
    for statement in (
        "UPDATE people_numberlook SET reason = 'x'",
        "DELETE FROM people_numberlook",
    ):
        with pytest.raises(ProgrammingError), visible_to(people.teller), connection.cursor() as cursor:
            cursor.execute(statement)
    found = client_of(case, people.teller)
    with pytest.raises(ProgrammingError), visible_to(people.colleague):
        NumberLook.objects.create(
            case=case, client=found, number="id", looked_by="li.min", at=timezone.now(),
            until=timezone.now(), reason="other",
        )  # fmt: skip


def test_a_payment_goes_to_the_account_on_file_and_its_page_shows_it_masked(people):
    """The order form is empty: nobody copies the number from one page to another."""
    from xiaoshi.desk.people.templatetags.numbers import account_masked

    assert account_masked(ACCOUNT) == "6222********8888"
    assert account_masked("") == ""
    assert account_masked("12345678") == "********"


def test_plain_account_numbers_of_an_older_home_are_sealed(case, people):
    import importlib

    from django.apps import apps

    move = importlib.import_module("xiaoshi.desk.people.migrations.0003_seal_account_numbers")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE people_client SET account_number_sealed = '', account_number_hash = '', phone_hash = ''"
        )
        cursor.execute("ALTER TABLE people_client ADD COLUMN account_number text NOT NULL DEFAULT ''")
        cursor.execute("UPDATE people_client SET account_number = %s WHERE case_id = %s", ["6222 1", case.id])

    from django.db import models

    class Old(models.Model):
        case_id = models.UUIDField()
        id_number_sealed = models.BinaryField()
        id_number_hash = models.TextField()
        phone_sealed = models.BinaryField()
        phone_hash = models.TextField()
        account_number_sealed = models.BinaryField()
        account_number_hash = models.TextField()
        account_number = models.TextField()

        class Meta:
            app_label = "people"
            db_table = "people_client"
            managed = False

    try:
        older = type("Apps", (), {"get_model": staticmethod(lambda *_: Old)})
        editor = type("Editor", (), {"connection": connections["owner"]})
        move.seal_numbers(older, editor)
    finally:
        del apps.all_models["people"]["old"]
        apps.clear_cache()
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE people_client DROP COLUMN account_number")
    found = client_of(case, people.teller)
    assert found.number("account") == "6222 1"
    assert (found.account_number_hash, found.phone_hash) == (hash_of("62221"), hash_of(PHONE))
