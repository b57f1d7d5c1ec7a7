"""Where numbers, thread and watermark window stand on an enrolled face: as kept in the library, and as a bank states it.

A bank writes a file once for each face and hands it to `xiaoshi notes enrol --zones FILE`: boxes in millimetres of the
upright face, measured from its left upper corner.

    {"zones": [{"kind": "serial", "x_mm": 20.5, "y_mm": 63.0, "width_mm": 25.0, "height_mm": 4.5},
               {"kind": "serial", "x_mm": 148.0, "y_mm": 20.0, "width_mm": 4.0, "height_mm": 24.0, "turn_deg": 270},
               {"kind": "thread", "x_mm": 58.0, "y_mm": 0.0, "width_mm": 1.4, "height_mm": 77.0},
               {"kind": "watermark", "x_mm": 10.0, "y_mm": 15.0, "width_mm": 30.0, "height_mm": 42.0}]}

A number's box ends where its signs end (a little air does no harm). `turn_deg` says how far the number must be turned
clockwise to stand upright: 270 for one that reads downwards.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np

from xiaoshi import ocr
from xiaoshi.core.notes.reference import Reference, Zone, ZoneKind
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.number_forms import NumberForm, forms_of

ZONES_MAX = 12
FILE_BYTES_MAX = 100_000
SURE_AT_ENROLMENT = 0.8
_NUMBERS = ("x_mm", "y_mm", "width_mm", "height_mm")


def zones_json(zones: Sequence[Zone]) -> list[dict[str, Any]]:
    """As the library's record keeps them."""
    return [zone.as_json() for zone in zones]


def zones_of(stated: Any, width_mm: float, height_mm: float) -> tuple[Zone, ...]:
    """Zones from their JSON list. ValueError says which one is wrong and how."""
    if not isinstance(stated, list) or len(stated) > ZONES_MAX:
        raise ValueError(f"zones: a list of at most {ZONES_MAX}")
    return tuple(_zone(each, n, width_mm, height_mm) for n, each in enumerate(stated))


def _zone(stated: Any, n: int, width_mm: float, height_mm: float) -> Zone:
    if not isinstance(stated, dict):
        raise ValueError(f"zones[{n}]: an object")
    unknown = set(stated) - {"kind", "turn_deg", *_NUMBERS}
    if unknown:
        raise ValueError(f"zones[{n}].{sorted(map(str, unknown))[0]}: unknown")
    kind = stated.get("kind")
    if kind not in get_args(ZoneKind):
        raise ValueError(f"zones[{n}].kind: {', '.join(get_args(ZoneKind))}")
    box = [_millimetres(stated.get(name), f"zones[{n}].{name}") for name in _NUMBERS]
    turn = stated.get("turn_deg", 0)
    if isinstance(turn, bool) or turn not in (0, 90, 180, 270):
        raise ValueError(f"zones[{n}].turn_deg: 0, 90, 180, 270")
    x, y, width, height = box
    if width < 0.3 or height < 0.3:
        raise ValueError(f"zones[{n}]: width_mm, height_mm >= 0.3")
    if x < -0.5 or y < -0.5 or x + width > width_mm + 0.5 or y + height > height_mm + 0.5:
        raise ValueError(f"zones[{n}]: inside 0..{width_mm:g} x 0..{height_mm:g} mm")
    return Zone(cast(ZoneKind, kind), x, y, width, height, int(turn))


