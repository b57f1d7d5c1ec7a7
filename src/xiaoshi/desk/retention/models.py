"""What keeps a case, who let it go, and what is left of it.

A case that was destroyed leaves a tombstone: no name, no number, no text of it, but how many entries its chain had and their
hashes. So what was anchored before can still be checked, and a chain that vanished otherwise is still noticed.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from xiaoshi.desk.cases.models import Case

BATCH_STATES = ("proposed", "approved", "rejected", "withdrawn", "done")
ITEM_STATES = ("waiting", "destroyed", "kept")


class Hold(models.Model):
    """A case must not be destroyed: why, on whose word, until which day (the last one; None: until it is lifted)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="holds")
    reason = models.TextField()
    authority = models.TextField()
    until = models.DateField(null=True, blank=True)
    placed_by = models.TextField()
    placed_at = models.DateTimeField()
    lifted_by = models.TextField(blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_reason = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case"], condition=Q(lifted_at=None), name="hold_of_case")]


class OwnPeriodRow(models.Model):
    """A period that the bank decided for itself, longer than the shipped one; only ever added to."""

    what = models.TextField()
    kind = models.TextField()
    years = models.IntegerField()
    in_force_from = models.DateField()
    source = models.TextField()
    decided_by = models.TextField()
    decided_at = models.DateTimeField()


class Batch(models.Model):
    """Cases proposed for destruction by one person and decided by another. `as_of`: the day on which they were found due.

    `cases_digest` covers the ids of its cases, and stands in the entries of both people.
    """

    unit_path = models.TextField(db_collation="C")
    as_of = models.DateField()
    reason = models.TextField()
    case_count = models.IntegerField()
    cases_digest = models.TextField()
    state = models.TextField(default="proposed")
    proposed_by = models.TextField()
    proposed_at = models.DateTimeField()
    decided_by = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_reason = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(proposed_by=F("decided_by")) | Q(state="withdrawn"), name="batch_two_people"
            ),
            models.CheckConstraint(condition=Q(state__in=BATCH_STATES), name="batch_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=("approved", "done"))
                | (~Q(decided_by="") & Q(decided_at__isnull=False)),
                name="batch_approved_by_somebody",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["unit_path", "-id"], name="batch_of_unit")]


class BatchItem(models.Model):
    """One case of a batch. `case_id` outlives the case. `kept`: it was not destroyed, and `why_*` says why."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="items")
    case_id = models.UUIDField()
    rule = models.TextField()
    state = models.TextField(default="waiting")
    why_zh = models.TextField(blank=True)
    why_en = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "case_id"], name="batch_case_once"),
            # A case waits in one batch at a time; the trigger closes items with their batch.
            models.UniqueConstraint(
                fields=["case_id"], condition=Q(state="waiting"), name="batch_case_waits_once"
            ),
            models.CheckConstraint(condition=Q(state__in=ITEM_STATES), name="batch_item_state_known"),
        ]


class Tombstone(models.Model):
    """What is left of a destroyed case. `chain`: its id as the timeline wrote it; `hashes`: 32 bytes for each entry, in order.

    `booked`: what the timeline told of its payments (`entry`, `amount_fen`, `maker`, `checker`), for the books that stay.
    `written_in`: the transaction, so that nothing can be destroyed by an older tombstone.
    """

    chain = models.TextField(primary_key=True, db_collation="C")
    case_id = models.UUIDField(unique=True)
    unit_path = models.TextField(db_collation="C")
    kind = models.TextField()
    closed_month = models.TextField()
    entries = models.IntegerField()
    head_hash = models.BinaryField()
    hashes = models.BinaryField()
    booked = models.JSONField(default=list)
    documents = models.IntegerField(default=0)
    rule = models.TextField()
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="tombstones")
    destroyed_at = models.DateTimeField()
    digest = models.TextField()
    written_in = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["unit_path", "-destroyed_at"], name="tombstone_of_unit")]


class BlobToGo(models.Model):
    """Bytes that a destroyed case leaves behind: removed after the commit, unless another row names them."""

    sha256 = models.TextField(primary_key=True)
    since = models.DateTimeField()
