"""What pieces without a share can be worth at most, so that the sum of a tin stays inside its bounds.

Problem. A scrap that nobody can name pays nothing by itself, and counting it as nothing is nearly always right. But five
of them may be one note; a scrap of one tray may be what a note on another lacks; a piece that holds two notes holds two
amounts. The lower bound is always 0. The upper:

    large enough to pay alone           the largest enrolled note; larger than any note: as many as fit into it
    too small alone                     0, unless all such scraps of the tin together reach the smallest note's lowest
                                        threshold: then each takes its area's share of what the best paying note pays
    beside notes on other trays         what the best of those notes would gain if all scraps went into it

(A scrap beside notes of its own tray moves the upper ends of those notes instead: `gains`.) Each scrap belongs to one note
at most, so the sum over scraps bounds what all of them together can bring.

Worked example, `cny-2026`, 100 (11,935 mm2) the best payer and 1 (8,190 mm2) the smallest: twenty scraps of 300 mm2, at most
390 mm2 each before they shrank, are 7,800 mm2 and could be a note of 1 or most of a 100: each counts up to 390 / 8,951 x 10,000 = 436 fen.
Three of them are 1,170 mm2, under half of 8,190: 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xiaoshi.core.notes.faces import PreparedLibrary
from xiaoshi.core.notes.gains import GROWTH_AREA_MAX
from xiaoshi.core.notes.model import Share
from xiaoshi.core.notes.traywork import SeenPiece
from xiaoshi.core.notes.verdicts import amount_of, verdict_at
from xiaoshi.core.rules.note_rules import RuleSet

LARGER_THAN_ANY = 1.05
SHOWS_AT_LEAST = 0.5
"""How much of the smallest note a note that lies among others shows at least. One that shows less has no bound by area: the
photo has to be taken again in any case."""


@dataclass(frozen=True, slots=True)
class MeasuredNote:
    """A note with a share, as far as scraps of other trays may lift it."""

    tray: int
    denomination: float
    whole_mm2: float
    share: Share
    amount_high_fen: int


def hidden_most_fen(seen: SeenPiece, library: PreparedLibrary) -> int:
    """The other notes that lie in a piece with a measured one, told by the paper beyond it.

    A recognised second note may show only a part of itself, so its whole area is not taken off what lies beyond: three
    notes across each other, the third half hidden, were bounded as two.
    """
    fen = library.largest_fen if seen.second is None else seen.second.identity.reference.denomination_fen
    beyond = 0.0 if seen.registered is None else seen.registered.outside_mm2
    others = max(1, math.ceil(beyond / (SHOWS_AT_LEAST * library.smallest_mm2)))
    return fen + library.largest_fen * (others - 1)


def pays_alone(seen: SeenPiece, library: PreparedLibrary, rules: RuleSet) -> bool:
    """Whether a piece without a name may pay something by itself: large enough, or not wholly in the picture."""
    if seen.area_mm2 is None or any(reason.code == "piece_over_edge" for reason in seen.doubts):
        return True
    return seen.area_mm2 * GROWTH_AREA_MAX >= _lowest_share(rules) * library.smallest_mm2


def alone_most_fen(seen: SeenPiece, library: PreparedLibrary) -> int:
    """A piece that may pay by itself."""
    if seen.area_mm2 is None or not library.faces or seen.area_mm2 <= LARGER_THAN_ANY * library.largest_mm2:
        return library.largest_fen
    # Larger than any note: several in one.
    return library.largest_fen * math.ceil(seen.area_mm2 / library.smallest_mm2)


def scraps_most_fen(
    scraps: Sequence[tuple[int, float]],
    notes: Sequence[MeasuredNote],
    library: PreparedLibrary,
    rules: RuleSet,
) -> list[int]:
    """Upper bounds of scraps that pay nothing alone. `scraps`: (tray, mm2) of each."""
    areas = [area * GROWTH_AREA_MAX for _, area in scraps]
    total = sum(areas)
    if rules.combine == "largest_piece" or not library.faces:
        return [0] * len(scraps)
    enough = total >= _lowest_share(rules) * library.smallest_mm2
    pay = _best_fen_per_mm2(library, rules) if enough else 0.0
    lifts = [(note.tray, _lift(note, total, rules)) for note in notes]
    best = {
        tray: max((fen for other, fen in lifts if other != tray), default=0)
        for tray in {t for t, _ in scraps}
    }
    return [max(math.ceil(area * pay), best[tray]) for area, (tray, _) in zip(areas, scraps, strict=True)]


def _lift(note: MeasuredNote, more_mm2: float, rules: RuleSet) -> int:
    high = min(1.0, note.share.high + more_mm2 / note.whole_mm2)
    verdict, _ = verdict_at(rules, note.denomination, high, note.whole_mm2)
    return max(0, amount_of(rules, round(note.denomination * 100), verdict) - note.amount_high_fen)


def _lowest_share(rules: RuleSet) -> float:
    return min((float((band.half or band.full).share) for band in rules.bands), default=0.0)


def _best_fen_per_mm2(library: PreparedLibrary, rules: RuleSet) -> float:
    """The most that a square millimetre can pay: at the threshold of a band, where the least area brings its amount."""
    best = 0.0
    for face in library.faces:
        reference = face.reference
        whole = reference.width_mm * reference.height_mm
        for band in rules.bands:
            if band.covers(float(reference.denomination)):
                pays = [(reference.denomination_fen, band.full)]
                if band.half is not None:
                    pays.append((rules.half_amount_fen(reference.denomination_fen), band.half))
                best = max(best, *(fen / (float(limit.share) * whole) for fen, limit in pays))
    return best
