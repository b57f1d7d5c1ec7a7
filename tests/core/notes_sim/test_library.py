"""Enrolling: what is refused, what is kept with a warning, and what a reader finds afterwards."""

import json

import cv2
import numpy as np
import pytest

from xiaoshi.commands.notes import main
from xiaoshi.core.notes.reference import Reference
from xiaoshi.library import enrol, load_library, store

GOOD = {
    "issuer": "XTS",
    "series": "1",
    "edition": "2001",
    "denomination": 100,
    "side": "front",
    "width_mm": 150,
    "height_mm": 70,
}


@pytest.fixture
def scan(tmp_path):
    def make(width=1500, height=700, suffix=".png", seed=1):
        picture = np.random.default_rng(seed).integers(0, 255, (height // 10, width // 10, 3), np.uint8)
        path = tmp_path / f"scan-{width}x{height}-{seed}{suffix}"
        cv2.imwrite(str(path), cv2.resize(picture, (width, height)))
        return path

    return make


def codes(outcome):
    return [p.code for p in outcome.problems]


def test_a_face_comes_back_as_it_was_enrolled(tmp_path, scan):
    outcome = enrol(tmp_path / "票样 库", scan(), **GOOD)
    assert codes(outcome) == []
    references, problems = load_library(tmp_path / "票样 库")
    assert problems == ()
    (face,) = references
    assert face.key == ("XTS", "1", "2001", "100", "front")
    assert (face.width_mm, face.height_mm, face.image.shape) == (150, 70, (700, 1500, 3))
    assert (face.image == outcome.reference.image).all()


def test_enrolling_again_replaces_and_says_so(tmp_path, scan):
    enrol(tmp_path / "lib", scan(seed=1), **GOOD)
    outcome = enrol(tmp_path / "lib", scan(seed=2), **GOOD)
    assert outcome.replaced
    assert codes(outcome) == ["reference_replaced"]
    (face,), _ = load_library(tmp_path / "lib")
    assert (face.image == cv2.imread(str(scan(seed=2)))).all()
    assert len(list(outcome.folder.iterdir())) == 2


# width and height of the scan in px for a note of 150 x 70 mm -> code, kept?
PROPORTIONS = """
1500  700  -                  kept
1530  700  -                  kept
1570  700  aspect_off         kept
1400  700  aspect_off         kept
1750  700  aspect_far_off     refused
1000 2140  aspect_far_off     refused
 600  280  picture_coarse     kept
 193   90  picture_too_small  refused
"""


@pytest.mark.parametrize("row", PROPORTIONS.split("\n")[1:-1])
def test_proportions_and_resolution(row, tmp_path, scan):
    width, height, code, fate = row.split()
    outcome = enrol(tmp_path / "lib", scan(int(width), int(height)), **GOOD)
    assert codes(outcome) == ([] if code == "-" else [code])
    assert (outcome.reference is not None) == (fate == "kept")
    assert len(load_library(tmp_path / "lib")[0]) == (fate == "kept")


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"side": "left"}, "side_unknown", "side"),
        ({"denomination": 0}, "denomination_unusable", "denomination"),
        ({"denomination": float("nan")}, "denomination_unusable", "denomination"),
        ({"width_mm": 0}, "size_implausible", "width_mm"),
        ({"height_mm": 4000}, "size_implausible", "height_mm"),
        ({"issuer": " "}, "name_unusable", "issuer"),
        ({"edition": "20\n05"}, "name_unusable", "edition"),
    ],
)
def test_words_and_sizes_that_make_no_note(change, code, where, tmp_path, scan):
    outcome = enrol(tmp_path / "lib", scan(), **{**GOOD, **change})
    assert [(p.code, p.where) for p in outcome.problems] == [(code, where)]
    assert not (tmp_path / "lib").exists()


