"""Deciding note by note: confirm, override with a reason, a second person who does not see the first answer.

The timeline is read by everybody on the case, so its entry says that somebody answered and never what or why: it holds
a digest of the answer (with the row's own random id in it, so that the few possible answers cannot be tried out), and
whoever audits later can prove that the answer in the table is the one that was given.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import Any

from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, not_allowed, refuse
from xiaoshi.desk.kinds.burnt_notes.acts.trays import HANDLERS, is_ident, require_step_open, the_tray
from xiaoshi.desk.kinds.burnt_notes.models import Judgement, Note, Tray
from xiaoshi.desk.kinds.burnt_notes.settling import SETTLERS, Answer, Proposal
from xiaoshi.desk.kinds.burnt_notes.standing import answers_of, denominations, proposal_of, standing_of

VERDICTS = ("full", "half", "none")


@act("burnt_notes.judge_note", "判定一张", "Decide a note", roles=HANDLERS, people_only=True)
def judge_note(
    ctx: Context,
    *,
    note_id: str,
    verdict: str,
    denomination_fen: int | None,
    edition: str = "",
    reason: str = "",
) -> dict[str, Any]:
    """One person's answer on one note. Departing from the engine's proposal, or deciding what it left open, needs a reason.

    Whether this is the first, the second (blind) or the settling answer follows from what is there; the same person
    never answers twice, and only a supervisor or the outlet head settles a difference.
    """
    require_step_open(ctx, "determine")
    note = the_note(ctx, note_id)
    _not_being_measured(note.tray)
    answers = answers_of(note)
    stage = standing_of(note).stage
    answer = Answer(ctx.person.login, verdict, denomination_fen, edition)
    _check_answer(answer)
    _check_person(ctx, note, stage, answers)
    if (stage == "third" or needs_reason(answer, proposal_of(note))) and not reason.strip():
        raise invalid(
            "reason_missing",
            "与测量结果不同、测量未能判定，或裁定两人的分歧：请写明理由。",
            "This departs from what was measured, decides what was left open, or settles a difference: give the reason.",
            where="reason",
        )
    kept = _keep(ctx, note, answer, len(answers) + 1, reason)
    settled = standing_of(note)
    ctx.note(
        f"第 {note.tray.number} 盘第 {note.order} 张：第 {len(answers) + 1} 人已判定",
        f"Tray {note.tray.number}, note {note.order}: answer {len(answers) + 1} given",
        note=str(note.id),
        round=len(answers) + 1,
        answer_sha256=digest_of(kept),
    )
    return {"note_id": str(note.id), "stage": settled.stage}


@act("burnt_notes.confirm_tray", "确认一盘", "Confirm a tray", roles=HANDLERS, people_only=True)
def confirm_tray(ctx: Context, *, tray_id: str) -> dict[str, Any]:
    """Confirm the engine's proposal for every note of a tray at once; only when none of them is in doubt."""
    require_step_open(ctx, "determine")
    notes = list(
        Note.objects.filter(tray=the_tray(ctx, tray_id), current=True).prefetch_related("judgements")
    )
    if not notes:
        raise invalid(
            "no_such_tray",
            "这一盘没有可确认的券。",
            "There are no notes to confirm on this tray.",
            where="tray",
        )
    if any(n.verdict == "undecided" for n in notes):
        raise refuse(
            "doubt_on_tray",
            "这一盘里有待判定的券，请逐张判定。",
            "There are undecided notes on this tray: decide them one by one.",
        )
    done = 0
    for note in notes:
        if answers_of(note):
            continue
        answer = Answer(ctx.person.login, note.verdict, note.denomination_fen, note.edition)
        _check_answer(answer)
        if opened_to(note, ctx.person.login):
            raise _seen_already()
        _keep(ctx, note, answer, 1, "")
        done += 1
    if not done:
        raise refuse(
            "already_settled", "这一盘都已判定过。", "Every note of this tray has been answered already."
        )
    ctx.note(
        f"确认第 {notes[0].tray.number} 盘 {done} 张",
        f"Confirmed {done} notes of tray {notes[0].tray.number}",
        confirmed=done,
    )
    return {"confirmed": done}


