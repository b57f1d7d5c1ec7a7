"""Numbers of notes: lines of a reader laid onto slots, what two readings say of each other, and one real reading.

A line is written as its signs, one to a slot from the left; `.` is a slot without a sign, `~` before a sign makes the reader
unsure of it (0.6). Slots whose paper is gone stand in `gone`, e.g. "0-4".
"""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from xiaoshi import library as store
from xiaoshi import ocr
from xiaoshi.core.notes import assess, prepare, specimen
from xiaoshi.core.notes.reading_numbers import apart_by_numbers, two_numbers
from xiaoshi.core.notes.reference import Reference, Zone
from xiaoshi.core.notes.serials import (
    SerialReading,
    compare,
    contradictory,
    numbered_alike,
    reading_of,
    together,
)
from xiaoshi.core.notes.sightings import ALPHABET, Glyph
from xiaoshi.core.notes.zones import Cut
from xiaoshi.core.rules.number_forms import forms_of

from .conftest import picture_of, shoot

CNY = forms_of("CNY", "5")
ZONE = Zone("serial", 20.0, 60.0, 25.0, 5.0)


def line(text: str, shift: float = 0.0):
    glyphs, slot, sure = [], 0, 1.0
    for sign in text:
        if sign == "~":
            sure = 0.6
            continue
        if sign != ".":
            glyphs.append(Glyph((slot + 0.5 + shift) / 10, ((sign, sure), ("8", 1 - sure))))
        slot, sure = slot + 1, 1.0
    return tuple(glyphs)


def cut_of(gone: str = "") -> Cut:
    legible = np.ones((40, 400), bool)
    if gone:
        first, last = map(int, gone.split("-"))
        legible[:, first * 40 : (last + 1) * 40] = False
    return Cut(ZONE, 1, np.full((40, 400, 3), 200, np.uint8), legible, legible)


def reading(text: str) -> SerialReading:
    likely = np.zeros((len(text), len(ALPHABET)))
    for place, sign in enumerate(text):
        if sign != "?":
            likely[place, ALPHABET.index(sign)] = 1.0
    return SerialReading(text, likely, 1)


READ = {
    "whole": ("AB12345678", "", 0.0, "AB12345678"),
    "the newer form": ("A1B2345678", "", 0.0, "A1B2345678"),
    "right half gone": ("AB123.....", "5-9", 0.0, "AB12??????"),
    "left half gone": (".....45678", "0-4", 0.0, "??????5678"),
    "middle gone": ("AB1....678", "3-6", 0.0, "AB??????78"),
    "half a sign along": ("AB12345678", "", 0.4, "AB12345678"),
    "one unsure sign": ("AB12~345678", "", 0.0, "AB12?45678"),
    "a sign not seen": ("AB12.45678", "", 0.0, "AB12?45678"),
    "no letter among digits": ("AB12O45678", "", 0.0, "AB12?45678"),
    "letter or digit by its place": ("OB12345670", "", 0.0, "OB12345670"),
    "no V in Chinese numbers": ("AV12345678", "", 0.0, "A?12345678"),
    "print on paper that is gone": ("AB12345678", "8-9", 0.0, "AB12345???"),
    "nothing": ("", "", 0.0, "??????????"),
    "words instead of a number": ("SPECIMEN..", "", 0.0, "??????????"),
}


@pytest.mark.parametrize("case", READ.values(), ids=READ.keys())
def test_line_becomes_a_number(case):
    text, gone, shift, told = case
    assert reading_of(line(text, shift), cut_of(gone), CNY).text == told


def test_sign_between_two_slots_belongs_to_neither():
    told = reading_of(line(".......7..", 0.5), cut_of(), CNY)
    assert told.known == 0


def test_issuer_whose_numbers_are_not_known_is_not_read():
    assert reading_of(line("AB12345678"), cut_of(), forms_of("XTS", "1")).text == ""


def test_places_of_one_note_are_put_together_and_a_difference_is_no_sign():
    told = together([reading("AB12??????"), reading("??12345?78"), reading("AB1234567?")])
    assert told is not None
    assert told.text == "AB12345678"
    differing = together([reading("AB12345678"), reading("AB12345679")])
    assert differing is not None
    assert differing.text == "AB1234567?"
    assert together([]) is None