def test_files_that_are_no_whole_picture(tmp_path, scan):
    text, absent = tmp_path / "note.png", tmp_path / "absent.png"
    text.write_text("not a picture")
    cut = {suffix: tmp_path / f"cut{suffix}" for suffix in (".png", ".jpg")}
    for suffix, path in cut.items():
        path.write_bytes(scan(suffix=suffix).read_bytes()[:20_000])
    for path in (text, absent, tmp_path, *cut.values()):
        assert codes(enrol(tmp_path / "lib", path, **GOOD)) == ["picture_unreadable"], path
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((700, 1500, 3), 250, np.uint8))
    assert codes(enrol(tmp_path / "lib", blank, **GOOD)) == ["picture_blank"]


def test_names_never_leave_the_library(tmp_path, scan):
    outcome = enrol(
        tmp_path / "lib", scan(), **{**GOOD, "issuer": "../../up", "series": "a-b", "edition": "二〇〇五"}
    )
    assert outcome.folder.resolve().is_relative_to((tmp_path / "lib").resolve())
    assert load_library(tmp_path / "lib")[0][0].key[:3] == ("../../up", "a-b", "二〇〇五")


def test_a_damaged_face_is_left_out_by_name(tmp_path):
    image = np.random.default_rng(0).integers(0, 255, (700, 1500, 3), np.uint8)
    folders = [
        store(tmp_path, Reference("XTS", "1", "2001", d, "front", 150, 70, image))[0]
        for d in (5, 10, 20, 50, 100)
    ]
    next(folders[0].glob("*.png")).write_bytes(b"broken")
    (folders[1] / "reference.json").write_text("{")
    next(folders[2].glob("*.png")).unlink()
    cv2.imwrite(str(next(folders[4].glob("*.png"))), image[::-1])
    references, problems = load_library(tmp_path)
    assert [r.denomination for r in references] == [50]
    assert [p.code for p in problems] == ["reference_damaged"] * 4
    assert {p.where for p in problems} == {str(f) for f in (*folders[:3], folders[4])}


def test_an_empty_or_missing_library_tells_the_remedy(tmp_path):
    for library in (tmp_path, tmp_path / "absent"):
        references, (problem,) = load_library(library)
        assert references == ()
        assert problem.code == "library_empty"
        assert "xiaoshi notes specimen" in problem.words.zh
        assert "xiaoshi notes specimen" in problem.words.en


def arguments(tmp_path, image, **change):
    given = {**GOOD, "library": tmp_path / "lib", "image": image, **change}
    return ["enrol", *(str(word) for k, v in given.items() for word in ("--" + k.replace("_", "-"), v))]


def test_command_enrols_simulates_and_prints_json(tmp_path, scan, capsys):
    assert main([*arguments(tmp_path, scan()), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"]
    assert (answer["denomination"], answer["problems"], answer["replaced"]) == (100, [], False)
    order = ["simulate", "--library", str(tmp_path / "lib"), "--seed", "3", "--notes-per-tray", "2", "--json"]
    for out in ("a", "b"):
        assert main([*order, "--out", str(tmp_path / out)]) == 0
    made = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert made == ["tray-01.jpg", "truth.json"]
    assert all((tmp_path / "a" / n).read_bytes() == (tmp_path / "b" / n).read_bytes() for n in made)
    truth = json.loads((tmp_path / "a" / "truth.json").read_text())
    assert len(truth["notes"]) == 2
    assert cv2.imread(str(tmp_path / "a" / "tray-01.jpg")).shape == (3000, 4000, 3)


def test_command_refuses_with_one_and_usage_with_two(tmp_path, scan, capsys):
    assert main(arguments(tmp_path, tmp_path / "absent.png", lang="en")) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "cannot be read" in err
    assert (
        main(["simulate", "--library", str(tmp_path / "none"), "--out", str(tmp_path / "o"), "--json"]) == 1
    )
    answer = json.loads(capsys.readouterr().out)
    assert not answer["ok"]
    assert answer["problems"][0]["code"] == "library_empty"
    assert main(["mat", "--out", str(tmp_path / "mat.docx")]) == 1
    for usage in (arguments(tmp_path, scan(), side="left"), ["mat", "--size", "A5", "--out", "x.pdf"], []):
        with pytest.raises(SystemExit) as stop:
            main(usage)
        assert stop.value.code == 2
