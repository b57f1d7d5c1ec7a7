"""From pieces to notes: groups of pieces, the share each note has left, what may yet add to it, and the rule's word.

A tin is walked in the order of its pieces. A piece that opens a group becomes a measured note, one that was not named
an unmeasured one; a piece that holds two notes tells of the second as well, so nothing that lies on a tray is silently
left out of the bounds. What a group may still gain (pieces that may belong to it, scraps without a name, paper of the
ground's colour) moves the upper end of its share only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.bounds import (
    MeasuredNote,
    alone_most_fen,
    hidden_most_fen,
    pays_alone,
    scraps_most_fen,
)
from xiaoshi.core.notes.cross_gap import CrossGap, cross_gap
from xiaoshi.core.notes.faces import PreparedLibrary
from xiaoshi.core.notes.gains import GROWTH_AREA_MAX, Scrap, from_others, from_scraps, scrap_of
from xiaoshi.core.notes.interval import doubt_of, share_of
from xiaoshi.core.notes.joining import Group, Part, join
from xiaoshi.core.notes.joins import JoinsTold
from xiaoshi.core.notes.model import Note, Reason, Share
from xiaoshi.core.notes.outline import NamedKind, named_otherwise, outline_reasons, outline_share
from xiaoshi.core.notes.reading_numbers import apart_by_numbers, two_numbers
from xiaoshi.core.notes.reasons import (
    cross_gap_doubt,
    cross_gap_measured,
    denomination_asked_first,
    hidden_reason,
    largest_piece_elsewhere,
    may_belong,
    not_under_rule,
    print_like_ground,
    remarks_on,
    unnamed_reason,
    unscaled_reason,
)
from xiaoshi.core.notes.traywork import SeenPiece, SeenTray
from xiaoshi.core.notes.twice import Seen
from xiaoshi.core.notes.verdicts import Judgement, judge
from xiaoshi.core.rules.note_rules import RuleSet

Mask = NDArray[np.bool_]

UNSEEN_TOLD = 0.005
REST_UNSEEN = ("piece_over_edge",)
"""Doubts that leave the share without an upper bound: the rest lies where the picture does not show it."""
NOT_ITS_OWN = ("pieces_touch", "stack_suspected", "halves_of_two_notes", "glare_on_piece")
"""Doubts that leave it without either: what covers the note may be another's paper, or lie beneath it."""
PERHAPS_COUNTED = (
    "seen_on_another_photo",
    "piece_new_on_second_photo",
    "other_side_not_found",
    "sides_disagree",
)
"""Doubts under which the note may be paid for already by another view of it: nothing of it is certain."""
PERHAPS_NO_NOTE = ("copy_suspected", "larger_than_its_kind", "screen_suspected", "mat_scale_off")
"""Doubts under which it may be no note at all, or not as large as it is measured: nothing of it is certain either."""


@dataclass(frozen=True, slots=True, eq=False)
class Tin:
    """All that was seen of one tin, with what it is measured by.

    `pieces`, `ids`, `tray_of`: every piece in its order, its name, and which of `trays` it lies on; `named`, `joins`:
    what persons said of pieces.
    """

    trays: tuple[SeenTray, ...]
    pieces: tuple[SeenPiece, ...]
    ids: tuple[str, ...]
    tray_of: tuple[int, ...]
    library: PreparedLibrary
    rules: RuleSet
    seen_before: Seen = field(default_factory=Seen)
    named: Mapping[str, NamedKind] = field(default_factory=dict)
    joins: JoinsTold = field(default_factory=JoinsTold)


def grouped(tin: Tin) -> list[Group]:
    """Pieces of one note together, in the order of their first pieces; `Part.index` counts through the tin."""
    parts = [
        Part(n, tin.tray_of[n], piece.registered, piece.found.identity.edition_certain, piece.numbers)
        for n, piece in enumerate(tin.pieces)
        if piece.registered is not None and piece.found is not None
    ]
    other_numbers: list[frozenset[int]] = []
    for number in range(len(tin.trays)):
        here = [part.index for part in parts if part.image == number]
        other_numbers += apart_by_numbers(tin.pieces, here, tin.joins.together)
    return join(parts, tin.joins.together, (*tin.joins.apart, *other_numbers))


