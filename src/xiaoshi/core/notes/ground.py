"""What the tray looks like where nothing lies on it: a colour model of the ground.

Problem. A threshold on brightness calls a shadow paper and takes white light on the mat for a note. Worked example: a
mat of (B 196, G 84, R 12) in half shadow is (98, 42, 6): 98 levels darker, yet log B - log R is 2.79 in both. White
paper has 0.0, char has 0.0. So the logs of the channels are split into two chroma axes, which a shadow does not move,
and brightness, which it does; each is a quadratic field over the tray, fitted robustly (a lamp and a lens make it
uneven, not rough).

`paperness` is the distance of a pixel's chroma from the ground's, in units of the distance from ground to neutral
grey: 0 on the mat, 1 on white paper, soot and char. A very dark pixel has no dependable chroma, so it also counts when
it is much darker than any shadow.

A scan's ground may be without colour. A black lid works for paper by plain colour difference (`tone`), but char
cannot be seen on it: that is told (`hides_char`), and the share then has no upper bound. White hides the margins of
notes, grey their inks and scorched paper (tried: a full note came out as half), so `contrast_problem` refuses both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.mat import MatColour
from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.problems import Problem, Words

Field = NDArray[np.float32]

LIFT = 4.0
"""Added before the log, so that noise of a level or two in a dark channel does not become chroma."""

CHROMA_TO_NEUTRAL_MIN = 0.55
TONE_GAP_MIN = 145.0
"""Half the BGR distance from a colourless ground to white paper: in effect the ground has to be near black."""
DARKER_THAN_SHADOW = 1.35


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Colour model of one rectified picture.

    `kind`: chroma (saturated ground) or tone; `fields`: (6, 3) coefficients of the quadratic fields of the features;
    `to_neutral`: distance that counts as 1; `noise`: spread of the ground itself in the same unit; `hides_char`: char
    cannot be told from this ground; `share`: part of the tray that is bare ground.
    """

    kind: Literal["chroma", "tone"]
    fields: NDArray[np.float64]
    to_neutral: float
    noise: float
    hides_char: bool
    share: float

    def paperness(self, picture: Picture) -> Field:
        """0 on bare ground, about 1 on paper and char; one value a pixel."""
        values = _features(picture, self.kind)
        height, width = values.shape[:2]
        ground = _evaluate(self.fields, width, height)
        return self._unlike(values - ground)

    def paperness_at(self, levels: Picture, at: tuple[float, float]) -> Field:
        """The same for colours that would lie at one place; `at` in parts of the picture's width and height."""
        x, y = (np.array(2 * part - 1) for part in at)
        off = _features(levels, self.kind) - (_basis(x, y) @ self.fields).astype(np.float32)
        return self._unlike(off)

    def _unlike(self, off: Field) -> Field:
        if self.kind == "tone":
            return np.asarray(np.sqrt((off**2).sum(axis=2)) / self.to_neutral, np.float32)
        chroma = np.hypot(off[..., 0], off[..., 1]) / self.to_neutral
        dark = np.clip((-off[..., 2] - DARKER_THAN_SHADOW) / 0.4, 0, 1)
        return np.asarray(np.maximum(chroma, dark), np.float32)


def _features(picture: Picture, kind: Literal["chroma", "tone"]) -> Field:
    """(h, w, 3): two chroma axes and brightness in log colour, or plain BGR levels."""
    levels = picture.astype(np.float32)
    if kind == "tone":
        return levels
    logs = cv2.log(levels + LIFT)
    blue, green, red = logs[..., 0], logs[..., 1], logs[..., 2]
    return np.stack([blue - red, green - (blue + red) / 2, (blue + green + red) / 3], axis=2)