SAYS = {  # bits for one note; the last two signs say most, because the numbers of a bundle run on
    "all ten": ("AB12345678", "AB12345678", 9.0, 10.0),
    "the last five": ("?????45678", "?????45678", 8.5, 10.0),
    "the first five": ("AB123?????", "AB123?????", 2.0, 3.0),
    "different halves": ("AB123?????", "?????45678", 0.0, 0.0),
    "last sign differs": ("AB12345678", "AB12345679", -4.0, -2.0),
    "last two differ": ("AB12345678", "AB12345699", -17.0, -13.0),
    "a digit in the middle differs": ("AB12345678", "AB12945678", 4.0, 7.0),
    "wholly different": ("AB12345678", "QX90817263", -90.0, -60.0),
}


@pytest.mark.parametrize("case", SAYS.values(), ids=SAYS.keys())
def test_two_readings_say_one_note_or_two(case):
    a, b, low, high = case
    bits = compare(reading(a), reading(b))
    assert low <= bits <= high
    assert bits == compare(reading(b), reading(a))


def test_two_signs_that_differ_are_a_contradiction_one_is_not():
    assert contradictory([reading("AB12345678"), reading("AB12345699")])
    assert not contradictory([reading("AB12345678"), reading("AB12345679")])
    assert not contradictory([reading("AB12??????"), reading("????345678")])


def test_pieces_with_two_numbers_are_kept_apart_unless_a_person_says_so():
    def piece(*texts):
        return SimpleNamespace(numbers=tuple(map(reading, texts)))

    pieces = [piece("AB12345678"), piece("?????45699"), piece("AB12??????"), piece(), piece("AB123", "AB199")]
    places = range(4)
    assert apart_by_numbers(pieces, places, ()) == (frozenset({0, 1}),)
    assert apart_by_numbers(pieces, places, (frozenset({0, 1, 2}),)) == ()


def test_one_note_with_two_numbers_is_in_doubt():
    (doubt,) = two_numbers([reading("AB12345678"), reading("QX90817263")])
    assert doubt.code == "halves_of_two_notes"
    assert "AB12345678 / QX90817263" in doubt.words.zh
    assert two_numbers([reading("AB12345678"), reading("AB12345679")]) == ()
    assert two_numbers([]) == ()


TWICE = {
    "same": (["AB12345678", "AB12345678"], ["n0+n1"]),
    "eight signs in common": (["AB123456??", "AB12345678"], ["n0+n1"]),
    "seven in common are too few": (["AB123456??", "?B12345678"], []),
    "one sign differs": (["AB12345678", "AB12345679"], []),
    "three of them": (["AB12345678", "QQ11111111", "AB12345678", "AB123?5678"], ["n0+n2+n3"]),
    "two pairs": (["AB12345678", "QQ11111111", "QQ11111111", "AB12345678"], ["n0+n3", "n1+n2"]),
}


@pytest.mark.parametrize("case", TWICE.values(), ids=TWICE.keys())
def test_number_that_stands_on_two_notes_is_told(case):
    numbers, told = case
    alike = numbered_alike([(f"n{n}", ("CNY", "5", "100"), text) for n, text in enumerate(numbers)])
    assert ["+".join(ids) for _, ids in alike] == told


def test_two_kinds_of_note_may_share_a_number():
    kinds = [("n0", ("CNY", "5", "100"), "AB12345678"), ("n1", ("CNY", "5", "50"), "AB12345678")]
    assert numbered_alike(kinds) == []


# One real reading: a torn tray of specimens, the recogniser of the package.


@pytest.fixture(scope="module")
def zoned(references) -> list[Reference]:
    return [
        replace(each, zones=specimen.zones(int(each.denomination), each.side))
        for each in references
        if each.side == "front"
    ]


@pytest.fixture(scope="module")
def torn(zoned):
    return picture_of(shoot(zoned, seed=11, damage="torn", notes=2))


@pytest.fixture(scope="module")
def known(zoned):
    return prepare(zoned)


