"""Burnt and torn notes: mat, specimen currency, simulator, and the measuring engine.

The engine's public face: `decode` an upload, `prepare` the enrolled notes once, `assess` the trays under a rule set.
The argument is in README.md; the mat, the specimen currency and the simulator are their own modules.
"""

from xiaoshi.core.notes.decode import decode
from xiaoshi.core.notes.engine import assess
from xiaoshi.core.notes.faces import PreparedLibrary, prepare
from xiaoshi.core.notes.model import (
    ENGINE_VERSION,
    Assessment,
    Note,
    Piece,
    Reason,
    Scale,
    Share,
    Totals,
    TrayImage,
)
from xiaoshi.core.notes.overlay import overlay

__all__ = [
    "ENGINE_VERSION",
    "Assessment",
    "Note",
    "Piece",
    "PreparedLibrary",
    "Reason",
    "Scale",
    "Share",
    "Totals",
    "TrayImage",
    "assess",
    "decode",
    "overlay",
    "prepare",
]
