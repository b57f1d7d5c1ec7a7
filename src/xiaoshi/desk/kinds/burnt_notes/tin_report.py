"""The facts of the report on the whole tin (`papers/tin_report.typ`), from what was measured and decided."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np

from xiaoshi.desk.guard.boundary import Context
from xiaoshi.desk.kinds.burnt_notes.models import Note, TrayPicture
from xiaoshi.desk.kinds.burnt_notes.papers import PAPERS
from xiaoshi.desk.kinds.burnt_notes.papers.facts import ReportedNote, TinReport
from xiaoshi.desk.kinds.burnt_notes.settling import settle
from xiaoshi.desk.kinds.burnt_notes.slips import (
    holder_of,
    name_of,
    reason_of,
    rows_of,
    rules_of_desk,
    state_of,
)
from xiaoshi.desk.kinds.burnt_notes.standing import answers_of, current_notes, proposal_of, tin_from
from xiaoshi.desk.papers.issuing import issue
from xiaoshi.desk.papers.models import Paper

PICTURES_MAX = 24
"""Pictures on one report: four pages of six; the rest are told by number."""


def issued(ctx: Context, *, language: str, big_type: bool) -> Paper:
    """Issue the report. The case has been rechecked."""
    notes = current_notes(ctx.the_case, with_facts=True)
    tin = tin_from(notes)
    state, rules = state_of(ctx), rules_of_desk()
    doubtful = [note for note in notes if note.verdict == "undecided" and note.facts.get("beside")]
    pictures = {f"picture/{note.id}": svg for note, svg in _pictures(doubtful[:PICTURES_MAX])}
    told = [one for note in notes if (one := _told(note, pictures)) is not None]
    facts = TinReport(
        holder_name=ctx.the_case.client_name,
        holder_id_masked=holder_of(ctx).id_number_masked,
        rows=rows_of(tin),
        pieces=tin.notes,
        full=tin.verdicts.get("full", 0),
        half=tin.verdicts.get("half", 0),
        none=tin.verdicts.get("none", 0),
        amount_fen=tin.amount_fen,
        notes=tuple(told),
        rule_zh=rules.source.zh,
        rule_en=rules.source.en,
        determined_by=name_of(state.steps["count"].makers[0]),
        checked_by=name_of(state.steps["recheck"].makers[0]),
        pictures_left_out=max(0, len(doubtful) - PICTURES_MAX),
    )
    return issue(
        ctx,
        template=PAPERS["tin_report"],
        facts=facts,
        language=language,
        big_type=big_type,
        pictures=pictures,
    )


def _told(note: Note, pictures: dict[str, str]) -> ReportedNote | None:
    """A line for what is below full value and for what people decided; nothing for a plain note of full value."""
    settled = settle(proposal_of(note), answers_of(note))
    if settled.answer is None or (settled.answer.verdict == "full" and note.verdict == "full"):
        return None
    reason_zh, reason_en = reason_of(note)
    edition = settled.answer.edition or note.edition
    name = f"picture/{note.id}"
    return ReportedNote(
        place=f"{note.tray.number}-{note.order}",
        denomination_fen=settled.answer.denomination_fen or 0,
        edition_zh=f"{edition} 年版" if edition else "版别不明",
        edition_en=edition or "edition not told",
        share_text="—"
        if note.area_ratio is None
        else f"{note.area_ratio_low:.1%}–{note.area_ratio_high:.1%}",
        verdict=settled.answer.verdict,  # type: ignore[arg-type]
        amount_fen=settled.amount_fen,
        reason_zh=reason_zh,
        reason_en=reason_en,
        number_read=", ".join(
            dict.fromkeys(str(s["text"]) for s in note.facts.get("serials", []) if s.get("text"))
        ),
        picture=name if name in pictures else "",
    )


def _pictures(notes: list[Note]) -> list[tuple[Note, str]]:
    """Each note beside its reference as an SVG text, cut from the tray's sheet, with the counted outline on both."""
    wanted = {note.measurement_id for note in notes}
    sheets = {
        made.measurement_id: cv2.imdecode(np.frombuffer(bytes(made.jpeg), np.uint8), cv2.IMREAD_COLOR)
        for made in TrayPicture.objects.filter(kind="beside", measurement_id__in=wanted)
    }
    return [
        (note, _svg(sheets[note.measurement_id], note.facts["beside"]))
        for note in notes
        if sheets.get(note.measurement_id) is not None
    ]


def _svg(sheet: Any, beside: dict[str, Any]) -> str:
    x, y, width, height = beside["crop"]
    done, data = cv2.imencode(
        ".jpg", sheet[y : y + height, x : x + 2 * width], [cv2.IMWRITE_JPEG_QUALITY, 84]
    )
    assert done, "an 8-bit picture can be written"
    line = "".join("M" + "L".join(f"{px:.1f},{py:.1f}" for px, py in one) + "Z" for one in beside["outlines"])
    drawn = f'<path d="{line}" fill="none" stroke="#fff" stroke-width="4"/><path d="{line}" fill="none" stroke="#a3157a" stroke-width="2"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * width} {height}" width="{2 * width}" height="{height}">'
        f'<image href="data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}" width="{2 * width}"'
        f' height="{height}"/>{drawn}<g transform="translate({width} 0)">{drawn}</g></svg>'
    )