def notes_of(tin: Tin, groups: list[Group]) -> tuple[Note, ...]:
    """All notes of the tin, numbered in the order of their first pieces."""
    by_first = {group.parts[0].index: group for group in groups}
    inside = {part.index for group in groups for part in group.parts}
    notes: list[Note] = []
    for n, piece in enumerate(tin.pieces):
        if n in by_first:
            notes.append(_measured(f"n{len(notes) + 1}", by_first[n], groups, tin))
            for part in by_first[n].parts:
                other = tin.pieces[part.index]
                touching = any(reason.code == "pieces_touch" for reason in other.doubts)
                for _ in range(1 if touching else other.sheets_at_least - 1):
                    notes.append(_hidden(f"n{len(notes) + 1}", tin.ids[part.index], other, tin.library))
        elif n not in inside and tin.ids[n] in tin.named and piece.area_mm2 is not None:
            notes.append(_outlined(f"n{len(notes) + 1}", n, groups, tin))
        elif n not in inside:
            notes.append(_unmeasured(f"n{len(notes) + 1}", tin.ids[n], piece, tin))
    return _with_scraps(notes, groups, tin)


def _measured(number: str, group: Group, groups: list[Group], tin: Tin) -> Note:
    others = [groups[k] for k in group.maybe]
    share, unseen = _share(group, others, tin)
    reference, rules = group.parts[0].registered.reference, tin.rules
    remarks = list(remarks_on(group, share, rules))
    if unseen > UNSEEN_TOLD:
        remarks.append(print_like_ground(unseen))
    gap = _cross(group, others, rules)
    if gap is not None and gap.clear:
        remarks.append(cross_gap_measured(gap))
    if others:
        remarks.append(may_belong([tin.ids[part.index] for other in others for part in other.parts]))
    told = judge(
        rules,
        float(reference.denomination),
        reference.width_mm * reference.height_mm,
        share,
        doubts=_doubts(group, others, tin),
        remarks=tuple(remarks),
        cross=gap is not None and gap.clear,
    )
    elsewhere = _elsewhere(group, others, tin)
    if elsewhere:
        # It may be paid with another piece or photo already: nothing of it is certain.
        told = Judgement("undecided", 0, 0, told.amount_high_fen, (*elsewhere, *told.reasons))
    told = _not_surely(told)
    return Note(
        number,
        tuple(tin.ids[part.index] for part in group.parts),
        reference.denomination_fen,
        share,
        told.verdict,
        told.amount_fen,
        told.amount_low_fen,
        told.amount_high_fen,
        told.reasons,
        route="print",
    )


def _share(group: Group, others: list[Group], tin: Tin) -> tuple[Share, float]:
    """The share that is left with its interval, and the share of paper that may lie unseen."""
    rules, tray = tin.rules, tin.trays[group.parts[0].image]
    reference = group.parts[0].registered.reference
    whole = reference.width_mm * reference.height_mm
    value, legible = _counted(group, rules)
    unseen, may_add = _unseen_share(group, rules), 0.0
    if rules.combine == "union":
        may_add = from_others(group.mask, [_reach(other) for other in others])
        may_add += from_scraps(group, _scraps(tin, group.parts[0].image, reference.denomination_fen), whole)
    share = share_of(
        value,
        legible,
        doubt_of([part.registered for part in group.parts], tray.scale.mm_per_px or 0.0),
        carbonised_counts=rules.carbonised_counts,
        may_add=may_add + unseen,
        unseen=tray.hides_char or any(doubt.code in REST_UNSEEN for doubt in _seen_doubts(group, tin)),
    )
    if any(doubt.code in NOT_ITS_OWN for doubt in _seen_doubts(group, tin)):
        share = replace(share, low=0.0, high=1.0)
    return share, unseen


def _seen_doubts(group: Group, tin: Tin) -> list[Reason]:
    pieces = [tin.pieces[part.index] for part in group.parts]
    numbers = [reading for piece in pieces for reading in piece.numbers]
    return [*(reason for piece in pieces for reason in piece.doubts), *two_numbers(numbers)]


