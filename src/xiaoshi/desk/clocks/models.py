"""The calendars of the units, and the running clocks of cases."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.organisation.models import Unit


class OpeningHours(models.Model):
    """The plain week of a unit and of all below it that have no hours of their own.

    `periods`: `{"mon": [["09:00", "12:00"], …], …}` as `core.clocks` reads it; `zone`: IANA name.
    """

    unit = models.OneToOneField(Unit, on_delete=models.PROTECT)
    zone = models.TextField(default="Asia/Shanghai")
    periods = models.JSONField()
    changed_by = models.TextField()
    changed_at = models.DateTimeField()


class Closure(models.Model):
    """A one-off closure of a unit and all below it: whole days (`first` to `last`), or hours (`begin` to `end`)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    first = models.DateField(null=True)
    last = models.DateField(null=True)
    begin = models.DateTimeField(null=True)
    end = models.DateTimeField(null=True)
    reason = models.TextField()
    entered_by = models.TextField()
    entered_at = models.DateTimeField()
    withdrawn_by = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="closure_days_or_hours",
                condition=models.Q(
                    first__isnull=False, last__gte=models.F("first"), begin__isnull=True, end__isnull=True
                )
                | models.Q(
                    first__isnull=True, last__isnull=True, begin__isnull=False, end__gt=models.F("begin")
                ),
            )
        ]


class CalendarYear(models.Model):
    """A year whose swapped days are known. A year without a row is not announced yet.

    `status`: `confirmed` when somebody of the bank entered the notice, `unconfirmed` when a library told it.
    """

    year = models.IntegerField(primary_key=True)
    source = models.TextField()
    status = models.TextField(default="unconfirmed")
    entered_by = models.TextField()
    entered_at = models.DateTimeField()


class SwappedDay(models.Model):
    """A day that does not follow its weekday: `works_as` another weekday (0 is Monday), or off when null."""

    day = models.DateField(primary_key=True)
    year = models.ForeignKey(CalendarYear, on_delete=models.PROTECT)
    works_as = models.SmallIntegerField(null=True)
    name_zh = models.TextField()
    name_en = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="swapped_day_weekday",
                condition=models.Q(works_as__isnull=True) | models.Q(works_as__range=(0, 6)),
            )
        ]


class CalendarChange(models.Model):
    """Something about the calendars below `path` changed (empty: everywhere). Its newest id is a calendar's version."""

    path = models.TextField(db_collation="C")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["path", "-id"], name="calendar_change_path"),
            models.Index(
                fields=["id"],
                name="calendar_change_open",
                condition=models.Q(settled_at__isnull=True),
            ),
        ]


class StepClock(models.Model):
    """The clock of one step of a case, in its current round; `ended_at` null while it runs.

    `amount` counts in `unit` and holds what extensions added to `plan_amount`. `pauses`: `[[from, to], …]` that are over,
    `paused_from` the one that goes on. `due_at` null: paused, or not reachable (`problem` says which). `told`: 0 nothing
    yet, 1 at risk, 2 breached, 3 and up escalated so many levels. `look_at`: when the timer has something to tell next.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clocks")
    unit_path = models.TextField(db_collation="C")
    step = models.TextField()
    round = models.IntegerField()
    unit = models.TextField()
    amount = models.IntegerField()
    plan_amount = models.IntegerField()
    runs_for_client = models.BooleanField(default=False)
    client_zone = models.TextField(blank=True)
    at_risk_percent = models.SmallIntegerField(default=80)
    started_at = models.DateTimeField()
    paused_from = models.DateTimeField(null=True)
    pauses = models.JSONField(default=list)
    extensions = models.JSONField(default=list)
    due_at = models.DateTimeField(null=True)
    at_risk_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    calendar_version = models.BigIntegerField(default=0)
    told = models.SmallIntegerField(default=0)
    look_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "step", "round"], name="step_clock_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["look_at", "id"],
                name="step_clock_look",
                condition=models.Q(ended_at__isnull=True, look_at__isnull=False),
            ),
            models.Index(
                fields=["unit_path", "id"],
                name="step_clock_unit",
                condition=models.Q(ended_at__isnull=True),
            ),
        ]
