"""Who stands in for whom 代岗, from which day to which: an arrangement is never changed, it ends."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from xiaoshi.core.casework.substitutes import Substitution as Arrangement


class Substitution(models.Model):
    """`substitute` does what is `absent`'s from `first_day` to `last_day`, both included, by the bank's calendar day.

    `kinds`: kinds of case, empty for all. `fields`: of a specialist's questions, empty for all. `absent_path`: the unit
    of the absent person when it was made, so that a policy need not look it up for each row. `from_time` on the first day,
    `until_time` on the last (by the bank's clock), empty for whole days.
    """

    absent = models.TextField()
    absent_path = models.TextField(db_collation="C")
    substitute = models.TextField()
    first_day = models.DateField()
    last_day = models.DateField()
    from_time = models.TimeField(null=True, blank=True)
    until_time = models.TimeField(null=True, blank=True)
    kinds = ArrayField(models.TextField(), default=list, blank=True)
    fields = ArrayField(models.TextField(), default=list, blank=True)
    reason = models.TextField()
    made_by = models.TextField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.TextField(blank=True)
    end_reason = models.TextField(blank=True)

    def as_value(self) -> Arrangement:
        """As the engine takes it."""
        return Arrangement(
            self.absent, self.substitute, self.first_day, self.last_day, frozenset(self.kinds),
            self.from_time, self.until_time,
        )  # fmt: skip

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["absent", "last_day"], condition=Q(ended_at=None), name="substitution_of_absent"
            ),
            models.Index(
                fields=["substitute", "last_day"], condition=Q(ended_at=None), name="substitution_by"
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(absent=F("substitute")), name="substitution_two_people"),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="substitution_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(last_day__gt=F("first_day"))
                | Q(until_time=None)
                | Q(from_time=None)
                | Q(until_time__gt=F("from_time")),
                name="substitution_times_in_order",
            ),
        ]
