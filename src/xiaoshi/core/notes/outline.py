"""The outline route: print is gone, a person says which note it was, and the mat says how large the piece is.

Problem. A note that is black all over shows nothing to lay it in by, yet a teller who turns it in the light can tell
that it was a hundred. Its size in square millimetres is known; what is not known is how much the paper shrank in the
heat, and the rule counts the note's own area. In the trial shrinkage of 0 to 4 % a side made the area up to 8 % too
small, and nothing in an outline without print gives it away. So

    share = area on the tray x (1 / (1 - s))^2 / area of the whole note,     s in 0 .. SHRINK_MAX a side

Choice: the value takes s = `SHRINK_USUAL`; the lower end no shrinkage at all, the upper end the most that the piece allows: 6 %,
or less where the piece still spans nearly the whole height of a note. A note of height H that had shrunk by s a side everywhere
could not be wider than H (1 - s) between two parallel lines; from the narrowest width b of the outline follows s <= 1 - b / H.
Paper shrinks unevenly, most where it burnt, so that is doubled and half a point added before it is believed. Both ends are
moved by the edge's own doubt. The interval is wide on purpose and says so in the reasons.

Worked example: a black piece of 7,900 mm2 with edges of 390 mm, named 100 (11,935 mm2): 0.662 without shrinkage,
0.682 at 1.5 % a side, 0.749 at 6 %, edge 0.3 points: 0.682, interval 0.656 to 0.753: half or full, so people decide. It is
76.2 mm wide where a whole one has 77: 1.3 % there (edges allowed for), so at most 3.2 %: 0.656 to 0.710, half.

Left out: which edition it was, where the
person does not say (the sizes of all enrolled editions bound the share then).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.faces import PreparedLibrary
from xiaoshi.core.notes.model import Reason, Share
from xiaoshi.core.problems import Problem, Words

SHRINK_USUAL = 0.015
SHRINK_MAX = 0.06
UNEVEN, UNEVEN_MORE = 2.0, 0.006
SWOLLEN_MAX = 0.002
EDGE_MM = 0.10
EDGE_PX = 0.6


@dataclass(frozen=True, slots=True)
class NamedKind:
    """What a person says a piece is: face value in fen, edition (None: not told), and the whole areas (mm2) and
    shorter sides (mm) of the enrolled notes that this may be, smallest first."""

    denomination: float
    edition: str | None
    denomination_fen: int
    areas_mm2: tuple[float, ...]
    heights_mm: tuple[float, ...]


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
        heights = sorted({min(face.width_mm, face.height_mm) for face in faces})
        kinds[piece] = NamedKind(
            denomination, edition, faces[0].denomination_fen, tuple(areas), tuple(heights)
        )
    return kinds, problems


def outline_share(
    area_mm2: float, perimeter_mm: float, kind: NamedKind, mm_per_px: float, narrowest_mm: float = 0.0
) -> Share:
    """The share by area alone; nothing of it is legible. `narrowest_mm`: the least distance of two parallel lines that
    have the piece between them, 0 where it is not known."""
    edge = max(EDGE_MM, EDGE_PX * mm_per_px) * perimeter_mm
    small, large = kind.areas_mm2[0], kind.areas_mm2[-1]
    shrunk = 1 - (narrowest_mm - 2 * EDGE_MM) / kind.heights_mm[-1]
    most = min(SHRINK_MAX, max(0.0, UNEVEN * shrunk) + UNEVEN_MORE)
    usual = min(SHRINK_USUAL, most / 2)
    value = min(1.0, area_mm2 / (1 - usual) ** 2 / ((small + large) / 2))
    low = (area_mm2 - edge) * (1 - SWOLLEN_MAX) ** 2 / large
    high = (area_mm2 + edge) / (1 - most) ** 2 / small
    return Share(value, max(0.0, min(low, value)), max(value, min(1.0, high)), 0.0)


def narrowest_of(outline_mm: NDArray[np.float64]) -> float:
    """The narrowest width of an outline, (n, 2) mm: one of the two lines lies along a side of its convex hull."""
    hull = cv2.convexHull(outline_mm.astype(np.float32)).reshape(-1, 2).astype(np.float64)
    if len(hull) < 3:
        return 0.0
    sides = np.roll(hull, -1, axis=0) - hull
    length = np.linalg.norm(sides, axis=1)
    normal = np.stack([-sides[:, 1], sides[:, 0]], axis=1)[length > 1e-6] / length[length > 1e-6, None]
    across = hull @ normal.T
    return float((across.max(axis=0) - across.min(axis=0)).min())


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
                f"票面图案无法比对，按外形面积计算；纸张受热收缩多少未知（每边最多按 {SHRINK_MAX:.0%} 计），区间较宽",
                f"no print to lay it in by, so it was measured by its outline; how much the paper shrank is not known "
                f"(up to {SHRINK_MAX:.0%} a side), so the interval is wide",
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
