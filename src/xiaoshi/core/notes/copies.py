"""Is this the note, or a picture of it? What paper and ink of a named piece tell.

Problem. A photo cannot say whether a note is genuine, and the machine check stays a step of the desk. But a copy on office
paper is named and measured like a note, and a full amount in silence would be paid on it. Three things a copy has and a
burnt note has not can be seen:

    margin   plain pale paper that goes on beyond the printed rectangle on two opposite sides, a millimetre and more. The rim of
             a sheet that lies below shows on sides that meet, never on opposite ones with the same plain paper
    colour   grey in place of ink: the note's colours regressed on the enrolled ones. Worked example: simulated notes, worn,
             scorched, sooted, soaked, by lamps of any colour, keep 0.7 to 1.3 where the paper is still bright (under
             yellow tape 0.5); a copy in grey keeps under 0.1. Dark paper (carbonised) keeps nothing either and is not asked
    size     paper that shows no heat and is larger than the note. Fire and water make paper smaller; nothing makes it larger.
             (Or the mat was printed too small: `mat_scale` looks at all notes of the tray.)

Any of them leaves the decision to people and counts nothing for certain. Left out: a colour copy of the right size cut along
its edge (at 8 px a millimetre it looks like a note; touch and the machine tell it), and dots of the copier's raster.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.notes.register import Registered, tray_mm
from xiaoshi.core.problems import Words

Field = NDArray[np.float32]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LOOK_PX_PER_MM = 2.0
PAD_MM = 8.0
COLOUR_KEPT_MIN = 0.30
COLOUR_MM2_MIN, COLOUR_RMS_MIN = 150.0, 0.06
SOUND_LIGHT = 0.7
"""Light of the paper by what the enrolled face leads to expect under the mat's white: less is scorched or sooted."""
INKED_LIGHT = 70.0
MARGIN_FROM_MM, MARGIN_TO_MM = 0.9, 1.9
MARGIN_SHARE = 0.6
MARGIN_PALE, MARGIN_UNEVEN = 0.75, 0.08
SIZE_MM2_MIN = 3000.0


@dataclass(frozen=True, slots=True)
class PaperLook:
    """`colour_kept`: saturation by that of the enrolled face, None where too little bright print is left to say;
    `margin`: plain paper goes on beyond two opposite sides; `size`: length on the tray by length in the note, None where
    the piece is small or shows heat."""

    colour_kept: float | None
    margin: bool
    size: float | None

    @property
    def grey(self) -> bool:
        """Whether the colours are not the note's."""
        return self.colour_kept is not None and self.colour_kept < COLOUR_KEPT_MIN


