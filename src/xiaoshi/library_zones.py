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

from xiaoshi.core.notes.reference import Zone, ZoneKind
from xiaoshi.core.problems import Problem, Words

ZONES_MAX = 12
FILE_BYTES_MAX = 100_000
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
