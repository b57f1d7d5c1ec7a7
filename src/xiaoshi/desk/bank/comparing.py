"""End of day: the bank's camt.053 of a day laid beside the payments that went out from here."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from xiaoshi.core.iso20022 import Statement, read_statements
from xiaoshi.core.iso20022.comparing import Difference, Expected, lay_beside
from xiaoshi.core.problems import Problem
from xiaoshi.desk.bank.configured import core
from xiaoshi.desk.bank.models import DayCompared, DayDifference, Dispatch, Received
from xiaoshi.desk.guard.visibility import visible_to_house
from xiaoshi.desk.organisation.models import Unit

PART = "bank"


def fetch_day(day: date, now: datetime) -> bool:
    """Get the bank's statement of a day and store it; False when no core bank is set. Raises `NoAnswerError`."""
    bank = core()
    if bank is None:
        return False
    body = bank.day(day)
    with visible_to_house(PART):
        if body is None:
            compare(day, (), now)
        else:
            digest = hashlib.sha256(body).hexdigest()
            Received(kind="camt.053", source="day", day=day, body=body, digest=digest, at=now).save(
                force_insert=True
            )
    return True


def take_statement(row: Received, body: bytes, now: datetime) -> str | Problem:
    """The stored statement of a day, read and compared. Called inside the house's transaction."""
    read = read_statements(body)
    statements = tuple(s for s in read if isinstance(s, Statement))
    if not statements and read and isinstance(read[0], Problem):
        return read[0]
    day = row.day or statements[0].day
    assert day is not None
    compare(day, statements, now)
    return "understood"


def compare(day: date, statements: tuple[Statement, ...], now: datetime) -> None:
    """Work the differences of a day out anew."""
    zone = timezone.get_current_timezone()
    first = datetime.combine(day, time(), zone)
    lines = [line for s in statements for line in s.lines]
    keys = {line.end_to_end_id for line in lines if line.end_to_end_id}
    of_day = Dispatch.objects.filter(sent_at__gte=first, sent_at__lt=first + timedelta(days=1))
    rows = {d.key: d for d in (*of_day, *Dispatch.objects.filter(key__in=keys))}
    on_day = set(of_day.values_list("key", flat=True))
    expected = [
        Expected(
            d.key,
            d.debtor_number,
            d.creditor_number,
            d.amount_fen,
            d.state in {"settled", "recalling", "returned"},
            d.state == "returned",
            d.key in on_day,
        )
        for d in sorted(rows.values(), key=lambda d: d.key)
    ]
    found = lay_beside(expected, statements)
    paths = _paths(found)
    DayDifference.objects.filter(day=day).delete()
    DayDifference.objects.bulk_create(
        [
            DayDifference(
                day=day,
                unit_path=rows[d.key].unit_path if d.key in rows else paths[d.account],
                dispatch=rows.get(d.key),
                kind=d.kind,
                account_number=d.account,
                reference=d.reference or d.key,
                ours_fen=d.ours_fen,
                theirs_fen=d.theirs_fen,
            )
            for d in found
        ]
    )
    DayCompared.objects.update_or_create(
        day=day, defaults={"at": now, "payments": len(on_day), "lines": len(lines)}
    )


def _paths(found: tuple[Difference, ...]) -> dict[str, str]:
    """Whose account a line of the bank's stands on; the top of the tree where we do not know it."""
    numbers = {d.account for d in found}
    top = Unit.objects.order_by("path").values_list("path", flat=True).first() or ""
    known = Dispatch.objects.filter(debtor_number__in=numbers).values_list("debtor_number", "unit_path")
    return {**dict.fromkeys(numbers, top), **dict(known)}
