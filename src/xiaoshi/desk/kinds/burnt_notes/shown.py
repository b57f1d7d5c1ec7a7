"""What the tray page shows to one reader: the engine's proposals, and only those answers that he or she may see.

The second person never sees the first one's answer before both have answered; so nothing about a first answer is handed
to the template (not even the colour of the mask) while the note waits for its second, except to the first person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from xiaoshi.desk.kinds.burnt_notes.acts.notes import opened_to
from xiaoshi.desk.kinds.burnt_notes.models import Note
from xiaoshi.desk.kinds.burnt_notes.settling import SETTLERS, Answer, Settled, settle
from xiaoshi.desk.kinds.burnt_notes.standing import answers_of, proposal_of
from xiaoshi.desk.look.tray import TrayPiece
from xiaoshi.desk.organisation.models import Staff


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note as this reader may see it. `answers`: (name, verdict word, reason) of those that are open to the reader."""

    note: Note
    number: int
    settled: Settled
    may_answer: bool
    my_answer: Answer | None
    answers: tuple[tuple[str, str, str], ...]
    wait_words: str

    @property
    def doubtful(self) -> bool:
        return self.note.verdict == "undecided"

    @property
    def seen_lines(self) -> list[tuple[str, str]]:
        """What the photo shows of the note: serial numbers, thread, watermark window: seen or not seen, never "genuine"."""
        return seen_lines(self.note.facts)


def verdict_word(verdict: str) -> str:
    return {
        "full": _("full value"),
        "half": _("half value"),
        "none": _("not exchanged"),
        "undecided": _("undecided"),
    }.get(verdict, verdict)


def shown_notes(notes: Sequence[Note], person: Staff) -> list[ShownNote]:
    """Doubtful notes first, then in the order of the photo."""
    names = {s.login: s.name_zh for s in Staff.objects.filter(unit__path__startswith=person.unit.path)}
    ordered = sorted(notes, key=lambda n: (n.verdict != "undecided", n.order))
    return [_shown(note, person, names) for note in ordered]


def _shown(note: Note, person: Staff, names: dict[str, str]) -> ShownNote:
    answers = answers_of(note)
    settled = settle(proposal_of(note), answers)
    mine = next((a for a in answers if a.person == person.login), None)
    settler = bool(SETTLERS & set(person.roles))
    open_to_me = settled.stage == "settled" or (settled.stage == "third" and (settler or mine is not None))
    rows = [j for j in note.judgements.all() if not j.withdrawn and (open_to_me or j.person == person.login)]
    return ShownNote(
        note=note,
        number=note.order,
        settled=settled,
        may_answer=mine is None and _may_answer(note, settled, person.login, settler),
        my_answer=mine,
        answers=tuple((names.get(j.person, j.person), verdict_word(j.verdict), j.reason) for j in rows),
        wait_words=_waits(settled, mine),
    )


def _may_answer(note: Note, settled: Settled, login: str, settler: bool) -> bool:
    """As the act decides: a difference is settled by few, and who has seen another's answer gives no independent one."""
    match settled.stage:
        case "settled":
            return False
        case "third":
            return settler
        case _:
            return not opened_to(note, login)


def _waits(settled: Settled, mine: Answer | None) -> str:
    match settled.stage:
        case "first":
            return _("nobody has answered")
        case "second":
            return _("waits for a second person") if mine else _("needs another independent answer")
        case "third":
            return _("the two answers differ: a supervisor settles it")
        case _:
            return _("settled")


def answerable(note: Note, person: Staff, *, second: bool = False) -> bool:
    """Whether this person may answer on the note (its judgements are prefetched). `second`: only where somebody has
    answered before: as the other person, or as the one who settles."""
    answers = answers_of(note)
    if any(a.person == person.login for a in answers):
        return False
    settled = settle(proposal_of(note), answers)
    if second and settled.stage == "first":
        return False
    return _may_answer(note, settled, person.login, bool(SETTLERS & set(person.roles)))


def pieces_of(
    shown: Sequence[ShownNote], href: Callable[[int], str], current: int, reasons: Mapping[int, str]
) -> list[TrayPiece]:
    """Masks and rows for `<c-tray-viewer>`: one for each piece, numbered by its note; the first of a note has the row."""
    result = []
    for item in shown:
        visible = item.settled.answer if item.settled.stage == "settled" else item.my_answer
        verdict = visible.verdict if visible else item.note.verdict
        denomination = visible.denomination_fen if visible else item.note.denomination_fen
        state = {"full": "ok", "half": "ok", "none": "none"}.get(verdict, "doubt")
        # A note that a person added by hand has a row in the list and no outline on the photo.
        outlines = [piece["polygon"] for piece in item.note.facts.get("pieces", [])] or [[]]
        for place, polygon in enumerate(outlines):
            result.append(
                TrayPiece(
                    number=item.number,
                    polygon=[(float(x), float(y)) for x, y in polygon],
                    state=state,
                    verdict=verdict_word(verdict),
                    denomination=f"{denomination / 100:g}" if denomination else "?",
                    edition=item.note.edition or "?",
                    area=_area(item.note),
                    rule=reasons.get(item.number, ""),
                    href=href(item.number),
                    current=item.number == current,
                    decided=item.settled.stage == "settled" or item.my_answer is not None,
                    status=_status(item),
                    listed=place == 0,
                )
            )
    return result


def _status(item: ShownNote) -> str:
    """Where a note stands, for the list. Nobody but its giver learns from it that there is a first answer."""
    match item.settled.stage:
        case "settled":
            return _("settled")
        case "second" if item.my_answer is not None:
            return _("second person")
        case "third":
            return _("to be settled")
        case _:
            return _("to answer")


def _area(note: Note) -> str:
    if note.area_ratio is None:
        return "?"
    return f"{note.area_ratio * 100:.0f}% ({note.area_ratio_low * 100:.0f}–{note.area_ratio_high * 100:.0f})"


def seen_lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """(what, how) lines for the answer form, from `serials` of a note and `seen` of its pieces."""
    lines = []
    numbers = dict.fromkeys(str(read["text"]) for read in facts.get("serials", []) if read.get("text"))
    if numbers:
        lines.append((_("Number read"), ", ".join(numbers)))
    told: dict[str, list[str]] = {}
    for piece in facts.get("pieces", []):
        for feature, state in (piece.get("seen") or {}).items():
            told.setdefault(str(feature), []).append(str(state))
    names = {
        "thread": _("Security thread"),
        "watermark_window": _("Watermark window"),
        "numbers": _("Number"),
    }
    for feature, states in told.items():
        if feature in names and set(states) != {"out_of_piece"}:
            lines.append((names[feature], _("seen") if "seen" in states else _("not seen")))
    return lines
