"""The timeline: what happened, in chains that cannot be altered without being noticed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from xiaoshi.desk.cases.models import Case, UuidV7


class TimelineEntry(models.Model):
    """One act. `chain` is the case's id, or `unit:<path>` for acts that belong to no case; `hash` covers all columns."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    chain = models.TextField(db_collation="C")
    seq = models.IntegerField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="entries")
    unit_path = models.TextField(db_collation="C")
    act = models.TextField()
    actor = models.TextField()
    channel = models.TextField()
    at = models.DateTimeField()
    visible_to_client = models.BooleanField(default=False)
    body = models.JSONField()
    previous_hash = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["chain", "seq"], name="timeline_seq_once")]


class Anchor(models.Model):
    """The Merkle root over the newest hash of each chain at a moment: the figure that leaves the house."""

    at = models.DateTimeField()
    chains = models.IntegerField()
    entries = models.BigIntegerField()
    root = models.BinaryField()
    heads = models.JSONField()