def _basis(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _evaluate(fields: NDArray[np.float64], width: int, height: int) -> Field:
    """The fields at every pixel: computed on a coarse grid, which bilinear interpolation follows closely."""
    xs, ys = np.linspace(-1, 1, 65), np.linspace(-1, 1, 65)
    coarse = (_basis(*np.meshgrid(xs, ys)) @ fields).astype(np.float32)
    gx = np.linspace(0, 64, width, dtype=np.float32)[None, :].repeat(height, axis=0)
    gy = np.linspace(0, 64, height, dtype=np.float32)[:, None].repeat(width, axis=1)
    return np.asarray(cv2.remap(coarse, gx, gy, cv2.INTER_LINEAR), np.float32)


def fit_ground(picture: Picture, seen: NDArray[np.bool_], colour: MatColour | None) -> Ground | None:
    """The ground of a rectified picture; None when no ground stands out (less than 4 % of the picture).

    `seen`: where the photo really shows the tray; `colour`: the mat's, None for a scan of unknown ground.
    """
    soft = cv2.GaussianBlur(picture, (0, 0), 1.5)
    step = max(1, round(np.sqrt(picture.shape[0] * picture.shape[1] / 60_000)))
    sample, valid = np.asarray(soft[::step, ::step], np.uint8), seen[::step, ::step]
    ys, xs = np.mgrid[0 : sample.shape[0], 0 : sample.shape[1]]
    x = 2 * xs.ravel() / max(sample.shape[1] - 1, 1) - 1
    y = 2 * ys.ravel() / max(sample.shape[0] - 1, 1) - 1
    start = _chroma_seed(sample, valid, colour)
    kind: Literal["chroma", "tone"] = "chroma"
    if start is None and colour is None:
        start, kind = _tone_seed(sample, valid), "tone"
    if start is None:
        return None
    values = _features(sample, kind).reshape(-1, 3).astype(np.float64)
    fields, keep, spread = _robust_fields(_basis(x, y), values, start.ravel(), kind)
    if keep.mean() < 0.04:
        return None
    middle = fields[0]
    if kind == "tone":
        paper = float(np.linalg.norm(middle - 222.0))
        char = float(np.linalg.norm(middle - 40.0))
        unit = 0.5 * max(paper, 1.0)
        return Ground(kind, fields, unit, spread / unit, char < 110.0, float(keep.mean()))
    unit = float(np.hypot(middle[0], middle[1]))
    return Ground(kind, fields, max(unit, 1e-3), spread / max(unit, 1e-3), False, float(keep.mean()))


def _chroma_seed(
    sample: Picture, valid: NDArray[np.bool_], colour: MatColour | None
) -> NDArray[np.bool_] | None:
    """Pixels around the commonest saturated colour (of the mat's hue, where it is known)."""
    levels = sample.astype(np.float32)
    brightest, darkest = levels.max(axis=2), levels.min(axis=2)
    saturated = valid & (brightest - darkest > 0.38 * brightest) & (brightest > 25)
    if colour is not None:
        saturated &= levels.argmax(axis=2) == {"blue": 0, "green": 1}[colour]
    if saturated.sum() < 0.04 * valid.sum():
        return None
    chroma = _features(sample, "chroma")[..., :2]
    bins = np.clip(((chroma + 4.0) / 0.16).astype(int), 0, 49)
    flat = bins[..., 0] * 50 + bins[..., 1]
    votes = np.bincount(flat[saturated], minlength=2500).reshape(50, 50).astype(np.float32)
    peak = np.unravel_index(int(cv2.GaussianBlur(votes, (0, 0), 1.2).argmax()), (50, 50))
    centre = (np.array(peak) + 0.5) * 0.16 - 4.0
    near = np.hypot(chroma[..., 0] - centre[0], chroma[..., 1] - centre[1]) < 0.5
    return np.asarray(valid & near)


def _tone_seed(sample: Picture, valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels around the commonest colour along the border of a scan."""
    edge = np.zeros(valid.shape, bool)
    rim = max(2, min(valid.shape) // 30)
    edge[:rim], edge[-rim:], edge[:, :rim], edge[:, -rim:] = True, True, True, True
    levels = sample.astype(np.float32)
    centre = np.median(levels[edge & valid], axis=0) if (edge & valid).any() else np.zeros(3, np.float32)
    return np.asarray(valid & (np.linalg.norm(levels - centre, axis=2) < 30))


def _robust_fields(
    basis: NDArray[np.float64], values: NDArray[np.float64], keep: NDArray[np.bool_], kind: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_], float]:
    """Quadratic fields by trimmed least squares: (6, 3) coefficients, pixels that are ground, their spread."""
    axes = 2 if kind == "chroma" else 3
    floor = 0.035 if kind == "chroma" else 4.0
    start = keep
    spread = floor
    fields = np.zeros((6, 3))
    for turn in range(8):
        if keep.sum() < 60:
            break
        terms = 3 if turn < 2 else 6
        fields = np.zeros((6, 3))
        kept = basis[keep, :terms]
        # Normal equations: the basis lives in -1..1, so six terms stay well conditioned, at a tenth of the time.
        gram = kept.T @ kept + 1e-9 * np.eye(terms)
        fields[:terms] = np.linalg.solve(gram, kept.T @ values[keep])
        off = np.linalg.norm((values - basis @ fields)[:, :axes], axis=1)
        spread = max(floor, 1.4826 * float(np.median(off[keep])))
        keep = (off < 3.0 * spread) & (start | (turn > 1))
    return fields, keep, spread


def contrast_problem(ground: Ground | None, where: str) -> Problem | None:
    """Why paper cannot be told from this ground well enough to measure."""
    if ground is None:
        words = Words(
            "找不到均匀的底色（残币占满画面或底面杂乱），不测量面积；请减少每盘残币或换用托盘垫",
            "no even ground is to be seen (the tray is full or the ground is patterned): nothing is measured; lay fewer "
            "pieces or use the mat",
        )
        return Problem("ground_not_found", words, where)
    poor = ground.to_neutral < (CHROMA_TO_NEUTRAL_MIN if ground.kind == "chroma" else TONE_GAP_MIN)
    if not poor and ground.noise < 0.3:
        return None
    words = Words(
        "底色与纸张的颜色太接近，边缘分不清，不测量面积；请换用饱和的蓝色或绿色底面",
        "the ground's colour is too close to paper for edges to be told: nothing is measured; use a saturated blue or "
        "green ground",
    )
    return Problem("contrast_too_poor", words, where)
