"""Trays: photographed, measured in the background, taken out again when the photo was no good."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from xiaoshi.core.casework.authority import stands_over
from xiaoshi.core.casework.standing import Hindrance, Standing
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, not_allowed, refuse
from xiaoshi.desk.kinds.burnt_notes.models import Measurement, Note, Tray
from xiaoshi.desk.papers.keeping import keep_recognised, look_at
from xiaoshi.desk.papers.kinds_of_file import PHOTOS

HANDLERS = {"teller", "lobby_manager", "supervisor", "outlet_head"}
RULES_DEFAULT = "cny-2026"


@act("burnt_notes.add_tray", "拍摄一盘", "Photograph a tray", roles=HANDLERS)
def add_tray(ctx: Context, *, name: str, content: bytes) -> dict[str, Any]:
    """Keep the photo of one tray and put it in the queue to be measured. The photo must be a picture (422 otherwise)."""
    from xiaoshi.desk.kinds.burnt_notes.jobs import measure_tray

    require_step_open(ctx, "photograph")
    # Everything is looked at before anything is kept: a refused photo leaves no blob behind.
    found = look_at(content, where="photo", taken=PHOTOS)
    digest = hashlib.sha256(content).hexdigest()
    if ctx.the_case.trays.filter(photo__sha256=digest).exclude(state="withdrawn").exists():
        raise invalid(
            "tray_twice",
            "这张照片已经上传过，同一盘钱不能算两次。",
            "This very photo is already on the case: the same notes must not be counted twice.",
            where="photo",
        )
    document = keep_recognised(ctx, purpose="tray", name=name, content=content, found=found)
    number = ctx.the_case.trays.count() + 1
    tray = Tray(case=ctx.the_case, number=number, photo=document, added_by=ctx.person.login, added_at=ctx.now)
    tray.save(force_insert=True)
    measure_tray.defer(tray_id=str(tray.id), login=ctx.person.login)
    ctx.note(f"拍摄第 {number} 盘", f"Photographed tray {number}", tray=number, sha256=document.sha256)
    return {"tray_id": str(tray.id), "number": number}


@act("burnt_notes.withdraw_tray", "撤下一盘", "Take a tray out", roles=HANDLERS)
def withdraw_tray(ctx: Context, *, tray_id: str, reason: str) -> dict[str, Any]:
    """Take a tray out of the case (bad photo, wrong notes). What was measured and decided on it stays on record."""
    require_step_open(ctx, "photograph")
    tray = the_tray(ctx, tray_id)
    if not reason.strip():
        raise invalid(
            "reason_missing", "请写明撤下的原因。", "Say why the tray is taken out.", where="reason"
        )
    tray.state = "withdrawn"
    tray.save(update_fields=["state"])
    tray.notes.update(current=False)
    ctx.note(
        f"撤下第 {tray.number} 盘：{reason}",
        f"Took tray {tray.number} out: {reason}",
        tray=tray.number,
        reason=reason,
    )
    return {"number": tray.number}


@act("burnt_notes.measure_again", "重新测量", "Measure a tray again", roles=HANDLERS)
def measure_again(ctx: Context, *, tray_id: str) -> dict[str, Any]:
    """Put a tray in the queue again (new reference pictures, a measuring run that died). The old result stays."""
    from xiaoshi.desk.kinds.burnt_notes.jobs import measure_tray

    require_step_open(ctx, "photograph")
    tray = the_tray(ctx, tray_id)
    if tray.state == "withdrawn":
        raise refuse("tray_withdrawn", "这一盘已撤下。", "This tray was taken out.")
    tray.state = "waiting"
    tray.save(update_fields=["state"])
    measure_tray.defer(tray_id=str(tray.id), login=ctx.person.login)
    ctx.note(f"重新测量第 {tray.number} 盘", f"Measuring tray {tray.number} again", tray=tray.number)
    return {"number": tray.number}


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
) -> dict[str, Any]:
    """What the engine answered for a tray, kept beside earlier answers. Called by the worker for who sent the photo."""
    tray = the_tray(ctx, tray_id)
    if "finished" in {h.code for h in _hindrances(ctx, "photograph")}:
        # A run that was given up and answers after all: people are deciding on the newer result by now.
        raise refuse(
            "too_late_to_measure",
            "拍照环节已完成，这次测量结果不再采用。",
            "The trays are photographed and being decided: this measurement comes too late.",
        )
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
    tray.notes.update(current=False)
    pieces = {piece["id"]: piece for piece in assessment["pieces"]}
    for order, note in enumerate(assessment["notes"], start=1):
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


def _note_row(
    tray: Tray, measurement: Measurement, order: int, note: dict[str, Any], pieces: dict[str, dict[str, Any]]
) -> Note:
    first = pieces.get(note["pieces"][0], {}) if note["pieces"] else {}
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
    )


def is_ident(text: str) -> bool:
    """Whether this can be the id of a row at all."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def the_tray(ctx: Context, tray_id: str) -> Tray:
    tray = ctx.the_case.trays.filter(id=tray_id).first() if is_ident(tray_id) else None
    if tray is None:
        raise invalid("no_such_tray", "这个案件没有这一盘。", "This case has no such tray.", where="tray")
    return tray


def require_step_open(ctx: Context, step: str) -> None:
    """Refuse whoever only looks on, and a step that is finished (send the case back first) or whose turn has not come.

    Seeing a case is not working on it: it is seen by those it was copied to, and by the outlet that handed it on. The
    engine says so to every command; these acts give it none.
    """
    assert ctx.state is not None
    if not stands_over(ctx.actor, ctx.state.unit_path):
        raise not_allowed(
            "other_unit",
            "案件由其他网点办理，您只能查看。",
            "The case is worked on at another outlet: you can look at it, not act on it.",
        )
    hindrances = _hindrances(ctx, step)
    if not hindrances:
        return
    assert ctx.plan is not None
    title = ctx.plan.steps[step].title
    if hindrances[0].code == "finished":
        raise refuse(
            "step_finished",
            f"“{title.zh}”已完成。需要改动时，请先把案件驳回到这一环节。",
            f"“{title.en}” is finished. To change it, send the case back to that step first.",
        )
    zh, en = "；".join(h.words.zh for h in hindrances), "; ".join(h.words.en for h in hindrances)
    raise refuse("step_not_yet", f"还不能办理“{title.zh}”：{zh}。", f"“{title.en}” cannot be done yet: {en}.")


def _hindrances(ctx: Context, step: str) -> Sequence[Hindrance]:
    assert ctx.plan is not None
    assert ctx.state is not None
    return Standing(ctx.plan, ctx.state).hindrances(ctx.plan.steps[step])
