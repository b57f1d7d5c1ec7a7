"""The cards with the specimen of a seal that a case brought in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from xiaoshi.desk.cases.models import Case


class SealCard(models.Model):
    """One card: its number is the bank's, printed on it, and used once. `in_use_from`: from when papers bear this seal."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="seal_cards")
    card_number = models.TextField(unique=True)
    in_use_from = models.DateField()
    taken_by = models.TextField()
    taken_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.card_number
