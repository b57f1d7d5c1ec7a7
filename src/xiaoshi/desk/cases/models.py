"""A case is its events; the row here is the newest snapshot and what lists need. See DESIGN §6."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Func

from xiaoshi.desk.organisation.models import Unit


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
    """One matter of one client. `version` counts entries; `snapshot` is only a cache of the folded events."""

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

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "status", "-opened_at", "-id"], name="case_mine"),
            models.Index(fields=["status", "-opened_at", "-id"], name="case_all"),
            models.Index(fields=["unit_path", "status"], name="case_unit"),
        ]

    def __str__(self) -> str:
        return self.number


class CaseVisitor(models.Model):
    """Somebody outside the outlet's line who was asked on this case (delegate, signer, copy, consult): sees it too."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    staff_login = models.TextField()
    why = models.TextField()
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "staff_login"], name="visitor_once")]


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
