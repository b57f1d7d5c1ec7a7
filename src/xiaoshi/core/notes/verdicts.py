"""From a remaining share to a verdict: pure law, no pictures.

Order as in the order of 2026: first what is never exchanged, each ground in the rule's order (`RuleSet.never`: genuineness and
denomination are for people, area and amount are asked here), then the cross-shaped gap, then the bands. A share is an
interval; if its two ends do not come to the same verdict it is `undecided` and people look.

Worked example, 100 yuan under `cny-2026`: 0.762 with interval 0.751-0.773 -> full, 10,000 fen. 0.757 with 0.744-0.770
-> undecided, amount 0, bounds 5,000 and 10,000; with a clear cross-shaped gap -> half, whichever end. 1 fen at half: 0 fen, so
none; 1 fen between 0.45 and 0.60: none, since both ends pay nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from xiaoshi.core.notes.model import Reason, Share, Verdict
from xiaoshi.core.problems import Words
from xiaoshi.core.rules.note_rules import RuleSet

_NAMES = {
    "full": Words("全额", "full value"),
    "half": Words("半额", "half value"),
    "none": Words("不予兑换", "no value"),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rule says: verdict, what it pays, the bounds where it is undecided, and why (in order)."""

    verdict: Verdict
    amount_fen: int
    amount_low_fen: int
    amount_high_fen: int
    reasons: tuple[Reason, ...]


def band_of(rules: RuleSet, denomination: float, ratio: float, whole_mm2: float) -> tuple[Verdict, Reason]:
    """The band that an exactly known share falls in, with the threshold that decided. `whole_mm2`: the whole note."""
    row = rules.area_row_for(denomination, whole_mm2)
    if row is not None:
        return _by_area(ratio * whole_mm2 / 100, row.full_cm2, row.half_cm2)
    band = rules.band_for(denomination)
    if band is None:
        words = Words(
            f"规则 {rules.id} 没有该面额的标准", f"rule {rules.id} has no standard for this denomination"
        )
        return "undecided", Reason("no_band_for_denomination", words)
    if band.full.met_by(ratio):
        return "full", _threshold_reason("ratio_reaches_full_threshold", "full", band.full.words())
    if band.half is not None and band.half.met_by(ratio):
        return "half", _threshold_reason("ratio_in_half_band", "half", band.half.words())
    last = (band.half or band.full).words()
    words = Words(f"剩余面积未达到“{last.zh}”，不予兑换", f"the remaining area is not {last.en}: no value")
    return "none", Reason("ratio_below_lowest_threshold", words)


def _threshold_reason(code: str, name: str, threshold: Words) -> Reason:
    zh, en = _NAMES[name].zh, _NAMES[name].en
    return Reason(
        code, Words(f"剩余面积 {threshold.zh}，按{zh}兑换", f"the remaining area is {threshold.en}: {en}")
    )


def _by_area(area_cm2: float, full_cm2: float, half_cm2: float | None) -> tuple[Verdict, Reason]:
    if area_cm2 >= full_cm2:
        words = Words(
            f"剩余面积不小于 {full_cm2:g} 平方厘米，按全额兑换",
            f"at least {full_cm2:g} cm² remain: full value",
        )
        return "full", Reason("area_reaches_full_threshold", words)
    if half_cm2 is not None and area_cm2 >= half_cm2:
        words = Words(
            f"剩余面积不小于 {half_cm2:g} 平方厘米，按半额兑换",
            f"at least {half_cm2:g} cm² remain: half value",
        )
        return "half", Reason("area_in_half_band", words)
    lowest = full_cm2 if half_cm2 is None else half_cm2
    words = Words(f"剩余面积小于 {lowest:g} 平方厘米，不予兑换", f"less than {lowest:g} cm² remain: no value")
    return "none", Reason("area_below_lowest_threshold", words)


def amount_of(rules: RuleSet, denomination_fen: int, verdict: Verdict) -> int:
    """What a verdict pays in fen; undecided pays nothing yet."""
    if verdict == "full":
        return denomination_fen
    return rules.half_amount_fen(denomination_fen) if verdict == "half" else 0


