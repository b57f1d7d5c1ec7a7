"""The camera over the mat: perspective and lens, fitted to the markers, and how sure that makes each place.

    px = c + s q (1 + k1 |q|^2 + k2 |q|^4 + k3 |q|^6),   q = (H(mm) - m) / s - (c - m) / s

with m the picture's middle, s half its diagonal, c the lens's own centre (a cropped photo has it elsewhere). Problem:
a wide telephone lens needs all of this (with k1 and k2 alone the tray's middle was up to 1.5 mm out while its markers
at the border fitted to 0.1), yet five markers on one side cannot fix 13 numbers. Choice: every lens number has a prior
round zero (what telephones do: higher terms come with a strong first one), the fit is Gauss-Newton on markers and priors together, and the posterior
tells how far each place of the tray may be out: small between markers, large beyond the last one. `doubt_px` says it;
whoever measures leaves out what is unsure.

Worked example: A3 mat, ultra-wide lens (12 % barrel), left half of the mat covered: the fit leaves 0.02 mm at the six
markers, the covered half may be out by more than a millimetre there, and that part of the tray counts as not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

K1_PRIOR = 0.15
FIRST_PRIOR = np.array([K1_PRIOR, 0.004, 0.002, 0.004, 0.004])
"""Standard deviations of k1, k2, k3 and of the lens's centre (parts of half the diagonal) for a lens that is nearly even."""
FURTHER = np.array([0.0, 0.5, 0.3, 0.2, 0.2])
"""How much wider they are for each unit of |k1|: an even lens has no higher terms, and letting them play with each other
put 0.07 % on the scale of a perfect drawing."""
CORNER_PX = 0.2
"""Marker corners are not believed to be better than this: what blur does to them is alike in neighbours."""


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """A fitted camera. `values`: eight of the homography (scaled mm to scaled px), k1, k2, k3, centre x, y;
    `unit`: brings mm near one; `middle`, `radius`: of the photo in px; `covariance`: (13, 13) of the values."""

    values: Points
    unit: Points
    middle: tuple[float, float]
    radius: float
    covariance: Points

    def to_px(self, points_mm: Points) -> Points:
        """(n, 2) mm of the page to (n, 2) px of the photo."""
        return np.asarray(_photo(self.values, project(self.unit, points_mm)) * self.radius + self.middle)

    def to_mm(self, points_px: Points) -> Points:
        """(n, 2) px of the photo to (n, 2) mm of the page."""
        k1, k2, k3, cx, cy = self.values[8:]
        wanted = (np.asarray(points_px, np.float64) - self.middle) / self.radius - (cx, cy)
        q = wanted.copy()
        for _ in range(40):
            r2 = (q**2).sum(axis=1, keepdims=True)
            q = wanted / np.maximum(1 + k1 * r2 + k2 * r2**2 + k3 * r2**3, 0.2)
        forth = np.append(self.values[:8], 1.0).reshape(3, 3) @ self.unit
        back = np.asarray(np.linalg.inv(forth), np.float64)
        return project(back, q + np.array([cx, cy]))

    def doubt_px(self, points_mm: Points) -> Points:
        """(n,) how far each place may be out, in px: the longer axis of the posterior's error ellipse."""
        source = project(self.unit, points_mm)
        slopes = _slopes(self.values, source).reshape(-1, 2, len(self.values)) * self.radius
        spread = slopes @ self.covariance @ slopes.transpose(0, 2, 1)
        return np.asarray(np.sqrt(np.maximum(np.linalg.eigvalsh(spread)[:, -1], 0.0)))


def project(homography: Points, points: Points) -> Points:
    """Points through a 3x3 homography."""
    w = points @ homography[2, :2] + homography[2, 2]
    return np.asarray((points @ homography[:2, :2].T + homography[:2, 2]) / w[:, None])


def fit_lens(page_mm: Points, photo_px: Points, width: int, height: int, corner_px: float) -> Lens | None:
    """The camera that sees `page_mm` (n, 2) at `photo_px` (n, 2); None where no camera does.

    `corner_px`: how exactly the corners were read, which sets how much the priors count.
    """
    middle, radius = (width / 2, height / 2), float(np.hypot(width, height) / 2)
    centre, spread = page_mm.mean(axis=0), float(page_mm.std()) or 1.0
    unit = np.array([[1 / spread, 0, -centre[0] / spread], [0, 1 / spread, -centre[1] / spread], [0, 0, 1.0]])
    source, ideal = project(unit, page_mm), (photo_px - middle) / radius
    start, _ = cv2.findHomography(source, ideal, 0)
    if start is None or abs(start[2, 2]) < 1e-12:
        return None
    values = np.concatenate([(start / start[2, 2]).ravel()[:8], np.zeros(len(FIRST_PRIOR))])
    sigma = max(corner_px, CORNER_PX) / radius
    covariance = np.eye(len(values))
    for _ in range(3):
        prior = FIRST_PRIOR + FURTHER * min(abs(float(values[8])), 2 * K1_PRIOR)
        values, covariance = _gauss_newton(values, source, ideal, sigma, prior)
    return Lens(values, unit, middle, radius, covariance)


def _gauss_newton(
    values: Points, source: Points, ideal: Points, sigma: float, prior: Points
) -> tuple[Points, Points]:
    """Values that fit markers and priors best, and their covariance."""
    pull = np.zeros((len(prior), len(values)))
    pull[:, 8:] = np.diag(sigma / prior)

    def residual(v: Points) -> Points:
        return np.concatenate([(_photo(v, source) - ideal).ravel(), pull @ v])

    damping, now = 1e-6, residual(values)
    normal = np.eye(len(values))
    for _ in range(40):
        slopes = np.concatenate([_slopes(values, source), pull])
        normal = slopes.T @ slopes
        move = np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-12), -slopes.T @ now)
        then = residual(values + move)
        if np.isfinite(then).all() and then @ then < now @ now:
            values, now, damping = values + move, then, damping / 5
            if np.abs(move).max() < 1e-9:
                break
        else:
            damping *= 10
            if damping > 1e6:
                break
    return values, np.asarray(sigma**2 * np.linalg.pinv(normal), np.float64)


def _photo(values: Points, source: Points) -> Points:
    """Scaled page points to scaled photo points."""
    k1, k2, k3, cx, cy = values[8:]
    q = project(np.append(values[:8], 1.0).reshape(3, 3), source) - (cx, cy)
    r2 = (q**2).sum(axis=1, keepdims=True)
    return np.asarray(q * (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) + (cx, cy))


def _slopes(values: Points, source: Points) -> Points:
    """(2 n, 13) derivatives of `_photo`, by central differences."""
    step = 1e-6
    columns = [
        (_photo(values + move, source) - _photo(values - move, source)).ravel() / (2 * step)
        for move in np.eye(len(values)) * step
    ]
    return np.stack(columns, axis=1)
