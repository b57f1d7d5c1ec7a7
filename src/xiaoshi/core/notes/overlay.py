"""The picture with what the engine made of it: each piece tinted and outlined by verdict, with a label."""

from __future__ import annotations

import cv2
import numpy as np

from xiaoshi.core.notes.model import Assessment, Note, Piece, TrayImage
from xiaoshi.core.notes.reference import Picture

_COLOUR = {"full": (60, 170, 60), "half": (0, 165, 255), "none": (60, 60, 220), "undecided": (200, 60, 200)}


def overlay(image: TrayImage, assessment: Assessment) -> Picture:
    """A copy of the picture (BGR, same size) with masks, outlines and labels: piece, kind, share, verdict.

    Green full, orange half, red none, violet undecided. Labels are in Latin letters: OpenCV draws no Chinese.
    """
    drawn = image.pixels.copy()
    pieces = [piece for piece in assessment.pieces if piece.image == image.name]
    size = max(0.4, max(image.pixels.shape[:2]) / 4000)
    for piece in pieces:
        note = next((note for note in assessment.notes if piece.id in note.pieces), None)
        colour = _COLOUR["undecided" if note is None else note.verdict]
        line = np.rint(np.array(piece.polygon, np.float64)).astype(np.int32).reshape(-1, 1, 2)
        _tint(drawn, line, colour)
        cv2.polylines(drawn, [line], True, colour, max(1, round(4 * size)), cv2.LINE_AA)
    for piece in pieces:
        note = next((note for note in assessment.notes if piece.id in note.pieces), None)
        _label(drawn, piece, note, size)
    return drawn


def _tint(
    drawn: Picture, line: np.ndarray[tuple[int, ...], np.dtype[np.int32]], colour: tuple[int, int, int]
) -> None:
    """Blend the colour into the inside of the outline, in its window only."""
    x, y, w, h = cv2.boundingRect(line)
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, drawn.shape[1]), min(y + h, drawn.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    window = drawn[y0:y1, x0:x1]
    mask = np.zeros(window.shape[:2], np.uint8)
    cv2.fillPoly(mask, [line - np.array([x0, y0], np.int32)], 255)
    window[mask > 0] = (0.78 * window[mask > 0] + 0.22 * np.array(colour)).astype(np.uint8)


def _label(drawn: Picture, piece: Piece, note: Note | None, size: float) -> None:
    lines = [piece.id if note is None else f"{piece.id} / {note.id}"]
    if piece.identity is not None:
        reference = piece.identity.reference
        edition = reference.edition if piece.identity.edition_certain else "?"
        lines.append(f"{reference.issuer} {reference.denomination:g} ({edition}) {reference.side}")
    if note is not None and note.share is not None:
        lines.append(f"{note.share.value:.1%} [{note.share.low:.1%}, {note.share.high:.1%}]")
    lines.append("undecided" if note is None else note.verdict)
    points = np.array(piece.polygon, np.float64)
    x, y = points.mean(axis=0)
    x, y = (
        float(np.clip(x - 250 * size, 4, drawn.shape[1] - 520 * size)),
        float(np.clip(y, 50 * size, drawn.shape[0])),
    )
    for row, text in enumerate(lines):
        at = (round(x), round(y + (row - len(lines) / 2) * 46 * size))
        for colour, width in (((0, 0, 0), 7), ((255, 255, 255), 2)):
            thick = max(1, round(width * size))
            cv2.putText(
                drawn, _latin(text), at, cv2.FONT_HERSHEY_SIMPLEX, 1.3 * size, colour, thick, cv2.LINE_AA
            )


def _latin(text: str) -> str:
    return "".join(c if 32 <= ord(c) < 127 else "?" for c in text)
