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
from xiaoshi.desk.kinds.burnt_notes.models import Tray
from xiaoshi.desk.kinds.burnt_notes.photo_files import look_at_photo
from xiaoshi.desk.papers.keeping import keep_recognised

HANDLERS = {"teller", "lobby_manager", "supervisor", "outlet_head"}
RULES_DEFAULT = "cny-2026"


@act("burnt_notes.add_tray", "拍摄一盘", "Photograph a tray", roles=HANDLERS)
def add_tray(
    ctx: Context,
    *,
    name: str,
    content: bytes,
    findings: Sequence[dict[str, Any]] = (),
    anyway: bool = False,
) -> dict[str, Any]:
    """Keep the photo of one tray and put it in the queue to be measured. The photo must be a picture (422 otherwise).

    `findings`: what was found wrong with the photo (`judging.py`); with any, the tray waits for a person who uses it
    anyway or takes it out, unless that was said at once (`anyway`).
    """
    from xiaoshi.desk.kinds.burnt_notes.jobs import measure_tray

    require_step_open(ctx, "photograph")
    # Everything is looked at before anything is kept: a refused photo leaves no blob behind.
    found = look_at_photo(content)
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
    tray = Tray(
        case=ctx.the_case,
        number=number,
        photo=document,
        added_by=ctx.person.login,
        added_at=ctx.now,
        findings=list(findings),
        state="held" if findings and not anyway else "waiting",
    )
    tray.save(force_insert=True)
    if tray.state == "waiting":
        measure_tray.defer(tray_id=str(tray.id), login=ctx.person.login)
    codes = [str(finding["code"]) for finding in findings]
    zh, en = _said_of(codes, held=tray.state == "held")
    ctx.note(
        f"拍摄第 {number} 盘{zh}",
        f"Photographed tray {number}{en}",
        tray=number,
        sha256=document.sha256,
        **({"findings": codes} if codes else {}),
    )
    return {"tray_id": str(tray.id), "number": number, "state": tray.state}


def _said_of(codes: list[str], *, held: bool) -> tuple[str, str]:
    if not codes:
        return "", ""
    if held:
        return "，照片存疑，待定是否采用", ", the photo is in doubt and waits"
    return "，照片存疑仍采用", ", the photo is in doubt and was used"


@act("burnt_notes.use_anyway", "照片存疑仍采用", "Use a doubtful photo", roles=HANDLERS)
def use_anyway(ctx: Context, *, tray_id: str) -> dict[str, Any]:
    """Measure a tray whose photo is in doubt: whoever photographed it cannot get a better one."""
    from xiaoshi.desk.kinds.burnt_notes.jobs import measure_tray

    require_step_open(ctx, "photograph")
    tray = the_tray(ctx, tray_id)
    if tray.state != "held":
        raise refuse(
            "tray_not_held", "这一盘不在等待确认照片。", "The photo of this tray waits for no decision."
        )
    tray.state = "waiting"
    tray.save(update_fields=["state"])
    measure_tray.defer(tray_id=str(tray.id), login=ctx.person.login)
    ctx.note(
        f"第 {tray.number} 盘照片存疑仍采用",
        f"Tray {tray.number}: the doubtful photo is used",
        tray=tray.number,
        findings=[str(finding["code"]) for finding in tray.findings],
    )
    return {"number": tray.number}


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
    """Put a tray in the queue again (new reference pictures, a measuring run that died). The old result stays.

    While notes are decided only for a tray that is out to be measured with what a person told: its run may have died.
    """
    from xiaoshi.desk.kinds.burnt_notes.jobs import measure_tray

    tray = the_tray(ctx, tray_id)
    told_about = tray.state in {"waiting", "measuring"} and tray.hints.exists()
    deciding = told_about and bool(hindrances_of(ctx, "photograph"))
    require_step_open(ctx, "determine" if deciding else "photograph")
    if tray.state == "withdrawn":
        raise refuse("tray_withdrawn", "这一盘已撤下。", "This tray was taken out.")
    if tray.state == "held":
        raise refuse(
            "tray_held",
            "这一盘的照片存疑，请先选择“就用这张”，或撤下重拍。",
            "The photo of this tray is in doubt: use it anyway, or take it out and photograph again.",
        )
    tray.state = "waiting"
    tray.save(update_fields=["state"])
    measure_tray.defer(tray_id=str(tray.id), login=ctx.person.login)
    ctx.note(f"重新测量第 {tray.number} 盘", f"Measuring tray {tray.number} again", tray=tray.number)
    return {"number": tray.number}


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


def require_unit(ctx: Context) -> None:
    """Refuse whoever is of another outlet."""
    assert ctx.state is not None
    if not stands_over(ctx.actor, ctx.state.unit_path):
        raise not_allowed(
            "other_unit",
            "案件由其他网点办理，您只能查看。",
            "The case is worked on at another outlet: you can look at it, not act on it.",
        )


def require_step_open(ctx: Context, step: str) -> None:
    """Refuse whoever only looks on, and a step that is finished (send the case back first) or whose turn has not come.

    Seeing a case is not working on it: it is seen by those it was copied to, and by the outlet that handed it on. The
    engine says so to every command; these acts give it none.
    """
    require_unit(ctx)
    hindrances = hindrances_of(ctx, step)
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


def hindrances_of(ctx: Context, step: str) -> Sequence[Hindrance]:
    assert ctx.plan is not None
    assert ctx.state is not None
    return Standing(ctx.plan, ctx.state).hindrances(ctx.plan.steps[step])
