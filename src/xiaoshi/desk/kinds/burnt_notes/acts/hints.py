"""What a person tells the engine about a tray: the denomination where print is gone, pieces that are one note or are not.

The engine runs again with it, in the worker; nothing is decided by it (a note so changed is decided by people as any
other). Each is on the timeline with its reason and can be taken back, which runs the engine again without it. Notes on
which somebody has answered are not touched: the answer is taken back first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.kinds.burnt_notes.acts.trays import (
    HANDLERS,
    hindrances_of,
    is_ident,
    require_step_open,
    the_tray,
)
from xiaoshi.desk.kinds.burnt_notes.models import Hint, Tray
from xiaoshi.desk.kinds.burnt_notes.standing import denominations

PIECES_MAX = 12


@act("burnt_notes.name_pieces", "人工指认券别", "Name a note by hand", roles=HANDLERS, people_only=True)
def name_pieces(
    ctx: Context,
    *,
    tray_id: str,
    pieces: Sequence[str],
    denomination_fen: int | None,
    edition: str = "",
    reason: str = "",
) -> dict[str, Any]:
    """These pieces are of this denomination (and edition): measured by their outline in mm where print is gone."""
    tray = _open_tray(ctx, tray_id)
    if denomination_fen not in denominations():
        raise invalid(
            "denomination_missing", "请选择面额。", "Choose the denomination.", where="denomination_fen"
        )
    idents = _pieces(tray, pieces, least=1)
    yuan = f"{denomination_fen / 100:g}"
    version = f"（{edition.strip()} 年版）" if edition.strip() else ""
    words = (
        f"指认为 {yuan} 元{version}",
        f"named as {yuan} yuan{' of ' + edition.strip() if edition.strip() else ''}",
    )
    return _tell(ctx, tray, "named", idents, reason, words, denomination_fen, edition.strip()[:20])


@act("burnt_notes.join_pieces", "认定为同一张", "Pieces of one note", roles=HANDLERS, people_only=True)
def join_pieces(ctx: Context, *, tray_id: str, pieces: Sequence[str], reason: str = "") -> dict[str, Any]:
    """These pieces are of one note: their area is counted together."""
    tray = _open_tray(ctx, tray_id)
    idents = _pieces(tray, pieces, least=2)
    return _tell(ctx, tray, "joined", idents, reason, ("认定为同一张", "said to be one note"))


@act(
    "burnt_notes.keep_apart", "认定不是同一张", "Pieces of different notes", roles=HANDLERS, people_only=True
)
def keep_apart(ctx: Context, *, tray_id: str, pieces: Sequence[str], reason: str = "") -> dict[str, Any]:
    """These pieces are not of one note: they are never joined."""
    tray = _open_tray(ctx, tray_id)
    idents = _pieces(tray, pieces, least=2)
    return _tell(ctx, tray, "apart", idents, reason, ("认定不是同一张", "said not to be one note"))


@act(
    "burnt_notes.take_back_hint", "撤销人工说明", "Take back what was told", roles=HANDLERS, people_only=True
)
def take_back_hint(ctx: Context, *, hint_id: str, reason: str = "") -> dict[str, Any]:
    """Take back what a person told; the engine runs again without it."""
    found = Hint.objects.select_related("tray").filter(tray__case=ctx.the_case, withdrawn=False)
    hint = found.filter(id=hint_id).first() if is_ident(hint_id) else None
    if hint is None:
        raise invalid(
            "no_such_hint",
            "没有这条人工说明，或已撤销。",
            "There is no such hint, or it was taken back.",
            where="hint",
        )
    tray = _open_tray(ctx, str(hint.tray_id))
    _nobody_answered(tray, hint.pieces)
    hint.withdrawn = True
    hint.save(update_fields=["withdrawn"])
    ctx.note(
        f"撤销第 {tray.number} 盘的人工说明",
        f"Took back what was told about tray {tray.number}",
        tray=tray.number,
        hint=str(hint.id),
        reason=reason.strip(),
    )
    _measure(ctx, tray)
    return {"number": tray.number}


def _open_tray(ctx: Context, tray_id: str) -> Tray:
    """The tray, while its notes are photographed or decided and it is not being measured."""
    if hindrances_of(ctx, "photograph"):
        require_step_open(ctx, "determine")
    else:
        require_step_open(ctx, "photograph")
    tray = the_tray(ctx, tray_id)
    if tray.state not in {"measured", "failed"}:
        raise refuse(
            "tray_not_measured",
            "这一盘没有测量结果，或正在测量，请稍候。",
            "This tray is not measured, or is being measured: wait a moment.",
        )
    return tray


def _pieces(tray: Tray, pieces: Sequence[str], *, least: int) -> list[str]:
    """The ids in the order of the tray, each once."""
    newest = tray.measurements.last()
    known = [str(piece["id"]) for piece in newest.assessment["pieces"]] if newest is not None else []
    wanted = {str(piece) for piece in pieces}
    if len(wanted) < least:
        raise invalid(
            "pieces_missing",
            "请至少选择两块碎片。" if least > 1 else "请选择要指认的碎片。",
            "Choose at least two pieces." if least > 1 else "Choose the pieces that you name.",
            where="piece",
        )
    if not wanted <= set(known) or len(wanted) > PIECES_MAX:
        raise invalid(
            "no_such_piece",
            f"这一盘没有所选的碎片，或一次选了超过 {PIECES_MAX} 块。",
            f"This tray has no such piece, or more than {PIECES_MAX} were chosen at once.",
            where="piece",
        )
    _nobody_answered(tray, sorted(wanted))
    return [ident for ident in known if ident in wanted]


def _nobody_answered(tray: Tray, pieces: Sequence[str]) -> None:
    for note in tray.notes.filter(current=True).prefetch_related("judgements"):
        answered = any(not judgement.withdrawn for judgement in note.judgements.all())
        if answered and set(note.piece_ids) & set(pieces):
            raise refuse(
                "note_answered",
                f"第 {note.order} 张已有人判定，请先撤销该判定。",
                f"Somebody has answered on note {note.order}: take that answer back first.",
            )


def _tell(
    ctx: Context,
    tray: Tray,
    kind: str,
    pieces: list[str],
    reason: str,
    words: tuple[str, str],
    denomination_fen: int | None = None,
    edition: str = "",
) -> dict[str, Any]:
    reason = reason.strip()
    if not reason:
        raise invalid("reason_missing", "请写明理由。", "Give the reason.", where="reason")
    hint = Hint(
        tray=tray,
        kind=kind,
        pieces=pieces,
        denomination_fen=denomination_fen,
        edition=edition,
        reason=reason[:300],
        person=ctx.person.login,
        at=ctx.now,
    )
    hint.save(force_insert=True)
    hint.refresh_from_db(fields=["id"])
    ctx.note(
        f"第 {tray.number} 盘碎片 {'、'.join(pieces)} {words[0]}：{reason}",
        f"Tray {tray.number}, pieces {', '.join(pieces)} {words[1]}: {reason}",
        tray=tray.number,
        hint=str(hint.id),
        pieces=pieces,
        reason=reason,
    )
    _measure(ctx, tray)
    return {"hint_id": str(hint.id), "number": tray.number}


def _measure(ctx: Context, tray: Tray) -> None:
    from xiaoshi.desk.kinds.burnt_notes.jobs import measure_tray

    tray.state = "waiting"
    tray.save(update_fields=["state"])
    measure_tray.defer(tray_id=str(tray.id), login=ctx.person.login)
