"""What a damaged note is worth: the exchange rules of five issuers as dated rows.

Each rule set is data: thresholds on the remaining share of a note, how pieces combine, whether carbonised parts count,
how half a note is rounded. The verdict itself is made in `xiaoshi.core.notes.verdicts`; nothing here measures.

Example (`cny-2026`, a note of 100 yuan): 0.75 remains -> full, 10,000 fen ("including three quarters"); 0.7499 -> half,
5,000 fen; 0.50 -> half; 0.4999 -> none. Under `eur-ecb-2013-10` 0.50 is none: the euro asks for MORE than half.

`status` says how sure a row is: `confirmed` was read in a copy of the rule; `unconfirmed` stands from memory or in one
doubtful copy, and must be shown as such on a screen. Days that were not found are None, never guessed.

Left out: proof that the missing part was destroyed (euro, dollar) is a paper, not a picture: the verdict names the
possibility as a reason and a person decides. Coins. The Bank of England (only from memory, no threshold confirmed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from xiaoshi.core.problems import Words

Status = Literal["confirmed", "unconfirmed"]
Combine = Literal["union", "largest_piece"]
Ground = Literal["genuineness", "denomination", "area", "amount"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A share of the whole note: `inclusive` is "at least" (>=), otherwise "more than" (>)."""

    share: Fraction
    inclusive: bool

    def met_by(self, ratio: float) -> bool:
        """Whether a remaining share reaches this threshold."""
        return ratio >= float(self.share) if self.inclusive else ratio > float(self.share)

    def words(self) -> Words:
        """For example "四分之三以上（含）" / "at least 3/4"."""
        share = f"{self.share.numerator}/{self.share.denominator}"
        if self.inclusive:
            return Words(f"{share} 以上（含 {share}）", f"at least {share}")
        return Words(f"超过 {share}（不含 {share}）", f"more than {share}")


@dataclass(frozen=True, slots=True)
class Band:
    """Thresholds for notes of `denomination_min` up to below `denomination_below` (main unit; None: no limit).

    `half` is None where the rule knows no half value.
    """

    full: Threshold
    half: Threshold | None
    status: Status
    denomination_min: float = 0.0
    denomination_below: float | None = None

    def covers(self, denomination: float) -> bool:
        """Whether this band is about notes of that face value."""
        below = self.denomination_below
        return denomination >= self.denomination_min and (below is None or denomination < below)


@dataclass(frozen=True, slots=True)
class AreaRow:
    """A rule written in square centimetres for one note: at least `full_cm2` -> full, at least `half_cm2` -> half.

    `whole_cm2`: area of the whole note as the rule's table gives it (tells old from new sizes); None: not given.
    """

    denomination: int
    whole_cm2: float | None
    full_cm2: float
    half_cm2: float | None
    status: Status


