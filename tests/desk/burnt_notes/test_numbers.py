"""The register of a case's numbers: over all trays, on the page of the trays, and one number on two notes."""

from __future__ import annotations

import pytest
from django.urls import reverse
from tins import Tin, assessment

from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.models import Note
from xiaoshi.desk.kinds.burnt_notes.numbers import register_of

pytestmark = pytest.mark.database


@pytest.fixture
def numbered(received, monkeypatch):
    """Two trays; texts of each note's number, one reading or two, `-` for none."""

    def made(*trays):
        tin = received()
        for words, numbers in trays:
            told = assessment(words)
            for note, texts in zip(told["notes"], numbers, strict=True):
                note["serials"] = [
                    {"text": text, "confidence": 0.97, "zone": n, "piece": note["pieces"][0]}
                    for n, text in enumerate(texts.split("/"), 1)
                    if text != "-"
                ]
            monkeypatch.setattr("tins.assessment", lambda _words, told=told: told)
            tin.tray(words)
        return tin

    return made


def register(tin: Tin):
    with visible_to(tin.people.teller):
        return register_of(tin.case)


def test_numbers_of_all_trays_in_their_order(numbered):
    tin = numbered(("full100 half50", ("AB12????78/AB1234????", "-")), ("full20", ("QX90817263",)))
    told = [(line.place, line.number, line.percent, line.denomination_fen) for line in register(tin).lines]
    assert told == [("1-1", "AB1234??78", 97, 10000), ("2-1", "QX90817263", 97, 2000)]
    assert register(tin).twice == ()


def test_one_number_on_two_trays_is_told_on_the_page(numbered, client_for):
    tin = numbered(("full100", ("AB12345678",)), ("half50 none100", ("AB12345678", "AB123456?8")))
    ((number, lines),) = register(tin).twice
    assert (number, [line.place for line in lines]) == ("AB12345678", ["1-1", "2-2"])
    page = (
        client_for(tin.people.teller).get(reverse("burnt_notes_trays", args=[tin.case.id])).content.decode()
    )
    assert "冠字号码 AB12345678 出现在不止一张上" in page
    assert "冠字号码登记（3 张）" in page
    assert "不表示已鉴别真伪" in page


def test_tray_without_numbers_shows_no_register(received, client_for):
    tin = received()
    tin.tray("full100")
    page = (
        client_for(tin.people.teller).get(reverse("burnt_notes_trays", args=[tin.case.id])).content.decode()
    )
    assert "冠字号码" not in page


def test_stranger_sees_no_numbers(numbered, client_for):
    tin = numbered(("full100", ("AB12345678",)))
    assert (
        client_for(tin.people.stranger).get(reverse("burnt_notes_trays", args=[tin.case.id])).status_code
        == 404
    )
    with visible_to(tin.people.stranger):
        assert not Note.objects.filter(tray__case_id=tin.case.id).exists()
