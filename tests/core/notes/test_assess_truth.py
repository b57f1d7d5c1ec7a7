"""The engine against trays whose truth is known (see conftest for the generator's parameters)."""

from __future__ import annotations

import json

import numpy as np
import pytest

from xiaoshi.core.notes import assess, overlay
from xiaoshi.core.notes.reference import Reference

from .conftest import picture_of, shoot


def _truth_by_place(tray, piece):
    """The truth's piece whose middle is nearest to the middle of this polygon."""
    middle = np.array(piece.polygon).mean(axis=0)
    return min(tray.pieces, key=lambda truth: float(np.linalg.norm(truth.polygon.mean(axis=0) - middle)))


def _check(tray, told):
    assert len(told.pieces) == len(tray.pieces)
    for piece in told.pieces:
        truth = _truth_by_place(tray, piece)
        assert piece.area_mm2 == pytest.approx(truth.area_mm2, rel=0.02)
        assert piece.identity is not None
        assert piece.identity.reference.key == tray.notes[truth.note].reference.key
    by_id = {piece.id: piece for piece in told.pieces}
    for note in told.notes:
        owners = {_truth_by_place(tray, by_id[p]).note for p in note.pieces}
        assert len(owners) == 1, "pieces of two notes were joined"
        truth = tray.notes[owners.pop()]
        assert note.denomination_fen == truth.reference.denomination_fen
        assert note.share.low <= truth.ratio <= note.share.high
        assert note.share.high - note.share.low < 0.05 or "may_belong_together" in [
            r.code for r in note.reasons
        ]
        assert note.verdict in ("undecided", truth.verdict)
    paid = sum(note.amount_fen for note in tray.notes)
    assert told.totals.amount_low_fen <= paid <= told.totals.amount_high_fen


def test_burnt_tray(burnt, burnt_told):
    _check(burnt, burnt_told)
    assert [scale.source for scale in burnt_told.scales] == ["mat"]
    assert burnt_told.scales[0].mm_per_px == pytest.approx(burnt.mm_per_px, rel=0.005)


def test_torn_notes_are_joined_on_their_edges(references, prepared, cny):
    tray = shoot(references, seed=8, damage="torn")
    assert len(tray.pieces) > len(tray.notes), "the seed is chosen so that a note is torn"
    told = assess([picture_of(tray)], prepared, cny)
    _check(tray, told)
    assert max(len(note.pieces) for note in told.notes) > 1


def test_contract_of_the_json(burnt_told):
    told = json.loads(json.dumps(burnt_told.as_json("en")))
    assert told["rules"] == {"id": "cny-2026", "in_force_from": "2026-03-31"}
    assert set(told["scale"]) == {"mm_per_px", "source"}
    for piece in told["pieces"]:
        assert {
            "id",
            "image",
            "polygon",
            "area_mm2",
            "issuer",
            "series",
            "edition",
            "denomination",
            "side",
            "confidence",
        } <= set(piece)
        assert all(len(point) == 2 for point in piece["polygon"])
        assert 0 <= piece["confidence"] <= 1
    for note in told["notes"]:
        assert {"id", "pieces", "denomination_fen", "area_ratio", "area_ratio_low", "area_ratio_high"} <= set(
            note
        )
        assert note["verdict"] in ("full", "half", "none", "undecided")
        assert note["area_ratio_low"] <= note["area_ratio"] <= note["area_ratio_high"]
        assert note["reasons"]
        assert all(set(reason) == {"code", "text"} for reason in note["reasons"])
    assert set(told["totals"]) == {
        "full",
        "half",
        "none",
        "undecided",
        "amount_fen",
        "amount_low_fen",
        "amount_high_fen",
    }
    assert sum(told["totals"][v] for v in ("full", "half", "none", "undecided")) == len(told["notes"])
    assert [p["id"] for p in told["pieces"]] == [f"p{n + 1}" for n in range(len(told["pieces"]))]
    zh = burnt_told.as_json("zh")["notes"][0]["reasons"][0]["text"]
    assert any("一" <= letter <= "鿿" for letter in zh)


def test_same_picture_gives_the_same_answer(burnt, burnt_told, prepared, cny):
    again = assess([picture_of(burnt)], prepared, cny)
    assert again.as_json() == burnt_told.as_json()


def test_overlay_paints_pieces_only(burnt, burnt_told):
    image = picture_of(burnt)
    drawn = overlay(image, burnt_told)
    changed = (drawn != image.pixels).any(axis=2)
    assert drawn.shape == image.pixels.shape
    assert 0.03 < changed.mean() < 0.6
    assert overlay(type(image)("another", image.pixels), burnt_told).tolist() == image.pixels.tolist()


def test_library_of_other_people(cny):
    """Faces made of nothing but blotches, by an issuer no rule set is about: named and measured, never paid."""
    rng = np.random.default_rng(4)
    import cv2

    faces = []
    for denomination in (5, 20):
        for side in ("front", "back"):
            coarse = cv2.resize(
                rng.integers(0, 256, (40, 80, 3)).astype(np.uint8), (1120, 560), interpolation=cv2.INTER_CUBIC
            )
            fine = cv2.resize(
                rng.integers(0, 256, (140, 280, 3)).astype(np.uint8),
                (1120, 560),
                interpolation=cv2.INTER_LINEAR,
            )
            image = np.clip(90 + 0.4 * coarse.astype(np.float32) + 0.25 * fine, 0, 255).astype(np.uint8)
            faces.append(Reference("XTS", "1", "A", denomination, side, 140.0, 70.0, image))
    tray = shoot(faces, seed=3)
    told = assess([picture_of(tray)], faces, cny)
    assert len(told.pieces) == len(tray.pieces)
    for piece in told.pieces:
        truth = tray.notes[_truth_by_place(tray, piece).note]
        assert piece.identity.reference.key == truth.reference.key
    assert {note.verdict for note in told.notes} == {"undecided"}
    assert told.totals.amount_fen == 0
    assert "issuer_not_under_rule" in [problem.code for problem in told.problems]
