"""A camera for meshes: pinhole with lens, light with shadow, own z-buffer, and a raw pipeline up to the JPEG.

The tray is the plane z = 0 in mm (x right, y down the page), paper lies up to some mm over it. A vertex goes through the
pose, the pinhole and the lens (k1, k2) straight to its pixel, so curl is seen as a lens sees it: parallax, foreshortening
and all. Triangles are filled by looking, for every offset inside the largest triangle's box, at all triangles at once;
the nearest wins. Two samples a pixel each way make the soft edge.

Light: a lamp over one edge; paper is shaded by the slope of its height, and throws a shadow along the lamp's direction.
Pipeline, in linear light: lamp's fall-off and lens vignetting, colour of the light, shot and read noise, a Bayer mosaic,
edge-aware demosaicing, white balance, a tone curve with more contrast than sRGB, sharpening with its halo, JPEG.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.camera import CameraOptions, light_bgr
from xiaoshi.core.notes.reference import Picture

Floats = NDArray[np.float64]
Field = NDArray[np.float32]
SAMPLES = 2


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One position of the camera. `pose`: 3x4, `focal` in px, `k`: (k1, k2) on the pinhole's x and y, `lamp`: (x, y) mm that a
    point one mm over the mat throws its shadow aside."""

    width_px: int
    height_px: int
    pose: Floats
    focal: float
    k: tuple[float, float]
    lamp: tuple[float, float]

    def see(self, points_mm: Floats) -> tuple[Floats, Floats]:
        """(n, 3) points (x, y, height) to (n, 2) pixels and how far away they are."""
        world = points_mm * np.array([1.0, 1.0, -1.0])
        seen = world @ self.pose[:, :3].T + self.pose[:, 3]
        flat = seen[:, :2] / seen[:, 2:]
        r2 = (flat**2).sum(axis=1, keepdims=True)
        bent = flat * (1 + self.k[0] * r2 + self.k[1] * r2**2)
        return bent * self.focal + self.middle, seen[:, 2]

    @property
    def middle(self) -> Floats:
        """The principal point in px."""
        return np.array([(self.width_px - 1) / 2, (self.height_px - 1) / 2])

    def plane_mm(self, pixels: Floats) -> Floats:
        """Where the rays of (n, 2) pixels meet the plane of the mat."""
        bent = (pixels - self.middle) / self.focal
        flat = bent.copy()
        for _ in range(8):
            r2 = (flat**2).sum(axis=1, keepdims=True)
            flat = bent / (1 + self.k[0] * r2 + self.k[1] * r2**2)
        to_seen = np.column_stack([self.pose[:, 0], self.pose[:, 1], self.pose[:, 3]])
        rays = np.column_stack([flat, np.ones(len(flat))]) @ np.linalg.inv(to_seen).T
        return np.asarray(rays[:, :2] / rays[:, 2:])

    def mm_per_px(self) -> float:
        """Scale of the plane at the middle of the photo."""
        square = self.plane_mm(self.middle + np.array([[0, 0], [1, 0], [0, 1]], np.float64))
        a, b = square[1] - square[0], square[2] - square[0]
        return float(np.sqrt(abs(a[0] * b[1] - a[1] * b[0])))


def stand(rng: np.random.Generator, page_mm: tuple[float, float], options: CameraOptions) -> View:
    """Over the page with all of it in the photo; the lens of a phone is a little wider than in the first simulator."""
    width, height = options.width_px, options.height_px or round(options.width_px * 3 / 4)
    most = options.tilt_deg_max
    tilt = options.tilt_deg if options.tilt_deg is not None else float(rng.uniform(0, most))
    way = rng.uniform(0, 2 * np.pi)
    turn, _ = cv2.Rodrigues(np.radians([tilt * np.cos(way), tilt * np.sin(way), rng.normal(0, 1.2)]))
    focal = 0.74 * width
    corner = float(np.hypot(width, height) / 2 / focal)
    k1 = float(rng.uniform(-0.004, 0.004)) if options.lens_k1 is None else -options.lens_k1
    k = (k1 / corner**2, float(rng.uniform(-0.001, 0.001)) / corner**4)
    glow = rng.uniform(0, 2 * np.pi)
    lamp = tuple(rng.uniform(0.3, 1.6) * np.array([np.cos(glow), np.sin(glow)]))
    middle = np.array([page_mm[0] / 2, page_mm[1] / 2, 0.0])
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]) * np.array([*page_mm, 0.0])
    away = 0.85 * focal * page_mm[0] / width
    while True:
        at = np.array([0.0, 0.0, away])
        view = View(
            width,
            height,
            np.column_stack([turn, at - turn @ middle]),
            focal,
            k,
            (float(lamp[0]), float(lamp[1])),
        )
        seen, _ = view.see(corners)
        room = 0.01 * width
        if (seen > room).all() and (seen < np.array([width, height]) - room).all():
            return view
        away *= 1.015


