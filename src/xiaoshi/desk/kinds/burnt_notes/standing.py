"""Where the notes of a case stand: read from the tables, judged by the pure rules of `settling.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models.fields.json import KeyTransform

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.kinds.burnt_notes.models import Note
from xiaoshi.desk.kinds.burnt_notes.settling import Answer, Proposal, Settled, settle

CNY_DENOMINATIONS_FEN = (10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10)


def denominations() -> tuple[int, ...]:
    """Face values in fen that a person may choose: the RMB notes of the 4th and 5th series."""
    return CNY_DENOMINATIONS_FEN


def proposal_of(note: Note) -> Proposal:
    return Proposal(note.verdict, note.denomination_fen, note.edition)


def answers_of(note: Note) -> list[Answer]:
    """The answers that hold, in the order in which they were given."""
    rows = sorted((j for j in note.judgements.all() if not j.withdrawn), key=lambda j: j.round)
    return [Answer(j.person, j.verdict, j.denomination_fen, j.edition) for j in rows]


def standing_of(note: Note) -> Settled:
    return settle(proposal_of(note), answers_of(Note.objects.prefetch_related("judgements").get(id=note.id)))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a count: so many notes of a denomination and edition, and what they come to."""

    denomination_fen: int
    edition: str
    pieces: int
    full: int
    half: int
    none: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Tin:
    """The whole tin: how many notes stand where, and the totals of those that are settled."""

    notes: int
    stages: dict[str, int]
    verdicts: dict[str, int]
    amount_fen: int
    lines: tuple[Line, ...]
    low_fen: int = 0
    high_fen: int = 0
    """What the tin comes to at least and at most, while notes are open: settled ones count as settled, the others by what
    the engine says of their bounds, whatever a first answer says (it is not for others to see)."""

    @property
    def settled(self) -> bool:
        return self.notes > 0 and self.stages.get("settled", 0) == self.notes


def current_notes(case: Case, *, with_facts: bool = False) -> list[Note]:
    """All notes of the newest measurements, with the answers prefetched. `with_facts`: outlines and the like as well."""
    rows = (
        Note.objects.filter(tray__case=case, current=True)
        .select_related("tray")
        .annotate(
            told_low=KeyTransform("amount_low_fen", "facts"),
            told_high=KeyTransform("amount_high_fen", "facts"),
        )
        .prefetch_related("judgements")
        .order_by("tray__number", "order")
    )
    return list(rows if with_facts else rows.defer("facts"))


def tin_of(case: Case) -> Tin:
    """Count the case's notes. A note without denomination counts under 0 fen."""
    return tin_from(current_notes(case))


def tin_from(notes: Sequence[Note]) -> Tin:
    """The same of notes that are read already."""
    stages: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    groups: dict[tuple[int, str], list[tuple[str, int]]] = {}
    open_notes: list[Note] = []
    amount = 0
    for note in notes:
        settled = settle(proposal_of(note), answers_of(note))
        stages[settled.stage] += 1
        if settled.stage != "settled":
            open_notes.append(note)
        if settled.answer is None:
            key, entry = (note.denomination_fen or 0, note.edition), ("", 0)
        else:
            verdicts[settled.answer.verdict] += 1
            amount += settled.amount_fen
            edition = settled.answer.edition or note.edition
            key, entry = (
                (settled.answer.denomination_fen or 0, edition),
                (settled.answer.verdict, settled.amount_fen),
            )
        groups.setdefault(key, []).append(entry)
    lines = tuple(
        Line(
            denomination_fen=denomination,
            edition=edition,
            pieces=len(entries),
            full=sum(v == "full" for v, _ in entries),
            half=sum(v == "half" for v, _ in entries),
            none=sum(v == "none" for v, _ in entries),
            amount_fen=sum(a for _, a in entries),
        )
        for (denomination, edition), entries in sorted(
            groups.items(), key=lambda item: (-item[0][0], item[0][1])
        )
    )
    low, high = (amount + sum(_open_bound(note, top=top) for note in open_notes) for top in (False, True))
    return Tin(len(notes), dict(stages), dict(verdicts), amount, lines, low, high)


def _open_bound(note: Note, *, top: bool) -> int:
    """The least or the most that an open note may come to; rows without bounds count from nothing to their face value
    (the largest note, where that is unknown)."""
    told = getattr(note, "told_high" if top else "told_low", None)
    if isinstance(told, int):
        return told
    return (note.denomination_fen or max(denominations())) if top else 0
