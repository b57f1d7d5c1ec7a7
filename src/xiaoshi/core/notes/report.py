"""The whole tin as one report: what there is of each note, what is paid for it and why, and the sum, also in 大写.

Problem. The holder of a tin gets one paper, the bank keeps the same one: per denomination and edition how many notes, how
many full, half, none, how many people still have to decide; the sum; and for every note that is not full, why. Trays are
measured one by one and people's answers stand beside the engine's, so the report is made of plain notes (`ReportNote`),
not of an `Assessment`: `notes_of_json` makes them from an answer of `xiaoshi notes assess --json`, a desk may change
verdict, amounts and reasons of each by what people decided (`dataclasses.replace`) and put the trays of a tin together.

Worked example: two 100 of 2005 (full; none), one 50 of 1999 (half), one undecided 20 (0 to 20 yuan): three rows,
125.00 decided, 壹佰贰拾伍元整, in all between 125.00 and 145.00.

A number is shown as far as it was read, with `?`; numbers that stand on two notes are told. Nothing here says that a note
is genuine. Left out: pictures (the caller has the photos; `doubtful` says of which notes they are wanted).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xiaoshi.core.money import AMOUNT_FEN_MAX, daxie
from xiaoshi.core.notes.serials import numbered_alike
from xiaoshi.core.problems import Problem, Words

VERDICTS = ("full", "half", "none", "undecided")


@dataclass(frozen=True, slots=True)
class ReportNote:
    """One note of the tin. `id`: as the caller counts; `issuer`, `series`, `edition`, `denomination_fen` None where not known;
    `share`: (value, low, high) in 0..1; `reasons`: (code, words), the deciding one first; `number`: as read, `?` for each
    sign that was not, None where nothing was; `number_confidence` in 0..1."""

    id: str
    issuer: str | None
    series: str | None
    denomination_fen: int | None
    edition: str | None
    verdict: str
    amount_fen: int
    amount_low_fen: int
    amount_high_fen: int
    share: tuple[float, float, float] | None
    reasons: tuple[tuple[str, Words], ...]
    number: str | None = None
    number_confidence: float = 0.0
    pieces: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportRow:
    """Notes of one kind. Counts are notes; amounts fen."""

    issuer: str | None
    series: str | None
    denomination_fen: int | None
    edition: str | None
    count: int
    full: int
    half: int
    none: int
    undecided: int
    amount_fen: int
    amount_low_fen: int
    amount_high_fen: int

    def as_json(self) -> dict[str, Any]:
        """All fields by their names."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Report:
    """`rows` by issuer and falling denomination, unnamed notes last; `total` their sum; `notes` in the order given;
    `twice`: numbers that stand on several notes, with the notes."""

    rules: str
    rows: tuple[ReportRow, ...]
    total: ReportRow
    notes: tuple[ReportNote, ...]
    twice: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def doubtful(self) -> tuple[ReportNote, ...]:
        """Notes that people still have to decide: pictures of these belong beside the report."""
        return tuple(note for note in self.notes if note.verdict == "undecided")

    @property
    def not_full(self) -> tuple[ReportNote, ...]:
        """Notes for which the holder is told why they are not full."""
        return tuple(note for note in self.notes if note.verdict != "full")

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """The answer of `xiaoshi notes report --json`."""
        total = self.total.as_json()
        for name in ("issuer", "series", "denomination_fen", "edition"):
            del total[name]
        amounts = (self.total.amount_fen, self.total.amount_low_fen, self.total.amount_high_fen)
        words = dict(zip(("amount_zh", "amount_low_zh", "amount_high_zh"), map(daxie, amounts), strict=True))
        return {
            "rules": {"id": self.rules},
            "rows": [row.as_json() for row in self.rows],
            "total": {**total, **words},
            "why": [_why_json(note, language) for note in self.not_full],
            "doubtful": [note.id for note in self.doubtful],
            "numbers": numbers_json(self.notes),
            "numbers_twice": [{"number": number, "notes": list(ids)} for number, ids in self.twice],
        }


def report_of(notes: Sequence[ReportNote], rules: str) -> Report:
    """The report of all notes of a tin."""
    kinds: dict[tuple[Any, ...], list[ReportNote]] = {}
    for note in notes:
        kinds.setdefault((note.issuer, note.series, note.denomination_fen, note.edition), []).append(note)
    ordered = sorted(kinds, key=_order)
    numbered = [
        (note.id, (str(note.issuer), str(note.series), str(note.denomination_fen)), note.number)
        for note in notes
        if note.number is not None
    ]
    return Report(
        rules,
        tuple(_row(kind, kinds[kind]) for kind in ordered),
        _row((None, None, None, None), notes),
        tuple(notes),
        tuple(numbered_alike(numbered)),
    )


def _order(kind: tuple[Any, ...]) -> tuple[Any, ...]:
    issuer, series, fen, edition = kind
    return (fen is None, issuer or "", -(fen or 0), series or "", edition is None, edition or "")


def _row(kind: tuple[Any, ...], notes: Sequence[ReportNote]) -> ReportRow:
    count = {verdict: sum(note.verdict == verdict for note in notes) for verdict in VERDICTS}
    issuer, series, denomination_fen, edition = kind
    return ReportRow(
        issuer,
        series,
        denomination_fen,
        edition,
        len(notes),
        count["full"],
        count["half"],
        count["none"],
        count["undecided"],
        sum(note.amount_fen for note in notes),
        sum(note.amount_low_fen for note in notes),
        sum(note.amount_high_fen for note in notes),
    )


