"""What two people decide without booking anything, and what comes of it: papers behind accounts, holds, limits, rates, closed days.

A `Request` is written by one person and agreed by another. What it was about is then carried out by the database itself
(`migrations/0008_decided_laws.py`): nobody, the desk's own code included, writes the state of an instrument, a hold, a limit,
a rate or a closed day. Requests are kept in whatever state they end.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from xiaoshi.core.ledger import Authority
from xiaoshi.core.ledger import Hold as LedgerHold
from xiaoshi.core.ledger.exchange import Rate
from xiaoshi.core.ledger.instruments import Instrument as LedgerInstrument
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import UuidV7
from xiaoshi.desk.organisation.models import Unit

INSTRUMENT_KINDS = ("certificate", "passbook", "call_deposit")
INSTRUMENT_STATES = ("live", "lost", "frozen", "closed")
INSTRUMENT_MOVES = ("report_lost", "lift_loss", "freeze", "thaw", "reissue", "close")
REQUEST_KINDS = (
    *INSTRUMENT_MOVES,
    "hold_place",
    "hold_release",
    "day_close",
    "day_reopen",
    "limit_set",
    "rate_set",
)
REQUEST_STATES = ("waiting", "at_once", "agreed", "rejected", "withdrawn")


class Instrument(models.Model):
    """A certificate, passbook or call deposit: the paper behind one account. States and moves: `core/ledger/instruments.py`."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_path = models.TextField(db_collation="C")
    account = models.ForeignKey("money.Account", on_delete=models.PROTECT, related_name="instruments")
    kind = models.TextField()
    number = models.TextField(db_collation="C")
    issued_on = models.DateField()
    registered_by = models.TextField()
    state = models.TextField(default="live")
    beneath = models.TextField(default="live")
    moved_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=INSTRUMENT_KINDS), name="instrument_kind_known"),
            models.CheckConstraint(condition=Q(state__in=INSTRUMENT_STATES), name="instrument_state_known"),
            models.UniqueConstraint(fields=["unit", "number"], name="instrument_number_once"),
            models.UniqueConstraint(
                fields=["account"], condition=~Q(state="closed"), name="instrument_one_for_account"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def for_ledger(self) -> LedgerInstrument:
        return LedgerInstrument(self.number, self.kind, self.state, self.beneath, self.moved_on)  # type: ignore[arg-type]


class Hold(models.Model):
    """专款专用: money on `account` that goes to `payee` only. The three sums are moved by triggers; `id` is that of its request."""

    id = models.UUIDField(primary_key=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_path = models.TextField(db_collation="C")
    account = models.ForeignKey("money.Account", on_delete=models.PROTECT, related_name="holds")
    payee = models.ForeignKey("money.Account", on_delete=models.PROTECT, related_name="+")
    purpose = models.TextField()
    amount_fen = models.BigIntegerField()
    used_fen = models.BigIntegerField(default=0, db_default=0)
    released_fen = models.BigIntegerField(default=0, db_default=0)
    expires_on = models.DateField()
    placed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount_fen__gt=0) & Q(used_fen__gte=0) & Q(released_fen__gte=0),
                name="hold_sums_positive",
            ),
            models.CheckConstraint(
                condition=Q(amount_fen__gte=F("used_fen") + F("released_fen")), name="hold_not_exceeded"
            ),
            models.CheckConstraint(condition=~Q(account=F("payee")), name="hold_for_another"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account", "expires_on"],
                condition=Q(amount_fen__gt=F("used_fen") + F("released_fen")),
                name="hold_with_money",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.left_fen}"

    @property
    def left_fen(self) -> int:
        return self.amount_fen - self.used_fen - self.released_fen

    def for_ledger(self) -> LedgerHold:
        words = Words(self.purpose, self.purpose)
        return LedgerHold(
            str(self.id),
            self.account.code,
            self.payee.code,
            self.amount_fen,
            words,
            self.expires_on,
            self.used_fen,
            self.released_fen,
        )


