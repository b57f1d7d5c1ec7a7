"""What `serials` and `features_seen` do for the pieces of a tray and the notes of a tin.

While a tray is looked at, the zones are cut out, because the picture is not kept; then they are read in one batch; when
pieces have become notes, numbers that occur twice are told. The alarm says that two notes show one number, and nothing
else: they may be two parts of one note, one note on two photos, or notes for the machine to look at. It changes no verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from xiaoshi.core.notes.features_seen import numbers_seen, thread_and_window
from xiaoshi.core.notes.model import Note, Reason
from xiaoshi.core.notes.piecework import SeenPiece
from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.notes.serials import contradictory, numbered_alike, read_numbers, together
from xiaoshi.core.notes.sightings import Recogniser, SerialReading
from xiaoshi.core.notes.zones import number_cuts
from xiaoshi.core.problems import Problem, Words


def with_zones(piece: SeenPiece, flat: Picture, px_per_mm: float) -> SeenPiece:
    """The piece with the places of its number cut out, and thread and window looked at.

    Only where the edition is certain: another edition carries them elsewhere.
    """
    laid, found = piece.registered, piece.found
    if laid is None or found is None or not found.identity.edition_certain or not laid.reference.zones:
        return piece
    cuts = number_cuts(flat, laid, px_per_mm)
    return replace(piece, cuts=cuts, features=thread_and_window(flat, laid, px_per_mm))


def with_numbers(pieces: Sequence[SeenPiece], recogniser: Recogniser | None) -> tuple[SeenPiece, ...]:
    """The pieces of a tray with their numbers read; the strips that were cut out are let go."""
    if recogniser is None:
        return tuple(replace(piece, cuts=()) if piece.cuts else piece for piece in pieces)
    asked = [n for n, piece in enumerate(pieces) if _may_show_a_number(piece)]
    laid = [pieces[n].registered for n in asked]
    told = read_numbers(
        [pieces[n].cuts for n in asked], [each.reference for each in laid if each is not None], recogniser
    )
    read = list(pieces)
    for n, numbers in zip(asked, told, strict=True):
        seen = replace(pieces[n].features, numbers=numbers_seen(pieces[n].cuts, numbers))
        read[n] = replace(pieces[n], cuts=(), numbers=numbers, features=seen)
    return tuple(read)


def _may_show_a_number(piece: SeenPiece) -> bool:
    if piece.registered is None or piece.found is None or not piece.found.identity.edition_certain:
        return False
    return any(zone.kind == "serial" for zone in piece.registered.reference.zones)


def apart_by_numbers(
    pieces: Sequence[SeenPiece], places: Sequence[int], said: Sequence[frozenset[int]]
) -> tuple[frozenset[int], ...]:
    """Pairs of `places` whose numbers contradict each other: they are not one note.

    `said`: sets that a person says are one note; what he or she said is not undone (the note is in doubt instead).
    """
    numbered = [n for n in places if pieces[n].numbers]
    return tuple(
        frozenset((n, k))
        for at, n in enumerate(numbered)
        for k in numbered[at + 1 :]
        if contradictory((*pieces[n].numbers, *pieces[k].numbers))
        and not contradictory(pieces[n].numbers)
        and not contradictory(pieces[k].numbers)
        and not any({n, k} <= together for together in said)
    )


def two_numbers(readings: Sequence[SerialReading]) -> tuple[Reason, ...]:
    """The doubt about paper that shows two numbers: halves of two notes put together, by tape or by a person's word."""
    if not contradictory(readings):
        return ()
    shown = " / ".join(dict.fromkeys(reading.text for reading in readings))
    words = Words(
        f"同一张上读出不同的冠字号码（{shown}）：疑为两张的部分拼接，须人工核对",
        f"different numbers are read on one note ({shown}): parts of two notes may have been put together; a person must"
        " look",
    )
    return (Reason("halves_of_two_notes", words),)


def with_alarms(
    notes: Sequence[Note], pieces: Mapping[str, SeenPiece]
) -> tuple[tuple[Note, ...], list[Problem]]:
    """The notes with the numbers that their pieces show, and with a remark on those whose number another note shows."""
    told = list(notes)
    numbered = []
    for n, note in enumerate(notes):
        readings = [(name, each) for name in note.pieces for each in pieces[name].numbers]
        if note.share is None or not readings:
            continue
        told[n] = replace(note, serials=tuple(readings))
        number = together([each for _, each in readings])
        laid = pieces[note.pieces[0]].registered
        if number is not None and laid is not None:
            numbered.append((note.id, laid.reference.note_key, number.text))
    place = {note.id: n for n, note in enumerate(told)}
    problems = []
    for text, ids in numbered_alike(numbered):
        words = _twice(text, ids)
        problems.append(Problem("serial_twice", words, "+".join(ids)))
        for name in ids:
            note = told[place[name]]
            told[place[name]] = replace(note, reasons=(*note.reasons, Reason("serial_twice", words)))
    return tuple(told), problems


def _twice(text: str, ids: Sequence[str]) -> Words:
    return Words(
        f"冠字号码 {text} 出现在 {'、'.join(ids)} 上：请核对是否为同一张的两部分或重复拍摄，并逐张过机鉴别",
        f"number {text} stands on {', '.join(ids)}: see whether they are parts of one note or one note taken twice, and"
        " have each checked by the machine",
    )
