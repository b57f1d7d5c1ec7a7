"""Reading single lines of letters and digits: the recogniser that `core/notes/serials` asks for, on the model that the
package rapidocr brings with it (PP-OCR, recognition only).

The model is run by ONNX Runtime directly, on one thread, from the file inside the package: nothing is looked up, nothing
downloaded, nothing logged. RapidOCR's own reader gives a text and one figure; here every character keeps its
alternatives with their probabilities and its place in the strip, because a number of which half is burnt is read
character by character.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.notes.sightings import ALPHABET, Glyph, Line, Recogniser
from xiaoshi.core.problems import Problem, Words

_HEIGHT = 48
_WIDTH_STEP = 32
_BATCH = 2
_SAME_SHAPE = {**{c.lower(): c for c in "CKOPSUVWXYZIJ"}, "l": "I", "|": "I"}
"""Signs that a reader of single letters cannot tell from a capital by shape."""


class OcrUnavailableError(Exception):
    """The package or its recognition model is not there; the message names what is missing."""


def model_path(part: str = "rec") -> Path:
    """The model inside the installed package that recognises (`rec`) or finds lines (`det`). OcrUnavailableError
    where there is none."""
    found = importlib.util.find_spec("rapidocr")
    if found is None or found.origin is None:
        raise OcrUnavailableError("package rapidocr")
    models = sorted((Path(found.origin).parent / "models").glob(f"*_{part}_*.onnx"))
    if not models:
        raise OcrUnavailableError(f"rapidocr/models/*_{part}_*.onnx")
    return models[0]


@lru_cache(maxsize=1)
def recogniser() -> OnnxRecogniser:
    """The one session of this process (about 0.4 s and 90 MB the first time)."""
    return OnnxRecogniser(model_path())


def _session(model: Path) -> Any:
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def reader_for(references: Iterable[Reference]) -> tuple[Recogniser | None, list[Problem]]:
    """The reader for a library: None where no face says where its number stands, or where the reader is not there (a
    problem says so; areas and verdicts do not need it)."""
    if not any(zone.kind == "serial" for reference in references for zone in reference.zones):
        return None, []
    try:
        return recogniser(), []
    except (OcrUnavailableError, ImportError) as error:
        words = Words(
            f"无法读取冠字号码（缺少 {error}）；面积与认定不受影响，请重新运行 make setup",
            f"numbers cannot be read ({error} is missing); areas and verdicts do not change: run make setup again",
        )
        return None, [Problem("numbers_not_read", words)]


class OnnxRecogniser:
    """`core.notes.serials.Recogniser` on a PP-OCR recognition model."""

    def __init__(self, model: Path) -> None:
        self._session = _session(model)
        self._input = self._session.get_inputs()[0].name
        meta = self._session.get_modelmeta().custom_metadata_map
        if "character" not in meta:
            raise OcrUnavailableError(f"{model.name}: no list of characters")
        self._columns = _columns(meta["character"].split("\n"))

    def read(self, strips: Sequence[Picture]) -> list[Line]:
        """One line for each strip (BGR, upright, one line of print each), in their order."""
        lines: list[Line] = [()] * len(strips)
        widths = [_width(strip) for strip in strips]
        order = sorted(range(len(strips)), key=lambda n: widths[n])
        for start in range(0, len(order), _BATCH):
            some = order[start : start + _BATCH]
            width = max(widths[n] for n in some)
            batch = np.zeros((len(some), 3, _HEIGHT, width), np.float32)
            for row, n in enumerate(some):
                scaled = cv2.resize(strips[n], (widths[n], _HEIGHT), interpolation=_how(strips[n]))
                batch[row, :, :, : widths[n]] = scaled.transpose(2, 0, 1) / np.float32(127.5) - 1
            told = self._session.run(None, {self._input: batch})[0]
            for row, n in enumerate(some):
                steps = max(1, round(told.shape[1] * widths[n] / width))
                lines[n] = self._line(told[row, :steps])
        return lines

    def _line(self, told: NDArray[np.float32]) -> Line:
        """Characters of one strip from the network's (steps, classes) probabilities: runs between blanks."""
        best = told.argmax(axis=1)
        glyphs: list[Glyph] = []
        start = 0
        for step in range(1, len(best) + 1):
            if step < len(best) and best[step] == best[start]:
                continue
            if best[start] != 0:
                run = told[start:step]
                peak = run[:, best[start]].argmax()
                weight = run[:, best[start]]
                at = float(((np.arange(start, step) + 0.5) * weight).sum() / weight.sum()) / len(best)
                chances = np.array([run[peak, list(columns)].sum() for columns in self._columns])
                likely = tuple((ALPHABET[k], float(chances[k])) for k in np.argsort(-chances)[:4])
                glyphs.append(Glyph(at, likely))
            start = step
        return tuple(glyphs)


def lines_in(picture: Picture) -> list[tuple[int, int, int, int]]:
    """Boxes (x0, y0, x1, y1 in pixels) of level lines of print in a picture, with the air that the recogniser likes.

    Used when a note is enrolled, not while trays are measured (it takes a second).
    """
    session = _session(model_path("det"))
    height, width = (max(32, round(v / 32) * 32) for v in picture.shape[:2])
    scaled = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    even = (scaled - np.array([0.485, 0.456, 0.406], np.float32)) / np.array(
        [0.229, 0.224, 0.225], np.float32
    )
    batch = np.ascontiguousarray(even.transpose(2, 0, 1)[None])
    likely = session.run(None, {session.get_inputs()[0].name: batch})[0][0, 0]
    contours, _ = cv2.findContours(
        (likely > 0.3).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    boxes = []
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        if w < 3 * h or h < 4:
            continue
        # The network marks the inner part of a line.
        grow = 0.75 * w * h / (w + h)
        left, top, right, bottom = x - grow, y - grow, x + w + grow, y + h + grow
        scale_x, scale_y = picture.shape[1] / width, picture.shape[0] / height
        boxes.append(
            (
                max(0, round(left * scale_x)),
                max(0, round(top * scale_y)),
                min(picture.shape[1], round(right * scale_x)),
                min(picture.shape[0], round(bottom * scale_y)),
            )
        )
    return sorted(boxes)


def _columns(characters: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """For each sign of ALPHABET the classes of the network that mean it; class 0 is the blank."""
    columns: dict[str, list[int]] = {sign: [] for sign in ALPHABET}
    for n, character in enumerate(characters):
        sign = _SAME_SHAPE.get(character, character)
        if sign in columns:
            columns[sign].append(n + 1)
    missing = [sign for sign, found in columns.items() if not found]
    if missing:
        raise OcrUnavailableError(f"the model knows no {' '.join(missing)}")
    return tuple(tuple(found) for found in columns.values())


def _width(strip: Picture) -> int:
    wanted = strip.shape[1] * _HEIGHT / max(strip.shape[0], 1)
    return int(np.clip(np.ceil(wanted / _WIDTH_STEP) * _WIDTH_STEP, _WIDTH_STEP, 1280))


def _how(strip: Picture) -> int:
    return cv2.INTER_AREA if strip.shape[0] > _HEIGHT else cv2.INTER_CUBIC
