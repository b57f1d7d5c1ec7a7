"""What the engine adds to a verdict in words: remarks and doubts; nothing that measures."""

from __future__ import annotations

from collections.abc import Sequence

from xiaoshi.core.notes.cross_gap import CrossGap
from xiaoshi.core.notes.joining import Group
from xiaoshi.core.notes.model import Reason, Share
from xiaoshi.core.problems import Words
from xiaoshi.core.rules.note_rules import RuleSet

CHARRED_TOLD = 0.01
LITTLE_LEGIBLE = 0.10


def remarks_on(group: Group, share: Share, rules: RuleSet) -> tuple[Reason, ...]:
    """Reasons that explain a measured note without deciding it."""
    told: list[Reason] = []
    charred = group.ratio - share.legible
    if charred > CHARRED_TOLD:
        if rules.carbonised_counts:
            words = Words(
                f"与票面原样相连的炭化部分（约 {charred:.1%}）已计入剩余面积",
                f"the charred part that is still joined (about {charred:.1%}) counts as remaining area",
            )
            told.append(Reason("charred_part_counted", words))
        else:
            words = Words(
                f"炭化部分（约 {charred:.1%}）按该规则不计入",
                f"the charred part (about {charred:.1%}) does not count under this rule",
            )
            told.append(Reason("charred_part_not_counted", words))
    if len(group.parts) > 1:
        if rules.combine == "union":
            words = Words(
                "碎片的撕裂边相接，认定属于同一张，面积合并计算",
                "the torn edges of the pieces go on in each other: one note, areas added",
            )
            told.append(Reason("pieces_joined", words))
        else:
            words = Words(
                "该规则只计最大的一块，其余碎片不相加",
                "this rule counts the largest piece only; the others are not added",
            )
            told.append(Reason("largest_piece_counts", words))
    if not all(part.edition_certain for part in group.parts):
        words = Words("面额可以确定，版别不能确定", "the denomination is certain, the edition is not")
        told.append(Reason("edition_uncertain", words))
    asks = [never for never in rules.never if never.asks == "genuineness"]
    if asks and share.legible < LITTLE_LEGIBLE:
        words = Words(
            f"可读的票面只剩约 {share.legible:.1%}：先由人工看能否辨别为真币（规则：{asks[0].words.zh}）",
            f"only about {share.legible:.1%} can be read: people see first whether it can be told to be genuine (the rule: "
            f"{asks[0].words.en})",
        )
        told.append(Reason("genuineness_asked_first", words))
    if rules.both_faces:
        words = Words(
            "照片只显示一面；该规则要求正背两面俱在，须翻看背面",
            "the photo shows one face; the rule asks for both: turn the note over",
        )
        told.append(Reason("other_face_not_seen", words))
    return tuple(told)


def may_belong(pieces: Sequence[str]) -> Reason:
    """Pieces that could be parts of the same note, but without proof."""
    names = "、".join(pieces)
    return Reason(
        "may_belong_together",
        Words(
            f"与 {names} 可能同属一张，证据不足，未合并，须人工拼对",
            f"may belong together with {', '.join(pieces)}; not proven, so not joined: a person must try to fit them",
        ),
    )


def largest_piece_elsewhere() -> Reason:
    """A rule that pays the largest piece only, and a larger piece that may be of the same note."""
    words = Words(
        "该规则只按一张票最大的一块兑换；另有更大的一块可能同属一张，须人工认定，以免重复兑付",
        "this rule pays the largest piece of a note only, and a larger piece may be of the same note: people must decide, "
        "so that it is not paid twice",
    )
    return Reason("largest_piece_elsewhere", words)


def print_like_ground(share: float) -> Reason:
    """Print of the ground's colour beside the piece: paper there would not be seen."""
    words = Words(
        f"票面约 {share:.1%} 的颜色与底色相近，看不出那里有没有纸，面积上限已放宽；请换用另一种颜色的托盘垫重拍",
        f"about {share:.1%} of the face has the colour of the ground, so paper there would not be seen and the upper end "
        "allows for it: take the photo again on a mat of the other colour",
    )
    return Reason("print_like_ground", words)


def denomination_asked_first(rules: RuleSet) -> tuple[Reason, ...]:
    """What the rule says of a piece that people cannot name either."""
    return tuple(
        Reason(
            "denomination_asked_first",
            Words(
                f"人工也无法辨认时，按规则：{never.words.zh}",
                f"if people cannot tell either, the rule is: {never.words.en}",
            ),
        )
        for never in rules.never
        if never.asks == "denomination"
    )


def unnamed_reason(area_mm2: float | None) -> Reason:
    """A piece whose kind cannot be told."""
    size = (
        Words("", "")
        if area_mm2 is None
        else Words(f"（约 {area_mm2:.0f} 平方毫米）", f" (about {area_mm2:.0f} mm²)")
    )
    return Reason(
        "too_few_matches",
        Words(
            f"与已录入的票样相符之处太少{size.zh}：券别无法辨认，或票样库没有这种票",
            f"too little agrees with any enrolled note{size.en}: its kind cannot be told, or it is not enrolled",
        ),
    )


def unscaled_reason() -> Reason:
    """Named in a photo without scale."""
    return Reason(
        "not_measured",
        Words(
            "没有可用的比例尺或底面，只辨认了券别，没有测量面积",
            "without a usable mat or scale it was named, not measured",
        ),
    )


def hidden_reason() -> Reason:
    """The second note of a piece that holds two."""
    words = Words(
        "与另一张纸币重叠或相连，无法测量", "it lies on or touches another note and cannot be measured"
    )
    return Reason("pieces_touch", words)


def not_under_rule(issuer: str, rule: str) -> Reason:
    """A note of an issuer that the rule is not about."""
    words = Words(
        f"该票样属于 {issuer}，不适用规则 {rule}",
        f"this is a note of {issuer}: rule {rule} is not about it",
    )
    return Reason("issuer_not_under_rule", words)


def cross_gap_doubt(gap: CrossGap) -> Reason:
    """What is missing may be a cross."""
    words = Words(
        f"疑似正十字形缺口（竖缺约 {gap.upright_mm:.0f} 毫米、横缺约 {gap.across_mm:.0f} 毫米，共缺 {gap.missing:.1%}；"
        "缺少四分之一按半额），须人工认定",
        f"a cross-shaped gap is suspected (about {gap.upright_mm:.0f} mm upright, {gap.across_mm:.0f} mm across, "
        f"{gap.missing:.1%} missing; one quarter missing is half value): a person must look",
    )
    return Reason("cross_gap_suspected", words)


def cross_gap_measured(gap: CrossGap) -> Reason:
    """The figures of a clear cross."""
    words = Words(
        f"缺口为正十字形：竖缺 {gap.upright_mm:.1f} 毫米、横缺 {gap.across_mm:.1f} 毫米，共缺 {gap.missing:.1%}",
        f"the gap is a cross: {gap.upright_mm:.1f} mm upright, {gap.across_mm:.1f} mm across, {gap.missing:.1%} missing",
    )
    return Reason("cross_gap_measured", words)
