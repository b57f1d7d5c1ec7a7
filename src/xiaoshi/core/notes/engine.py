"""`assess`: photos of trays, enrolled notes and a rule set in; pieces, notes, amounts and reasons out.

The argument stands in README.md of this folder. The order: look at each picture (`traywork`), join pieces of one note
(`joining`), put an interval on what remains (`interval`), let the rule speak (`verdicts`), and keep every doubt.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from xiaoshi.core.notes.faces import PreparedLibrary, prepare
from xiaoshi.core.notes.interval import share_of, spread_of
from xiaoshi.core.notes.joining import Group, Part, join
from xiaoshi.core.notes.model import (
    Assessment,
    Identity,
    Note,
    Piece,
    Reason,
    TrayImage,
    totals_of,
)
from xiaoshi.core.notes.reasons import (
    cross_gap_suspected,
    largest_piece_elsewhere,
    may_belong,
    print_like_ground,
    remarks_on,
    unnamed_reason,
    unscaled_reason,
)
from xiaoshi.core.notes.reference import Reference
from xiaoshi.core.notes.traywork import SeenPiece, SeenTray, look
from xiaoshi.core.notes.twice import Seen
from xiaoshi.core.notes.verdicts import Judgement, judge
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.note_rules import RuleSet

GROWTH_AREA_MAX = 1.30
"""A scrap's square millimetres on the tray were at most this many on the note (12 % shorter each way)."""
SCRAP_FITS = 0.85
UNSEEN_TOLD = 0.005


def assess(
    images: Iterable[TrayImage | Problem],
    references: Sequence[Reference] | PreparedLibrary,
    rules: RuleSet,
    *,
    mm_per_px: float | None = None,
) -> Assessment:
    """Assess all pictures of one tin under one rule set.

    `images` are taken one at a time, so a generator that decodes them keeps one picture in memory; where decoding
    failed it gives the problem in the picture's place. `references`: the enrolled faces, or the result of `prepare`,
    which is worth keeping. `mm_per_px`: scale of flatbed scans without a mat. Pictures that cannot be used become
    problems; nothing is raised for bad input.
    """
    library = references if isinstance(references, PreparedLibrary) else prepare(references)
    problems: list[Problem] = [] if library.faces else [library_empty()]
    problems += _issuer_mismatch(library, rules)
    seen_before = Seen()
    trays: list[SeenTray] = []
    pieces: list[Piece] = []
    notes: list[Note] = []
    for image in images:
        if isinstance(image, Problem):
            problems.append(image)
            continue
        again = seen_before.photo(image.name, image.pixels)
        if again is not None:
            problems.append(again)
            continue
        tray = look(image, library, mm_per_px)
        trays.append(tray)
        problems += tray.problems
        first = len(pieces)
        pieces += [
            Piece(f"p{first + n + 1}", image.name, seen.polygon, seen.area_mm2, _identity(seen))
            for n, seen in enumerate(tray.pieces)
        ]
        notes += _notes_of(
            tray, [piece.id for piece in pieces[first:]], library, rules, len(notes), seen_before
        )
    scales = tuple(tray.scale for tray in trays if tray.looked_at)
    told = tuple(notes)
    return Assessment(rules, scales, tuple(pieces), told, totals_of(told), tuple(problems))


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


def _notes_of(
    tray: SeenTray,
    ids: list[str],
    library: PreparedLibrary,
    rules: RuleSet,
    before: int,
    seen_before: Seen,
) -> list[Note]:
    """Notes of one picture, in the order of their first pieces; ids go on after `before`."""
    parts = [
        Part(n, 0, seen.registered, seen.found.identity.edition_certain)
        for n, seen in enumerate(tray.pieces)
        if seen.registered is not None and seen.found is not None
    ]
    groups = join(parts)
    by_first = {group.parts[0].index: group for group in groups}
    inside = {part.index for group in groups for part in group.parts}
    scraps = [seen.area_mm2 for seen in tray.pieces if seen.found is None and seen.area_mm2 is not None]
    notes: list[Note] = []
    for n, seen in enumerate(tray.pieces):
        number = f"n{before + len(notes) + 1}"
        if n in by_first:
            notes.append(_measured(number, by_first[n], groups, tray, ids, scraps, rules, seen_before))
            seconds = [tray.pieces[part.index] for part in by_first[n].parts]
            for other in seconds:
                if any(reason.code == "pieces_touch" for reason in other.doubts):
                    number = f"n{before + len(notes) + 1}"
                    notes.append(_hidden(number, ids[tray.pieces.index(other)], other, library))
        elif n not in inside:
            notes.append(_unmeasured(number, ids[n], seen, library, rules))
    return notes


