"""A phone over the tray: from the plane in millimetres to a JPEG, and where each point of the plane went.

The plane picture is warped once, through tilt (a homography, up to 8 degrees unless asked for more), radial distortion
(what a phone's own correction leaves: at most 0.15 % at the corner, unless asked for more), then gets uneven light, colour
cast, lens blur and sensor noise. Lens and pixels mix light, not levels (`light`); gain and noise are in levels. The colour of the light is that of a black body seen by a camera that balances to 5,500 K
and takes out half of the rest, as phones do: at 3,000 K red is 1.26 and blue 0.67 of green. `Shot.pixel_of` is the same map forward, exact to about 0.01 px, so polygons of the truth need no search.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.light import levels_of, light_of
from xiaoshi.core.notes.reference import Picture


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """What the photographer does.

    `width_px`, `height_px`: of the photo (4000 is the 12 MP class), height None for 4:3; `tilt_deg_max`: most tilt of the
    phone, `tilt_deg`: this much in a direction by chance instead; `blur_px`: standard deviation of the lens blur at
    4000 px, None for a usual 0.5 to 0.9; `exposure`: factor on the light, 1 is well lit, 0.05 is black; `kelvin`: colour
    temperature of the light, None for daylight as it comes; `jpeg_quality`: None for 88 to 95 by chance; `lens_k1`:
    radial distortion at the corner, None for up to 0.0015 by chance (0.05 is a cheap wide lens).
    """

    width_px: int = 4000
    tilt_deg_max: float = 8.0
    blur_px: float | None = None
    exposure: float = 1.0
    jpeg_quality: int | None = None
    height_px: int | None = None
    tilt_deg: float | None = None
    kelvin: float | None = None
    lens_k1: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One position of the camera over a plane of `plane_mm` (width, height), and its light."""

    width_px: int
    height_px: int
    to_pixel: NDArray[np.float64]
    k1: float

    def pixel_of(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points of the plane (n, 2) in mm appear in the photo, in pixels (pixel centres at whole numbers)."""
        flat = cv2.perspectiveTransform(
            points_mm.reshape(-1, 1, 2).astype(np.float64), self.to_pixel
        ).reshape(-1, 2)
        centre, half = self._lens()
        offset = (flat - centre) / half
        bent = offset.copy()
        for _ in range(6):  # inverse of undistort: bent + k1 r^2 bent = offset
            bent = offset / (1 + self.k1 * np.sum(bent**2, 1, keepdims=True))
        return np.asarray(centre + half * bent, np.float64)

    def mm_per_px(self) -> float:
        """Scale at the middle of the photo."""
        centre, _ = self._lens()
        back = np.linalg.inv(self.to_pixel)
        square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64) - 0.5 + centre
        mm = cv2.perspectiveTransform(square.reshape(-1, 1, 2), back).reshape(-1, 2)
        x, y = mm[:, 0], mm[:, 1]
        return float(np.sqrt(0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))))

    def take(self, plane: Picture, plane_px_per_mm: float, origin_mm: tuple[float, float]) -> Picture:
        """The sharp, evenly lit photo of the plane picture, whose first pixel's corner is at `origin_mm`."""
        centre, half = self._lens()
        # the map is smooth: worked out at every eighth pixel and interpolated it is exact to some 0.001 px
        across, down = (np.arange(-(-n // 8)) * 8 + 3.5 for n in (self.width_px, self.height_px))
        x, y = (across - centre[0]) / half, ((down - centre[1]) / half)[:, None]
        stretch = 1 + self.k1 * (x**2 + y**2)
        u, v = x * stretch * half + centre[0], y * stretch * half + centre[1]
        ppm = plane_px_per_mm
        shift = np.array(
            [[ppm, 0, -origin_mm[0] * ppm - 0.5], [0, ppm, -origin_mm[1] * ppm - 0.5], [0, 0, 1]]
        )
        back = shift @ np.linalg.inv(self.to_pixel)
        below = back[2, 0] * u + back[2, 1] * v + back[2, 2]
        coarse = np.stack([(row[0] * u + row[1] * v + row[2]) / below for row in back[:2]], -1).astype(
            np.float32
        )
        size = (coarse.shape[1] * 8, coarse.shape[0] * 8)
        fine = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)[: self.height_px, : self.width_px]
        map_x, map_y = cv2.split(fine)
        # beyond the desk that was drawn its mirror image is shown, never that of the page
        desk = tuple(-0.95 * at * ppm for at in origin_mm)
        map_x = np.clip(map_x, -desk[0], plane.shape[1] + desk[0])
        map_y = np.clip(map_y, -desk[1], plane.shape[0] + desk[1])
        light = cv2.remap(light_of(plane), map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        return levels_of(np.asarray(light, np.uint16))

    def _lens(self) -> tuple[NDArray[np.float64], float]:
        centre = np.array([(self.width_px - 1) / 2, (self.height_px - 1) / 2])
        return centre, float(np.hypot(*centre))


def aim(rng: np.random.Generator, plane_mm: tuple[float, float], options: CameraOptions) -> Shot:
    """Hold the phone over the middle of the plane so that all of it is in the photo, with a little room."""
    width, height = options.width_px, options.height_px or round(options.width_px * 3 / 4)
    tilt = np.radians(rng.uniform(-options.tilt_deg_max, options.tilt_deg_max, 2) * np.array([1.0, 0.8]))
    spin = np.radians(rng.normal(0, 0.8))
    k1 = float(rng.uniform(-0.0015, 0.0015)) if options.lens_k1 is None else options.lens_k1
    if options.tilt_deg is not None:
        way = rng.uniform(0, 2 * np.pi)
        tilt = np.radians(options.tilt_deg) * np.array([np.cos(way), np.sin(way)])
    rotate, _ = cv2.Rodrigues(np.array([tilt[0], tilt[1], spin]))
    focal = 0.80 * width
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64) * np.array(plane_mm) / 2
    lens = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    middle = np.array([[1, 0, -plane_mm[0] / 2], [0, 1, -plane_mm[1] / 2], [0, 0, 1]])
    away = 0.9 * focal * plane_mm[0] / width
    to_pixel = np.eye(3)
    for _ in range(90):
        pose = np.column_stack([rotate[:, 0], rotate[:, 1], [0.0, 0.0, away]])
        to_pixel = lens @ pose @ middle
        seen = cv2.perspectiveTransform(
            (corners + np.array(plane_mm) / 2).reshape(-1, 1, 2), to_pixel
        ).reshape(-1, 2)
        if abs(k1) > 0.002:
            seen = Shot(width, height, to_pixel, k1).pixel_of(corners + np.array(plane_mm) / 2)
        room = 0.008 * width
        if (seen > room).all() and (seen[:, 0] < width - room).all() and (seen[:, 1] < height - room).all():
            break
        away *= 1.01
    return Shot(width, height, to_pixel / to_pixel[2, 2], k1)


def expose(photo: Picture, rng: np.random.Generator, options: CameraOptions) -> Picture:
    """Uneven light, colour cast, lens blur, sensor noise."""
    h, w = photo.shape[:2]
    x, y = np.meshgrid(np.linspace(-1, 1, 64, dtype=np.float32), np.linspace(-1, 1, 48, dtype=np.float32))
    turn, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0.03, 0.16)
    light = 1 + slope * (np.cos(turn) * x + np.sin(turn) * y) - rng.uniform(0.04, 0.14) * (x**2 + y**2)
    light *= 0.95 * options.exposure
    cast = (1 + rng.uniform(-0.06, 0.06, 3)) * light_bgr(options.kelvin)
    gain = cv2.resize((light[..., None] * cast).astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
    sigma = (rng.uniform(0.5, 0.9) if options.blur_px is None else options.blur_px) * w / 4000
    if sigma > 0.15:
        photo = levels_of(np.asarray(cv2.GaussianBlur(light_of(photo), (0, 0), sigma), np.uint16))
    lit = cv2.multiply(photo, gain, dtype=cv2.CV_32F)
    grain = rng.standard_normal((h, w), np.float32) * np.float32(rng.uniform(1.2, 2.4))
    tone = rng.standard_normal((h // 2, w // 2, 3), np.float32) * np.float32(1.3)
    lit = cv2.add(lit, cv2.merge([grain, grain, grain]), dst=lit)
    lit = cv2.add(lit, cv2.resize(tone, (w, h), interpolation=cv2.INTER_LINEAR), dst=lit)
    np.clip(lit, 0, 255, out=lit)
    return np.rint(lit).astype(np.uint8)


def light_bgr(kelvin: float | None) -> NDArray[np.float64]:
    """Gains of blue, green, red under a black body of this temperature, green 1; ones without a temperature.

    Planck's law at 450, 540 and 610 nm against 5,500 K; the square root is what the camera's balance leaves.
    """
    if kelvin is None:
        return np.ones(3)
    over = 14_387_769.0 / np.array(
        [450.0, 540.0, 610.0]
    )  # second radiation constant over the wavelength, in K
    light = np.expm1(over / 5500.0) / np.expm1(over / kelvin)
    return np.asarray(np.sqrt(light / light[1]), np.float64)


def develop(photo: Picture, rng: np.random.Generator, options: CameraOptions) -> tuple[bytes, Picture]:
    """The photo as JPEG bytes, and the picture that these bytes hold."""
    quality = int(rng.integers(88, 96)) if options.jpeg_quality is None else options.jpeg_quality
    ok, coded = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert ok, "a picture in memory always has a JPEG"
    return coded.tobytes(), np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