def _millimetres(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{where}: a number of millimetres")
    return float(value)


def read_zones(path: Path, width_mm: float, height_mm: float) -> tuple[tuple[Zone, ...], list[Problem]]:
    """The zones of a file, or the problem with it."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise ValueError(f"> {FILE_BYTES_MAX // 1000} kB")
        stated = json.loads(path.read_bytes())
        listed = stated.get("zones") if isinstance(stated, dict) else stated
        return zones_of(listed, width_mm, height_mm), []
    except OSError as error:
        why = error.strerror or str(error)
    except (ValueError, RecursionError) as error:
        why = str(error) or type(error).__name__
    words = Words(
        f"区域文件无法使用（{why}）；请按文档写明 kind 和以毫米计的 x_mm、y_mm、width_mm、height_mm",
        f"the file of zones cannot be used ({why}): state kind and x_mm, y_mm, width_mm, height_mm in millimetres",
    )
    return (), [Problem("zones_unusable", words, str(path))]


def find_zones(reference: Reference) -> tuple[tuple[Zone, ...], list[Problem]]:
    """Places of the number, looked for in the face's own picture: lines that read as a whole number of this issuer.

    Level numbers and numbers that stand on end are found. Where there are several they must be one number; others are
    left out. A problem says where none was found, or where the reader is missing.
    """
    name = " ".join(reference.key)
    forms = forms_of(reference.issuer, reference.series)
    if not forms:
        words = Words(
            f"没有 {reference.issuer} 第 {reference.series} 套冠字号码的格式资料，无法自动查找；请用 --zones 文件写明位置",
            f"how numbers of {reference.issuer}, series {reference.series}, are written is not known here: state their"
            " places in a file for --zones",
        )
        return (), [Problem("number_form_unknown", words, name)]
    try:
        found = [
            (text, zone)
            for turn_deg in (0, 90, 270)
            for text, zone in _numbers_in(reference, turn_deg, forms)
        ]
    except (ocr.OcrUnavailableError, ImportError) as error:
        words = Words(
            f"无法查找冠字号码（缺少 {error}）；请重新运行 make setup",
            f"the number cannot be looked for ({error} is missing): run make setup again",
        )
        return (), [Problem("numbers_not_read", words, name)]
    if not found:
        words = Words(
            "没有找到冠字号码（背面一般没有）；如有，请用 --zones 文件写明位置",
            "no number was found (most backs have none): if there is one, state its place in a file for --zones",
        )
        return (), [Problem("number_not_found", words, name)]
    first = found[0][0]
    return tuple(zone for text, zone in found if text == first), []


def _numbers_in(reference: Reference, turn_deg: int, forms: Sequence[NumberForm]) -> list[tuple[str, Zone]]:
    picture = np.ascontiguousarray(np.rot90(reference.image, -(turn_deg // 90) % 4))
    boxes = ocr.lines_in(picture)
    strips = [picture[y0:y1, x0:x1] for x0, y0, x1, y1 in boxes]
    found = []
    for line, (x0, y0, x1, y1) in zip(ocr.recogniser().read(strips), boxes, strict=True):
        text = "".join(glyph.likely[0][0] for glyph in line)
        sure = min((glyph.likely[0][1] for glyph in line), default=0.0)
        if sure < SURE_AT_ENROLMENT or not any(_fits(text, form) for form in forms):
            continue
        # The signs stand evenly: a line through their places says where the first slot begins and the last one ends.
        pitch, first = np.polyfit(np.arange(len(line)), [x0 + sign.at * (x1 - x0) for sign in line], 1)
        left, right = float(first - pitch / 2), float(first + pitch * (len(line) - 0.5))
        found.append((text, _upright_zone(reference, turn_deg, (left, y0, right, y1))))
    return found


def _fits(text: str, form: NumberForm) -> bool:
    return len(text) == len(form.shape) and all(sign in form.signs(n) for n, sign in enumerate(text))


def _upright_zone(reference: Reference, turn_deg: int, box_px: tuple[float, float, float, float]) -> Zone:
    """A box of the turned picture as a zone of the upright face."""
    x0, y0, x1, y1 = (value / reference.px_per_mm for value in box_px)
    wide, high = reference.width_mm, reference.height_mm
    if turn_deg == 90:
        x0, y0, x1, y1 = y0, high - x1, y1, high - x0
    elif turn_deg == 270:
        x0, y0, x1, y1 = wide - y1, x0, wide - y0, x1
    x0, y0 = max(x0, 0.0), max(y0, 0.0)
    box = [round(float(v), 2) for v in (x0, y0, min(x1, wide) - x0, min(y1, high) - y0)]
    return Zone("serial", box[0], box[1], box[2], box[3], turn_deg)
