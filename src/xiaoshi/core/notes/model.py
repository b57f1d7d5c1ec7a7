"""What the measuring engine takes and gives: tray pictures in; pieces, notes, totals and problems out.

All lengths are millimetres, areas square millimetres, money fen (the hundredth part of the issuer's main unit, yen
included), polygons pixels of the picture as given. Every value that could not be measured is None, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.notes.sightings import NOTHING_SEEN, FeaturesSeen, SerialReading
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.note_rules import RuleSet

ENGINE_VERSION = "notes-1.0"

Verdict = Literal["full", "half", "none", "undecided"]
Route = Literal["print", "outline"]
ScaleSource = Literal["mat", "given", "none"]
IdentityRoute = Literal["matches", "texture"]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class TrayImage:
    """One picture: `name` as it appears in the answer, `pixels` BGR uint8 (height, width, 3) as stored in the file.

    `file_mm_per_px`: the scale that the file's header states; used only where the caller asks for it (scans).
    """

    name: str
    pixels: Picture
    file_mm_per_px: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of an argument for a verdict."""

    code: str
    words: Words

    def as_json(self, language: str) -> dict[str, str]:
        """`code` and `text`."""
        return {"code": self.code, "text": self.words.in_language(language)}


@dataclass(frozen=True, slots=True)
class Scale:
    """How one picture was measured. `mm_per_px` is taken at the middle of the tray; None: nothing was measured.

    `marker_rms_mm`: how far the mat's markers lie from where the mat's geometry puts them.
    """

    image: str
    mm_per_px: float | None
    source: ScaleSource
    marker_rms_mm: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """Which face a piece shows. `edition_certain` is False where only the denomination could be told.

    `confidence` in 0..1 grows with the matches and with the margin over the second best; it orders pieces, it is not a
    probability. `route`: told by matches of features, or by laying the print itself over the face's.
    """

    reference: Reference
    edition_certain: bool
    confidence: float
    inliers: int
    margin: float
    route: IdentityRoute = "matches"

    def as_json(self) -> dict[str, Any]:
        """The five identity fields of the contract."""
        told = self.reference.identity_json()
        if not self.edition_certain:
            told["edition"] = None
        return told


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One thing that lies on the tray and is not mat, ash or crumb.

    `polygon`: its outline, pixels of the picture as given, without inner holes; `area_mm2`: area of its mask on the
    tray, holes taken off; None without a scale. `orientation_deg`: how far the note is turned clockwise in the photo,
    0 to 360, 0 upright; None where it has no name. `sheets_at_least`: more than 1 where a stack is suspected. `seen`: number, thread and window.
    `same_as`: the piece that this is another view of (and that is measured in its place); `other_side`: the piece that
    shows its other side.
    """

    id: str
    image: str
    polygon: tuple[Point, ...]
    area_mm2: float | None
    identity: Identity | None
    orientation_deg: float | None = None
    sheets_at_least: int = 1
    seen: FeaturesSeen = NOTHING_SEEN
    same_as: str | None = None
    other_side: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract's form of a piece."""
        blank = dict.fromkeys(("issuer", "series", "edition", "denomination", "side"))
        told = blank if self.identity is None else self.identity.as_json()
        return {
            "id": self.id,
            "image": self.image,
            "polygon": [[round(x, 2), round(y, 2)] for x, y in self.polygon],
            "area_mm2": None if self.area_mm2 is None else round(self.area_mm2, 1),
            **told,
            "confidence": 0.0 if self.identity is None else round(self.identity.confidence, 3),
            "orientation_deg": None if self.orientation_deg is None else round(self.orientation_deg, 1) % 360,
            "sheets_at_least": self.sheets_at_least,
            "seen": self.seen.as_json(),
            "same_as": self.same_as,
            "other_side": self.other_side,
            "identity_route": None if self.identity is None else self.identity.route,
        }


@dataclass(frozen=True, slots=True)
class Share:
    """Remaining share of a note with its interval, all in 0..1, low <= value <= high.

    `legible`: the share on which print can still be read; the rest of `value` is charred but joined.
    """

    value: float
    low: float
    high: float
    legible: float