@pytest.fixture(scope="module")
def answer(torn, known, cny):
    return assess([torn], known, cny, recogniser=ocr.recogniser())


@pytest.fixture(scope="module")
def printed(zoned):
    """The number that every note of a face carries here (they are not reprinted)."""
    return {
        each.key: specimen.serial_number(number) for number, each in zip((0, 2, 4, 6), zoned, strict=True)
    }


def test_numbers_on_the_tray_are_read_without_a_wrong_sign(answer, printed):
    faces = {piece.id: piece.identity.reference.key for piece in answer.pieces if piece.identity is not None}
    read = [(printed[faces[piece]], each.text) for note in answer.notes for piece, each in note.serials]
    assert any(text == number for number, text in read)
    assert all(sign in ("?", true) for number, text in read for sign, true in zip(text, number, strict=True))


def test_json_carries_numbers_and_what_was_seen(answer):
    told = answer.as_json("zh")
    seen = [piece["seen"] for piece in told["pieces"] if piece["denomination"] is not None]
    words = {"seen", "not_seen", "out_of_piece"}
    assert all(set(each) == {"numbers", "thread", "watermark_window"} for each in seen)
    assert all(value in words for each in seen for value in each.values())
    assert "seen" in {each["numbers"] for each in seen}
    assert "seen" in {each["thread"] for each in seen}
    serial = next(s for note in told["notes"] for s in note["serials"])
    assert set(serial) == {"text", "confidence", "zone", "piece"}


def test_without_a_reader_no_number_is_told(torn, known, cny):
    told = assess([torn], known, cny).as_json("en")
    assert all(note["serials"] == [] for note in told["notes"])
    assert {piece["seen"]["numbers"] for piece in told["pieces"]} == {None}


def test_one_number_on_two_notes_is_an_alarm_and_changes_no_verdict(zoned, known, cny):
    """Two notes of one face that carry one number."""
    same = [each for each in zoned if each.key == zoned[2].key]
    tray = picture_of(shoot(same, seed=4, damage="burnt", notes=2))
    told = assess([tray], known, cny, recogniser=ocr.recogniser())
    plain = assess([tray], known, cny)
    (alarm,) = [problem for problem in told.problems if problem.code == "serial_twice"]
    assert alarm.where == "n1+n2"
    assert [note.verdict for note in told.notes] == [note.verdict for note in plain.notes]
    assert all(note.reasons[-1].code == "serial_twice" for note in told.notes)
    for language in ("zh", "en"):
        text = alarm.words.in_language(language)
        assert "n1" in text
        assert "genuine" not in text
        assert "真币" not in text


@pytest.mark.parametrize("turn", [0, 90])
def test_number_is_found_on_a_face_however_it_stands(turn):
    from xiaoshi.library_zones import find_zones

    upright = store.library_face(50, "2019", "front", store.font_bytes())
    stated = next(zone for zone in specimen.zones(50, "front") if zone.kind == "serial")
    image = np.ascontiguousarray(np.rot90(upright, turn // 90))
    size = (150.0, 70.0) if turn == 0 else (70.0, 150.0)
    zones, problems = find_zones(Reference("CNY", "5", "2019", 50, "front", *size, image))
    assert not problems
    assert {zone.turn_deg for zone in zones} == {turn}
    sizes = [sorted((zone.width_mm, zone.height_mm)) for zone in zones]
    assert any(abs(long - stated.width_mm) < 2.0 for _, long in sizes)


def test_face_without_a_number_says_so():
    from xiaoshi.library_zones import find_zones

    back = store.library_face(50, "2019", "back", store.font_bytes())
    zones, problems = find_zones(Reference("CNY", "5", "2019", 50, "back", 150.0, 70.0, back))
    assert zones == ()
    assert [problem.code for problem in problems] == ["number_not_found"]


def test_empty_and_tiny_strips_are_read_as_nothing():
    reader = ocr.recogniser()
    assert reader.read([]) == []
    blank = np.full((40, 300, 3), 230, np.uint8)
    noise = cv2.randu(np.zeros((3, 2, 3), np.uint8), 0, 255)
    assert [len(each) for each in reader.read([blank, np.asarray(noise, np.uint8)])] == [0, 0]
