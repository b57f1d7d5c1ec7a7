"""From facts to a PDF: typst in a process of its own, with Noto Sans CJK and nothing from the machine.

Problem. A paper that a client takes to the central bank must look the same on every machine, must say what was decided
and nothing else, and a client called `#set page()` must come out as that name.

Choice. A template is typst source; it never has a value pasted into it. Facts and frame go in as one JSON text
(`sys.inputs.data`) that `house.typ` parses, so any character is a character. Before that, `written_out` adds the texts
that a template should not work out itself: beside `amount_fen: 35000` stand `amount_yuan: "350.00"` and `amount_daxie:
"叁佰伍拾元整"`; beside `paid_at` (an instant) and `sealed_on` (a day) stand `paid_at_text` and `sealed_on_text`.

The engine runs in a separate process with limits on time and memory; it sees only the sources that it is given (no file
of the machine but the font folder) and no clock: the document's date is `now`. The same input gives the same bytes.

Measured here: 0.1 s for an A4 page, the start of the process included; 40 to 60 KB of PDF. Left out: a bold face (the font package has
one weight; `house.typ` thickens letters with a thin stroke) and a pool of warm processes.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from xiaoshi.core.money import daxie, yuan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.papers import typeset_worker

HOUSE = Path(__file__).resolve().parent / "typ"
SECONDS_MAX = 20
MEMORY_BYTES_MAX = 1536 * 1024 * 1024
FONT_PACKAGE = "noto_cjk_sans_otc"


class NotTypeset(Refused):
    """The paper could not be set; nothing was issued. `details["log"]` holds what the engine said."""

    status = 500


@dataclass(frozen=True, slots=True)
class Typeset:
    """A finished paper. `pages` is counted in the file itself; `warnings` are the engine's."""

    pdf: bytes
    pages: int
    warnings: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def font_folder() -> str:
    """The folder of the font package, found without importing it."""
    spec = find_spec(FONT_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise NotTypeset(
            Problem(
                "font_missing",
                Words(
                    "找不到中文字体包，单据无法排版。请运行 make setup 重新安装。",
                    "The package with the Chinese font is missing, so no paper can be set. Run make setup.",
                ),
            )
        )
    return spec.submodule_search_locations[0]


def typeset(
    source: str,
    data: dict[str, Any],
    *,
    qr_svg: str,
    now: datetime,
    bare: bool = False,
    pictures: Mapping[str, str] | None = None,
) -> Typeset:
    """Set one paper. `source`: typst text that imports `house.typ`; `data`: `{"frame": ..., "facts": ...}`.

    `pictures`: SVG texts by name, which the template shows with `image(bytes(sys.inputs.at(name)), format: "svg")`.

    `bare`: a sheet for the house's own use, without letterhead and number; it does not import `house.typ`.
    """
    sources = {"main.typ": source}
    if not bare:
        sources["house.typ"] = (HOUSE / "house.typ").read_text(encoding="utf-8")
    inputs = {**(pictures or {}), "data": json.dumps(data, ensure_ascii=False), "qr": qr_svg}
    return _run(sources, inputs, now, None)


def stamp(original: bytes, big: str, small: str, *, now: datetime) -> Typeset:
    """The paper as it was issued, with two lines stamped over each page (副本 COPY, 作废 VOID)."""
    sources = {"main.typ": (HOUSE / "stamp.typ").read_text(encoding="utf-8")}
    inputs = {"data": json.dumps({"big": big, "small": small}, ensure_ascii=False)}
    return _run(sources, inputs, now, {"original_base64": base64.b64encode(original).decode()})


def _run(
    sources: dict[str, str],
    inputs: dict[str, str],
    now: datetime,
    stamp_on: dict[str, str] | None,
) -> Typeset:
    order = {
        "sources": sources,
        "inputs": inputs,
        "fonts": font_folder(),
        # Typst reads below its root, and takes the current folder when none is given: here it finds house sources only.
        "root": str(HOUSE),
        "timestamp": int(now.timestamp()),
        "limits": {"cpu_seconds": SECONDS_MAX, "memory_bytes": MEMORY_BYTES_MAX},
        "stamp": stamp_on,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", typeset_worker.__file__],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _not_typeset(f"no answer within {SECONDS_MAX} s") from None
    log = done.stderr.decode(errors="replace")
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        cause = (
            "error in the template"
            if done.returncode == typeset_worker.TEMPLATE_ERROR
            else f"status {done.returncode}"
        )
        raise _not_typeset(f"{cause}\n{log[-4000:]}")
    return Typeset(done.stdout, pages_of(done.stdout), tuple(log.splitlines()))


def _not_typeset(log: str) -> NotTypeset:
    return NotTypeset(
        Problem(
            "paper_not_typeset",
            Words(
                "单据没有排出来，也没有出具；案件没有变化。请再试一次，仍不行就把案件编号报给系统管理员。",
                "The paper could not be set and was not issued; the case is as it was. Try once more; if it fails again,"
                " tell the system's keeper the case number.",
            ),
        ),
        details={"log": log},
    )


def pages_of(pdf: bytes) -> int:
    import pypdfium2  # here: loading the library costs 40 ms that most requests need not pay

    document = pypdfium2.PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()


def written_out(value: Any, language: str, zone: str) -> Any:
    """Add the texts of sums, instants and days beside them, all the way down (see the module's head)."""
    if isinstance(value, list):
        return [written_out(item, language, zone) for item in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, Any] = {}
    for name, item in value.items():
        out[name] = written_out(item, language, zone)
        if name.endswith("_fen") and isinstance(item, int):
            out[f"{name[:-4]}_yuan"] = yuan(item)
            out[f"{name[:-4]}_daxie"] = daxie(item)
        elif name.endswith("_at") and isinstance(item, str) and item:
            out[f"{name}_text"] = instant_text(datetime.fromisoformat(item), language, zone)
        elif name.endswith(("_on", "_from")) and isinstance(item, str) and item:
            out[f"{name}_text"] = day_text(date.fromisoformat(item), language)
    return out


def day_text(day: date, language: str) -> str:
    """2026年11月23日 / 23 November 2026"""
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def instant_text(at: datetime, language: str, zone: str) -> str:
    """2026年11月23日 9:12 / 23 November 2026, 9:12, on the outlet's clock."""
    local = at.astimezone(ZoneInfo(zone))
    clock = f"{local.hour}:{local.minute:02d}"
    return day_text(local.date(), language) + (f", {clock}" if language == "en" else f" {clock}")


_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
