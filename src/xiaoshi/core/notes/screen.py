"""Is it the photo of a screen? Told by the fine grid that lies on white paper too.

Problem. Pictures of notes on a telephone or monitor, laid before the camera with a picture of the mat round them, would be
measured like notes. A screen shows its pixels, or their beat with the camera's (moiré): one fine frequency over everything.
The raster of a colour printer is such a frequency as well, but only where there is ink.

Choice. Only the white rim of the mat is looked at, where no printer puts a dot: mean power spectrum of some hundred small
windows along the four sides (Welch), so the phase of the grid does not matter and noise averages out. Told is the
amplitude of the strongest fine frequency by the white level, if it stands `PEAK_MIN` times over the spectrum's median.

Worked example (12 MP, A3, 32 px windows): a monitor with 0.27 mm pixels seen at 8.6 px a millimetre, 2.3 px a pixel: amplitude 4 %;
photos of printed mats: under 0.3 %.

Left out: screens whose pixels the camera does not resolve (telephones, 0.05 mm) and that happen to give no moiré.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.plane import Plane
from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.problems import Words

Floats = NDArray[np.float64]

AMPLITUDE_MIN, PEAK_MIN = 0.010, 12.0
FINE_CYCLES = (0.13, 0.47)
WINDOW_PX, WINDOW_PX_LEAST = 32, 14
WINDOWS_MIN = 12


def grid_on_white(pixels: Picture, plane: Plane) -> float:
    """Amplitude of a fine grid on the mat's white rim by the level of white; 0 where none stands out or no rim is seen."""
    mat = plane.mat
    if mat is None:
        return 0.0
    edge = int(min(WINDOW_PX, 0.65 * mat.margin_mm / plane.mm_per_px()))
    if edge < WINDOW_PX_LEAST:
        return 0.0
    windows = _windows(pixels, plane, edge)
    if len(windows) < WINDOWS_MIN:
        return 0.0
    # the calmest of them: what lies on the rim or runs over its edge is left out
    spread = windows.std(axis=(1, 2)) / windows.mean(axis=(1, 2))
    calm = windows[spread <= np.median(spread)]
    level = float(calm.mean())
    taper = np.outer(*(np.hanning(edge),) * 2)
    flat = (calm - calm.mean(axis=(1, 2), keepdims=True)) * taper
    power = (np.abs(np.fft.rfft2(flat)) ** 2).mean(axis=0)
    cycles = np.hypot(*np.meshgrid(np.fft.rfftfreq(edge), np.fft.fftfreq(edge)))
    fine = power[(cycles > FINE_CYCLES[0]) & (cycles < FINE_CYCLES[1])]
    peak = float(fine.max())
    amplitude = 2 * np.sqrt(peak) / float(taper.sum()) / max(level, 1.0)
    return float(amplitude) if peak > PEAK_MIN * max(float(np.median(fine)), 1e-9) else 0.0


def _windows(pixels: Picture, plane: Plane, edge: int) -> Floats:
    """(n, edge, edge) green levels round places on the middle line of the rim."""
    assert plane.mat is not None
    width, height, middle = plane.mat.width_mm, plane.mat.height_mm, plane.mat.margin_mm / 2
    step = edge * plane.mm_per_px()
    x, y = np.arange(middle + step, width - step, step), np.arange(middle + step, height - step, step)
    places = [np.stack([x, np.full_like(x, v)], axis=1) for v in (middle, height - middle)]
    places += [np.stack([np.full_like(y, v), y], axis=1) for v in (middle, width - middle)]
    corners = np.rint(plane.to_px(np.concatenate(places)) - edge / 2).astype(int)
    inside = (corners >= 0).all(axis=1) & (corners <= np.array(pixels.shape[1::-1]) - edge).all(axis=1)
    found = [pixels[t : t + edge, left : left + edge, 1] for left, t in corners[inside]]
    return np.asarray(found, np.float64).reshape(-1, edge, edge)


def screen_words() -> Words:
    """Why nothing of this photo is decided."""
    return Words(
        "连托盘垫的白边上也有规则的细网纹，像是翻拍屏幕：本图各张均不认定；请直接拍实物",
        "a fine regular grid lies even on the white rim of the mat, as when a screen is photographed: nothing in this picture is "
        "decided; photograph the notes themselves",
    )
