"""The demo's urgent case: received some minutes ago, the visit still to come. And the family's deposit in the outlet's books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from xiaoshi.core.ledger import PostEntry, Posting
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.opening import open_case
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.kinds.urgent_payment.acts.receiving import first_contact
from xiaoshi.desk.money.acts_decided import register_paper
from xiaoshi.desk.money.booking import book, new_id
from xiaoshi.desk.money.chart import CLEARING, code_of, ensure_deposit_account, ensure_payee_account
from xiaoshi.desk.money.models import Account, Entry, Instrument
from xiaoshi.desk.organisation.models import Staff, Unit

OUTLET = "jn/lz/hb/yl/"
HOSPITAL = "临洲市第一人民医院"
HOSPITAL_NUMBER = "33000000090000000001"


@dataclass(frozen=True)
class Family:
    """A depositor as the outlet's books know him."""

    depositor: str
    certificate: str
    deposit_number: str
    own_number: str
    principal_fen: int
    opened_days_ago: int


DEMO = Family("示例·卢长河", "TZ0000000417", "33000000010000000417", "33000000020000000417", 300_000_00, 59)


def bring_into_books(unit: Unit, family: Family, teller: Staff) -> None:
    """As a bank takes its deposits over: the certificate with its money, the demand account, the hospital. Once for a number."""
    now = timezone.now()
    account = ensure_deposit_account(unit, family.deposit_number, family.depositor, now=now, using="owner")
    ensure_deposit_account(unit, family.own_number, family.depositor, now=now, using="owner")
    ensure_payee_account(unit, HOSPITAL_NUMBER, HOSPITAL, now=now, using="owner")
    key = f"taken_over/{unit.path}{family.deposit_number}"
    if not Entry.objects.using("owner").filter(key=key).exists():
        lines = (
            Posting(code_of(unit.path, CLEARING), family.principal_fen),
            Posting(account.code, -family.principal_fen),
        )
        with transaction.atomic(using="owner"):
            command = PostEntry(
                new_id(), Words("存量存款移入", "Deposit taken over"), "opening", "city", lines
            )
            book(command, unit=unit, at=now, key=key, using="owner")
    if not Instrument.objects.using("owner").filter(unit=unit, number=family.certificate).exists():
        issued = timezone.localdate() - timedelta(days=family.opened_days_ago)
        found = Account.objects.using("owner").get(code=account.code)
        perform(
            register_paper,
            teller,
            f"{key}/paper",
            account_id=str(found.pk),
            kind="call_deposit",
            number=family.certificate,
            issued_on=issued.isoformat(),
        )


def facts(need_fen: int, **other: object) -> dict[str, object]:
    """Facts of a daughter's case; `other` overrides."""
    return {
        "patient": "unconscious",
        "relation": "child",
        "spouse_able": False,
        "certificate_there": True,
        "password_known": False,
        "hospital_name": HOSPITAL,
        "hospital_number": HOSPITAL_NUMBER,
        "need_fen": need_fen,
        **other,
    }


def load() -> None:
    teller = (
        Staff.objects.select_related("unit")
        .filter(unit__path=OUTLET, roles__contains=["teller"])
        .order_by("login")[0]
    )
    lobby = Staff.objects.select_related("unit").get(unit__path=OUTLET, roles__contains=["lobby_manager"])
    bring_into_books(teller.unit, DEMO, teller)
    opened = perform(
        open_case,
        lobby,
        "demo/urgent_payment/open",
        kind="urgent_payment",
        client_name=DEMO.depositor,
        id_number="000000195001010000",
        facts=facts(80_000_00),
        urgency="urgent",
    )
    perform(
        first_contact,
        lobby,
        "demo/urgent_payment/contact",
        case_id=opened.case_id,
        condition="脑出血手术后昏迷，在重症监护室，医院催缴住院费。",
        ward="重症监护室 3 床",
        contact_name="示例·卢小满",
        contact_phone="00000000000",
        how="counter",
    )
