"""复核 of single notes: cases in which a note waits for an answer that this person may give."""

from __future__ import annotations

from django.urls import reverse

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.reviewing import LOOKED_AT, Review
from xiaoshi.desk.kinds.burnt_notes.acts.trays import HANDLERS
from xiaoshi.desk.kinds.burnt_notes.settling import SETTLERS, settle
from xiaoshi.desk.kinds.burnt_notes.standing import answers_of, current_notes, proposal_of
from xiaoshi.desk.organisation.models import Staff


def notes_waiting_for(person: Staff) -> list[Review]:
    """One row for each case in the step "full or half value" with notes that wait for a second answer, or for whoever
    settles two that differ. A note on which this person answered already is not for him or her."""
    if person.unit.level != "outlet" or not HANDLERS & set(person.roles):
        return []
    found = []
    open_cases = Case.objects.filter(
        kind="burnt_notes", status="open", step="determine", unit_path__startswith=person.unit.path
    )
    for case in open_cases.order_by("opened_at")[:LOOKED_AT]:
        count = _for(person, case)
        if count:
            words = Words(f"{count} 张券待第二人判定", f"{count} notes wait for another person's answer")
            found.append(Review(case, words, case.step_since, reverse("burnt_notes_trays", args=[case.id])))
    return found


def _for(person: Staff, case: Case) -> int:
    settles = bool(SETTLERS & set(person.roles))
    count = 0
    for note in current_notes(case):
        answers = answers_of(note)
        stage = settle(proposal_of(note), answers).stage
        mine = any(answer.person == person.login for answer in answers)
        if not mine and (stage == "second" or (stage == "third" and settles)):
            count += 1
    return count
