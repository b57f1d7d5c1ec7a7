"""The outline route: print is gone, a person says which note it was, and the mat says how large the piece is.

Problem. A note that is black all over shows nothing to lay it in by, yet a teller who turns it in the light can tell
that it was a hundred. Its size in square millimetres is known; what is not known is how much the paper shrank in the
heat, and the rule counts the note's own area. In the trial shrinkage of 0 to 4 % a side made the area up to 8 % too
small, and nothing in an outline without print gives it away. So

    share = area on the tray x (1 / (1 - s))^2 / area of the whole note,     s in 0 .. SHRINK_MAX a side

Choice: the value takes s = `SHRINK_USUAL`; the lower end no shrinkage at all, the upper end `SHRINK_MAX` all over. Both ends are
moved by the edge's own doubt. The interval is wide on purpose and says so in the reasons.

Worked example: a black piece of 7,900 mm2 with edges of 390 mm, named 100 (11,935 mm2): 0.662 without shrinkage,
0.682 at 1.5 % a side, 0.749 at 6 %, edge 0.3 points: 0.682, interval 0.659 to 0.752: half or full, so people decide. At
7,700 mm2 the upper end is 0.733: half.

Left out: shrinkage read from two straight paper edges that lie across from each other; which edition it was, where the
person does not say (the sizes of all enrolled editions bound the share then).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xiaoshi.core.notes.faces import PreparedLibrary
from xiaoshi.core.notes.model import Reason, Share
from xiaoshi.core.problems import Problem, Words

SHRINK_USUAL = 0.015
SHRINK_MAX = 0.06
SWOLLEN_MAX = 0.002
EDGE_MM = 0.10
EDGE_PX = 0.6


@dataclass(frozen=True, slots=True)
class NamedKind:
    """What a person says a piece is: face value in fen, edition (None: not told), and the whole areas (mm2) of the
    enrolled notes that this may be, smallest first."""

    denomination: float
    edition: str | None
    denomination_fen: int
    areas_mm2: tuple[float, ...]


def named_kinds(
    named: Mapping[str, tuple[float, str | None]],
    ids: Sequence[str],
    library: PreparedLibrary,
    issuer: str,
) -> tuple[dict[str, NamedKind], list[Problem]]:
    """What persons said, looked up among the enrolled notes; a problem for each that cannot be used."""
    kinds: dict[str, NamedKind] = {}
    problems: list[Problem] = []
    for piece, (denomination, edition) in named.items():
        if piece not in ids:
            words = Words(
                f"没有编号为 {piece} 的碎片，人工指定的券别未采用",
                f"there is no piece {piece}: what a person said it is was left aside",
            )
            problems.append(Problem("named_piece_unknown", words, piece))
            continue
        faces = [
            face.reference
            for face in library.faces
            if face.reference.issuer == issuer
            and abs(float(face.reference.denomination) - denomination) < 1e-9
        ]
        faces = [face for face in faces if edition is None or face.edition == edition]
        if not faces:
            told = f"{denomination:g}" + ("" if edition is None else f" ({edition})")
            words = Words(
                f"票样库里没有 {issuer} {told}，不知道整张有多大；请先录入这种票样",
                f"the library holds no {issuer} {told}, so the size of a whole one is not known: enrol it first",
            )
            problems.append(Problem("named_kind_not_enrolled", words, piece))
            continue
        areas = sorted({face.width_mm * face.height_mm for face in faces})
        kinds[piece] = NamedKind(denomination, edition, faces[0].denomination_fen, tuple(areas))
    return kinds, problems


def outline_share(area_mm2: float, perimeter_mm: float, kind: NamedKind, mm_per_px: float) -> Share:
    """The share by area alone; nothing of it is legible."""
    edge = max(EDGE_MM, EDGE_PX * mm_per_px) * perimeter_mm
    small, large = kind.areas_mm2[0], kind.areas_mm2[-1]
    value = area_mm2 / (1 - SHRINK_USUAL) ** 2 / ((small + large) / 2)
    low = (area_mm2 - edge) * (1 - SWOLLEN_MAX) ** 2 / large
    high = (area_mm2 + edge) / (1 - SHRINK_MAX) ** 2 / small
    value = min(1.0, value)
    return Share(value, max(0.0, min(low, value)), max(value, min(1.0, high)), 0.0)


def outline_reasons(kind: NamedKind) -> tuple[Reason, ...]:
    """That a person named it, and that it was measured by its outline."""
    told = f"{kind.denomination:g}" + ("" if kind.edition is None else f"（{kind.edition} 年版）")
    told_en = f"{kind.denomination:g}" + ("" if kind.edition is None else f" ({kind.edition})")
    return (
        Reason(
            "named_by_person",
            Words(f"券别由人工指定为 {told}", f"a person says that it is a {told_en}"),
        ),
        Reason(
            "outline_route",
            Words(
                f"票面图案无法比对，按外形面积计算；纸张受热收缩多少未知（按每边 0–{SHRINK_MAX:.0%} 计），区间较宽",
                f"no print to lay it in by, so it was measured by its outline; how much the paper shrank is not known "
                f"(0 to {SHRINK_MAX:.0%} a side), so the interval is wide",
            ),
        ),
    )


def named_otherwise(kind: NamedKind) -> Reason:
    """A person says one thing, the print another."""
    return Reason(
        "named_otherwise_by_person",
        Words(
            f"票面比对结果与人工指定的 {kind.denomination:g} 不一致，须复核",
            f"the print says otherwise than the person, who says {kind.denomination:g}: it has to be looked at again",
        ),
    )