@act("burnt_notes.confirm_sure", "确认无疑义的", "Confirm the certain ones", roles=HANDLERS, people_only=True)
def confirm_sure(ctx: Context, *, tray_id: str, note_ids: Sequence[str]) -> dict[str, Any]:
    """Confirm the engine's proposal for these notes of a tray: those that the person saw on the page as certain.

    All or none: a note that is in doubt, or that somebody has answered meanwhile, is not slipped in with the others.
    """
    require_step_open(ctx, "determine")
    tray = the_tray(ctx, tray_id)
    _not_being_measured(tray)
    wanted = {ident for ident in note_ids if is_ident(ident)}
    notes = list(tray.notes.filter(current=True, id__in=wanted).prefetch_related("judgements"))
    if not wanted or len(notes) != len(set(note_ids)):
        raise invalid(
            "no_such_note",
            "所选的券已不在这一盘，或没有选择。请刷新页面后再确认。",
            "The notes are not on this tray any more, or none was chosen: reload the page and confirm again.",
            where="note",
        )
    if any(note.verdict == "undecided" for note in notes):
        raise refuse(
            "doubt_on_tray",
            "其中有待判定的券，请逐张判定。",
            "There are undecided notes among them: decide them one by one.",
        )
    for note in notes:
        if answers_of(note):
            raise refuse(
                "already_settled",
                f"第 {note.order} 张已有人判定，请刷新页面后再确认其余各张。",
                f"Somebody has answered on note {note.order}: reload the page and confirm the others.",
            )
        answer = Answer(ctx.person.login, note.verdict, note.denomination_fen, note.edition)
        _check_answer(answer)
        if opened_to(note, ctx.person.login):
            raise _seen_already()
        _keep(ctx, note, answer, 1, "")
    ctx.note(
        f"确认第 {tray.number} 盘无疑义的 {len(notes)} 张",
        f"Confirmed {len(notes)} certain notes of tray {tray.number}",
        confirmed=len(notes),
    )
    return {"confirmed": len(notes)}


@act("burnt_notes.add_note", "补记一张", "Add a note by hand", roles=HANDLERS)
def add_note(
    ctx: Context, *, tray_id: str, denomination_fen: int | None = None, edition: str = "", reason: str = ""
) -> dict[str, Any]:
    """A note that lies on the tray and that the engine did not find. It is undecided: two people answer on it.

    Only while notes are being decided; before that, photographing again is the better way.
    """
    require_step_open(ctx, "determine")
    tray = the_tray(ctx, tray_id)
    measurement = tray.measurements.last()
    if measurement is None or tray.state == "withdrawn":
        raise refuse(
            "tray_not_in_use", "这一盘没有测量结果或已撤下。", "This tray is not measured, or was taken out."
        )
    if denomination_fen is not None and denomination_fen not in denominations():
        raise invalid(
            "denomination_missing", "请选择面额。", "Choose the denomination.", where="denomination_fen"
        )
    if not reason.strip():
        raise invalid(
            "reason_missing", "请写明为什么补记。", "Say why the note is added by hand.", where="reason"
        )
    order = max(tray.notes.filter(current=True).values_list("order", flat=True), default=0) + 1
    note = Note(
        measurement=measurement,
        tray=tray,
        key=f"hand{measurement.notes.count() + 1}",
        order=order,
        issuer="CNY",
        edition=edition.strip()[:20],
        denomination_fen=denomination_fen,
        verdict="undecided",
        amount_fen=0,
        reasons=[
            {
                "code": "added_by_hand",
                "text": f"机器未测出，人工补记：{reason.strip()}",
                "text_en": f"Not found by the engine, added by hand: {reason.strip()}",
            }
        ],
    )
    note.save(force_insert=True)
    ctx.note(
        f"第 {tray.number} 盘补记第 {order} 张：{reason.strip()}",
        f"Tray {tray.number}: note {order} added by hand: {reason.strip()}",
        note=str(note.id),
        reason=reason.strip(),
    )
    return {"note_id": str(note.id), "number": order}


