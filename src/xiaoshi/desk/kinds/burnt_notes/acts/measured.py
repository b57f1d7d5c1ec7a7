"""What the engine answered for a tray becomes rows: a measurement beside the earlier ones, its notes, its pictures.

While trays are photographed a new result replaces the notes of the old one. While notes are being decided a tray is
measured again only because a person told something about it (`hints`); then notes that come out the same keep their
rows and the answers on them, and only what has changed is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import refuse
from xiaoshi.desk.kinds.burnt_notes.acts.trays import HANDLERS, hindrances_of, the_tray
from xiaoshi.desk.kinds.burnt_notes.hints import holding
from xiaoshi.desk.kinds.burnt_notes.models import Measurement, Note, Tray, TrayPicture

TOLD_OF_A_NOTE = (
    "amount_low_fen", "amount_high_fen", "legible_ratio", "serials", "named_by_person", "beside",
)  # fmt: skip
TOLD_OF_A_PIECE = ("id", "polygon", "area_mm2", "side", "seen", "serials", "other_side")


@act("burnt_notes.record_measurement", "记录测量结果", "Record a measurement", roles=HANDLERS)
def record_measurement(
    ctx: Context,
    *,
    tray_id: str,
    engine: str,
    rules_id: str,
    width_px: int,
    height_px: int,
    assessment: dict[str, Any],
    pictures: Sequence[dict[str, Any]] = (),
    hints: Sequence[str] = (),
) -> dict[str, Any]:
    """What the engine answered for a tray, kept beside earlier answers. Called by the worker for who sent the photo.

    `pictures`: `kind`, `width_px`, `height_px`, `jpeg` of each; `hints`: ids of what people had told when it ran.
    """
    tray = the_tray(ctx, tray_id)
    deciding = _deciding(ctx, tray, hints)
    measurement = Measurement(
        tray=tray,
        at=ctx.now,
        engine=engine,
        rules_id=rules_id,
        width_px=width_px,
        height_px=height_px,
        assessment=assessment,
    )
    measurement.save(force_insert=True)
    for made in pictures:
        TrayPicture(tray=tray, measurement=measurement, **made).save(force_insert=True)
    kept = _same_notes(tray, assessment) if deciding else {}
    tray.notes.exclude(id__in=[note.id for note in kept.values()]).update(current=False)
    pieces = {piece["id"]: piece for piece in assessment["pieces"]}
    order = max((note.order for note in tray.notes.all()), default=0) if deciding else 0
    for note in assessment["notes"]:
        if note["id"] not in kept:
            order += 1
            _note_row(tray, measurement, order, note, pieces).save(force_insert=True)
    if tray.state != "withdrawn":
        tray.state = "measured" if assessment["notes"] else "failed"
        tray.save(update_fields=["state"])
    found, doubtful = len(assessment["notes"]), sum(n["verdict"] == "undecided" for n in assessment["notes"])
    ctx.note(
        f"第 {tray.number} 盘测得 {found} 张，其中 {doubtful} 张待人工判定",
        f"Tray {tray.number}: {found} notes measured, {doubtful} of them undecided",
        tray=tray.number,
        measurement=str(measurement.id),
        notes=found,
        undecided=doubtful,
        engine=engine,
        rules=rules_id,
    )
    return {"measurement_id": str(measurement.id), "notes": found}


def _deciding(ctx: Context, tray: Tray, hints: Sequence[str]) -> bool:
    """Whether people decide on this tray's notes already; refuses a result that nobody waits for."""
    if "finished" not in {h.code for h in hindrances_of(ctx, "photograph")}:
        return False
    wanted = [str(hint.id) for hint in holding(tray)]
    if hindrances_of(ctx, "determine") or tray.state != "measuring" or wanted != list(hints):
        # A run that was given up and answers after all: people are deciding on the newer result by now.
        raise refuse(
            "too_late_to_measure",
            "拍照环节已完成，这次测量结果不再采用。",
            "The trays are photographed and being decided: this measurement comes too late.",
        )
    return True


def _same_notes(tray: Tray, assessment: dict[str, Any]) -> dict[str, Note]:
    """Key of a note in the new answer -> the note that stands and says the same of the same pieces. What a person added
    by hand stands in any case (under a key of its own)."""
    standing = list(tray.notes.filter(current=True))
    by_pieces = {frozenset(note.piece_ids): note for note in standing if note.piece_ids}
    same = {}
    for told in assessment["notes"]:
        note = by_pieces.get(frozenset(told["pieces"]))
        if note is not None and (note.verdict, note.denomination_fen) == (
            told["verdict"],
            told["denomination_fen"],
        ):
            same[told["id"]] = note
    same |= {f"hand/{note.id}": note for note in standing if note.by_hand}
    return same


def _note_row(
    tray: Tray, measurement: Measurement, order: int, note: dict[str, Any], pieces: dict[str, dict[str, Any]]
) -> Note:
    own = [pieces[ident] for ident in note["pieces"] if ident in pieces]
    first = own[0] if own else {}
    facts: dict[str, Any] = {name: note[name] for name in TOLD_OF_A_NOTE if note.get(name) is not None}
    facts["pieces"] = [{n: piece[n] for n in TOLD_OF_A_PIECE if piece.get(n) is not None} for piece in own]
    return Note(
        measurement=measurement,
        tray=tray,
        current=tray.state != "withdrawn",
        key=note["id"],
        order=order,
        issuer=first.get("issuer") or "",
        series=first.get("series") or "",
        edition=first.get("edition") or "",
        denomination_fen=note["denomination_fen"],
        area_ratio=note["area_ratio"],
        area_ratio_low=note["area_ratio_low"],
        area_ratio_high=note["area_ratio_high"],
        verdict=note["verdict"],
        amount_fen=note["amount_fen"],
        reasons=note["reasons"],
        facts=facts,
    )
