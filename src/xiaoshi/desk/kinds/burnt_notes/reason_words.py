"""Short words for the reasons of the engine, for the narrow column of the tray's list. The whole sentence stands below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xiaoshi.core.problems import Words

SHORT: dict[str, Words] = {
    "area_reaches_full_threshold": Words("达全额线", "full"),
    "ratio_reaches_full_threshold": Words("达全额线", "full"),
    "area_in_half_band": Words("半额区间", "half"),
    "ratio_in_half_band": Words("半额区间", "half"),
    "area_below_lowest_threshold": Words("不足半额", "too small"),
    "ratio_below_lowest_threshold": Words("不足半额", "too small"),
    "halves_of_two_notes": Words("疑为拼接", "two notes in one"),
    "interval_crosses_threshold": Words("跨认定线", "on the line"),
    "amount_below_one_fen": Words("不足一分", "below a fen"),
    "charred_part_counted": Words("炭化计入", "char counted"),
    "charred_part_not_counted": Words("炭化未计", "char not counted"),
    "cross_gap_suspected": Words("疑似缺口", "gap suspected"),
    "edition_uncertain": Words("版别不定", "edition unsure"),
    "issuer_not_under_rule": Words("规则不适用", "other issuer"),
    "largest_piece_counts": Words("取最大块", "largest piece"),
    "no_band_for_denomination": Words("面额无规则", "no rule for it"),
    "other_face_not_seen": Words("未见背面", "one side seen"),
    "piece_over_edge": Words("超出垫板", "over the edge"),
    "pieces_joined": Words("碎片拼合", "pieces joined"),
    "pieces_touch": Words("券间相连", "notes touch"),
    "proof_of_destruction_may_pay": Words("可凭证明", "proof may pay"),
    "rule_row_unconfirmed": Words("规则待核", "unconfirmed"),
    "serial_twice": Words("号码相同", "same number"),
    "stack_suspected": Words("疑似成叠", "maybe a stack"),
}
LOOK = Words("须目验", "look at it")


def short_reason(reasons: Sequence[dict[str, Any]], language: str) -> str:
    """The deciding reason, which the engine gives first; 须目验 for one without short words."""
    return SHORT.get(str(reasons[0]["code"]), LOOK).in_language(language) if reasons else ""