@act("burnt_notes.take_back_judgement", "撤销判定", "Take a decision back", roles=HANDLERS)
def take_back_judgement(ctx: Context, *, note_id: str) -> dict[str, Any]:
    """Take one's own newest answer back while nobody else has answered after it. The answer stays on record as withdrawn.

    Two answers that differ lie open to both persons and wait for the one who settles; neither is changed any more.
    """
    require_step_open(ctx, "determine")
    note = the_note(ctx, note_id)
    last = note.judgements.filter(withdrawn=False).order_by("-round").first()
    if last is None or last.person != ctx.person.login:
        raise not_allowed(
            "not_yours",
            "只能撤销自己最近的判定，且其后没有别人判定过。",
            "You can take back only your own newest answer, and only while nobody has answered after you.",
        )
    if standing_of(note).stage == "third":
        raise refuse(
            "answers_open",
            "两人的判定已经公开且不一致，不能再撤销，请授权主管或网点负责人裁定。",
            "The two answers differ and lie open: they cannot be taken back. A supervisor or the outlet head settles it.",
        )
    last.withdrawn = True
    last.save(update_fields=["withdrawn"])
    ctx.note(
        f"撤销第 {note.tray.number} 盘第 {note.order} 张的判定",
        f"Took back the answer on tray {note.tray.number}, note {note.order}",
        note=str(note.id),
        round=last.round,
    )
    return {"note_id": str(note.id), "stage": standing_of(note).stage}


def needs_reason(answer: Answer, proposal: Proposal) -> bool:
    """Only agreeing with a decided proposal goes without a reason."""
    return proposal.verdict == "undecided" or not answer.same_as(proposal)


def the_note(ctx: Context, note_id: str) -> Note:
    wanted = Note.objects.select_related("tray").filter(tray__case=ctx.the_case, current=True)
    note = wanted.filter(id=note_id).first() if is_ident(note_id) else None
    if note is None:
        raise invalid("no_such_note", "这个案件没有这张券。", "This case has no such note.", where="note")
    return note


def _not_being_measured(tray: Tray) -> None:
    if tray.state in {"waiting", "measuring"}:
        raise refuse(
            "still_measuring",
            "这一盘正在按您的说明重新测量，请稍候再判定。",
            "This tray is being measured again with what was told: wait a moment.",
        )


def _check_answer(answer: Answer) -> None:
    if answer.verdict not in VERDICTS:
        raise invalid(
            "verdict_unknown", "请选择全额、半额或不予兑换。", "Choose full, half or none.", where="verdict"
        )
    unknown = answer.denomination_fen not in denominations()
    if unknown and not (answer.verdict == "none" and answer.denomination_fen is None):
        raise invalid(
            "denomination_missing", "请选择面额。", "Choose the denomination.", where="denomination_fen"
        )


def opened_to(note: Note, login: str) -> bool:
    """Whether this person has seen another's answer on this note: two answers lay open once, one of them his or hers.

    Such a person answers no more (an answer taken back does not make one blind again), except to settle a difference.
    """
    given = list(note.judgements.all())
    return any(j.round > 1 for j in given) and any(j.person == login for j in given)


def _seen_already() -> Exception:
    return not_allowed(
        "seen_already",
        "您已看到过这张券上别人的判定，不能再独立判定，请另一人办理。",
        "You have seen another person's answer on this note: somebody else must answer independently.",
    )


def digest_of(judgement: Judgement) -> str:
    """What the timeline holds of an answer (see the module's docstring)."""
    row = [
        str(judgement.id),
        str(judgement.note_id),
        judgement.round,
        judgement.person,
        judgement.verdict,
        judgement.denomination_fen,
        judgement.edition,
        judgement.reason,
    ]
    return hashlib.sha256(json.dumps(row, ensure_ascii=False).encode()).hexdigest()


def _check_person(ctx: Context, note: Note, stage: str, answers: list[Answer]) -> None:
    if stage == "settled":
        raise refuse(
            "already_settled",
            "这张已经判定。需要改时先撤销。",
            "This note is settled; take the answer back first.",
        )
    if any(a.person == ctx.person.login for a in answers):
        raise not_allowed(
            "same_person",
            "您已判定过这张券，须由另一人独立判定。",
            "You have answered on this note; another person must answer independently.",
        )
    if stage != "third" and opened_to(note, ctx.person.login):
        raise _seen_already()
    if stage == "third" and not SETTLERS & ctx.actor.roles:
        raise not_allowed(
            "settler_needed",
            "两人意见不同，由授权主管或网点负责人裁定。",
            "The two answers differ: a supervisor or the outlet head settles it.",
        )


def _keep(ctx: Context, note: Note, answer: Answer, round_number: int, reason: str) -> Judgement:
    judgement = Judgement(
        # Random to the last bit: it keeps the digest in the timeline from being guessed.
        id=uuid.uuid4(),
        note=note,
        round=round_number,
        person=answer.person,
        verdict=answer.verdict,
        denomination_fen=answer.denomination_fen,
        edition=answer.edition,
        reason=reason.strip(),
        at=ctx.now,
    )
    judgement.save(force_insert=True)
    return judgement
