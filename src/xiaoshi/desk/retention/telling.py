"""A dry run as one value: what would go, what stays and why, counted by kind and year. For the command line and its JSON."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connections, transaction

from xiaoshi.core.problems import Words
from xiaoshi.core.rules.retention_rules import (
    CASE_RULES,
    COUNTED_FROM_WORDS,
    SMALL_RULES,
    RetentionRule,
    rules_for,
)
from xiaoshi.desk.retention.due import Cursor, Looked, all_looked_at, own_periods, still_open_since

OPEN_SHOWN_MAX = 1000


def dry_run(on: date, *, limit: int, after: Cursor | None, language: str, alias: str) -> dict[str, Any]:
    """All cases that ended long ago, walked in a transaction that cannot write; at most `limit` of each list are named.

    `next` is the cursor behind the last named one when there are more (`--after`); counts are of what was walked.
    """
    due: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    counts: dict[str, Counter[str]] = {"kind": Counter(), "year": Counter(), "why": Counter()}
    total = {"due": 0, "kept": 0}
    following: Cursor | None = None
    full = False
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        for one in all_looked_at(on, after=after, alias=alias):
            which, rows = ("due", due) if one.standing.due else ("kept", kept)
            total[which] += 1
            if one.standing.due:
                counts["kind"][one.case.kind] += 1
                counts["year"][str(one.facts.closed_on.year if one.facts.closed_on else "")] += 1
            counts["why"].update({p.code for p in one.standing.why_not})
            full = full or len(rows) >= limit
            if not full:
                rows.append(case_json(one, language))
                following = one.cursor
        still_open = still_open_since(on, OPEN_SHOWN_MAX, alias=alias) if after is None else []
    counts["why"].update({"open": len(still_open)} if still_open else {})
    return {
        "on": on.isoformat(),
        "dry_run": True,
        "after": cursor_text(after),
        "due": {
            "total": total["due"],
            "by_kind": dict(sorted(counts["kind"].items())),
            "by_year_closed": dict(sorted(counts["year"].items())),
            "cases": due,
        },
        "kept": {
            "total": total["kept"] + len(still_open),
            "by_reason": dict(sorted(counts["why"].items())),
            "cases": kept,
            "open_cases": [
                {"case": str(c.id), "number": c.number, "kind": c.kind} for c in still_open[:limit]
            ],
        },
        "next": cursor_text(following) if full else None,
        "problems": [],
    }


def cursor_text(cursor: Cursor | None) -> str | None:
    return f"{cursor[0].isoformat()}/{cursor[1]}" if cursor else None


def read_cursor(text: str) -> Cursor | None:
    """As `cursor_text` wrote it; None for anything else."""
    moment, _, ident = text.partition("/")
    try:
        at = datetime.fromisoformat(moment)
        return (at, UUID(ident)) if at.tzinfo is not None else None
    except ValueError:
        return None


def case_json(one: Looked, language: str) -> dict[str, Any]:
    standing = one.standing
    return {
        "case": str(one.case.id),
        "number": one.case.number,
        "kind": one.case.kind,
        "closed_on": one.facts.closed_on.isoformat() if one.facts.closed_on else None,
        "first_day": standing.first_day.isoformat() if standing.first_day else None,
        "rule": standing.rule.id if standing.rule else None,
        "assumed": [rule.id for rule in standing.assumed],
        "why_not": [p.as_json(language) for p in standing.why_not],
    }


def rules_now(on: date, alias: str = "default") -> list[RetentionRule]:
    """The rules in force on a day: for all kinds, then the bank's own for single kinds, then small things."""
    own = own_periods(alias)
    found = list(rules_for("*", on, own))
    for kind in sorted({p.kind for p in own} - {"*"}):
        found += [rule for rule in rules_for(kind, on, own) if rule.kind == kind]
    return [*found, *SMALL_RULES]


def rule_json(rule: RetentionRule, language: str) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "what": rule.what,
        "words": rule.words.in_language(language),
        "kind": rule.kind,
        "years": rule.years,
        "days": rule.days,
        "counted_from": rule.counted_from,
        "if_unknown": rule.if_unknown,
        "in_force_from": rule.in_force_from.isoformat(),
        "source": rule.source.in_language(language),
        "status": rule.status,
        "own": rule.own,
    }


def period_words(rule: RetentionRule) -> Words:
    """`10 年，自结案之日起` / `10 years from the close of the case`."""
    start = COUNTED_FROM_WORDS[rule.counted_from]
    if rule.years:
        return Words(f"{rule.years} 年，自{start.zh}起", f"{rule.years} years from {start.en}")
    if rule.days:
        return Words(f"{rule.days} 天，自{start.zh}起", f"{rule.days} days from {start.en}")
    return Words(f"到{start.zh}为止", f"until {start.en}")


def words_of_rule(ident: str) -> Words:
    """What a stored rule's name says; the name itself for one that is not shipped any more."""
    shipped = {rule.id: rule for rule in CASE_RULES} | {f"own-{rule.what}": rule for rule in CASE_RULES}
    rule = shipped.get(ident)
    if rule is None:
        return Words(ident, ident)
    return Words(
        f"{rule.words.zh}（{rule.source.zh if rule.id == ident else '本行规定'}）",
        f"{rule.words.en} ({rule.source.en if rule.id == ident else 'the bank’s own period'})",
    )
