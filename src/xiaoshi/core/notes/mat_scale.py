"""Was the mat printed at 100 %? Told by the paper it is printed on, and by whole notes that lie on it.

Problem. Every millimetre in a photo comes from the mat. Printed "to fit the page" at 97 %, it makes all that lies on it 3 %
longer and 6 % larger: a share by outline (print gone) of 0.71 is told as 0.755 and paid in full. Shares by print do
not change, but nothing else says that something is wrong.

Two witnesses, each good to about half a per cent:

    paper    the edges of the sheet, where the desk beside it can be seen: a page printed at 97 % has white rims of 11 mm in place
             of 5. Asked of both directions: they must agree (a sheet that was trimmed by hand does not)
    notes    pieces that show no heat, at least `NOTES_MIN` that agree. Worked example: three notes of 155, 155 and 130 mm
             measure 159.7, 159.8 and 133.9: 1.030, 1.031, 1.030

Larger than 1 cannot be the notes' doing: fire and water make paper smaller. Smaller may be (notes that dried out in one
tin shrink alike), so it is said as a question and doubts only what was measured by the mat alone. Larger without the paper
as a second witness could be copies on a good mat: all pieces are doubted then.

Left out: the printed millimetre scale, which shrinks with the page; the header's dpi of a scan (the mat goes before it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.mat import MatSpec
from xiaoshi.core.notes.plane import Plane
from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.problems import Words

Floats = NDArray[np.float64]

PAPER_OFF, AXES_APART = 0.012, 0.005
LARGER_OFF, SMALLER_OFF = 0.015, 0.02
NOTES_MIN, NOTES_APART = 2, 0.006
INSIDE_MM, OUTSIDE_MM, STEP_MM = 3.0, 22.0, 0.1
EDGE_LEVELS = 45.0
RAYS_MIN_SHARE, RAYS_OFF_MM = 0.5, 0.6


@dataclass(frozen=True, slots=True)
class MatScale:
    """`printed`: at what share of its size the mat seems to be printed (0.97); `by_paper`, `by_notes`: who says so;
    `sure`: that it is the mat and not what lies on it."""

    printed: float
    by_paper: bool
    by_notes: bool

    @property
    def sure(self) -> bool:
        """The paper says so."""
        return self.by_paper


def mat_scale(paper: float | None, sizes: Sequence[float]) -> MatScale | None:
    """None where nothing speaks against 100 %. `paper`: see `sheet_size`; `sizes`: lengths on the tray by lengths in the
    note, of pieces that show no heat (`copies.PaperLook.size`)."""
    notes = _agreed(sizes)
    wrong_paper = paper is not None and abs(paper - 1) > PAPER_OFF
    wrong_notes = notes is not None and (notes > 1 + LARGER_OFF or notes < 1 - SMALLER_OFF)
    if paper is not None and not wrong_paper and notes is not None and notes < 1:
        # the sheet has its right size: then the notes have shrunk
        wrong_notes = False
    if wrong_notes and notes is not None:
        return MatScale(1 / notes, wrong_paper and paper is not None and abs(paper - notes) < 0.015, True)
    if wrong_paper and paper is not None and (notes is None or abs(notes - paper) < 0.015):
        return MatScale(1 / paper, True, False)
    return None


def _agreed(sizes: Sequence[float]) -> float | None:
    """The size that most of at least NOTES_MIN pieces agree on."""
    if len(sizes) < NOTES_MIN:
        return None
    middle = float(np.median(sizes))
    near = [size for size in sizes if abs(size - middle) < NOTES_APART]
    return float(np.mean(near)) if len(near) >= max(NOTES_MIN, 0.6 * len(sizes)) else None


def sheet_size(pixels: Picture, plane: Plane) -> float | None:
    """Size of the paper by that of the page on it, 1.0 for a mat printed at 100 %; None where its edges cannot be seen."""
    if plane.mat is None:
        return None
    mat = plane.mat
    lines = [_edge(pixels, plane, mat, side) for side in range(4)]
    if any(line is None for line in lines):
        return None
    left, right, top, bottom = (float(line) for line in lines if line is not None)
    across = (mat.width_mm + left + right) / mat.width_mm
    down = (mat.height_mm + top + bottom) / mat.height_mm
    if abs(across - down) > AXES_APART:
        return None
    return (across + down) / 2


def _edge(pixels: Picture, plane: Plane, mat: MatSpec, side: int) -> float | None:
    """How far (mm, to the outside) the paper's edge lies from where the page ends, at the middle of the side."""
    length = mat.height_mm if side < 2 else mat.width_mm
    along = np.linspace(0.06, 0.94, 40) * length
    out = np.arange(-INSIDE_MM, OUTSIDE_MM, STEP_MM)
    a, d = np.meshgrid(along, out, indexing="ij")
    x, y = {0: (-d, a), 1: (mat.width_mm + d, a), 2: (a, -d), 3: (a, mat.height_mm + d)}[side]
    px = plane.to_px(np.stack([x, y], axis=-1).reshape(-1, 2)).reshape(*a.shape, 2).astype(np.float32)
    height, width = pixels.shape[:2]
    seen = (px >= 0).all(axis=-1) & (px[..., 0] <= width - 1) & (px[..., 1] <= height - 1)
    colours = cv2.remap(pixels, px[..., 0], px[..., 1], cv2.INTER_LINEAR).astype(np.float64)
    places, at = [], []
    for number in range(len(along)):
        step = _first_step(colours[number], seen[number])
        if step is not None:
            places.append(along[number] / length - 0.5)
            at.append(step)
    if len(at) < RAYS_MIN_SHARE * len(along):
        return None
    # a sheet is printed a little askew: a line, without the rays that met something on the desk
    line, keep = np.zeros(2), np.ones(len(at), bool)
    for _ in range(4):
        line = np.polyfit(np.array(places)[keep], np.array(at)[keep], 1)
        off = np.abs(np.polyval(line, places) - at)
        keep = off <= max(RAYS_OFF_MM, 2.5 * float(np.median(off)))
        if keep.sum() < RAYS_MIN_SHARE * len(along):
            return None
    if float(np.sqrt((off[keep] ** 2).mean())) > RAYS_OFF_MM:
        return None
    return float(line[1])