def _measured(
    number: str,
    group: Group,
    groups: list[Group],
    tray: SeenTray,
    ids: list[str],
    scraps: list[float],
    rules: RuleSet,
    seen_before: Seen,
) -> Note:
    seen = [tray.pieces[part.index] for part in group.parts]
    laid = [
        (part.registered, piece.perimeter_mm or 0.0) for part, piece in zip(group.parts, seen, strict=True)
    ]
    reference = laid[0][0].reference
    whole = reference.width_mm * reference.height_mm
    value, legible = _counted(group, rules)
    others = [groups[k] for k in group.maybe]
    may_add = (
        sum(other.ratio + _unseen_share(other, rules) for other in others)
        if rules.combine == "union"
        else 0.0
    )
    if rules.combine == "union":
        room = (1 - value) * whole
        may_add += sum(area * GROWTH_AREA_MAX / whole for area in scraps if area * SCRAP_FITS <= room)
    unseen = _unseen_share(group, rules)
    share = share_of(
        value,
        legible,
        spread_of(laid, tray.scale.mm_per_px or 0.0),
        carbonised_counts=rules.carbonised_counts,
        may_add=may_add + unseen,
        unseen=tray.hides_char,
    )
    doubts = list(dict.fromkeys(reason for piece in seen for reason in piece.doubts))
    if rules.cross_gap and cross_gap_suspected([group, *others]):
        words = Words(
            "疑似正十字形缺口（缺少四分之一按半额），须人工认定",
            "a cross-shaped gap is suspected (one quarter missing is half value): a person must look",
        )
        doubts.append(Reason("cross_gap_suspected", words))
    if reference.issuer != rules.issuer:
        words = Words(
            f"该票样属于 {reference.issuer}，不适用规则 {rules.id}",
            f"this is a note of {reference.issuer}: rule {rules.id} is not about it",
        )
        doubts.append(Reason("issuer_not_under_rule", words))
    remarks = list(remarks_on(group, share, rules))
    if unseen > UNSEEN_TOLD:
        remarks.append(print_like_ground(unseen))
    if others:
        remarks.append(may_belong([ids[part.index] for other in others for part in other.parts]))
    elsewhere: list[Reason] = []
    if rules.combine == "largest_piece" and any(other.ratio >= group.ratio for other in others):
        elsewhere.append(largest_piece_elsewhere())
    twin = seen_before.note(tray.scale.image, group)
    if twin is not None:
        elsewhere.append(twin)
    told = judge(
        rules, float(reference.denomination), whole, share, doubts=tuple(doubts), remarks=tuple(remarks)
    )
    if elsewhere:
        # It may be paid with another piece or photo already: nothing of it is certain.
        told = Judgement("undecided", 0, 0, told.amount_high_fen, (*elsewhere, *told.reasons))
    return Note(
        number,
        tuple(ids[part.index] for part in group.parts),
        reference.denomination_fen,
        share,
        told.verdict,
        told.amount_fen,
        told.amount_low_fen,
        told.amount_high_fen,
        told.reasons,
    )


def _counted(group: Group, rules: RuleSet) -> tuple[float, float]:
    """(present, legible) share: of the union of the parts, or of the largest single piece where the rule says so."""
    if rules.combine == "largest_piece":
        best = max(group.parts, key=lambda part: part.registered.ratio)
        return best.registered.ratio, best.registered.legible_ratio
    return group.ratio, min(group.ratio, sum(part.registered.legible_ratio for part in group.parts))


def _unseen_share(group: Group, rules: RuleSet) -> float:
    """Share of the note on which paper may lie that has the colour of the ground."""
    parts = group.parts
    if rules.combine == "largest_piece":
        parts = (max(parts, key=lambda part: part.registered.ratio),)
    unseen = np.zeros_like(group.mask)
    for part in parts:
        unseen |= part.seen_from_front(part.registered.unseen)
    return float((unseen & ~group.mask).mean())


def _hidden(number: str, piece: str, seen: SeenPiece, library: PreparedLibrary) -> Note:
    """The other note that lies in the same piece: unmeasured, of the kind that was recognised if any was."""
    fen = None if seen.second is None else seen.second.identity.reference.denomination_fen
    words = Words(
        "与另一张纸币重叠或相连，无法测量", "it lies on or touches another note and cannot be measured"
    )
    most = library.largest_fen if fen is None else fen
    rest = 0.0 if seen.registered is None else seen.registered.outside_mm2
    if seen.second is not None:
        second = seen.second.identity.reference
        rest -= second.width_mm * second.height_mm
        most += library.largest_fen * math.ceil(max(rest, 0.0) / library.smallest_mm2)
    else:
        most *= max(1, math.ceil(rest / library.smallest_mm2))
    return Note(number, (piece,), fen, None, "undecided", 0, 0, most, (Reason("pieces_touch", words),))


def _unmeasured(number: str, piece: str, seen: SeenPiece, library: PreparedLibrary, rules: RuleSet) -> Note:
    """A note without a share: not named, or named in a picture without scale."""
    if seen.found is not None:
        fen = seen.found.identity.reference.denomination_fen
        return Note(number, (piece,), fen, None, "undecided", 0, 0, fen, (unscaled_reason(), *seen.doubts))
    most = library.largest_fen
    if seen.area_mm2 is not None and library.faces and _too_small_alone(seen.area_mm2, library, rules):
        # It pays nothing by itself; what it may add to a named note stands in that note's upper end.
        most = 0
    elif seen.area_mm2 is not None and library.faces and seen.area_mm2 > 1.05 * library.largest_mm2:
        # Larger than any note: several in one.
        most *= math.ceil(seen.area_mm2 / library.smallest_mm2)
    return Note(
        number, (piece,), None, None, "undecided", 0, 0, most, (unnamed_reason(seen.area_mm2), *seen.doubts)
    )


def _too_small_alone(area_mm2: float, library: PreparedLibrary, rules: RuleSet) -> bool:
    shares = [float((band.half or band.full).share) for band in rules.bands]
    return area_mm2 * GROWTH_AREA_MAX < min(shares, default=0.0) * library.smallest_mm2
