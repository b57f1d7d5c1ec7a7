"""From a photo's pixels to the millimetres of the tray.

The mat's markers give point pairs (mm on the page, pixel in the photo); `lens` fits a camera to them and says how sure
each place is. Markers that do not fit (bent paper, a finger) are dropped; a photo whose markers are off by more than
0.15 mm (root mean square) is refused: its mat is not flat or not one sheet.

Detection runs on a picture of at most 2,600 px with a light blur and `minMarkerDistanceRate` 0.01 (else the white
quiet zone swallows markers); corners are refined on the full picture in a window smaller than a marker's cell.

A scan has no mat: `plane_of_scan` takes its mm per pixel from the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.lens import CORNER_PX, Lens, fit_lens
from xiaoshi.core.notes.light import levels_of, light_of
from xiaoshi.core.notes.mat import (
    MARKER_CELLS,
    MatSpec,
    RectMm,
    detector_dictionary,
    marker_corners_mm,
    spec_of_marker,
    tray_area_mm,
)
from xiaoshi.core.notes.reference import Picture

Points = NDArray[np.float64]

MARKER_RMS_MM_MAX = 0.15
MARKERS_MIN = 4
DOUBT_MM_MAX = 0.2
MARKERS_OF_OTHER = 2
"""So many markers of another sheet, or so many ids at two places, and a second mat lies in the photo."""
DETECT_EDGE_PX = 2600


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Where the tray's plane lies in the photo.

    `camera`: perspective and lens; `area`: the part of the plane that is looked at (mm); `mat`: the mat, None for a scan;
    `marker_rms_mm`: how well the markers fit, None for a scan; `markers`: ids of the markers that were read;
    `other_mat`: a second mat lies in the photo.
    """

    camera: Lens
    area: RectMm
    mat: MatSpec | None
    marker_rms_mm: float | None
    markers: tuple[int, ...] = ()
    other_mat: bool = False

    def to_px(self, points_mm: Points) -> Points:
        """(n, 2) mm to (n, 2) px of the photo."""
        return self.camera.to_px(points_mm)

    def to_mm(self, points_px: Points) -> Points:
        """(n, 2) px of the photo to (n, 2) mm."""
        return self.camera.to_mm(points_px)

    def mm_per_px(self) -> float:
        """Millimetres a pixel covers at the middle of the area (geometric mean of both directions)."""
        x, y = self.area.x_mm + self.area.width_mm / 2, self.area.y_mm + self.area.height_mm / 2
        corner = self.to_px(np.array([[x, y], [x + 1, y], [x, y + 1]]))
        a, b = corner[1] - corner[0], corner[2] - corner[0]
        return float(1 / np.sqrt(max(abs(a[0] * b[1] - a[1] * b[0]), 1e-9)))

    def rectify(self, pixels: Picture, px_per_mm: float) -> tuple[Picture, NDArray[np.bool_]]:
        """The area seen straight from above at `px_per_mm`, and where the photo really shows it.

        Pixel (i, j) of the result is the point (area.x + (i + 0.5) / px_per_mm, area.y + (j + 0.5) / px_per_mm).
        """
        width, height = (round(v * px_per_mm) for v in (self.area.width_mm, self.area.height_mm))
        # The map is smooth: every 8th pixel is computed, the rest interpolated (off by under 0.01 px). One block more
        # on each side, because resizing repeats the outermost values.
        step = 8
        x_mm = self.area.x_mm + (np.arange(-1, width // step + 2) * step + step / 2) / px_per_mm
        y_mm = self.area.y_mm + (np.arange(-1, height // step + 2) * step + step / 2) / px_per_mm
        coarse = self.to_px(np.stack(np.meshgrid(x_mm, y_mm), axis=-1).reshape(-1, 2)).astype(np.float32)
        coarse = coarse.reshape(len(y_mm), len(x_mm), 2)
        # Going down in size by more than a third, an average of the covered pixels keeps fine print from aliasing.
        shrink = 1 / (px_per_mm * self.mm_per_px())
        # In light: reading between two pixels mixes them, and in levels that moved every edge 0.08 px inwards.
        light = light_of(pixels)
        source = cv2.GaussianBlur(light, (0, 0), 0.35 * shrink) if shrink > 1.35 else light
        h, w = pixels.shape[:2]
        flat, seen = np.empty((height, width, 3), np.uint8), np.ones((height, width), np.bool_)
        # In stripes: the maps of a whole tray (50 MB) would not stay in the processor's cache.
        blocks = 16
        for top in range(0, height, blocks * step):
            rows = coarse[top // step : top // step + blocks + 2]
            size = (len(x_mm) * step, len(rows) * step)
            full = cv2.resize(rows, size, interpolation=cv2.INTER_LINEAR)
            deep = min(blocks * step, height - top)
            map_x, map_y = cv2.split(full[step : step + deep, step : step + width])
            here = cv2.remap(source, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            flat[top : top + deep] = levels_of(np.asarray(here, np.uint16))
            if rows.min() < 0 or rows[..., 0].max() > w - 1 or rows[..., 1].max() > h - 1:
                seen[top : top + deep] = (map_x >= 0) & (map_x <= w - 1) & (map_y >= 0) & (map_y <= h - 1)
        return flat, seen

    def sure(self, height: int, width: int) -> NDArray[np.bool_] | None:
        """Where, on a rectified picture of this size, the markers fix the place to DOUBT_MM_MAX; None: everywhere."""
        x_mm = self.area.x_mm + np.linspace(0, self.area.width_mm, 25)
        y_mm = self.area.y_mm + np.linspace(0, self.area.height_mm, 19)
        places = np.stack(np.meshgrid(x_mm, y_mm), axis=-1).reshape(-1, 2)
        doubt = (self.camera.doubt_px(places) * self.mm_per_px()).reshape(19, 25)
        if doubt.max() <= DOUBT_MM_MAX:
            return None
        fine = cv2.resize(doubt.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(fine <= DOUBT_MM_MAX)

    def rect_px_to_photo(self, points: Points, px_per_mm: float) -> Points:
        """Points of the rectified picture, (n, 2), to pixels of the photo."""
        mm = (np.asarray(points, np.float64) + 0.5) / px_per_mm + (self.area.x_mm, self.area.y_mm)
        return self.to_px(mm)


def plane_of_scan(pixels: Picture, mm_per_px: float) -> Plane:
    """A flatbed scan: the picture is the plane, at the scale that the caller gives."""
    height, width = pixels.shape[:2]
    middle, radius = (width / 2, height / 2), float(np.hypot(width, height) / 2)
    px = 1 / mm_per_px
    shift = (-0.5 - middle[0]) / radius, (-0.5 - middle[1]) / radius
    values = np.array([px / radius, 0, shift[0], 0, px / radius, shift[1], 0, 0, 0, 0, 0, 0, 0], np.float64)
    camera = Lens(values, np.eye(3), middle, radius, np.zeros((13, 13)))
    return Plane(camera, RectMm(0.0, 0.0, width * mm_per_px, height * mm_per_px), None, None)


def find_mat(pixels: Picture) -> Plane | None:
    """The plane of the mat in the photo; None when fewer than four of its markers are seen.

    The caller must look at `marker_rms_mm` before it measures.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    seen, repeated = _markers(np.asarray(grey, np.uint8))
    sheets: dict[int, list[int]] = {}
    for marker_id in seen:
        spec = spec_of_marker(marker_id)
        if spec is not None:
            sheets.setdefault(spec.first_id, []).append(marker_id)
    if not sheets:
        return None
    ids = max(sheets.values(), key=len)
    spec = spec_of_marker(ids[0])
    if spec is None or len(ids) < MARKERS_MIN:
        return None
    corners = marker_corners_mm(spec)
    page = np.stack([corners[i] for i in ids])
    photo = np.stack([seen[i] for i in ids])
    plane = _fit_without_outliers(page, photo, spec, pixels.shape[1], pixels.shape[0])
    if plane is None:
        return None
    others = max((len(each) for first, each in sheets.items() if first != spec.first_id), default=0)
    return replace(plane, markers=tuple(sorted(ids)), other_mat=max(others, repeated) >= MARKERS_OF_OTHER)


def _markers(grey: NDArray[np.uint8]) -> tuple[dict[int, Points], int]:
    """Marker id to its four corners in px of `grey`, refined on the full picture; and how many ids stand at two places."""
    shrink = min(1.0, DETECT_EDGE_PX / max(grey.shape))
    small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) if shrink < 1 else grey
    settings = cv2.aruco.DetectorParameters()
    settings.minMarkerDistanceRate = 0.01
    settings.minMarkerPerimeterRate = 0.015
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_NONE
    found: dict[int, Points] = {}
    repeated: set[int] = set()
    # In a narrow window the black border of a large marker is a ring, whose inner outline is read as a marker too small
    # by a cell's half; wide windows come first, and the larger reading of a marker wins.
    for windows, blur in (((23, 63, 20), 0.8), ((3, 23, 10), 0.8), ((3, 23, 10), 0.0)):
        settings.adaptiveThreshWinSizeMin, settings.adaptiveThreshWinSizeMax = windows[:2]
        settings.adaptiveThreshWinSizeStep = windows[2]
        picture = cv2.GaussianBlur(small, (0, 0), blur) if blur else small
        corners, ids, _ = cv2.aruco.ArucoDetector(detector_dictionary(), settings).detectMarkers(picture)
        for quad, number in zip(corners, [] if ids is None else ids.ravel().tolist(), strict=True):
            at = (quad.reshape(4, 2).astype(np.float64) + 0.5) / shrink - 0.5
            known = found.get(int(number))
            if known is not None and _apart(at, known):
                repeated.add(int(number))
            if known is None or _area(at) > _area(known):
                found[int(number)] = at
        if len(found) >= 8:
            break
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 60, 0.005)
    for marker_id, quad in found.items():
        edges = np.linalg.norm(quad - np.roll(quad, 1, axis=0), axis=1)
        window = int(np.clip(0.40 * edges.min() / MARKER_CELLS, 2, 10))
        at = quad.astype(np.float32).reshape(-1, 1, 2)
        cv2.cornerSubPix(grey, at, (window, window), (-1, -1), stop)
        found[marker_id] = at.reshape(4, 2).astype(np.float64)
    return found, len(repeated)


def _apart(a: Points, b: Points) -> bool:
    """Two readings of one id that are not one marker read twice."""
    edge = float(np.sqrt(max(_area(a), _area(b), 1.0)))
    return float(np.linalg.norm(a.mean(axis=0) - b.mean(axis=0))) > 1.5 * edge


def _area(quad: Points) -> float:
    return float(cv2.contourArea(quad.astype(np.float32)))


def _fit_without_outliers(
    page: NDArray[np.float64], photo: NDArray[np.float64], spec: MatSpec, width: int, height: int
) -> Plane | None:
    """Fit, drop corners that stand off, fit again. `page`, `photo`: (markers, 4, 2).

    Blur pulls every refined corner of a black square a little inwards, the same way in all markers (0.3 px seen); that
    common shrinkage of the markers is measured and taken out, so that it counts neither as distortion nor as residual.
    """
    middles = page.mean(axis=1, keepdims=True)
    arms, keep, shrunk = page - middles, np.ones(page.shape[:2], bool), 0.0
    corner_px = CORNER_PX
    for _ in range(10):
        seen = (middles + arms * (1 - shrunk)).reshape(-1, 2)
        flat = keep.ravel()
        camera = fit_lens(seen[flat], photo.reshape(-1, 2)[flat], width, height, corner_px)
        if camera is None:
            return None
        plane = Plane(camera, tray_area_mm(spec), spec, None)
        off_px = plane.to_px(seen) - photo.reshape(-1, 2)
        off = (np.linalg.norm(off_px, axis=1) * plane.mm_per_px()).reshape(-1, 4)
        outward = plane.to_px((middles + arms).reshape(-1, 2)) - plane.to_px(
            np.repeat(middles, 4, axis=1).reshape(-1, 2)
        )
        inward = float(np.median(((off_px * outward).sum(axis=1) / (outward**2).sum(axis=1))[flat]))
        limit = max(0.2, 4.0 * float(np.median(off[keep])))
        worst = float(np.where(keep, off, -1).max())
        if worst > limit:
            keep &= off < max(limit, 0.6 * worst)
        elif abs(inward) < 1e-3:
            break
        shrunk = float(np.clip(shrunk + inward, 0.0, 0.05))
        corner_px = float(np.sqrt((off_px[flat] ** 2).mean()))
        if (keep.sum(axis=1) >= 2).sum() < MARKERS_MIN:
            return None
    rms = float(np.sqrt((off[keep] ** 2).mean()))
    return replace(plane, marker_rms_mm=rms)
