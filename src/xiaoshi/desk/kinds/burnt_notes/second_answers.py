"""复核 of single notes: cases in which a note waits for an answer that this person may give.

Two queries whatever the number of cases and notes. A tin has hundreds of notes and nearly all of them are settled by one
answer that agrees with the engine, so the database leaves those out; what remains is judged by the rules of `settling.py`.
"""

from __future__ import annotations

import uuid
from collections import Counter
from itertools import groupby
from operator import itemgetter

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import LIVE, Case
from xiaoshi.desk.cases.reviewing import LOOKED_AT, Review
from xiaoshi.desk.kinds.burnt_notes.acts.trays import HANDLERS
from xiaoshi.desk.kinds.burnt_notes.models import Judgement
from xiaoshi.desk.kinds.burnt_notes.settling import SETTLERS, Answer, Proposal, settle
from xiaoshi.desk.organisation.models import Staff

AGREES = Q(round=1, verdict=F("note__verdict"), denomination_fen=F("note__denomination_fen")) & ~Q(
    note__verdict="undecided"
)
"""A first answer that says what the engine says: nobody need look again unless somebody did."""
NOTE = ("note__tray__case_id", "note_id", "note__verdict", "note__denomination_fen", "note__edition")
ANSWER = ("person", "verdict", "denomination_fen", "edition")


def notes_waiting_for(person: Staff) -> list[Review]:
    """One row for each case in the step "full or half value" with notes that wait for a second answer, or for whoever
    settles two that differ, the longest open first, at most `LOOKED_AT`. A note on which this person answered already is
    not for him or her."""
    if person.unit.level != "outlet" or not HANDLERS & set(person.roles):
        return []
    doubted = _doubted().filter(note__tray__case__unit_path=person.unit.path)
    cases = {
        case.id: case
        for case in Case.objects.filter(
            LIVE,
            kind="burnt_notes",
            status="open",
            step="determine",
            unit_path=person.unit.path,
            id__in=doubted.values("note__tray__case_id"),
        )
        .defer("snapshot", "asked")
        .order_by("opened_at", "id")[:LOOKED_AT]
    }
    counts = _counted(person, list(cases))
    return [
        Review(
            case,
            Words(
                f"{counts[ident]} 张券待第二人判定", f"{counts[ident]} notes wait for another person's answer"
            ),
            case.step_since,
            reverse("burnt_notes_trays", args=[ident]),
        )
        for ident, case in cases.items()
        if counts[ident]
    ]


def _doubted() -> QuerySet[Judgement]:
    """The answers that hold, without the only ones of their note that agree with the engine."""
    later = Judgement.objects.filter(note=OuterRef("note"), withdrawn=False, round__gt=1)
    return Judgement.objects.filter(withdrawn=False, note__current=True).exclude(AGREES & ~Exists(later))


def _counted(person: Staff, case_ids: list[uuid.UUID]) -> Counter[uuid.UUID]:
    """For each case how many notes wait for this person."""
    settles = bool(SETTLERS & set(person.roles))
    counts: Counter[uuid.UUID] = Counter()
    answered = (
        _doubted()
        .filter(note__tray__case_id__in=case_ids)
        .order_by("note_id", "round")
        .values_list(*NOTE, *ANSWER)
    )
    for _note, rows in groupby(answered, key=itemgetter(1)):
        given = list(rows)
        answers = [Answer(*row[len(NOTE) :]) for row in given]
        stage = settle(Proposal(*given[0][2:5]), answers).stage
        mine = any(answer.person == person.login for answer in answers)
        if not mine and (stage == "second" or (stage == "third" and settles)):
            counts[given[0][0]] += 1
    return counts
