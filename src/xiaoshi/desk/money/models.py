"""The books of an outlet: accounts, their balances, entries with postings, and orders that wait for a second person.

Sums are whole fen; in a posting and a balance a debit is positive. Balances are written by a trigger alone, entries and
postings are never changed, and every entry of the running desk belongs to an order that two people agreed on: the laws
stand in `migrations/0002_laws.py`, where the database keeps them without us.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from xiaoshi.core.ledger import Account as LedgerAccount
from xiaoshi.core.ledger import AccountKind, AccountState
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case, UuidV7
from xiaoshi.desk.money.rows_decided import (
    AuthorityLimit,
    BusinessDay,
    CashCount,
    FxRate,
    Hold,
    Instrument,
    Request,
)
from xiaoshi.desk.organisation.models import Unit

KINDS: tuple[AccountKind, ...] = ("asset", "liability", "income", "expense", "suspense")
__all__ = [
    "Account",
    "AuthorityLimit",
    "Balance",
    "BusinessDay",
    "CashCount",
    "Entry",
    "FxRate",
    "Hold",
    "Instrument",
    "MoneyOrder",
    "Posting",
    "Request",
]

STATES: tuple[AccountState, ...] = ("open", "frozen", "closed")
ORDER_KINDS = (
    "pay_cash",
    "pay_account",
    "vault_to_drawer",
    "drawer_to_vault",
    "reverse",
    "transfer",
    "handover",
    "cash_difference",
    "exchange",
    "remit",
    "pay_in",
    "draw",
)
ORDER_STATES = ("waiting", "approved", "rejected", "withdrawn", "mismatch")


class Account(models.Model):
    """One account. `code` is `<unit path><local code>`, so that outlets cannot collide (`chart.py` lists the local codes).

    `holder`: whose deposit it is, as on the account; `staff_login`: whose drawer it is.
    """

    code = models.TextField(unique=True, db_collation="C")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_path = models.TextField(db_collation="C")
    kind = models.TextField()
    name_zh = models.TextField()
    name_en = models.TextField()
    currency = models.TextField(default="CNY")
    no_overdraft = models.BooleanField(default=True)
    state = models.TextField(default="open")
    holder = models.TextField(blank=True)
    staff_login = models.TextField(blank=True)
    opened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="account_kind_known"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="account_state_known"),
            models.CheckConstraint(
                condition=~Q(kind="suspense") | Q(no_overdraft=False), name="account_suspense_both_sides"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit_path", "code"], name="account_unit")]

    def __str__(self) -> str:
        return self.code

    @property
    def local_code(self) -> str:
        """The code without the outlet: `1001/vault`."""
        return self.code.removeprefix(self.unit_path)

    @property
    def words(self) -> Words:
        return Words(self.name_zh, self.name_en)

    def for_ledger(self, stopped: str = "") -> LedgerAccount:
        """The account as `core/ledger` knows it; `stopped` as its balance row says."""
        return LedgerAccount(
            self.code,
            self.kind,  # type: ignore[arg-type]
            self.words,
            self.no_overdraft,
            self.state,  # type: ignore[arg-type]
            self.currency,
            stopped,  # type: ignore[arg-type]
        )


class Balance(models.Model):
    """Sum of the account's postings, debit positive. Made and moved by triggers; nobody may write it.

    `held_fen`: what holds set aside; `stopped`: "lost" or "frozen" while its instrument is; `posting_count` and `last_on`: number
    and day of its last posting, so that the next gets the following number and no earlier day.
    """

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True)
    balance_fen = models.BigIntegerField(default=0)
    held_fen = models.BigIntegerField(default=0, db_default=0)
    stopped = models.TextField(default="", db_default="")
    posting_count = models.BigIntegerField(default=0, db_default=0)
    last_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.account_id}: {self.balance_fen}"


class MoneyOrder(models.Model):
    """Something to be booked, recorded by one person and waiting for another. Kept in whatever state it ends.

    `plan`: `[{"account": code, "amount_fen": int}]`, the postings that approval books. `destination`: what a person
    needs to see of where the money goes. `matter`: which sum of the case it pays ("settlement", later "batch/3"): one
    order of a matter waits at a time. `attempts`: `[{"checker", "at", "amount_fen"}]` of counts that did not agree;
    auditors read it, pages do not show its sums. A corrected order points to the one it `replaces`. `made_for`: the absent
    person for whom the maker stood in; neither of them may check. `endorser`: the first of two heads, above one's limit;
    `weighs_fen`: what the limits count, in fen of yuan. `hold`: the hold it pays from. Terminals are keyed hashes.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="money_orders")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_path = models.TextField(db_collation="C")
    kind = models.TextField()
    matter = models.TextField(default="settlement")
    amount_fen = models.BigIntegerField()
    currency = models.TextField(default="CNY", db_default="CNY")
    weighs_fen = models.BigIntegerField(null=True)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, null=True, related_name="orders")
    destination = models.JSONField(default=dict)
    plan = models.JSONField()
    reverses = models.ForeignKey("Entry", on_delete=models.PROTECT, null=True, related_name="reversal_orders")
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    made_reason = models.TextField(blank=True)
    maker = models.TextField()
    made_for = models.TextField(default="", db_default="", blank=True)
    made_at = models.DateTimeField()
    state = models.TextField(default="waiting")
    attempts = models.JSONField(default=list)
    checker = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    endorser = models.TextField(default="", db_default="", blank=True)
    endorsed_at = models.DateTimeField(null=True)
    maker_terminal = models.TextField(default="", db_default="", blank=True)
    checker_terminal = models.TextField(default="", db_default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(maker=F("checker")), name="order_two_people"),
            models.CheckConstraint(
                condition=Q(endorser="")
                | (~Q(endorser=F("maker")) & ~Q(endorser=F("checker")) & ~Q(endorser=F("made_for"))),
                name="order_endorsed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(maker_terminal="") | ~Q(maker_terminal=F("checker_terminal")),
                name="order_two_terminals",
            ),
            models.CheckConstraint(
                condition=Q(checker="") | ~Q(made_for=F("checker")), name="order_two_people_for_whom"
            ),
            models.CheckConstraint(condition=~Q(maker=""), name="order_has_maker"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="order_amount_positive"),
            models.CheckConstraint(condition=Q(kind__in=ORDER_KINDS), name="order_kind_known"),
            models.CheckConstraint(condition=Q(state__in=ORDER_STATES), name="order_state_known"),
            models.CheckConstraint(
                condition=~Q(state="approved") | (~Q(checker="") & Q(checked_at__isnull=False)),
                name="order_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | (~Q(reason="") & ~Q(checker="")),
                name="order_rejected_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind="reverse", reverses__isnull=False)
                | (~Q(kind="reverse") & Q(reverses__isnull=True)),
                name="order_reverses_an_entry",
            ),
            models.UniqueConstraint(
                fields=["case", "matter"], condition=Q(state="waiting"), name="order_of_matter_waits_once"
            ),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(state="waiting"), name="reversal_waits_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["unit_path", "-made_at", "-id"], condition=Q(state="waiting"), name="order_waiting"
            ),
            models.Index(fields=["case", "made_at"], name="order_case"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Entry(models.Model):
    """What was booked. `posting_count` and `amount_fen` (sum of debits) are stated here, so that no line can join later.

    `order` is empty only for what the owner of the database books when books are opened.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="money_entries")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_path = models.TextField(db_collation="C")
    purpose_zh = models.TextField()
    purpose_en = models.TextField()
    maker = models.TextField()
    checker = models.TextField()
    at = models.DateTimeField()
    order = models.OneToOneField(MoneyOrder, on_delete=models.PROTECT, null=True, related_name="entry")
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, null=True, related_name="entries")
    key = models.TextField(unique=True)
    posting_count = models.SmallIntegerField()
    amount_fen = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(maker=F("checker")), name="entry_two_people"),
            models.CheckConstraint(condition=~Q(maker="") & ~Q(checker=""), name="entry_has_people"),
            models.CheckConstraint(condition=Q(posting_count__gte=2), name="entry_two_postings"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="entry_amount_positive"),
        ]
        indexes: ClassVar = [models.Index(fields=["unit_path", "-at", "-id"], name="entry_unit")]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def words(self) -> Words:
        return Words(self.purpose_zh, self.purpose_en)


class Posting(models.Model):
    """One line of an entry: debit positive, credit negative.

    A trigger numbers the postings of each account (`account_seq`, from 1 without gaps), says what the balance was after each,
    and on which day of the bank it was booked (never before the one before it): a statement of any day reads its rows only.
    """

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    amount_fen = models.BigIntegerField()
    account_seq = models.BigIntegerField(null=True)
    balance_after_fen = models.BigIntegerField(null=True)
    booked_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount_fen=0), name="posting_not_zero"),
            models.UniqueConstraint(fields=["entry", "account"], name="posting_account_once"),
            models.UniqueConstraint(fields=["account", "account_seq"], name="posting_numbered"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "booked_on", "account_seq"], name="posting_of_day")
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount_fen}"
