"""Several processes give the very answer that one gives, also where a picture is bad or a child dies."""

from __future__ import annotations

import functools
import os

import pytest
from drawn_notes import drawn, face, photo

from xiaoshi.core.notes import TrayImage, assess, decode, prepare
from xiaoshi.tray_pool import look_each

NOTE, OTHER = drawn(71, 110, 55), drawn(72, 110, 55)


@pytest.fixture(scope="module")
def known():
    return prepare([face(NOTE, 50), face(OTHER, 20)])


@pytest.fixture(scope="module")
def pages():
    laid = [(NOTE, 100, 80, 20), (OTHER[:, :600], 150, 100, 100), (NOTE[:, 300:], 130, 90, 200)]
    return [TrayImage(f"t{n}", photo(paper, size="A4")) for n, paper in enumerate(laid)]


def _given(pages, number):
    return decode("cut.jpg", b"\xff\xd8\xff") if number is None else pages[number]


def _gone(parent, pages, number):
    if os.getpid() != parent and number == 2:
        os._exit(9)
    return pages[number]


def test_two_processes_answer_as_one(known, pages, cny):
    order = [0, None, 1, 2, 0]
    alone = assess([_given(pages, n) for n in order], known, cny).as_json()
    jobs = [functools.partial(_given, pages, n) for n in order]
    assert assess(look_each(jobs, known, workers=2), known, cny).as_json() == alone
    assert [problem["code"] for problem in alone["problems"]] == ["not_an_image", "image_given_twice"]
    assert len(alone["notes"]) == 3


def test_a_child_that_dies_costs_no_picture(known, pages, cny):
    jobs = [functools.partial(_gone, os.getpid(), pages, n) for n in range(3)]
    told = assess(look_each(jobs, known, workers=2), known, cny)
    assert [scale.image for scale in told.scales] == ["t0", "t1", "t2"]
    assert all(piece.identity.reference is face.reference for piece, face in _with_faces(told, known))


def _with_faces(told, known):
    for piece in told.pieces:
        yield piece, next(f for f in known.faces if f.reference.key == piece.identity.reference.key)
