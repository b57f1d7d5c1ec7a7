"""A case is its events; the row here is the newest snapshot and what lists need. See DESIGN §6."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q

from xiaoshi.desk.organisation.models import Unit

LIVE = Q(status__in=["open", "suspended"])
"""Cases that are not at their end."""


class UuidV7(Func):
    """PostgreSQL 18's time-ordered identifier: new rows land at the end of the index."""

    function = "uuidv7"
    output_field = models.UUIDField()


class PlanVersion(models.Model):
    """A published plan: the text as it was published, so that a running case keeps its version for good."""

    kind = models.TextField()
    version = models.IntegerField()
    text = models.TextField()
    digest = models.TextField()
    published_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "version"], name="plan_version_once")
        ]


class Case(models.Model):
    """One matter of one client. `version` counts entries; `snapshot` is only a cache of the folded events.

    `asked`: of whom something is asked now (`asked.py`), spread into `CaseAsked` by the database. `held_step`: where the
    case stands while no step can be done, because a paper, a check or an answer is missing.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    number = models.TextField(unique=True)
    kind = models.TextField()
    plan_version = models.IntegerField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    unit_path = models.TextField(db_collation="C")
    client_name = models.TextField()
    title = models.TextField(blank=True)
    urgency = models.TextField(default="small")
    owner = models.TextField(blank=True)
    status = models.TextField(default="open")
    step = models.TextField(blank=True)
    step_since = models.DateTimeField(null=True, blank=True)
    waiting_for = models.TextField(blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.IntegerField(default=0)
    head_hash = models.BinaryField(default=b"")
    snapshot = models.JSONField(default=dict)
    asked = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    held_step = models.TextField(blank=True, default="", db_default="")
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # Each list of the queue walks one of these in the order in which it is shown (`listing.py`).
        indexes: ClassVar = [
            models.Index(fields=["-opened_at", "-id"], name="case_live", condition=LIVE),
            models.Index(fields=["unit_path", "-opened_at", "-id"], name="case_live_unit", condition=LIVE),
            models.Index(fields=["owner", "-opened_at", "-id"], name="case_live_owner", condition=LIVE),
            models.Index(fields=["due_at", "id"], name="case_live_due", condition=LIVE),
            models.Index(
                fields=["due_at", "id"], name="case_live_urgent", condition=LIVE & Q(urgency="urgent")
            ),
            models.Index(
                fields=["-opened_at", "-id"], name="case_client", condition=LIVE & Q(waiting_for="client")
            ),
            models.Index(
                fields=["due_at", "id"], name="case_client_due", condition=LIVE & Q(waiting_for="client")
            ),
            models.Index(fields=["-opened_at", "-id"], name="case_newest"),
            models.Index(fields=["unit_path", "-opened_at", "-id"], name="case_unit_newest"),
        ]

    def __str__(self) -> str:
        return self.number


class CaseAsked(models.Model):
    """One person or role of whom a case asks something now. Written by a trigger from `Case.asked`, by nobody else.

    `why`: do, second (a doer other than `not_by`), confirm, sign, accept, close, question. `person` or `role` is set; with
    `level`, only people at that level; `field`: what a question is about. `owner_can`: the owner has one of the
    roles of whom the same is asked.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="asked_rows")
    unit_path = models.TextField(db_collation="C")
    kind = models.TextField()
    opened_at = models.DateTimeField()
    why = models.TextField()
    step = models.TextField()
    person = models.TextField()
    role = models.TextField()
    level = models.TextField()
    field = models.TextField()
    not_by = ArrayField(models.TextField())
    owner_can = models.BooleanField()
    since = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person", "-opened_at"], name="asked_person", condition=~Q(person="")),
            models.Index(fields=["role", "unit_path", "why"], name="asked_role", condition=~Q(role="")),
        ]


class CaseVisitor(models.Model):
    """Somebody outside the outlet's line who was asked on this case (delegate, signer, copy, consult): sees it too.

    `stands_in_for`: who was asked and is absent; then the row counts only while this person stands in for that one.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    staff_login = models.TextField()
    why = models.TextField()
    since = models.DateTimeField()
    stands_in_for = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "staff_login", "stands_in_for"], name="visitor_once")
        ]
        indexes: ClassVar = [models.Index(fields=["staff_login", "case"], name="visitor_person")]


class CaseNumber(models.Model):
    """The running number of each outlet and day; a row lock on it orders openings at one outlet only."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    day = models.DateField()
    last = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit", "day"], name="case_number_day")]


class AnsweredAct(models.Model):
    """An idempotency key that was used, and what was answered: a retried request gets this answer again."""

    key = models.TextField(primary_key=True)
    act = models.TextField()
    actor = models.TextField()
    digest = models.TextField()
    at = models.DateTimeField()
    result = models.JSONField(null=True)
    case_id = models.UUIDField(null=True)
    version = models.IntegerField(null=True)