@dataclass(frozen=True, slots=True)
class Note:
    """A note as far as it can be told: its pieces, what remains of it, and what the rule says.

    `amount_fen` is what the verdict pays, 0 while undecided; `amount_low_fen` and `amount_high_fen` bound it. `route`: how
    the share was measured: by its print in the note's own coordinates, by its outline in mm2 (see `outline`), or not.
    `serials`: the id of a piece and the number as one place on it shows it.
    """

    id: str
    pieces: tuple[str, ...]
    denomination_fen: int | None
    share: Share | None
    verdict: Verdict
    amount_fen: int
    amount_low_fen: int
    amount_high_fen: int
    reasons: tuple[Reason, ...]
    route: Route | None = None
    serials: tuple[tuple[str, SerialReading], ...] = ()

    def as_json(self, language: str) -> dict[str, Any]:
        """The contract's form of a note, and beside it the legible share and the bounds of the amount."""
        share = self.share
        return {
            "id": self.id,
            "pieces": list(self.pieces),
            "denomination_fen": self.denomination_fen,
            "area_ratio": None if share is None else round(share.value, 4),
            "area_ratio_low": None if share is None else round(share.low, 4),
            "area_ratio_high": None if share is None else round(share.high, 4),
            "verdict": self.verdict,
            "amount_fen": self.amount_fen,
            "reasons": [reason.as_json(language) for reason in self.reasons],
            "legible_ratio": None if share is None else round(share.legible, 4),
            "amount_low_fen": self.amount_low_fen,
            "amount_high_fen": self.amount_high_fen,
            "route": self.route,
            "serials": [reading.as_json(piece) for piece, reading in self.serials],
        }


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of notes by verdict; `amount_fen` counts decided ones only, low and high bound the whole tin."""

    full: int
    half: int
    none: int
    undecided: int
    amount_fen: int
    amount_low_fen: int
    amount_high_fen: int

    def as_json(self) -> dict[str, int]:
        """The contract's form."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Evidenced(Reason):
    """A reason with its weight: bits for one note (above 0) or for two (below)."""

    bits: float = 0.0

    def as_json(self, language: str) -> dict[str, Any]:
        """`code`, `text`, `bits`."""
        return {**Reason.as_json(self, language), "bits": round(self.bits, 1)}


@dataclass(frozen=True, slots=True)
class Join:
    """Pieces that were put together (`decided`), or might be: a choice for a person. Lengths are mm.

    `contact_mm`: how far their edges run side by side (0: they touch nowhere), `gap_spread_mm` how uneven the gap is;
    `by_person`: a person said so; `bits`: the weight of all `evidence`, less what speaks against any two pieces before
    they are looked at; `margin_bits`: by how much that beats the next best reading; `alternatives`: what else the pieces
    could be put together to, with the bits of it.
    """

    pieces: tuple[str, ...]
    decided: bool
    by_person: bool
    contact_mm: float
    gap_spread_mm: float | None
    bits: float = 0.0
    margin_bits: float = 0.0
    evidence: tuple[Evidenced, ...] = ()
    alternatives: tuple[tuple[tuple[str, ...], float], ...] = ()

    def as_json(self, language: str) -> dict[str, Any]:
        """The field `joins` of an assessment."""
        return {
            "pieces": list(self.pieces),
            "decided": self.decided,
            "by_person": self.by_person,
            "contact_mm": round(self.contact_mm, 1),
            "gap_spread_mm": None if self.gap_spread_mm is None else round(self.gap_spread_mm, 2),
            "bits": round(self.bits, 1),
            "margin_bits": round(self.margin_bits, 1),
            "reasons": [reason.as_json(language) for reason in self._reasons],
            "alternatives": [
                {"pieces": list(pieces), "bits": round(bits, 1)} for pieces, bits in self.alternatives
            ],
        }

    @property
    def _reasons(self) -> tuple[Evidenced, ...]:
        told = list(self.evidence)
        if self.by_person:
            words = Words("由人认定为同一张", "a person says that they are one note")
            told.insert(0, Evidenced("joined_by_person", words))
        elif not self.decided:
            words = Words(
                "同一面额、位置不重叠，须人工认定是否同一张",
                "same note, places that do not overlap; a person says whether it is one note",
            )
            told.insert(0, Evidenced("may_be_one", words))
        return tuple(told)


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """The answer for all pictures of one tin. `scales` holds one entry for each picture that was looked at."""

    rules: RuleSet
    scales: tuple[Scale, ...]
    pieces: tuple[Piece, ...]
    notes: tuple[Note, ...]
    totals: Totals
    problems: tuple[Problem, ...]
    engine_version: str = ENGINE_VERSION
    joins: tuple[Join, ...] = ()

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """The contract of `xiaoshi notes assess --json`; `scale` is that of the first picture that was measured."""
        measured = [scale for scale in self.scales if scale.mm_per_px is not None]
        first = measured[0] if measured else Scale("", None, "none")
        day = self.rules.in_force_from
        return {
            "rules": {"id": self.rules.id, "in_force_from": None if day is None else day.isoformat()},
            "scale": _scale_json(first),
            "pieces": [piece.as_json() for piece in self.pieces],
            "notes": [note.as_json(language) for note in self.notes],
            "totals": self.totals.as_json(),
            "problems": [problem.as_json(language) for problem in self.problems],
            "engine_version": self.engine_version,
            "joins": [join.as_json(language) for join in self.joins],
            "scales": [{"image": scale.image, **_scale_json(scale)} for scale in self.scales],
        }


def _scale_json(scale: Scale) -> dict[str, Any]:
    rounded = None if scale.mm_per_px is None else round(scale.mm_per_px, 6)
    return {"mm_per_px": rounded, "source": scale.source}


def totals_of(notes: tuple[Note, ...]) -> Totals:
    """Count notes by verdict and add their amounts up."""
    count = dict.fromkeys(("full", "half", "none", "undecided"), 0)
    for note in notes:
        count[note.verdict] += 1
    return Totals(
        count["full"],
        count["half"],
        count["none"],
        count["undecided"],
        sum(note.amount_fen for note in notes),
        sum(note.amount_low_fen for note in notes),
        sum(note.amount_high_fen for note in notes),
    )
