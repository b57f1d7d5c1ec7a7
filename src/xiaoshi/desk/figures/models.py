"""Counts of each day, outlet and kind: what the page of figures adds up, made from the cases by `counting.py`."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from xiaoshi.desk.organisation.models import Unit


class DayCount(models.Model):
    """`day` in the bank's zone. `minutes`: closed cases by how long they took, in the classes of `core/figures/durations.py`."""

    day = models.DateField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    unit_path = models.TextField(db_collation="C")
    kind = models.TextField()
    opened = models.IntegerField(default=0)
    closed = models.IntegerField(default=0)
    cancelled = models.IntegerField(default=0)
    minutes = ArrayField(models.IntegerField())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "unit", "kind"], name="day_count_once")
        ]
        indexes: ClassVar = [models.Index(fields=["unit_path", "day"], name="day_count_unit")]
