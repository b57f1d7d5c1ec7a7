"""`assess`: photos of trays, enrolled notes and a rule set in; pieces, notes, amounts and reasons out.

The argument stands in README.md of this folder. The order: look at each picture (`traywork`), join pieces of one note
(`joining`), put an interval on what remains (`interval`), let the rule speak (`verdicts`), and keep every doubt;
the last three meet in `noting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from xiaoshi.core.notes.faces import PreparedLibrary, prepare
from xiaoshi.core.notes.joining import Group
from xiaoshi.core.notes.joins import joins_of, joins_told, not_joined
from xiaoshi.core.notes.model import Assessment, Identity, Piece, TrayImage, totals_of
from xiaoshi.core.notes.noting import Tin, grouped, notes_of
from xiaoshi.core.notes.outline import named_kinds
from xiaoshi.core.notes.reading_numbers import with_alarms, with_numbers
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.sightings import Recogniser
from xiaoshi.core.notes.traywork import Looked, SeenPiece, SeenTray, look
from xiaoshi.core.notes.twice import Seen, thumb
from xiaoshi.core.notes.views import Views, views_of
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.note_rules import RuleSet


def assess(
    images: Iterable[TrayImage | Looked | Problem],
    references: Sequence[Reference] | PreparedLibrary,
    rules: RuleSet,
    *,
    mm_per_px: float | Literal["file"] | None = None,
    named_by_person: Mapping[str, tuple[float, str | None]] | None = None,
    joined_by_person: Iterable[Sequence[str]] = (),
    kept_apart: Iterable[Sequence[str]] = (),
    backs: Mapping[str, str] | None = None,
    watch: Callable[[Tin, Sequence[Group]], None] | None = None,
    recogniser: Recogniser | None = None,
) -> Assessment:
    """Assess all pictures of one tin under one rule set.

    `images` are taken one at a time, so a generator that decodes them keeps one picture in memory; where decoding
    failed it gives the problem in the picture's place; pictures that another process has looked at come as `Looked`
    (see `xiaoshi.tray_pool`). `references`: the enrolled faces, or the result of `prepare`,
    which is worth keeping. `mm_per_px`: scale of flatbed scans without a mat; "file" takes the
    one that each file's header states. Pictures that cannot be used become problems; nothing is raised for bad input.
    `watch` is shown what was seen and how it was grouped (for pictures of it).
    `named_by_person`: face value (main unit) and edition, None where not told, of pieces whose print is gone, by the ids
    of an earlier answer for the same images: they are measured by their outline (see `outline`). `joined_by_person`,
    `kept_apart`: sets of ids that a person says are one note, or are not (see `joins`). `backs`: name of a
    picture to that of the picture taken after every piece was turned over (see `views`). `recogniser` reads the notes'
    numbers (see `serials`); without one no number is told.
    """
    library = references if isinstance(references, PreparedLibrary) else prepare(references)
    problems: list[Problem] = list(library.conflicts) if library.faces else [library_empty()]
    problems += _issuer_mismatch(library, rules)
    seen_before = Seen()
    trays: list[SeenTray] = []
    for image in images:
        if isinstance(image, Problem):
            problems.append(image)
            continue
        small = image.small if isinstance(image, Looked) else thumb(image.pixels)
        again = None if small is None else seen_before.looked_at(image.name, small)
        if again is not None:
            problems.append(again)
            continue
        tray = image.tray if isinstance(image, Looked) else look_at_scale(image, library, mm_per_px)
        tray = replace(tray, pieces=with_numbers(tray.pieces, recogniser))
        trays.append(tray)
        problems += tray.problems
    views = views_of(trays, backs)
    problems += views.problems
    pieces = _named_pieces(trays, views)
    named, unused = named_kinds(
        _at_used(named_by_person or {}, pieces), [piece.id for piece in pieces], library, rules.issuer
    )
    problems += unused
    joins, unusable = joins_told(joined_by_person, kept_apart, [piece.id for piece in pieces])
    problems += unusable
    tin = Tin(
        trays=tuple(trays),
        pieces=views.pieces,
        ids=tuple(pieces[n].id for n in views.used),
        tray_of=views.tray_of,
        library=library,
        rules=rules,
        seen_before=seen_before,
        named=named,
        joins=joins,
    )
    groups = grouped(tin)
    problems += not_joined(joins, groups, tin.ids)
    if watch is not None:
        watch(tin, groups)
    notes, twice = with_alarms(notes_of(tin, groups), dict(zip(tin.ids, tin.pieces, strict=True)))
    problems += twice
    scales = tuple(tray.scale for tray in trays if tray.looked_at)
    told = joins_of(groups, tin.ids, joins)
    return Assessment(rules, scales, pieces, notes, totals_of(notes), tuple(problems), joins=told)


def look_at_scale(
    image: TrayImage, library: PreparedLibrary, mm_per_px: float | Literal["file"] | None
) -> SeenTray:
    """`look` with the scale that `assess` was given; "file" takes the one in the picture's own header."""
    return look(image, library, image.file_mm_per_px if mm_per_px == "file" else mm_per_px)


def _at_used(
    named: Mapping[str, tuple[float, str | None]], pieces: Sequence[Piece]
) -> dict[str, tuple[float, str | None]]:
    """What a person said of a repeated view is said of the piece that is measured in its place."""
    used = {piece.id: piece.same_as or piece.id for piece in pieces}
    return {used.get(name, name): kind for name, kind in named.items()}


def _named_pieces(trays: Sequence[SeenTray], views: Views) -> tuple[Piece, ...]:
    """Every piece with its name p1, p2, ... through all pictures."""
    on = [(tray.scale.image, seen) for tray in trays for seen in tray.pieces]
    return tuple(
        Piece(
            f"p{n}",
            image,
            seen.polygon,
            seen.area_mm2,
            _identity(seen),
            seen.orientation_deg,
            seen.sheets_at_least,
            seen.features,
            _name_at(views.same_as, n - 1),
            _name_at(views.other_side, n - 1),
        )
        for n, (image, seen) in enumerate(on, start=1)
    )


def _name_at(to: Mapping[int, int], n: int) -> str | None:
    return f"p{to[n] + 1}" if n in to else None


def library_empty() -> Problem:
    """No note is enrolled."""
    words = Words(
        "票样库为空，无法辨认任何券别；请先用 xiaoshi notes enrol 录入票样",
        "the library is empty, no note can be told: enrol references with xiaoshi notes enrol",
    )
    return Problem("library_empty", words)


def _issuer_mismatch(library: PreparedLibrary, rules: RuleSet) -> list[Problem]:
    issuers = sorted({face.reference.issuer for face in library.faces} - {rules.issuer})
    if not issuers:
        return []
    words = Words(
        f"票样库含 {'、'.join(issuers)} 的票样，而规则 {rules.id} 只适用于 {rules.issuer}：按该规则计算的结果须人工确认",
        f"the library holds notes of {', '.join(issuers)}, but rule {rules.id} is about {rules.issuer}: what it says of "
        "them has to be confirmed by a person",
    )
    return [Problem("issuer_not_under_rule", words, rules.id)]


def _identity(seen: SeenPiece) -> Identity | None:
    return None if seen.found is None else seen.found.identity