def look_at_paper(laid: Registered, flat: Picture, covered: Picture, white: Floats) -> PaperLook:
    """Look at one named piece. `flat`: the rectified tray at LOOK_PX_PER_MM; `covered`: 255 where the piece lies on it;
    `white`: BGR of the mat's white."""
    reference = laid.reference
    x, y = (
        np.arange(-PAD_MM + 0.5 / LOOK_PX_PER_MM, edge + PAD_MM, 1 / LOOK_PX_PER_MM)
        for edge in (reference.width_mm, reference.height_mm)
    )
    at = (tray_mm(np.stack(np.meshgrid(x, y), axis=-1), laid) * LOOK_PX_PER_MM - 0.5).astype(np.float32)
    shown = cv2.remap(flat, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    seen = np.asarray(shown / np.maximum(white, 1.0), np.float32)
    paper = cv2.remap(covered, at[..., 0], at[..., 1], cv2.INTER_LINEAR) > 127
    rows, columns = (
        slice(int(np.searchsorted(v, 0.0)), int(np.searchsorted(v, edge)))
        for v, edge in ((y, reference.height_mm), (x, reference.width_mm))
    )
    inner = paper[rows, columns]
    size = (inner.shape[1], inner.shape[0])
    known = np.asarray(cv2.resize(reference.image, size, interpolation=cv2.INTER_AREA) / 255, np.float32)
    legible = cv2.resize(laid.legible.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 200
    core = cv2.erode((inner & legible).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if core.sum() < COLOUR_MM2_MIN * LOOK_PX_PER_MM**2:
        return PaperLook(None, _margin(seen, paper, x, y, laid), None)
    light = seen[rows, columns].mean(axis=2) / np.maximum(known.mean(axis=2), 0.05)
    bright = float(np.percentile(light[core], 85)) > SOUND_LIGHT
    sound = np.asarray(core & (light > SOUND_LIGHT * np.percentile(light[core], 85)))
    kept = _colour_kept(seen[rows, columns], known, sound) if bright else None
    whole_print = laid.legible_ratio > 0.995 * laid.ratio and bright and float(sound.sum() / core.sum()) > 0.9
    large = core.sum() > SIZE_MM2_MIN * LOOK_PX_PER_MM**2
    length = _length(at[rows, columns], core) if whole_print and large else None
    return PaperLook(kept, _margin(seen, paper, x, y, laid), length)


def _colour_kept(seen: Field, known: Field, where: Mask) -> float | None:
    """Regression of the piece's colour on the face's about their means, in which a cast of the light and a tint of the paper
    drop out; None where the face itself has too little colour there to say."""
    where = np.asarray(where & (known.mean(axis=2) > INKED_LIGHT / 255))
    if where.sum() < COLOUR_MM2_MIN * LOOK_PX_PER_MM**2:
        return None
    a, b = (_chroma(np.asarray(cv2.GaussianBlur(v, (0, 0), 1.0), np.float32))[where] for v in (known, seen))
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    strength = float((a * a).sum())
    return float((a * b).sum()) / strength if strength > COLOUR_RMS_MIN**2 * len(a) else None


def _chroma(picture: Field) -> Field:
    """(log red by green, log blue by green)."""
    lifted = np.log(np.clip(picture, 0, 2) + np.float32(0.03))
    return np.stack(
        [lifted[..., 2] - lifted[..., 1], lifted[..., 0] - lifted[..., 1]], axis=-1, dtype=np.float32
    )


def _length(at: Field, core: Mask) -> float:
    """Mean length on the tray by length in the note over the piece: 1.03 on a mat that was printed at 97 %."""
    across, down = np.diff(at, axis=1)[:-1], np.diff(at, axis=0)[:, :-1]
    area = np.abs(across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0])
    return float(np.sqrt(area[core[:-1, :-1]].mean()))


def _margin(seen: Field, paper: Mask, x: Floats, y: Floats, laid: Registered) -> bool:
    """Whether plain pale paper lies beyond two opposite sides of the printed rectangle."""
    width, height = laid.reference.width_mm, laid.reference.height_mm
    inside_x, inside_y = (x > 2) & (x < width - 2), (y > 2) & (y < height - 2)
    sides = (
        (inside_y, _band(-x)),
        (inside_y, _band(x - width)),
        (inside_x, _band(-y)),
        (inside_x, _band(y - height)),
    )
    plain = []
    for number, (along, beyond) in enumerate(sides):
        area = np.ix_(along, beyond) if number < 2 else np.ix_(beyond, along)
        cover = paper[area]
        if float(cover.mean()) < MARGIN_SHARE:
            plain.append(False)
            continue
        light = seen[area].mean(axis=2)[cover]
        plain.append(float(np.median(light)) > MARGIN_PALE and float(light.std()) < MARGIN_UNEVEN)
    return (plain[0] and plain[1]) or (plain[2] and plain[3])


def _band(beyond_mm: Floats) -> Mask:
    return np.asarray((beyond_mm > MARGIN_FROM_MM) & (beyond_mm < MARGIN_TO_MM))


def copy_words(look: PaperLook) -> Words | None:
    """Why a person must look at the piece; None where nothing of it looks like a copy."""
    zh, en = [], []
    if look.margin:
        zh.append("票面以外还有空白纸边")
        en.append("plain paper goes on beyond its print")
    if look.grey:
        zh.append("颜色不是该券的颜色（近于灰色）")
        en.append("its colours are not the note's (nearly grey)")
    if not zh:
        return None
    return Words(
        f"疑似复印件或打印件：{'；'.join(zh)}。未计入金额，请核对实物并鉴定真伪",
        f"perhaps a copy or a print of a note: {'; '.join(en)}. Nothing is counted for it: look at the paper itself and "
        "have it checked",
    )
