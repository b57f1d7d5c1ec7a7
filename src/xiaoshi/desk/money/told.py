"""Books and timeline tell one story: each booking of two people stands in both, with the same sum and the same two names.

Whoever could alter entry, postings, order and balance together would leave books that balance. The timeline is chained by
hashes (and anchored outside), so it still says what was booked; here the two are laid beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connections

from xiaoshi.core.ledger import Finding
from xiaoshi.core.problems import Words

_BOOKS = """(t.act IN ('money.check_payment', 'money.check_move', 'money.check_count')
            OR t.body ?& ARRAY['entry', 'maker', 'amount_fen'])"""
"""An entry of the timeline that books: of the acts of money, or of a kind's own act around `decide_order`."""
_DIFFERENT = f"""
    SELECT t.body->>'entry', t.chain || '#' || t.seq, e.id IS NULL
      FROM audit_timelineentry t LEFT JOIN money_entry e ON e.id::text = t.body->>'entry'
     WHERE {_BOOKS} AND t.body ? 'entry'
       AND (e.id IS NULL OR e.amount_fen <> (t.body->>'amount_fen')::bigint
            OR e.checker <> t.actor OR e.maker <> t.body->>'maker')
     ORDER BY t.at, t.chain, t.seq
"""  # noqa: S608  a literal of this file
_UNTOLD = f"""
    SELECT e.id::text FROM money_entry e
     WHERE e.order_id IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM audit_timelineentry t
            WHERE {_BOOKS} AND t.body->>'entry' = e.id::text)
       AND NOT EXISTS (
           SELECT 1 FROM retention_tombstone s, jsonb_array_elements(s.booked) b
            WHERE s.case_id = e.case_id AND b->>'entry' = e.id::text AND (b->>'amount_fen')::bigint = e.amount_fen
              AND b->>'maker' = e.maker AND b->>'checker' = e.checker)
     ORDER BY e.at, e.id
"""  # noqa: S608  a literal of this file
# A destroyed case has left on its tombstone what its timeline told of bookings.
_LEFT_BY_DESTROYED = """
    SELECT b->>'entry', s.chain FROM retention_tombstone s, jsonb_array_elements(s.booked) b
     WHERE NOT EXISTS (SELECT 1 FROM money_entry e WHERE e.id::text = b->>'entry') ORDER BY 2, 1
"""


def told_findings(using: str) -> Iterator[Finding]:
    """Bookings that the timeline tells otherwise, or that stand in one of the two only."""
    with connections[using].cursor() as cursor:
        cursor.execute(_DIFFERENT)
        for entry, place, gone in cursor.fetchall():
            if gone:
                zh, en = (
                    f"时间线 {place} 记有这笔分录，账上却没有。",
                    f"The timeline ({place}) tells it, the books lack it.",
                )
                yield Finding("entry", entry, "entry_gone", Words(zh, en))
            else:
                zh = f"金额或人员与时间线 {place} 所记不同。"
                en = f"Sum or people differ from what the timeline ({place}) tells."
                yield Finding("entry", entry, "not_as_told", Words(zh, en))
        cursor.execute(_LEFT_BY_DESTROYED)
        for entry, place in cursor.fetchall():
            zh = f"已销毁案件 {place} 登记有这笔分录，账上却没有。"
            en = f"The tombstone of case {place} tells it, the books lack it."
            yield Finding("entry", entry, "entry_gone", Words(zh, en))
        cursor.execute(_UNTOLD)
        for (entry,) in cursor.fetchall():
            zh, en = "时间线没有记载这笔分录。", "The timeline does not tell of this entry."
            yield Finding("entry", entry, "entry_untold", Words(zh, en))