def _first_step(colours: Floats, seen: NDArray[np.bool_]) -> float | None:
    """Where along a ray the white of the rim gives way to something else, mm beyond the page's end; None: nowhere."""
    first = round(1.5 / STEP_MM)
    if not seen[: first + 1].all():
        return None
    white = np.median(colours[:first], axis=0)
    away = np.linalg.norm(colours - white, axis=1)
    over = np.flatnonzero((away > EDGE_LEVELS) & seen)
    over = over[over >= first]
    if len(over) == 0 or over[0] + 10 >= len(away):
        return None
    # the edge itself: half of what the ray sees a millimetre farther out
    beyond = float(np.median(away[over[0] + 6 : over[0] + 15]))
    half = np.flatnonzero(away[: over[0] + 10] > beyond / 2)
    half = half[half >= first]
    return None if beyond < EDGE_LEVELS or len(half) == 0 else float(half[0] * STEP_MM - INSIDE_MM)


def scale_words(told: MatScale) -> Words:
    """What is wrong, and what to do."""
    share = f"{told.printed:.1%}"
    who_zh = "纸张边缘" if told.by_paper else "盘中无火烧痕迹的券"
    who_en = "the edges of its paper" if told.by_paper else "the notes on it that show no heat"
    if told.by_paper and told.by_notes:
        who_zh, who_en = "纸张边缘和盘中的券", "the edges of its paper and the notes on it"
    if told.sure or told.printed < 1:
        zh = "" if told.sure else "；若标尺无误，则这些券可能是复印件"
        en = "" if told.sure else "; if the ruler is right, the notes may be copies"
        return Words(
            f"托盘垫似乎按约 {share} 打印（依据：{who_zh}），毫米和面积不准；请量下边标尺，按 100% 重新打印后重拍{zh}",
            f"the mat seems to be printed at about {share} (so say {who_en}): lengths and areas are wrong; measure the ruler "
            f"on its lower edge, print it anew at 100 % and take the photo again{en}",
        )
    return Words(
        f"盘中无火烧痕迹的券都比票样小（约 {1 / told.printed:.1%}）：可能是托盘垫按约 {share} 打印，也可能是纸张一同收缩；请量下边标尺",
        f"all notes that show no heat are smaller than the enrolled ones ({1 / told.printed:.1%}): perhaps the mat was printed "
        f"at about {share}, perhaps the paper shrank; measure the ruler on the mat's lower edge",
    )


def larger_words(size: float) -> Words:
    """One note that is larger than its kind."""
    return Words(
        f"这张券比票样大约 {size - 1:.1%}，而纸张受热只会缩小：可能是复印件，也可能是托盘垫未按 100% 打印；未计入金额，请核对实物",
        f"this note is about {size - 1:.1%} larger than its kind, and heat only makes paper smaller: perhaps a copy, perhaps the "
        "mat was not printed at 100 %; nothing is counted for it, look at the paper itself",
    )
