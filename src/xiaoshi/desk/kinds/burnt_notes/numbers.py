"""The numbers (冠字号码) of a case's notes: a register over all its trays, and numbers that stand on more than one note.

The engine sees one tray at a time; a note that was photographed on two trays, or two notes with one number, show only here.
That a number occurs twice says nothing about which note is what: the machine check is a step of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models.fields.json import KeyTransform

from xiaoshi.core.notes.report import number_of
from xiaoshi.core.notes.serials import numbered_alike
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.kinds.burnt_notes.models import Note


@dataclass(frozen=True, slots=True)
class NumberLine:
    """A number as far as it was read (`?` for the rest), and the note that shows it. `confidence` in 0..1."""

    number: str
    tray: int
    order: int
    denomination_fen: int | None
    edition: str
    confidence: float

    @property
    def place(self) -> str:
        """Tray and note, as the papers write it: `2-5`."""
        return f"{self.tray}-{self.order}"

    @property
    def percent(self) -> int:
        """`confidence` for a column."""
        return round(100 * self.confidence)


@dataclass(frozen=True, slots=True)
class NumberRegister:
    """`lines` in the order of trays and notes; `twice`: numbers that stand on several notes, with these."""

    lines: tuple[NumberLine, ...]
    twice: tuple[tuple[str, tuple[NumberLine, ...]], ...]


def register_of(case: Case) -> NumberRegister:
    """The register of the case's current notes, in one query."""
    rows = (
        Note.objects.filter(tray__case=case, current=True)
        .annotate(serials=KeyTransform("serials", "facts"))
        .filter(serials__isnull=False)
        .order_by("tray__number", "order")
        .values_list("serials", "tray__number", "order", "issuer", "series", "denomination_fen", "edition")
    )
    lines: list[NumberLine] = []
    kinds: list[tuple[str, str, str]] = []
    for serials, tray, order, issuer, series, denomination_fen, edition in rows:
        number, confidence = number_of(serials or [])
        if number is not None:
            lines.append(NumberLine(number, tray, order, denomination_fen, edition, confidence))
            kinds.append((issuer, series, str(denomination_fen)))
    found = numbered_alike(
        [(str(n), kind, line.number) for n, (kind, line) in enumerate(zip(kinds, lines, strict=True))]
    )
    twice = tuple((number, tuple(lines[int(n)] for n in places)) for number, places in found)
    return NumberRegister(tuple(lines), twice)
