"""Trays, what the engine measured on them, and what people decided about each note."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from xiaoshi.desk.cases.models import Case, UuidV7
from xiaoshi.desk.papers.models import Document


class Tray(models.Model):
    """One photographed tray of a case. `state`: held (photo in doubt), waiting, measuring, measured, failed, withdrawn."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="trays")
    number = models.IntegerField()
    photo = models.ForeignKey(Document, on_delete=models.PROTECT)
    state = models.TextField(default="waiting")
    added_by = models.TextField()
    added_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    findings = models.JSONField(default=list)
    """What was wrong with the photo and was used anyway: `{code, level, text, text_en}`."""

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


class TrayPicture(models.Model):
    """A picture made while measuring. `kind`: "beside" (all notes of the tray, each next to its reference, see
    `Note.facts`), "shown" (the photo as a browser can show it, where it was handed in as HEIC or TIFF)."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    tray = models.ForeignKey(Tray, on_delete=models.PROTECT, related_name="pictures")
    measurement = models.ForeignKey(Measurement, on_delete=models.PROTECT, related_name="pictures")
    kind = models.TextField()
    width_px = models.IntegerField()
    height_px = models.IntegerField()
    jpeg = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["measurement", "kind"], name="tray_picture_once")
        ]


class Note(models.Model):
    """One note of a measurement: what the engine proposes. What people decide stands in `Judgement`.

    `facts`: what the page draws and tells beside the columns: `pieces` (id and polygon), `beside` (where its pair of
    pictures lies in the tray's picture, and the outlines), the bounds of its amount, serial numbers, what was seen.
    """

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
    facts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["tray", "order"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["measurement", "key"], name="note_key_once")]

    @property
    def by_hand(self) -> bool:
        """Added by a person, not found by the engine."""
        return self.key.startswith("hand")

    @property
    def piece_ids(self) -> list[str]:
        """Its pieces on the tray; none for a note that a person added by hand."""
        return [str(piece["id"]) for piece in self.facts.get("pieces", [])]


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


class Hint(models.Model):
    """What a person told the engine about a tray, with the reason; each one that holds goes into every later run.

    `kind`: "named" (these pieces are of `denomination_fen`, perhaps `edition`), "joined" (one note), "apart" (not one
    note). `pieces`: ids of the tray's pieces; the same photo gives the same ids.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    tray = models.ForeignKey(Tray, on_delete=models.PROTECT, related_name="hints")
    kind = models.TextField()
    pieces = models.JSONField()
    denomination_fen = models.BigIntegerField(null=True)
    edition = models.TextField(blank=True)
    reason = models.TextField()
    person = models.TextField()
    at = models.DateTimeField()
    withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["at", "id"]
