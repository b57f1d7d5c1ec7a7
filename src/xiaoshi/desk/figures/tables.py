"""The tables of the page: what came, how long it took, and where open cases wait now. Each is a heading and plain rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaoshi.core.figures.durations import CLASSES, DAY, HOUR, quantile_minutes
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import newest
from xiaoshi.desk.figures.asked import Asked
from xiaoshi.desk.figures.models import DayCount
from xiaoshi.desk.kinds import KINDS, kind_named
from xiaoshi.desk.organisation.models import Unit

WAITS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Table:
    """`chart`: how it is drawn ("bar", "line"); `drawn`: the columns that are, counted from 1. Cells are text or int."""

    name: str
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    chart: str
    drawn: tuple[int, ...]
    note: str = ""


def said_minutes(minutes: int | None) -> str:
    """`40 minutes`, `5 hours`, `3.5 days`, in the reader's language."""
    if minutes is None:
        return "—"
    if minutes < HOUR:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if minutes < 2 * DAY:
        hours = round(minutes / HOUR)
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    days = round(minutes / DAY, 1)
    return _("%(n)s days") % {"n": f"{days:g}"}


def counted(asked: Asked) -> Q:
    """The day counts that were asked for; row-level security has cut off what the reader does not stand over."""
    condition = Q(unit_path__startswith=asked.unit.path, day__range=(asked.first, asked.last))
    return condition & Q(kind=asked.kind) if asked.kind else condition


def _sums() -> dict[str, Any]:
    classes = {f"class_{n}": Sum(f"minutes__{n}") for n in range(CLASSES)}
    return {"opened_n": Sum("opened"), "closed_n": Sum("closed"), "cancelled_n": Sum("cancelled"), **classes}


def _figures(row: dict[str, Any]) -> tuple[Any, ...]:
    classes = [row[f"class_{n}"] or 0 for n in range(CLASSES)]
    return (
        row["opened_n"],
        row["closed_n"],
        row["cancelled_n"],
        said_minutes(quantile_minutes(classes, 0.5)),
        said_minutes(quantile_minutes(classes, 0.9)),
    )


def _head(first: str) -> tuple[str, ...]:
    return (
        first,
        _("Opened"),
        _("Closed"),
        _("Cancelled"),
        _("Half took at most"),
        _("Nine tenths took at most"),
    )


def _kind_words(name: str, language: str) -> str:
    return kind_named(name).words.in_language(language) if name in KINDS else name


def what_came(asked: Asked, language: str) -> Table:
    """Opened, closed, cancelled and how long, broken down as asked."""
    found = DayCount.objects.filter(counted(asked))
    match asked.by:
        case "kind":
            rows = found.values("kind").annotate(**_sums()).order_by("-opened_n", "kind")
            named = [(_kind_words(row["kind"], language), *_figures(row)) for row in rows]
            return Table(
                "came", _("By kind of matter"), _head(_("Kind")), tuple(named), "bar", (1, 2), _note()
            )
        case "month":
            return by_month(asked)
        case _:
            return _by_unit(asked, language)


def _note() -> str:
    return _("Times are from opening to closing, by classes; nights and holidays count.")


def _by_unit(asked: Asked, language: str) -> Table:
    """The units one step below the one asked for (for an outlet: itself)."""
    depth = asked.unit.path.count("/") + (0 if asked.unit.level == "outlet" else 1)
    with connection.cursor() as cursor:
        text, values = DayCount.objects.filter(counted(asked)).query.sql_with_params()
        classes = ", ".join(f"sum(minutes[{n + 1}])" for n in range(CLASSES))
        cursor.execute(
            f"SELECT array_to_string((string_to_array(unit_path, '/'))[1:%s], '/') || '/' AS below, sum(opened), sum(closed),"  # noqa: S608
            f" sum(cancelled), {classes} FROM ({text}) AS counted GROUP BY below ORDER BY 2 DESC, below LIMIT 200",
            [depth, *values],
        )
        rows = cursor.fetchall()
    names = {
        unit.path: unit.name(language) for unit in Unit.objects.filter(path__in=[row[0] for row in rows])
    }
    keys = ("opened_n", "closed_n", "cancelled_n", *(f"class_{n}" for n in range(CLASSES)))
    named = [(names.get(row[0], row[0]), *_figures(dict(zip(keys, row[1:], strict=True)))) for row in rows]
    return Table("came", _("By unit"), _head(_("Unit")), tuple(named), "bar", (1, 2), _note())


def by_month(asked: Asked) -> Table:
    rows = (
        DayCount.objects.filter(counted(asked))
        .annotate(month=TruncMonth("day"))
        .values("month")
        .annotate(**_sums())
    ).order_by("month")
    named = [(f"{row['month']:%Y-%m}", *_figures(row)) for row in rows]
    return Table("months", _("By month"), _head(_("Calendar month")), tuple(named), "line", (1, 2), _note())


def where_they_wait(asked: Asked, language: str, now: datetime) -> Table:
    """Open cases by kind and step: how many, for whom, since when the oldest, how many late. As of now."""
    condition = Q(status__in=["open", "suspended"], unit_path__startswith=asked.unit.path)
    if asked.kind:
        condition &= Q(kind=asked.kind)
    rows = (
        Case.objects.filter(condition)
        .values("kind", "status", "step", "waiting_for")
        .annotate(n=Count("id"), oldest=Min("step_since"), late=Count("id", filter=Q(due_at__lt=now)))
        .order_by("-n", "kind", "step")[:WAITS_SHOWN]
    )
    plans = {row["kind"]: newest(row["kind"]) for row in rows if row["kind"] in KINDS}
    named = []
    for row in rows:
        plan = plans.get(row["kind"])
        if plan and row["step"] in plan.steps:
            step = plan.steps[row["step"]].title.in_language(language)
        else:
            resting = row["status"] == "suspended"
            step = _("at rest") if resting else _("a step lacks a paper, a check or an answer")
        oldest = round((now - row["oldest"]).total_seconds() / 60) if row["oldest"] else None
        where = f"{_kind_words(row['kind'], language)} · {step}"
        named.append((where, _whom(row["waiting_for"]), row["n"], row["late"], said_minutes(oldest)))
    head = (_("Where"), _("Waits for"), _("Number of cases"), _("Late"), _("Longest"))
    return Table("waiting", _("Where open cases wait now"), head, tuple(named), "bar", (2, 3))


def _whom(waiting_for: str) -> str:
    match waiting_for:
        case "":
            return _("us")
        case "client":
            return _("the client")
        case "signer":
            return _("a signer to be taken off")
        case _:
            return _("others")


def tables(asked: Asked, language: str, now: datetime) -> list[Table]:
    """All tables of the page; a fixed number of queries."""
    came = what_came(asked, language)
    months = [] if asked.by == "month" else [by_month(asked)]
    return [came, *months, where_they_wait(asked, language, now)]