def _reach(group: Group) -> Mask:
    """Where the paper of a group lies or may lie unseen."""
    covered = group.mask.copy()
    for part in group.parts:
        covered |= part.seen_from_front(part.registered.unseen)
    return covered


def _scraps(tin: Tin, tray: int, denomination_fen: int, leaving_out: int = -1) -> list[Scrap]:
    """Pieces of a tray without a place, except those that a person says are of another face value."""
    found: list[Scrap] = []
    for n, piece in enumerate(tin.pieces):
        said = tin.named.get(tin.ids[n])
        if n == leaving_out or tin.tray_of[n] != tray or piece.found is not None or piece.area_mm2 is None:
            continue
        if said is None or said.denomination_fen == denomination_fen:
            found.append(scrap_of(piece.polygon, piece.area_mm2, tin.trays[tray].scale.mm_per_px or 0.1))
    return found


def _doubts(group: Group, others: list[Group], tin: Tin) -> tuple[Reason, ...]:
    """Why people must decide whatever the share says."""
    rules, reference = tin.rules, group.parts[0].registered.reference
    doubts = list(dict.fromkeys(_seen_doubts(group, tin)))
    gap = _cross(group, others, rules)
    if gap is not None and not gap.clear:
        doubts.append(cross_gap_doubt(gap))
    if reference.issuer != rules.issuer:
        doubts.append(not_under_rule(reference.issuer, rules.id))
    for part in group.parts:
        said = tin.named.get(tin.ids[part.index])
        if said is not None and said.denomination_fen != reference.denomination_fen:
            doubts.append(named_otherwise(said))
    return tuple(doubts)


def _cross(group: Group, others: list[Group], rules: RuleSet) -> CrossGap | None:
    """The cross in what is missing, of all that may be one note; clear only where nothing else may
    belong to the note."""
    if not rules.cross_gap:
        return None
    own = cross_gap(group.mask)
    if not others:
        return own
    united = group.mask.copy()
    for other in others:
        if other.mask.shape == united.shape:
            united |= other.mask
    gap = cross_gap(united) or own
    return None if gap is None else replace(gap, clear=False)


def _elsewhere(group: Group, others: list[Group], tin: Tin) -> list[Reason]:
    """Why it may be paid already with another piece, or on another photo."""
    told: list[Reason] = []
    if tin.rules.combine == "largest_piece" and any(other.ratio >= group.ratio for other in others):
        told.append(largest_piece_elsewhere())
    twin = tin.seen_before.note(tin.trays[group.parts[0].image].scale.image, group)
    return told if twin is None else [*told, twin]


def _not_surely(told: Judgement) -> Judgement:
    """The lower end falls to nothing where the note may be paid for by another view of it, or may be none."""
    if any(reason.code in (*PERHAPS_COUNTED, *PERHAPS_NO_NOTE) for reason in told.reasons):
        return replace(told, amount_low_fen=0)
    return told


def _counted(group: Group, rules: RuleSet) -> tuple[float, float]:
    """(present, legible) share: of the union of the parts, or of the largest single piece where the rule says so."""
    if rules.combine == "largest_piece":
        best = max(group.parts, key=lambda part: part.registered.ratio)
        return best.registered.ratio, best.registered.legible_ratio
    value = min(1.0, group.ratio + sum(part.registered.fringe for part in group.parts))
    return value, min(value, sum(part.registered.legible_ratio for part in group.parts))


def _unseen_share(group: Group, rules: RuleSet) -> float:
    """Share of the note on which paper may lie that has the colour of the ground."""
    parts = group.parts
    if rules.combine == "largest_piece":
        parts = (max(parts, key=lambda part: part.registered.ratio),)
    unseen = np.zeros_like(group.mask)
    for part in parts:
        unseen |= part.seen_from_front(part.registered.unseen)
    return float((unseen & ~group.mask).mean())


