"""What one tray's page draws: masks and rows, the pair of pictures of the chosen note, choices of joining, hints."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.fields.json import KeyTransform
from django.urls import reverse

from xiaoshi.desk.kinds.burnt_notes.hints import holding
from xiaoshi.desk.kinds.burnt_notes.models import Hint, Measurement, Note, Tray, TrayPicture
from xiaoshi.desk.kinds.burnt_notes.reason_words import short_reason
from xiaoshi.desk.kinds.burnt_notes.shown import ShownNote, pieces_of
from xiaoshi.desk.look.tray import TrayPiece
from xiaoshi.desk.organisation.models import Staff


@dataclass(frozen=True, slots=True)
class Pair:
    """A note beside its reference, both parts of one sheet of `width` x `height` pixels.

    `crop`, `known`: "x y width height" on the sheet, as a viewBox takes it; `part_width`, `part_height`: of either; `path`:
    the outline of what was counted, from the corner of either picture.
    """

    sheet: str
    width: int
    height: int
    crop: str
    known: str
    path: str
    part_width: int
    part_height: int

    @property
    def size(self) -> str:
        return f"{self.part_width} {self.part_height}"


Pairs = dict[uuid.UUID, Pair]


def pairs_of(case_id: uuid.UUID, shown: Sequence[ShownNote]) -> Pairs:
    """The pairs of pictures by note, for those that were laid into a reference. One query, whatever their number."""
    laid = [s.note for s in shown if s.note.facts.get("beside")]
    sizes = {
        ident: (width, height)
        for ident, width, height in TrayPicture.objects.filter(
            kind="beside", measurement_id__in={note.measurement_id for note in laid}
        ).values_list("measurement_id", "width_px", "height_px")
    }
    return {
        note.id: _pair(case_id, note, *sizes[note.measurement_id])
        for note in laid
        if note.measurement_id in sizes
    }


def _pair(case_id: uuid.UUID, note: Note, width: int, height: int) -> Pair:
    beside = note.facts["beside"]
    crop, known = beside["crop"], beside["known"]
    lines = ("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in line) + "Z" for line in beside["outlines"])
    return Pair(
        sheet=reverse("burnt_notes_sheet", args=[case_id, note.measurement_id]),
        width=width,
        height=height,
        crop=" ".join(map(str, crop)),
        known=" ".join(map(str, known)),
        path="".join(lines),
        part_width=int(crop[2]),
        part_height=int(crop[3]),
    )


def rows_and_masks(
    shown: Sequence[ShownNote], href: Callable[[int], str], current: ShownNote | None, language: str
) -> list[TrayPiece]:
    """A note in several pieces has a mask for each and one row, which tells the deciding reason in a few words."""
    reasons = {s.number: short_reason(s.note.reasons, language) for s in shown}
    return pieces_of(shown, href, current.number if current else 0, reasons)


def sure_ones(shown: Sequence[ShownNote]) -> list[ShownNote]:
    """Notes that the engine decided and that nobody has answered yet: they may be confirmed together."""
    return [s for s in shown if s.may_answer and s.settled.stage == "first" and not s.doubtful]


def just_answered(done: str, shown: Sequence[ShownNote], current: ShownNote | None) -> ShownNote | None:
    """The note that this reader answered a moment ago, while the answer can be taken back (key u)."""
    last = next((s for s in shown if str(s.number) == done), None)
    if last is None or last.my_answer is None or last.settled.stage == "third" or last is current:
        return None
    return last


@dataclass(frozen=True, slots=True)
class Choice:
    """Pieces that may be one note: a person says. `notes`: the notes that they are in now, with their pictures."""

    pieces: tuple[str, ...]
    words: str
    notes: list[tuple[ShownNote, Pair | None]]

    @property
    def numbers(self) -> str:
        return ", ".join(str(item.number) for item, _ in self.notes)


def told_of_photo(measurement: Measurement | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the newest run says of the photo as a whole, and its open choices of which pieces are one note."""
    if measurement is None:
        return [], []
    problems, joins = (
        Measurement.objects.filter(id=measurement.id)
        .annotate(told=KeyTransform("problems", "assessment"), joins=KeyTransform("joins", "assessment"))
        .values_list("told", "joins")
        .get()
    )
    return problems or [], [join for join in joins or [] if not join["decided"]]


def choices_of(
    joins: Sequence[dict[str, Any]], shown: Sequence[ShownNote], pairs: Pairs, language: str
) -> list[Choice]:
    """Open joins between notes that nobody has answered yet, each with its notes."""
    found = []
    for join in joins:
        pieces = set(join["pieces"])
        notes = [s for s in shown if pieces & set(s.note.piece_ids)]
        if len(notes) > 1 and all(s.settled.stage == "first" for s in notes):
            words = join["reasons"][0]["text_en" if language == "en" else "text"]
            found.append(Choice(tuple(join["pieces"]), words, [(s, pairs.get(s.note.id)) for s in notes]))
    return found


@dataclass(frozen=True, slots=True)
class ShownHint:
    """What a person told about this tray, as the page lists it."""

    hint: Hint
    who: str
    pieces: str


def named_hints(tray: Tray, shown: Sequence[ShownNote], language: str) -> list[ShownHint]:
    """The hints that hold, with the numbers under which their pieces are seen on the page."""
    hints = holding(tray)
    names = {s.login: s.name(language) for s in Staff.objects.filter(login__in={h.person for h in hints})}
    number = {ident: s.number for s in shown for ident in s.note.piece_ids}
    return [
        ShownHint(
            hint,
            names.get(hint.person, hint.person),
            ", ".join(sorted({str(number.get(p, p)) for p in hint.pieces})),
        )
        for hint in hints
    ]