def fill(
    xy: Floats,
    away: Floats,
    triangles: NDArray[np.int64],
    keep: Floats,
    values: Floats,
    shape: tuple[int, int],
) -> tuple[Field, NDArray[np.bool_]]:
    """Rasterise: values (n, k) of the vertices as (h, w, k), and where a triangle with `keep` above 0 covers the sample.

    `xy`: vertices in samples of the window (middles at whole numbers); the least `away` wins.
    """
    h, w = shape
    corner = xy[triangles]
    low = np.ceil(corner.min(axis=1)).astype(np.int64)
    span = (np.floor(corner.max(axis=1)).astype(np.int64) - low + 1).max(axis=0)
    a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    fine = np.abs(area) > 1e-9
    places, who, weights = [], [], []
    for dy in range(int(span[1])):
        for dx in range(int(span[0])):
            x, y = low[:, 0] + dx, low[:, 1] + dy
            px, py = x - a[:, 0], y - a[:, 1]
            v = (px * (c[:, 1] - a[:, 1]) - py * (c[:, 0] - a[:, 0])) / np.where(fine, area, 1.0)
            u = (py * (b[:, 0] - a[:, 0]) - px * (b[:, 1] - a[:, 1])) / np.where(fine, area, 1.0)
            hit = np.flatnonzero(
                fine & (v >= 0) & (u >= 0) & (u + v <= 1) & (x >= 0) & (x < w) & (y >= 0) & (y < h)
            )
            places.append(y[hit] * w + x[hit])
            who.append(hit)
            weights.append(np.stack([1 - u[hit] - v[hit], v[hit], u[hit]], 1))
    place, one = np.concatenate(places), np.concatenate(who)
    weight = np.concatenate(weights)
    alive = (keep[triangles[one]] * weight).sum(axis=1) > 0
    place, one, weight = place[alive], one[alive], weight[alive]
    order = np.argsort(-(away[triangles[one]] * weight).sum(axis=1), kind="stable")
    winner = np.full(h * w, -1, np.int64)
    winner[place[order]] = order
    cover = winner >= 0
    first = winner[cover]
    out = np.zeros((h * w, values.shape[1]), np.float32)
    out[cover] = (values[triangles[one[first]]] * weight[first][..., None]).sum(axis=1)
    return out.reshape(h, w, -1), cover.reshape(h, w)


def backdrop(plane: Picture, px_per_mm: float, origin_mm: float, view: View) -> Field:
    """The plane's picture (its first pixel's corner at -origin in x and y) as the camera sees it, linear light."""
    across = np.arange(-(-view.width_px // 8) + 1) * 8.0
    down = np.arange(-(-view.height_px // 8) + 1) * 8.0
    grid = np.stack(np.meshgrid(across, down), -1).reshape(-1, 2)
    mm = (view.plane_mm(grid) + origin_mm) * px_per_mm - 0.5
    coarse = mm.reshape(len(down), len(across), 2).astype(np.float32)
    x, y = np.meshgrid(
        np.arange(view.width_px, dtype=np.float32) / 8, np.arange(view.height_px, dtype=np.float32) / 8
    )
    fine = cv2.remap(coarse, x, y, cv2.INTER_LINEAR)
    size = plane.shape[1], plane.shape[0]
    desk = 0.95 * origin_mm * px_per_mm
    map_x, map_y = np.clip(fine[..., 0], -desk, size[0] + desk), np.clip(fine[..., 1], -desk, size[1] + desk)
    seen = cv2.remap(plane, map_x, map_y, cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    return linear(np.asarray(seen, np.uint8))


def linear(picture: Picture) -> Field:
    """sRGB bytes to light, 0 to 1."""
    table = np.arange(256) / 255.0
    table = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(table[picture], np.float32)


def develop(light: Field, rng: np.random.Generator, options: CameraOptions) -> tuple[bytes, Picture]:
    """From light on the sensor to a JPEG, and the picture that it decodes to."""
    h, w = light.shape[:2]
    x, y = np.meshgrid(
        np.linspace(-1, 1, w, dtype=np.float32), np.linspace(-h / w, h / w, h, dtype=np.float32)
    )
    lamp_x, lamp_y = rng.uniform(-1.6, 1.6, 2)
    fall = 1 / (1 + 0.10 * ((x - np.float32(lamp_x)) ** 2 + (y - np.float32(lamp_y)) ** 2))
    fall = fall / fall.mean() * (1 - np.float32(rng.uniform(0.05, 0.16)) * (x * x + y * y))
    cast = light_bgr(options.kelvin) * (1 + rng.uniform(-0.04, 0.04, 3))
    sigma = (float(rng.uniform(0.45, 0.8)) if options.blur_px is None else options.blur_px) * w / 4000
    if sigma > 0.15:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), sigma), np.float32)
    raw = light * (fall * np.float32(0.86 * options.exposure))[..., None] * cast.astype(np.float32)
    mosaic = np.empty((h, w), np.float32)
    for (r, c), channel in (((0, 0), 2), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)):
        mosaic[r::2, c::2] = raw[r::2, c::2, channel]
    grain = rng.standard_normal((h, w), np.float32)
    mosaic += grain * np.sqrt(np.float32(1.2e-4) * np.clip(mosaic, 0, None) + np.float32(2.5e-6))
    bytes16 = np.rint(np.clip(mosaic, 0, 1) * 65535).astype(np.uint16)
    colour = cv2.cvtColor(bytes16, cv2.COLOR_BayerBG2BGR_EA).astype(np.float32) / 65535
    tone = np.linspace(0, 1, 4096)
    curve = np.where(tone <= 0.0031308, 12.92 * tone, 1.055 * tone ** (1 / 2.4) - 0.055)
    curve = curve + 0.07 * np.sin(2 * np.pi * (curve - 0.5)) * curve * (1 - curve) * 2
    picture = curve.astype(np.float32)[np.clip(colour * 4095, 0, 4095).astype(np.int32)] * 255
    halo = picture - cv2.GaussianBlur(picture, (0, 0), 1.2)
    picture = picture + np.float32(rng.uniform(0.2, 0.5)) * np.clip(halo, -18, 18)
    picture = np.rint(np.clip(picture, 0, 255)).astype(np.uint8)
    quality = int(rng.integers(86, 95)) if options.jpeg_quality is None else options.jpeg_quality
    ok, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert ok, "a picture in memory always has a JPEG"
    return coded.tobytes(), np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
