"""Counting the cases of some days into `DayCount`, in one statement, whatever they were counted as before."""

from __future__ import annotations

from datetime import date

from django.db import connections, transaction

from xiaoshi.core.figures.durations import CLASSES, EDGES_MINUTES

ZONE = "Asia/Shanghai"

_CLASSES = ", ".join(f"count(*) FILTER (WHERE ended AND place = {n})::int" for n in range(CLASSES))
_COUNT = f"""
    INSERT INTO figures_daycount (day, unit_id, unit_path, kind, opened, closed, cancelled, minutes)
    SELECT day, unit_id, unit_path, kind, count(*) FILTER (WHERE what = 'opened'), count(*) FILTER (WHERE ended),
           count(*) FILTER (WHERE what = 'cancelled'), ARRAY[{_CLASSES}]
      FROM (
        SELECT (opened_at AT TIME ZONE %(zone)s)::date AS day, unit_id, unit_path, kind, 'opened' AS what, false AS ended,
               0 AS place
          FROM cases_case
         WHERE opened_at >= %(first)s::date::timestamp AT TIME ZONE %(zone)s
           AND opened_at < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s
        UNION ALL
        SELECT (closed_at AT TIME ZONE %(zone)s)::date, unit_id, unit_path, kind, status, status = 'closed',
               width_bucket(extract(epoch FROM closed_at - opened_at) / 60, %(edges)s::numeric[])
          FROM cases_case
         WHERE closed_at >= %(first)s::date::timestamp AT TIME ZONE %(zone)s
           AND closed_at < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s
      ) AS happened
     GROUP BY day, unit_id, unit_path, kind
"""  # noqa: S608  class numbers of our own


def count_days(first: date, last: date, alias: str = "default") -> None:
    """Count all days from `first` to `last` anew. The caller sees every case (the house's timer, or the owner)."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("DELETE FROM figures_daycount WHERE day BETWEEN %s AND %s", [first, last])
        cursor.execute(_COUNT, {"first": first, "last": last, "zone": ZONE, "edges": list(EDGES_MINUTES)})
