"""What goes out to the core bank and what comes back: outbox, inbox, what two people decide about a payment, days compared.

A `Dispatch` is written in the transaction that books its order; the database moves it along allowed ways only
(`migrations/0002_laws.py`). A `Received` is a message as it came, stored before anybody looked into it, and never changed.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from xiaoshi.core.iso20022.reasons import Reason
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import UuidV7
from xiaoshi.desk.money.models import MoneyOrder
from xiaoshi.desk.organisation.models import Unit

DISPATCH_STATES = ("queued", "sent", "settled", "rejected", "stopped", "recalling", "returned")
"""queued: not sent yet (or the bank says it never came); sent: sent, its end not known; recalling: asked back;
stopped: two people have to look; settled, rejected, returned: the end."""
OPEN_STATES = ("queued", "sent", "stopped", "recalling")
DECISION_KINDS = ("recall", "send_again", "settled", "not_done")
DECISION_STATES = ("waiting", "agreed", "rejected", "withdrawn")
RECEIVED_STATES = ("stored", "understood", "repeated", "not_understood")
DIFFERENCE_KINDS = ("only_ours", "only_theirs", "amount", "twice", "still_open")


class Dispatch(models.Model):
    """One payment on its way. `key`: its end-to-end id, the same however often it is sent.

    `attempts` counts what was sent or asked; `next_at`: when the worker looks at it again. `code`, `reason`, `reason_text`: the
    bank's last word; `answered_fen`: the sum it spoke of. `stop_zh`, `stop_en`: why people have to look.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    order = models.OneToOneField(MoneyOrder, on_delete=models.PROTECT, related_name="dispatch")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_path = models.TextField(db_collation="C")
    key = models.TextField(unique=True)
    amount_fen = models.BigIntegerField()
    currency = models.TextField(default="CNY")
    debtor_number = models.TextField()
    debtor_name = models.TextField()
    creditor_number = models.TextField()
    creditor_name = models.TextField()
    text = models.TextField(blank=True)
    state = models.TextField(default="queued")
    made_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    code = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    reason_text = models.TextField(blank=True)
    answered_fen = models.BigIntegerField(null=True)
    bank_reference = models.TextField(blank=True)
    recall_key = models.TextField(blank=True)
    stop_zh = models.TextField(blank=True)
    stop_en = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=DISPATCH_STATES), name="dispatch_state_known"),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="dispatch_amount_positive"),
            models.CheckConstraint(
                condition=~Q(state="stopped") | ~Q(stop_zh=""), name="dispatch_stopped_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state="settled")
                | Q(answered_fen=F("amount_fen"))
                | Q(answered_fen__isnull=True),
                name="dispatch_settled_as_ordered",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_at"],
                condition=Q(state__in=["queued", "sent", "recalling"]),
                name="dispatch_due",
            ),
            models.Index(fields=["unit_path", "-made_at", "-id"], name="dispatch_unit"),
            models.Index(
                fields=["unit_path", "-made_at", "-id"],
                condition=Q(state__in=list(OPEN_STATES)),
                name="dispatch_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"

    @property
    def reason_words(self) -> Words:
        return Reason(self.reason, self.reason_text).words

    @property
    def stop_words(self) -> Words:
        return Words(self.stop_zh, self.stop_en)


class Received(models.Model):
    """A message of the bank, as it came. `kind`: pain.002, camt.029, camt.053, camt.054; `source`: answer, pushed, day.

    `number`: the bank's own number of what it pushed, once. `digest`: SHA-256 of the body. `understood_at` and what follows are filled
    in by a second look.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, null=True, related_name="received")
    kind = models.TextField()
    source = models.TextField()
    number = models.BigIntegerField(null=True, unique=True)
    day = models.DateField(null=True)
    body = models.BinaryField()
    digest = models.TextField()
    at = models.DateTimeField()
    state = models.TextField(default="stored")
    understood_at = models.DateTimeField(null=True)
    problem_zh = models.TextField(blank=True)
    problem_en = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=RECEIVED_STATES), name="received_state_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["at", "id"], condition=Q(state="stored"), name="received_stored"),
            models.Index(fields=["dispatch", "at"], name="received_of_dispatch"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def problem(self) -> Words:
        return Words(self.problem_zh, self.problem_en)


class Decision(models.Model):
    """What is to become of a payment, asked by one person and agreed by another: `recall` it; of one that stopped: `send_again` (under
    the same key), `settled` or `not_done`, as the bank said by another way. Kept in whatever state it ends."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="decisions")
    unit_path = models.TextField(db_collation="C")
    kind = models.TextField()
    reason = models.TextField()
    maker = models.TextField()
    made_for = models.TextField(default="", db_default="", blank=True)
    made_at = models.DateTimeField()
    maker_terminal = models.TextField(default="", db_default="", blank=True)
    state = models.TextField(default="waiting")
    checker = models.TextField(default="", db_default="", blank=True)
    checked_at = models.DateTimeField(null=True)
    checker_terminal = models.TextField(default="", db_default="", blank=True)
    decided_reason = models.TextField(default="", db_default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=DECISION_KINDS), name="decision_kind_known"),
            models.CheckConstraint(condition=Q(state__in=DECISION_STATES), name="decision_state_known"),
            models.CheckConstraint(condition=~Q(maker=F("checker")), name="decision_two_people"),
            models.CheckConstraint(
                condition=Q(maker_terminal="") | ~Q(maker_terminal=F("checker_terminal")),
                name="decision_two_terminals",
            ),
            models.CheckConstraint(
                condition=~Q(state="agreed") | ~Q(checker=""), name="decision_agreed_by_somebody"
            ),
            models.UniqueConstraint(
                fields=["dispatch"], condition=Q(state="waiting"), name="decision_waits_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class DayDifference(models.Model):
    """One difference between our payments of a day and the bank's statement. `ours_fen`, `theirs_fen`: signed as on the account."""

    day = models.DateField()
    unit_path = models.TextField(db_collation="C")
    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.TextField()
    account_number = models.TextField()
    reference = models.TextField(blank=True)
    ours_fen = models.BigIntegerField(null=True)
    theirs_fen = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=DIFFERENCE_KINDS), name="difference_kind_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["day", "unit_path"], name="difference_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class DayCompared(models.Model):
    """That a day was laid beside the bank's statement, and when last; `lines` of the bank, `payments` of ours."""

    day = models.DateField(primary_key=True)
    at = models.DateTimeField()
    payments = models.IntegerField()
    lines = models.IntegerField()

    def __str__(self) -> str:
        return str(self.day)