@dataclass(frozen=True, slots=True)
class Never:
    """A ground on which a note is never exchanged. `asks` says what settles it: whether it can be told to be genuine, what
    it is worth (a person looks, the engine only shows), the remaining area, or the amount that would be paid."""

    asks: Ground
    words: Words
    status: Status


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One exchange rule in force over a span of days.

    `in_force_from` / `in_force_to`: first and last day, None when unknown (from) or open (to); `days_status`: how sure
    the days are; `carbonised_counts`: parts that are charred but still joined as original count as remaining area;
    `half_unit_fen`: half values are rounded down to whole multiples of it (1 fen for the RMB, 100 = one yen in Japan);
    `cross_gap`: a regular cross-shaped gap of one quarter means half (RMB); `proof_of_destruction`: at or below the
    threshold, proof that the rest was destroyed may still pay; `both_faces`: both faces have to be there; `never`: what is
    asked before the bands, in the rule's order; `combine_status`: how sure `combine` is.
    """

    id: str
    issuer: str
    in_force_from: date | None
    in_force_to: date | None
    days_status: Status
    source: Words
    status: Status
    bands: tuple[Band, ...]
    combine: Combine
    carbonised_counts: bool
    carbonised_status: Status
    half_unit_fen: int = 1
    area_rows: tuple[AreaRow, ...] = ()
    cross_gap: bool = False
    proof_of_destruction: bool = False
    both_faces: bool = False
    never: tuple[Never, ...] = ()
    combine_status: Status = "confirmed"

    def band_for(self, denomination: float) -> Band | None:
        """The thresholds for a face value; None when the rule has none."""
        return next((band for band in self.bands if band.covers(denomination)), None)

    def area_row_for(self, denomination: float, whole_mm2: float) -> AreaRow | None:
        """The row in square centimetres for this note, where the rule has one that fits its size within 3 %."""
        for row in self.area_rows:
            fits = row.whole_cm2 is None or abs(row.whole_cm2 * 100 / whole_mm2 - 1) <= 0.03
            if row.denomination == denomination and fits:
                return row
        return None

    def half_amount_fen(self, denomination_fen: int) -> int:
        """Half the face value, rounded down to what the issuer pays: 5 fen -> 2 fen, 1 fen -> 0, 5 yen -> 2 yen."""
        return denomination_fen // 2 // self.half_unit_fen * self.half_unit_fen


def _at_least(numerator: int, denominator: int) -> Threshold:
    return Threshold(Fraction(numerator, denominator), inclusive=True)


def _more_than(numerator: int, denominator: int) -> Threshold:
    return Threshold(Fraction(numerator, denominator), inclusive=False)


_UNDER_ONE_FEN = Never(
    "amount",
    Words("应兑换金额不足 1 分，不予兑换", "the amount payable is below the smallest unit: no value"),
    "confirmed",
)
_UNDER_ONE_HALF = Never(
    "area",
    Words("剩余面积比例不满二分之一，不予兑换", "less than one half of the area remains: no value"),
    "confirmed",
)
_NEVER_2026 = (
    # The order of 2026 asks these first (copies give the words; the number of the article is not certain).
    Never(
        "genuineness",
        Words(
            "重要防伪特征缺失等，无法辨别为真币的，不予兑换",
            "what cannot be told to be genuine (security features missing) is not exchanged",
        ),
        "confirmed",
    ),
    Never(
        "denomination",
        Words("无法辨别面额的，不予兑换", "what denomination it is cannot be told: not exchanged"),
        "confirmed",
    ),
    _UNDER_ONE_HALF,
    _UNDER_ONE_FEN,
)
_RMB_BANDS = (Band(_at_least(3, 4), _at_least(1, 2), "confirmed"),)

RULE_SETS: tuple[RuleSet, ...] = (
    RuleSet(
        id="cny-2026",
        issuer="CNY",
        in_force_from=date(2026, 3, 31),
        in_force_to=None,
        days_status="confirmed",
        source=Words(
            "《中国人民银行残缺污损人民币兑换办法》（中国人民银行令〔2026〕第2号）",
            "Measures for the Exchange of Mutilated and Soiled Renminbi, PBOC Order 2026 No. 2",
        ),
        status="confirmed",
        bands=_RMB_BANDS,
        combine="union",
        carbonised_counts=True,
        carbonised_status="confirmed",
        cross_gap=True,
        never=_NEVER_2026,
    ),
    RuleSet(
        id="cny-2003",
        issuer="CNY",
        # The last day is the eve of the 2026 order; the first day is from memory.
        in_force_from=date(2004, 2, 1),
        in_force_to=date(2026, 3, 30),
        days_status="unconfirmed",
        source=Words(
            "《中国人民银行残缺污损人民币兑换办法》（中国人民银行令〔2003〕第7号）及其特殊残缺污损人民币通知",
            "Measures for the Exchange of Mutilated and Soiled Renminbi, PBOC Order 2003 No. 7, with the notice on "
            "special mutilated notes",
        ),
        status="confirmed",
        bands=_RMB_BANDS,
        combine="union",
        # Not in the order itself: the notice on burnt, rotted and gnawed notes counted charred parts still joined.
        carbonised_counts=True,
        carbonised_status="unconfirmed",
        cross_gap=True,
        never=(_UNDER_ONE_HALF, _UNDER_ONE_FEN),
    ),
    RuleSet(
        id="eur-ecb-2013-10",
        issuer="EUR",
        in_force_from=None,
        in_force_to=None,
        days_status="unconfirmed",
        source=Words(
            "欧洲中央银行决定 ECB/2013/10 第3条（残损欧元兑换）",
            "Decision ECB/2013/10, Article 3 (exchange of damaged euro banknotes)",
        ),
        status="confirmed",
        bands=(Band(_more_than(1, 2), None, "confirmed"),),
        combine="union",
        # The rule speaks of the part that is presented; that several pieces of one note add up is read into it.
        combine_status="unconfirmed",
        carbonised_counts=True,
        carbonised_status="unconfirmed",
        proof_of_destruction=True,
    ),
    RuleSet(
        id="usd-31cfr100",
        issuer="USD",
        in_force_from=None,
        in_force_to=None,
        days_status="unconfirmed",
        source=Words(
            "美国联邦法规第31编第100部分第5、7条（残损货币兑换）",
            "31 CFR Part 100, sections 100.5 and 100.7 (exchange of mutilated paper currency)",
        ),
        status="confirmed",
        bands=(Band(_more_than(1, 2), None, "confirmed"),),
        combine="union",
        # The rule speaks of the part that is presented; that several pieces of one note add up is read into it.
        combine_status="unconfirmed",
        carbonised_counts=True,
        carbonised_status="unconfirmed",
        proof_of_destruction=True,
    ),
    RuleSet(
        id="jpy-boj",
        issuer="JPY",
        in_force_from=None,
        in_force_to=None,
        days_status="unconfirmed",
        source=Words("日本银行损伤现钞兑换标准", "Bank of Japan, exchange of damaged banknotes and coins"),
        status="confirmed",
        bands=(Band(_at_least(2, 3), _at_least(2, 5), "confirmed"),),
        combine="union",
        # Ash counts where it can still be recognised: known from a second-hand source only.
        carbonised_counts=True,
        carbonised_status="unconfirmed",
        half_unit_fen=100,
        both_faces=True,
    ),
    RuleSet(
        id="inr-2018",
        issuer="INR",
        in_force_from=date(2018, 9, 6),
        in_force_to=None,
        days_status="confirmed",
        source=Words(
            "印度储备银行《纸币退还规则》2009（2018年9月6日修订）",
            "Reserve Bank of India (Note Refund) Rules, 2009, as amended on 6 September 2018",
        ),
        status="confirmed",
        bands=(
            Band(_more_than(1, 2), None, "confirmed", denomination_below=50),
            Band(_at_least(4, 5), _at_least(2, 5), "unconfirmed", denomination_min=50),
        ),
        combine="largest_piece",
        carbonised_counts=True,
        carbonised_status="unconfirmed",
        area_rows=(
            AreaRow(1, 61.11, 31, None, "confirmed"),
            AreaRow(2, 67.41, 34, None, "confirmed"),
            AreaRow(5, 73.71, 37, None, "confirmed"),
            AreaRow(10, 86.31, 44, None, "confirmed"),
            AreaRow(10, 77.49, 39, None, "confirmed"),
            AreaRow(20, 92.61, 47, None, "confirmed"),
            AreaRow(20, 81.27, 41, None, "confirmed"),
            # Two copies disagree on 50 and 200, and none says which size of 50 and 100 is meant.
            AreaRow(50, None, 72, 36, "unconfirmed"),
            AreaRow(100, None, 75, 38, "unconfirmed"),
            AreaRow(200, None, 78, 39, "unconfirmed"),
            AreaRow(2000, 109.56, 88, 44, "confirmed"),
        ),
    ),
)


def rule_set(rule_id: str) -> RuleSet | None:
    """The rule set of that id; None when there is none."""
    return next((rules for rules in RULE_SETS if rules.id == rule_id), None)


def rules_in_force(issuer: str, day: date) -> tuple[RuleSet, ...]:
    """The rule sets of an issuer in force on a day (one, unless a bank overlays its own); empty when none is known."""
    return tuple(
        rules
        for rules in RULE_SETS
        if rules.issuer == issuer
        and (rules.in_force_from is None or rules.in_force_from <= day)
        and (rules.in_force_to is None or day <= rules.in_force_to)
    )
