"""The truth of simulated trays in the form of `xiaoshi notes assess --json`, so that both can be laid side by side.

Additional keys beside the contract's: `seed`, and in pieces `note`, `note_area_mm2`, `sheets` (of a stuck stack, else 1); in
notes `legible_ratio`, `damage`, `image`, `serial` (null where the note carries its reference's), `bundle` and `layer` (notes
that burnt together, from the top 0; null alone). Sheets under a stuck stack's top have the same piece. `images` with each photo's own scale and mat. Ids run p1.. and n1.. through all trays, in reading order of
the pieces (rows of 40 mm, then left to right) and of each note's first piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xiaoshi.core.notes.simulate import RULES, SimulatedTray, TruthPiece


def truth_json(trays: Sequence[SimulatedTray], seed: int) -> dict[str, Any]:
    """One document for all trays of a run, every value of plain JSON types."""
    pieces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for tray in trays:
        row_px = 40.0 / tray.mm_per_px
        order = sorted(range(len(tray.pieces)), key=lambda i: _reading(tray.pieces[i], row_px))
        note_ids: dict[int, str] = {}
        note_pieces: dict[int, list[str]] = {}
        for i in order:
            piece = tray.pieces[i]
            piece_id = f"p{len(pieces) + 1}"
            if piece.note not in note_ids:
                note_ids[piece.note] = f"n{len(notes) + len(note_ids) + 1}"
                note_pieces[piece.note] = []
            note_pieces[piece.note].append(piece_id)
            pieces.append(_piece_json(tray, piece, piece_id, note_ids[piece.note]))
        for index, note_id in list(note_ids.items()):
            notes.append(_note_json(tray, index, note_id, note_pieces[index]))
        for index, note in enumerate(tray.notes):
            if note.under is not None:
                notes.append(_note_json(tray, index, f"n{len(notes) + 1}", note_pieces[note.under]))
    count = {
        verdict: sum(1 for n in notes if n["verdict"] == verdict) for verdict in ("full", "half", "none")
    }
    amount = sum(int(n["amount_fen"]) for n in notes)
    scale = float(np.mean([t.mm_per_px for t in trays])) if trays else None
    return {
        "rules": dict(RULES),
        "scale": {"mm_per_px": scale, "source": "truth"},
        "pieces": pieces,
        "notes": notes,
        "totals": {
            **count,
            "undecided": 0,
            "amount_fen": amount,
            "amount_low_fen": amount,
            "amount_high_fen": amount,
        },
        "problems": [],
        "seed": seed,
        "images": [
            {
                "image": tray.name,
                "mm_per_px": tray.mm_per_px,
                "mat": None if tray.mat is None else {"size": tray.mat.size, "colour": tray.mat.colour},
            }
            for tray in trays
        ],
    }


def _reading(piece: TruthPiece, row_px: float) -> tuple[int, float]:
    x, y = piece.polygon.min(axis=0)
    return int(y // row_px), float(x)


def _piece_json(tray: SimulatedTray, piece: TruthPiece, piece_id: str, note_id: str) -> dict[str, Any]:
    return {
        "id": piece_id,
        "image": tray.name,
        "polygon": piece.polygon.tolist(),
        "area_mm2": round(piece.area_mm2, 2),
        **tray.notes[piece.note].reference.identity_json(),
        "confidence": 1.0,
        "note": note_id,
        "note_area_mm2": round(piece.note_area_mm2, 2),
        "sheets": piece.sheets,
    }


def _note_json(tray: SimulatedTray, index: int, note_id: str, pieces: list[str]) -> dict[str, Any]:
    note = tray.notes[index]
    return {
        "id": note_id,
        "pieces": pieces,
        "denomination_fen": note.reference.denomination_fen,
        "area_ratio": note.ratio,
        "area_ratio_low": note.ratio,
        "area_ratio_high": note.ratio,
        "verdict": note.verdict,
        "amount_fen": note.amount_fen,
        "reasons": [],
        "image": tray.name,
        "legible_ratio": note.legible_ratio,
        "damage": note.kind,
        "serial": note.serial,
        "bundle": None if note.bundle is None else f"{tray.name}:{note.bundle}",
        "layer": None if note.bundle is None else note.layer,
    }
