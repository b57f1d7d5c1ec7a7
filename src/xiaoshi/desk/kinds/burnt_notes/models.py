"""Trays, what the engine measured on them, and what people decided about each note."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from xiaoshi.desk.cases.models import Case, UuidV7
from xiaoshi.desk.papers.models import Document


class Tray(models.Model):
    """One photographed tray of a case. `state`: waiting, measuring, measured, failed, withdrawn."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="trays")
    number = models.IntegerField()
    photo = models.ForeignKey(Document, on_delete=models.PROTECT)
    state = models.TextField(default="waiting")
    added_by = models.TextField()
    added_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["case", "number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "number"], name="tray_number_once")]


class Measurement(models.Model):
    """One run of the engine over a tray: never overwritten; measuring again is a new row beside the old one."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    tray = models.ForeignKey(Tray, on_delete=models.PROTECT, related_name="measurements")
    at = models.DateTimeField()
    engine = models.TextField()
    rules_id = models.TextField()
    width_px = models.IntegerField(default=0)
    height_px = models.IntegerField(default=0)
    assessment = models.JSONField()

    class Meta:
        ordering: ClassVar = ["at", "id"]


class Note(models.Model):
    """One note of a measurement: what the engine proposes. What people decide stands in `Judgement`."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="notes")
    tray = models.ForeignKey(Tray, on_delete=models.PROTECT, related_name="notes")
    current = models.BooleanField(default=True)
    key = models.TextField()
    order = models.IntegerField()
    issuer = models.TextField(blank=True)
    series = models.TextField(blank=True)
    edition = models.TextField(blank=True)
    denomination_fen = models.BigIntegerField(null=True)
    area_ratio = models.FloatField(null=True)
    area_ratio_low = models.FloatField(null=True)
    area_ratio_high = models.FloatField(null=True)
    verdict = models.TextField()
    amount_fen = models.BigIntegerField()
    reasons = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["tray", "order"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["measurement", "key"], name="note_key_once")]


class Judgement(models.Model):
    """What one person decided about a note. `round`: 1 first, 2 second (blind), 3 the one who settles a difference."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="judgements")
    round = models.IntegerField()
    person = models.TextField()
    verdict = models.TextField()
    denomination_fen = models.BigIntegerField(null=True)
    edition = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    withdrawn = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["note", "round"], condition=models.Q(withdrawn=False), name="judgement_round_once"
            ),
            # Two answers on one note are two people's: the second pair of eyes is never the first.
            models.UniqueConstraint(
                fields=["note", "person"], condition=models.Q(withdrawn=False), name="judgement_person_once"
            ),
        ]
