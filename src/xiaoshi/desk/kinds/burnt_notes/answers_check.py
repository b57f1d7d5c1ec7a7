"""For `xiaoshi audit verify`: the answers on notes are those that the timeline knows.

A judgement decides about money, so its row must not differ from what was written when it was given. An answer that was
given by itself left its digest in the timeline; one that came by confirming a whole tray equals the engine's proposal.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connections

from xiaoshi.core.problems import Words
from xiaoshi.desk.audit.findings import FirstBad
from xiaoshi.desk.kinds.burnt_notes.acts.notes import digest_of
from xiaoshi.desk.kinds.burnt_notes.models import Judgement
from xiaoshi.desk.kinds.burnt_notes.settling import Answer
from xiaoshi.desk.kinds.burnt_notes.standing import proposal_of


def altered_answers(alias: str) -> Iterator[FirstBad]:
    """Judgements that neither the timeline nor the engine's proposal bears out, in the order in which they were given."""
    told = _told(alias)
    rows = Judgement.objects.using(alias).select_related("note", "note__tray", "note__tray__case")
    for row in rows.order_by("at", "id").iterator(chunk_size=2000):
        place = told.pop(digest_of(row), None)
        answer = Answer(row.person, row.verdict, row.denomination_fen, row.edition)
        if place is None and not answer.same_as(proposal_of(row.note)):
            case = row.note.tray.case
            words = Words(
                f"第 {row.note.tray.number} 盘第 {row.note.order} 张的判定与记录不符",
                f"tray {row.note.tray.number}, note {row.note.order}: the answer is not the one that was given",
            )
            yield FirstBad(str(case.id), 0, case.number, "answer_altered", words)
    for chain, seq, number in told.values():
        words = Words(
            "记录中的判定已不在库中，或被改动",
            "an answer in the timeline is gone from the tables, or altered",
        )
        yield FirstBad(chain, seq, number, "answer_gone", words)


def _told(alias: str) -> dict[str, tuple[str, int, str]]:
    """Digest -> chain, number of the entry, number of the case."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT t.body->>'answer_sha256', t.chain, t.seq, c.number FROM audit_timelineentry t"
            " JOIN cases_case c ON c.id = t.case_id WHERE t.act = 'burnt_notes.judge_note'"
        )
        return {digest: (chain, seq, number) for digest, chain, seq, number in cursor.fetchall() if digest}
