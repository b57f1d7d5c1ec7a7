"""The rules that stand here as data, under one roof: what an answer may name as the rule it rests on.

Problem. An answer from above says "by order 2003 No. 7"; two years later somebody finds it and needs to know whether that
order still holds. The tables of this folder know from when to when their rules are in force.

Example. `cny-2003` on 2026-11-25: over since 2026-03-31 ("no longer in force"); `cny-2026` on the same day: in force.

Choice. One line for each text of law, not for each figure in it: rows of the retention table that share a source and days
are one rule. A bank's own rules are not here: they are a text that nobody has turned into data, and that is what is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from xiaoshi.core.problems import Words
from xiaoshi.core.rules.deposit_rules import LAWS
from xiaoshi.core.rules.note_rules import RULE_SETS
from xiaoshi.core.rules.retention_rules import CASE_RULES


@dataclass(frozen=True, slots=True)
class KnownRule:
    """`in_force_from`/`in_force_to`: first and last day, None: not known (from) or open (to). `days_status`: how sure they are."""

    id: str
    title: Words
    in_force_from: date | None
    in_force_to: date | None
    days_status: Literal["confirmed", "unconfirmed"]

    def in_force_on(self, day: date) -> bool:
        return (self.in_force_from is None or self.in_force_from <= day) and (
            self.in_force_to is None or day <= self.in_force_to
        )


def _known() -> dict[str, KnownRule]:
    rules = {
        r.id: KnownRule(r.id, r.source, r.in_force_from, r.in_force_to, r.days_status) for r in RULE_SETS
    }
    seen = set()
    for row in CASE_RULES:
        if row.source not in seen and row.source.zh.startswith("《"):
            seen.add(row.source)
            rules[row.id] = KnownRule(row.id, row.source, row.in_force_from, row.in_force_to, row.status)
    return rules | {law: KnownRule(law, title, first, None, status) for law, title, first, status in LAWS}


KNOWN_RULES: dict[str, KnownRule] = _known()
"""Rule id -> rule, in the order of the tables."""


def in_force_words(
    rule: KnownRule, day: date
) -> tuple[Words, Literal["in_force", "over", "not_yet", "unsure"]]:
    """Whether the rule is in force on this day, in words, and as a word for programs."""
    if rule.in_force_to is not None and rule.in_force_to < day:
        last = rule.in_force_to
        return Words(
            f"所依据的规则已失效（最后有效日 {last}），请勿照用",
            f"the rule behind it is no longer in force (last day {last}): do not use it as it is",
        ), "over"
    if rule.in_force_from is not None and day < rule.in_force_from:
        first = rule.in_force_from
        return Words(
            f"所依据的规则 {first} 起才施行", f"the rule behind it is only in force from {first}"
        ), "not_yet"
    if rule.in_force_from is None or rule.days_status == "unconfirmed":
        return Words(
            "所依据的规则未见废止，起止日期未经核实",
            "the rule behind it is not known to have ended; its days are not confirmed",
        ), "unsure"
    return Words(
        f"所依据的规则现行有效（{rule.in_force_from} 起）",
        f"the rule behind it is in force (since {rule.in_force_from})",
    ), "in_force"
