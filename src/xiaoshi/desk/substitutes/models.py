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

    `agreement`: `asked` (nothing goes to the substitute yet), `agreed`, `named` (by a head without asking, where the bank's
    rule says so), `declined` (it has ended with that, `end_reason` says why). Rows of before anybody was asked are `agreed`.
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
    agreement = models.TextField(default="asked", db_default="agreed")
    answered_at = models.DateTimeField(null=True, blank=True)
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
            models.CheckConstraint(
                condition=Q(agreement__in=["asked", "agreed", "named", "declined"]),
                name="substitution_agreement_known",
            ),
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


class AskingRule(models.Model):
    """Whether heads may name a substitute without asking: the bank's own rule, in force from a day until the next one.

    `source`: where the bank has written it. Without any row everybody is asked.
    """

    from_day = models.DateField()
    heads_may_name = models.BooleanField()
    source = models.TextField()
    set_by = models.TextField()
    set_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-from_day", "-id"], name="asking_rule_newest")]