def _outlined(number: str, index: int, groups: list[Group], tin: Tin) -> Note:
    """A piece that a person named, measured by its outline."""
    piece, rules = tin.pieces[index], tin.rules
    kind, tray = tin.named[tin.ids[index]], tin.trays[tin.tray_of[index]]
    scale = tray.scale.mm_per_px or 0.0
    share = outline_share(piece.area_mm2 or 0.0, piece.perimeter_mm or 0.0, kind, scale, piece.narrowest_mm)
    if not rules.carbonised_counts:
        share = replace(share, low=0.0)
    room = 1 - share.low
    remarks = list(outline_reasons(kind))
    loose = [
        group.ratio
        for group in groups
        if group.parts[0].image == tin.tray_of[index]
        and group.parts[0].registered.reference.denomination_fen == kind.denomination_fen
        and group.ratio <= room
    ]
    loose += [
        scrap.area_mm2 * GROWTH_AREA_MAX / kind.areas_mm2[0]
        for scrap in _scraps(tin, tin.tray_of[index], kind.denomination_fen, leaving_out=index)
        if scrap.area_mm2 <= room * kind.areas_mm2[-1]
    ]
    if loose and rules.combine == "union":
        share = replace(share, high=min(1.0, share.high + sum(loose)))
    whole = sum(kind.areas_mm2) / len(kind.areas_mm2)
    told = _not_surely(
        judge(rules, kind.denomination, whole, share, doubts=piece.doubts, remarks=tuple(remarks))
    )
    return Note(
        number,
        (tin.ids[index],),
        kind.denomination_fen,
        share,
        told.verdict,
        told.amount_fen,
        told.amount_low_fen,
        told.amount_high_fen,
        told.reasons,
        route="outline",
    )


def _hidden(number: str, piece: str, seen: SeenPiece, library: PreparedLibrary) -> Note:
    """The other note that lies in the same piece: unmeasured, of the kind that was recognised if any was."""
    fen = None if seen.second is None else seen.second.identity.reference.denomination_fen
    most = hidden_most_fen(seen, library)
    return Note(number, (piece,), fen, None, "undecided", 0, 0, most, (hidden_reason(),))


def _unmeasured(number: str, piece: str, seen: SeenPiece, tin: Tin) -> Note:
    """A note without a share: not named, or named in a picture without scale."""
    library, rules, said = tin.library, tin.rules, tin.named.get(piece)
    if seen.found is not None:
        fen = most = seen.found.identity.reference.denomination_fen
        reasons = (unscaled_reason(), *seen.doubts)
        if said is not None and said.denomination_fen != fen:
            most, reasons = max(fen, said.denomination_fen), (named_otherwise(said), *reasons)
        return Note(number, (piece,), fen, None, "undecided", 0, 0, most, reasons)
    # What a scrap that pays nothing by itself may still bring is worked out for the whole tin, in `_with_scraps`.
    most = alone_most_fen(seen, library) if pays_alone(seen, library, rules) else 0
    reasons = (unnamed_reason(seen.area_mm2), *seen.doubts, *denomination_asked_first(rules))
    return Note(number, (piece,), None, None, "undecided", 0, 0, most, reasons)


def _with_scraps(notes: list[Note], groups: list[Group], tin: Tin) -> tuple[Note, ...]:
    """The notes with the upper bounds of scraps put in."""
    place = {name: n for n, name in enumerate(tin.ids)}
    first = {group.parts[0].index: group for group in groups}
    small: list[tuple[int, float]] = []
    which: list[int] = []
    measured: list[MeasuredNote] = []
    for k, note in enumerate(notes):
        n = place[note.pieces[0]]
        seen = tin.pieces[n]
        if note.share is None and seen.found is None and seen.area_mm2 is not None:
            if not pays_alone(seen, tin.library, tin.rules):
                small.append((tin.tray_of[n], seen.area_mm2))
                which.append(k)
        elif note.route == "print" and note.share is not None and n in first:
            reference = first[n].parts[0].registered.reference
            whole = reference.width_mm * reference.height_mm
            measured.append(
                MeasuredNote(
                    tin.tray_of[n], float(reference.denomination), whole, note.share, note.amount_high_fen
                )
            )
    for k, most in zip(which, scraps_most_fen(small, measured, tin.library, tin.rules), strict=True):
        notes[k] = replace(notes[k], amount_high_fen=most)
    return tuple(notes)
