"""The contract of `xiaoshi notes`: commands, exit codes and JSON as other programs call them.

The library is drawn here (lines, rings, figures; issuer CNY, so that the rule applies), not by our specimen: the engine must
work on whatever a bank enrols.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
FACES = (("50", "front", 150, 70), ("50", "back", 150, 70), ("20", "front", 145, 70), ("20", "back", 145, 70))
RULES = ("cny-2026", "cny-2003", "eur-ecb-2013-10", "usd-31cfr100", "jpy-boj", "inr-2018")


def notes(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "xiaoshi.cli", "notes", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=240)


def drawn(seed: int, width_mm: int, height_mm: int, px_per_mm: int = 10) -> np.ndarray:
    chance = np.random.default_rng(seed)
    wide, high = width_mm * px_per_mm, height_mm * px_per_mm
    picture = np.full((high, wide, 3), chance.integers(190, 240, 3), np.uint8)
    for _ in range(260):
        colour = tuple(int(v) for v in chance.integers(30, 200, 3))
        at = (int(chance.integers(0, wide)), int(chance.integers(0, high)))
        match chance.integers(0, 3):
            case 0:
                cv2.circle(picture, at, int(chance.integers(5, 90)), colour, 2, cv2.LINE_AA)
            case 1:
                end = (int(chance.integers(0, wide)), int(chance.integers(0, high)))
                cv2.line(picture, at, end, colour, 2, cv2.LINE_AA)
            case _:
                text = str(chance.integers(0, 10**6))
                cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 1.4, colour, 2, cv2.LINE_AA)
    cv2.rectangle(picture, (0, 0), (wide - 1, high - 1), (235, 235, 230), 25)
    return picture


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("票样 library")
    for number, (denomination, side, width_mm, height_mm) in enumerate(FACES):
        scan = folder / f"{number}.png"
        cv2.imwrite(str(scan), drawn(100 + number, width_mm, height_mm))
        size = ("--width-mm", width_mm, "--height-mm", height_mm)
        done = notes(
            "enrol", "--issuer", "CNY", "--series", 5, "--edition", 2005, "--denomination", denomination,
            "--side", side, *size, "--image", scan, "--library", folder / "lib", "--json",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout
        assert json.loads(done.stdout)["problems"] == []
    return folder / "lib"


@pytest.fixture(scope="module")
def trays(library, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("trays")
    given = ("--seed", 3, "--trays", 1, "--notes-per-tray", 4, "--damage", "burnt")
    done = notes("simulate", "--library", library, *given, "--out", out)
    assert done.returncode == 0, done.stderr
    return out


def check_form(answer: dict) -> None:
    """The contract: every name, and what kind of value stands under it."""
    assert {"rules", "scale", "pieces", "notes", "totals", "problems"} <= set(answer)
    assert set(answer["rules"]) == {"id", "in_force_from"}
    assert set(answer["scale"]) == {"mm_per_px", "source"}
    ids = {piece["id"] for piece in answer["pieces"]}
    for piece in answer["pieces"]:
        named = {
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
        }
        assert named <= set(piece)
        assert len(piece["polygon"]) >= 3
        assert all(len(point) == 2 for point in piece["polygon"])
    for note in answer["notes"]:
        named = {
            "id",
            "pieces",
            "denomination_fen",
            "area_ratio",
            "area_ratio_low",
            "area_ratio_high",
            "verdict",
            "amount_fen",
        }
        assert named | {"reasons"} <= set(note)
        assert set(note["pieces"]) <= ids
        assert note["verdict"] in {"full", "half", "none", "undecided"}
        assert all({"code", "text"} <= set(reason) for reason in note["reasons"])
        if note["area_ratio"] is not None:
            assert note["area_ratio_low"] <= note["area_ratio"] <= note["area_ratio_high"]
    counts = {
        name: sum(n["verdict"] == name for n in answer["notes"])
        for name in ("full", "half", "none", "undecided")
    }
    assert {name: answer["totals"][name] for name in counts} == counts
    assert answer["totals"]["amount_fen"] == sum(n["amount_fen"] for n in answer["notes"])
    assert (
        answer["totals"]["amount_low_fen"]
        <= answer["totals"]["amount_fen"]
        <= answer["totals"]["amount_high_fen"]
    )
    assert all({"code", "text", "where"} <= set(problem) for problem in answer["problems"])


def test_simulate_then_assess_finds_the_truth(library, trays, tmp_path):
    truth = json.loads((trays / "truth.json").read_text("utf-8"))
    check_form(truth)
    picture = trays / truth["pieces"][0]["image"]
    done = notes(
        "assess", picture, "--rules", "cny-2026", "--library", library, "--overlay", tmp_path / "o", "--json"
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    check_form(answer)
    assert answer["rules"] == {"id": "cny-2026", "in_force_from": "2026-03-31"}
    assert answer["scale"]["source"] == "mat"
    assert (
        answer["totals"]["amount_low_fen"]
        <= truth["totals"]["amount_fen"]
        <= answer["totals"]["amount_high_fen"]
    )
    assert len(answer["pieces"]) == len(truth["pieces"])
    # A scrap that came off may stay unnamed (undecided); what is named is named and measured right.
    named = [n for n in answer["notes"] if n["denomination_fen"] is not None]
    assert len(named) == len(truth["notes"]) == 4
    measured, true = (sorted(n["area_ratio"] for n in notes_) for notes_ in (named, truth["notes"]))
    assert measured == pytest.approx(true, abs=0.012)
    faces = [sorted(n["denomination_fen"] for n in notes_) for notes_ in (named, truth["notes"])]
    assert faces[0] == faces[1]
    assert len(list((tmp_path / "o").iterdir())) == 1


def test_the_same_seed_gives_the_same_bytes(library, trays, tmp_path):
    given = ("--seed", 3, "--trays", 1, "--notes-per-tray", 4, "--damage", "burnt")
    assert notes("simulate", "--library", library, *given, "--out", tmp_path).returncode == 0
    for path in trays.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("rules", RULES)
def test_every_rule_set_is_known_by_its_id(library, tmp_path, rules):
    empty = tmp_path / "x.png"
    cv2.imwrite(str(empty), np.full((600, 800, 3), 40, np.uint8))
    answer = json.loads(notes("assess", empty, "--rules", rules, "--library", library, "--json").stdout)
    assert answer["rules"]["id"] == rules
    check_form(answer)


def test_a_scan_without_a_mat_is_named_and_measured_only_with_its_scale(library, tmp_path):
    ground = np.full((900, 1300, 3), (150, 60, 20), np.uint8)
    note = cv2.resize(drawn(100, 150, 70), None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    ground[150 : 150 + note.shape[0], 120 : 120 + note.shape[1]] = note
    scan = tmp_path / "scan.png"
    cv2.imwrite(str(scan), cv2.GaussianBlur(ground, (0, 0), 0.6))
    plain = json.loads(notes("assess", scan, "--rules", "cny-2026", "--library", library, "--json").stdout)
    assert all(n["verdict"] == "undecided" and n["area_ratio"] is None for n in plain["notes"])
    given = notes("assess", scan, "--rules", "cny-2026", "--library", library, "--mm-per-px", 1 / 7, "--json")
    answer = json.loads(given.stdout)
    assert answer["scale"]["source"] == "given"
    assert [n["verdict"] for n in answer["notes"]] == ["full"]
    assert answer["notes"][0]["area_ratio"] == pytest.approx(1.0, abs=0.01)


def test_what_cannot_be_assessed_is_said_with_exit_code_1(library, tmp_path):
    no_picture = tmp_path / "note.jpg"
    no_picture.write_text("this is a text")
    done = notes("assess", no_picture, "--rules", "cny-2026", "--library", library, "--json", "--lang", "en")
    assert done.returncode == 1
    assert json.loads(done.stdout)["problems"][0]["where"] == "note.jpg"
    for arguments in (
        (no_picture, "--rules", "cny-1999", "--library", library),
        (no_picture, "--rules", "cny-2026", "--library", tmp_path / "nowhere"),
    ):
        done = notes("assess", *arguments, "--json")
        assert done.returncode == 1
        assert json.loads(done.stdout)["problems"]
        assert not done.stderr.startswith("Traceback")
    assert notes("assess", "--rules", "cny-2026").returncode == 2
    assert notes("enrol", "--issuer", "CNY").returncode == 2


def test_the_mat_is_true_to_scale(tmp_path):
    import pypdfium2

    for size, width_mm, height_mm in (("A4", 297, 210), ("A3", 420, 297), ("A2", 594, 420)):
        out = tmp_path / f"{size}.pdf"
        assert notes("mat", "--size", size, "--out", out).returncode == 0
        document = pypdfium2.PdfDocument(out)
        try:
            page = document[0]
            assert [v * 25.4 / 72 for v in page.get_size()] == pytest.approx([width_mm, height_mm], abs=0.01)
            page.close()
        finally:
            document.close()