class Request(models.Model):
    """Something that two people decide (a loss report is carried out at once by one).

    Which columns a kind uses: instrument moves `instrument`, `day`, `terms.new_number`; `hold_place` `account`, `payee`,
    `amount_fen`, `day` (its last day); `hold_release` `hold`; `day_close` and `day_reopen` `day`; `limit_set` and
    `rate_set` `terms` (and `day` for a limit). `made_for`: for whom the maker stood in. `maker_terminal`: keyed hash.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_path = models.TextField(db_collation="C")
    kind = models.TextField()
    reason = models.TextField()
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, null=True, related_name="requests")
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, null=True, related_name="requests")
    account = models.ForeignKey("money.Account", on_delete=models.PROTECT, null=True, related_name="requests")
    payee = models.ForeignKey("money.Account", on_delete=models.PROTECT, null=True, related_name="+")
    amount_fen = models.BigIntegerField(null=True)
    day = models.DateField(null=True)
    terms = models.JSONField(default=dict)
    maker = models.TextField()
    made_for = models.TextField(default="", blank=True)
    made_at = models.DateTimeField()
    maker_terminal = models.TextField(default="", blank=True)
    state = models.TextField(default="waiting")
    checker = models.TextField(default="", blank=True)
    checked_at = models.DateTimeField(null=True)
    checker_terminal = models.TextField(default="", blank=True)
    decided_reason = models.TextField(default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=REQUEST_KINDS), name="request_kind_known"),
            models.CheckConstraint(condition=Q(state__in=REQUEST_STATES), name="request_state_known"),
            models.CheckConstraint(condition=~Q(maker="") & ~Q(reason=""), name="request_with_reason"),
            models.CheckConstraint(
                condition=Q(checker="") | (~Q(maker=F("checker")) & ~Q(made_for=F("checker"))),
                name="request_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["agreed", "rejected"]) | ~Q(checker=""), name="request_decided_by"
            ),
            models.CheckConstraint(
                condition=~Q(state="at_once") | Q(kind="report_lost"), name="request_at_once_is_loss"
            ),
            models.CheckConstraint(
                condition=Q(maker_terminal="") | ~Q(maker_terminal=F("checker_terminal")),
                name="request_two_terminals",
            ),
            models.UniqueConstraint(
                fields=["instrument"], condition=Q(state="waiting"), name="request_of_instrument_once"
            ),
            models.UniqueConstraint(
                fields=["hold"], condition=Q(state="waiting"), name="request_of_hold_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["made_at", "id"], condition=Q(state="waiting"), name="request_waiting"),
            models.Index(fields=["unit_path", "-made_at", "-id"], name="request_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class AuthorityLimit(models.Model):
    """A row of the limits of authority for the units below `unit_path` (empty: the shipped rows, for all)."""

    unit_path = models.TextField(db_collation="C", blank=True)
    work = models.TextField()
    role = models.TextField()
    level = models.TextField()
    alone_fen = models.BigIntegerField()
    joint_fen = models.BigIntegerField()
    in_force_from = models.DateField()
    source = models.TextField()
    status = models.TextField(default="unconfirmed")
    request = models.ForeignKey(Request, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(alone_fen__gte=0) & Q(joint_fen__gte=F("alone_fen")), name="limit_sums_in_order"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["work", "role", "level", "in_force_from"], name="limit_of")]

    def __str__(self) -> str:
        return f"{self.work} {self.role}@{self.level}"

    def for_ledger(self) -> Authority:
        return Authority(
            self.work,
            self.role,
            self.level,
            self.alone_fen,
            self.joint_fen,
            self.in_force_from,
            Words(self.source, self.source),
            self.status,  # type: ignore[arg-type]
        )


class FxRate(models.Model):
    """Yuan for 100 units of a currency, in ten-thousandths, from a moment on (`core/ledger/exchange.py`)."""

    currency = models.TextField()
    buy_e4 = models.BigIntegerField()
    sell_e4 = models.BigIntegerField()
    valid_from = models.DateTimeField()
    source = models.TextField()
    request = models.ForeignKey(Request, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(buy_e4__gt=0) & Q(sell_e4__gte=F("buy_e4")), name="fxrate_not_crossed"
            ),
            models.UniqueConstraint(fields=["currency", "valid_from"], name="fxrate_once_a_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.valid_from:%Y-%m-%d %H:%M}"

    def for_ledger(self) -> Rate:
        return Rate(self.currency, self.buy_e4, self.sell_e4, self.valid_from, self.source)


class BusinessDay(models.Model):
    """A day of an outlet whose books two people closed; nothing is booked on it or before it any more, unless reopened."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_path = models.TextField(db_collation="C")
    day = models.DateField()
    state = models.TextField(default="closed")
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=["closed", "reopened"]), name="day_state_known"),
            models.UniqueConstraint(fields=["unit", "day"], name="day_of_unit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_path} {self.day} {self.state}"


class CashCount(models.Model):
    """A drawer or the vault, counted piece by piece at the end of a day, and the second person's blind total.

    `book_fen` and `book_seq`: balance and number of postings at the count; `order`: the difference, recorded with its reason
    and booked when the second total agrees.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_path = models.TextField(db_collation="C")
    account = models.ForeignKey("money.Account", on_delete=models.PROTECT, related_name="counts")
    day = models.DateField()
    pieces = models.JSONField()
    counted_fen = models.BigIntegerField()
    book_fen = models.BigIntegerField()
    book_seq = models.BigIntegerField()
    counted_by = models.TextField()
    counted_at = models.DateTimeField()
    terminal = models.TextField(default="", blank=True)
    order = models.OneToOneField(
        "money.MoneyOrder", on_delete=models.PROTECT, null=True, related_name="cash_count"
    )
    state = models.TextField(default="waiting")
    checker = models.TextField(default="", blank=True)
    checked_at = models.DateTimeField(null=True)
    checker_terminal = models.TextField(default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "agreed", "mismatch", "withdrawn"]),
                name="count_state_known",
            ),
            models.CheckConstraint(condition=~Q(counted_by=F("checker")), name="count_two_people"),
            models.CheckConstraint(condition=Q(counted_fen__gte=0), name="count_not_negative"),
            models.CheckConstraint(
                condition=Q(terminal="") | ~Q(terminal=F("checker_terminal")), name="count_two_terminals"
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="waiting"), name="count_of_drawer_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "day", "account"], name="count_of_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day} {self.state}"

    @property
    def difference_fen(self) -> int:
        return self.counted_fen - self.book_fen