def verdict_at(
    rules: RuleSet, denomination: float, ratio: float, whole_mm2: float, *, cross: bool = False
) -> tuple[Verdict, Reason]:
    """What an exactly known share comes to, asked in the rule's order. `cross`: a clear cross-shaped gap."""
    fen = round(denomination * 100)
    verdict, why = band_of(rules, denomination, ratio, whole_mm2)
    if verdict in ("full", "half") and cross and rules.cross_gap:
        verdict, why = "half", cross_gap_pays_half()
    for never in rules.never:
        if never.asks == "area" and verdict == "none":
            return "none", Reason("ratio_below_lowest_threshold", never.words)
        if never.asks == "amount" and verdict == "half" and amount_of(rules, fen, verdict) == 0:
            return "none", Reason("amount_below_one_fen", never.words)
    if verdict == "half" and amount_of(rules, fen, verdict) == 0:
        words = Words(
            "应兑换金额不足最小单位，不予兑换", "the amount payable is below the smallest unit: no value"
        )
        return "none", Reason("amount_below_one_fen", words)
    return verdict, why


def judge(
    rules: RuleSet,
    denomination: float,
    whole_mm2: float,
    share: Share,
    *,
    doubts: tuple[Reason, ...] = (),
    remarks: tuple[Reason, ...] = (),
    cross: bool = False,
) -> Judgement:
    """The verdict on one note.

    `denomination` in the issuer's main unit, `whole_mm2` the whole note's area. `doubts` are reasons why people must
    decide whatever the share says; `remarks` only explain. `cross`: what is missing is clearly a cross of one quarter.
    """
    fen = round(denomination * 100)
    low, why_low = verdict_at(rules, denomination, share.low, whole_mm2, cross=cross)
    high, _ = verdict_at(rules, denomination, share.high, whole_mm2, cross=cross)
    amount_low, amount_high = (amount_of(rules, fen, verdict) for verdict in (low, high))
    if "undecided" in (low, high):
        return Judgement("undecided", 0, 0, fen, (why_low, *doubts, *remarks))
    reasons: list[Reason] = [*doubts]
    reasons.append(_crossing(share, low, high) if low != high else why_low)
    if rules.proof_of_destruction and low == "none":
        words = Words(
            "如持有人能证明缺失部分已灭失，仍可申请兑换，须由人工审查",
            "with proof that the missing part was destroyed it may still be paid: a person must look",
        )
        reasons.append(Reason("proof_of_destruction_may_pay", words))
    reasons += [*remarks, *_unsure_rows(rules, denomination, whole_mm2)]
    if doubts or low != high:
        return Judgement("undecided", 0, amount_low, amount_high, tuple(reasons))
    return Judgement(high, amount_high, amount_high, amount_high, tuple(reasons))


def cross_gap_pays_half() -> Reason:
    """The rule's own case: three quarters are there, in four corners."""
    words = Words(
        "呈正十字形缺少四分之一，按半额兑换",
        "a quarter is missing in the shape of a cross: half value",
    )
    return Reason("cross_gap_half", words)


def _crossing(share: Share, low: Verdict, high: Verdict) -> Reason:
    zh = f"剩余面积区间 {share.low:.1%}–{share.high:.1%} 跨越标准线（{_NAMES[low].zh}/{_NAMES[high].zh}），须人工认定"
    en = (
        f"the interval {share.low:.1%} to {share.high:.1%} crosses a threshold "
        f"({_NAMES[low].en} / {_NAMES[high].en}): people must decide"
    )
    return Reason("interval_crosses_threshold", Words(zh, en))


def _unsure_rows(rules: RuleSet, denomination: float, whole_mm2: float) -> tuple[Reason, ...]:
    row, band = rules.area_row_for(denomination, whole_mm2), rules.band_for(denomination)
    status = row.status if row is not None else (band.status if band is not None else rules.status)
    if status == "confirmed":
        return ()
    words = Words("所用标准行尚未核实来源", "the row of the rule that was used is not confirmed")
    return (Reason("rule_row_unconfirmed", words),)