def _why_json(note: ReportNote, language: str) -> dict[str, Any]:
    share = note.share
    return {
        "note": note.id,
        "denomination_fen": note.denomination_fen,
        "edition": note.edition,
        "verdict": note.verdict,
        "amount_fen": note.amount_fen,
        "area_ratio": None if share is None else share[0],
        "area_ratio_low": None if share is None else share[1],
        "area_ratio_high": None if share is None else share[2],
        "reasons": [{"code": code, "text": words.in_language(language)} for code, words in note.reasons],
    }


def numbers_json(notes: Sequence[ReportNote]) -> list[dict[str, Any]]:
    """The register of numbers of a tin: those of which at least one sign was read, in the order of the notes."""
    return [
        {
            "number": note.number,
            "note": note.id,
            "issuer": note.issuer,
            "series": note.series,
            "denomination_fen": note.denomination_fen,
            "edition": note.edition,
            "confidence": round(note.number_confidence, 3),
            "known": sum(sign != "?" for sign in note.number),
        }
        for note in notes
        if note.number is not None
    ]


def notes_of_json(told: Any, prefix: str = "") -> tuple[ReportNote, ...] | Problem:
    """The notes of an answer of `xiaoshi notes assess --json`, or what is wrong with it.

    `prefix` is put before every id, so that the notes of several trays can stand in one report. Reasons keep the
    language of the answer (`text_en` is used where it stands beside `text`).
    """
    try:
        pieces = {str(piece["id"]): piece for piece in told["pieces"]}
        return tuple(_note(note, pieces, prefix, f"notes/{n}") for n, note in enumerate(told["notes"]))
    except (KeyError, TypeError, AttributeError) as error:
        return _no_assessment(f"{type(error).__name__}: {error}", "")
    except _WrongField as error:
        return _no_assessment(str(error), error.where)


class _WrongField(Exception):  # noqa: N818
    def __init__(self, why: str, where: str) -> None:
        super().__init__(why)
        self.where = where


def _note(told: Mapping[str, Any], pieces: Mapping[str, Any], prefix: str, where: str) -> ReportNote:
    verdict = told["verdict"]
    if verdict not in VERDICTS:
        raise _WrongField(f"verdict {verdict!r}", f"{where}/verdict")
    fen = told["denomination_fen"]
    if fen is not None:
        fen = _whole(fen, f"{where}/denomination_fen")
    amount = _whole(told["amount_fen"], f"{where}/amount_fen")
    # Answers of an engine before 1.0 had no bounds.
    low = _whole(told.get("amount_low_fen", amount), f"{where}/amount_low_fen")
    high = _whole(told.get("amount_high_fen", amount), f"{where}/amount_high_fen")
    if not low <= high:
        raise _WrongField(f"amount_low_fen {low} > amount_high_fen {high}", where)
    own = [pieces[str(name)] for name in told["pieces"]]
    share = tuple(told[name] for name in ("area_ratio", "area_ratio_low", "area_ratio_high"))
    number, confidence = number_of(told.get("serials") or [])
    return ReportNote(
        prefix + str(told["id"]),
        _one(own, "issuer"),
        _one(own, "series"),
        fen,
        _one(own, "edition"),
        str(verdict),
        amount,
        low,
        high,
        None
        if any(value is None for value in share)
        else (float(share[0]), float(share[1]), float(share[2])),
        tuple(
            (str(each["code"]), Words(str(each["text"]), str(each.get("text_en") or each["text"])))
            for each in told["reasons"]
        ),
        number,
        confidence,
        tuple(prefix + str(piece["id"]) for piece in own),
        tuple(dict.fromkeys(str(piece["image"]) for piece in own)),
    )


def _whole(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= AMOUNT_FEN_MAX // 10_000:
        raise _WrongField(f"{value!r}", where)
    return value


def _one(pieces: Sequence[Mapping[str, Any]], name: str) -> str | None:
    """What all pieces of a note agree on; a piece that does not know says nothing against it."""
    told = {piece.get(name) for piece in pieces} - {None}
    return str(told.pop()) if len(told) == 1 else None


def number_of(serials: Sequence[Mapping[str, Any]]) -> tuple[str | None, float]:
    """The places of a note's number put together; a sign on which they differ is `?`."""
    texts = [str(each["text"]) for each in serials if each.get("text")]
    texts = [text for text in texts if len(text) == len(texts[0])]
    if not texts:
        return None, 0.0
    columns = [{text[n] for text in texts} - {"?"} for n in range(len(texts[0]))]
    number = "".join(signs.pop() if len(signs) == 1 else "?" for signs in columns)
    if set(number) == {"?"}:
        return None, 0.0
    return number, max(float(each.get("confidence", 0.0)) for each in serials)


def _no_assessment(why: str, where: str) -> Problem:
    words = Words(
        f"这不是测量结果（{why}）；请用 xiaoshi notes assess --json 的输出",
        f"this is no assessment ({why}): use what `xiaoshi notes assess --json` prints",
    )
    return Problem("assessment_unusable", words, where)
