"""The steps of the procedure that are more than a form: each checks what it must against what was measured and decided."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from xiaoshi.core.casework.commands import MoveCase, RecordCheck
from xiaoshi.core.money import daxie
from xiaoshi.desk.cases.people_on_case import let_see
from xiaoshi.desk.cases.steps import finish_step
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.kinds.burnt_notes import slips
from xiaoshi.desk.kinds.burnt_notes.acts.trays import require_step_open
from xiaoshi.desk.kinds.burnt_notes.designated import designated_outlets
from xiaoshi.desk.kinds.burnt_notes.standing import Tin, tin_of
from xiaoshi.desk.organisation.models import Staff, Unit

RECHECKERS = {"supervisor", "outlet_head"}


@act("burnt_notes.hand_to_designated", "转指定机构", "Hand to a designated outlet")
def hand_to_designated(ctx: Context, *, unit_path: str, reason: str = "") -> dict[str, Any]:
    """Special damage, and this outlet is not designated: the case goes to one that is (order 2026 No. 2)."""
    unit = Unit.objects.filter(path=unit_path).first()
    if unit is None or unit not in designated_outlets(timezone.localdate(ctx.now)):
        raise invalid(
            "not_designated",
            "请从指定机构名单中选择网点。",
            "Choose an outlet from the list of designated institutions.",
            where="unit_path",
        )
    head = Staff.objects.filter(unit=unit, roles__contains=["outlet_head"], is_active=True).first()
    if head is None:
        raise refuse(
            "no_outlet_head",
            f"{unit.name_zh}没有在职的负责人，无法接收，请另选一家。",
            f"{unit.name_en} has no outlet head in service to receive it: choose another.",
        )
    finish_step(ctx, "to_designated", {"unit": unit.path, "reason": reason}, {"designated": True})
    ctx.command(
        MoveCase(
            command_id=ctx.next_command_id(),
            to_unit=unit.path.rstrip("/"),
            to=head.as_actor(),
            reason=reason or f"特殊残损券由指定机构{unit.name_zh}办理",
        )
    )
    let_see(ctx, ctx.person.login, "handed_over")
    case = ctx.the_case
    case.unit, case.unit_path = unit, unit.path
    ctx.note(f"转{unit.name_zh}办理", f"Handed to {unit.name_en}", step="to_designated", unit=unit.path)
    ctx.visible_to_client = True
    return {"owner": head.login}


@act("burnt_notes.finish_photographing", "拍照完成", "All trays photographed")
def finish_photographing(ctx: Context) -> dict[str, Any]:
    """All trays are photographed and measured."""
    trays = list(ctx.the_case.trays.exclude(state="withdrawn"))
    if not trays:
        raise refuse(
            "no_tray",
            "还没有照片。请先拍摄至少一盘。",
            "There is no photo yet: photograph at least one tray.",
        )
    waiting = [t.number for t in trays if t.state in {"waiting", "measuring"}]
    if waiting:
        numbers = "、".join(map(str, waiting))
        raise refuse(
            "still_measuring",
            f"第 {numbers} 盘还在测量，请稍候；好了页面会更新。超过几分钟仍未完成，请在该盘页面点“重新测量”。",
            f"Tray {', '.join(map(str, waiting))} is still being measured: wait a moment. If it takes more than a few"
            " minutes, choose “measure again” on its page.",
        )
    held = [t.number for t in trays if t.state == "held"]
    if held:
        numbers = "、".join(map(str, held))
        raise refuse(
            "tray_held",
            f"第 {numbers} 盘的照片存疑。请选择“就用这张”，或撤下重拍。",
            f"The photo of tray {', '.join(map(str, held))} is in doubt: use it anyway, or take it out.",
        )
    failed = [t.number for t in trays if t.state == "failed"]
    if failed:
        numbers = "、".join(map(str, failed))
        raise refuse(
            "tray_failed",
            f"第 {numbers} 盘没有测出任何券。请按提示重拍后撤下这一盘。",
            f"Nothing was measured on tray {', '.join(map(str, failed))}: photograph it again and take this one out.",
        )
    tin = tin_of(ctx.the_case)
    finish_step(ctx, "photograph", {"trays": len(trays), "notes": tin.notes})
    return {"trays": len(trays), "notes": tin.notes}


@act("burnt_notes.sort", "区分", "Sort the notes")
def sort_notes(ctx: Context, *, step: str, counted: dict[str, int], reason: str = "") -> dict[str, Any]:
    """券别区分 / 版别分离: the teller sorts the notes and enters how many lie on each pile.

    `counted`: pile -> pieces; a pile is the denomination in fen, with `/edition` behind it in the second step. Where a
    pile differs from what was measured, a reason is needed: the machine may be wrong, or a note may have slipped.
    """
    if step not in ("denominations", "editions"):
        raise invalid("no_such_step", "流程中没有这一环节。", "The plan has no such step.", where="step")
    measured = piles(tin_of(ctx.the_case), by_edition=step == "editions")
    given = {pile: pieces for pile, pieces in counted.items() if pieces}
    differs = sorted(
        pile for pile in measured.keys() | given.keys() if measured.get(pile, 0) != given.get(pile, 0)
    )
    if differs and not reason.strip():
        raise invalid(
            "piles_differ",
            "与测量结果不一致（"
            + "；".join(_pile_words(p, measured, given)[0] for p in differs)
            + "）。请核对，或写明原因。",
            "The piles differ from what was measured ("
            + "; ".join(_pile_words(p, measured, given)[1] for p in differs)
            + "). Check, or give the reason.",
            where="reason",
        )
    finish_step(ctx, step, {"piles": given, "differs": differs, "reason": reason.strip()})
    return {"piles": given, "differs": differs}


def piles(tin: Tin, *, by_edition: bool) -> dict[str, int]:
    """Pile -> pieces as measured and decided so far. Notes without a known denomination lie on the pile `0`."""
    result: dict[str, int] = {}
    for line in tin.lines:
        pile = f"{line.denomination_fen}/{line.edition}" if by_edition else str(line.denomination_fen)
        result[pile] = result.get(pile, 0) + line.pieces
    return result


def _pile_words(pile: str, measured: dict[str, int], given: dict[str, int]) -> tuple[str, str]:
    """What differs on one pile, in Chinese and English."""
    denomination, _, edition = pile.partition("/")
    fen, was, now = int(denomination), measured.get(pile, 0), given.get(pile, 0)
    zh, en = (f"{fen / 100:g}元", f"{fen / 100:g} yuan") if fen else ("面额不明", "value unknown")
    zh, en = (f"{zh}{edition}年版", f"{en} of {edition}") if edition else (zh, en)
    return f"{zh} 测得{was}张、实点{now}张", f"{en}: {was} measured, {now} counted"


@act("burnt_notes.determine", "完成认定", "All notes determined")
def determine(ctx: Context) -> dict[str, Any]:
    """Every note is settled: the sum becomes a fact of the case."""
    running = list(
        ctx.the_case.trays.filter(state__in=("waiting", "measuring")).values_list("number", flat=True)
    )
    if running:
        raise refuse(
            "still_measuring",
            f"第 {'、'.join(map(str, running))} 盘正在按您的说明重新测量，请稍候。",
            f"Tray {', '.join(map(str, running))} is being measured again with what you told: wait a moment.",
        )
    tin = tin_of(ctx.the_case)
    if not tin.settled:
        left = tin.notes - tin.stages.get("settled", 0)
        second, third = tin.stages.get("second", 0), tin.stages.get("third", 0)
        raise refuse(
            "notes_left",
            f"还有 {left} 张未定：待第二人 {second} 张，待裁定 {third} 张。",
            f"{left} notes are not settled: {second} wait for a second person, {third} for a decision between two answers.",
        )
    finish_step(
        ctx,
        "determine",
        {"verdicts": tin.verdicts, "amount_fen": tin.amount_fen},
        {"sum_fen": tin.amount_fen},
    )
    return {"amount_fen": tin.amount_fen}


def exchangeable(tin: Tin) -> int:
    """Pieces that are exchanged for something."""
    return tin.verdicts.get("full", 0) + tin.verdicts.get("half", 0)


@act("burnt_notes.machine_check", "机具识别", "Machine check")
def machine_check(ctx: Context, *, machine: str, passed: int, by_hand: int) -> dict[str, Any]:
    """The machine (or, for brittle pieces, the trained hand) has found each exchangeable note genuine.

    A note that neither accepts is not exchanged: it is decided again as "none" first, so that the numbers meet.
    """
    require_step_open(ctx, "machine")
    expected = exchangeable(tin_of(ctx.the_case))
    if passed < 0 or by_hand < 0 or passed + by_hand != expected:
        raise invalid(
            "machine_count_differs",
            f"可兑换的共 {expected} 张，机具通过与人工识别合计 {passed + by_hand} 张。不能识别为真币的，请先驳回到“认定”改判为不予兑换。",
            f"{expected} notes are to be exchanged, but {passed + by_hand} were found genuine. Send the case back and decide"
            " those that cannot be told genuine as “none”.",
            where="passed",
        )
    if not machine.strip():
        raise invalid(
            "machine_missing", "请填写机具编号。", "Enter the number of the machine.", where="machine"
        )
    ctx.command(RecordCheck(command_id=ctx.next_command_id(), check="machine", passed=True, note=machine))
    finish_step(ctx, "machine", {"machine": machine, "passed": passed, "by_hand": by_hand})
    return {"passed": passed, "by_hand": by_hand}


@act("burnt_notes.count", "清点", "Count")
def count_notes(ctx: Context, *, full: int, half: int, none: int, amount_fen: int) -> dict[str, Any]:
    """清点: counted by hand, before it is compared with what was decided."""
    tin = tin_of(ctx.the_case)
    expected = (
        tin.verdicts.get("full", 0),
        tin.verdicts.get("half", 0),
        tin.verdicts.get("none", 0),
        tin.amount_fen,
    )
    if (full, half, none, amount_fen) != expected:
        raise invalid(
            "count_differs",
            "清点结果与认定结果不一致，请重新清点；确有出入时驳回到“认定”。",
            "The count differs from what was determined. Count again; if it still differs, send the case back.",
            where="amount_fen",
        )
    finish_step(ctx, "count", {"full": full, "half": half, "none": none, "amount_fen": amount_fen})
    return {"amount_fen": amount_fen}


@act("burnt_notes.bag", "封袋", "Seal the special bag")
def seal_bag(
    ctx: Context, *, bag_number: str, seal_number: str, holder_present: bool, witness: str
) -> dict[str, Any]:
    """分装专用袋: sealed in front of the holder and a colleague, with the stamp on the seal outside; the label is printed."""
    if not holder_present:
        raise invalid(
            "holder_absent",
            "专用袋应当面封装，请等持有人到场。",
            "The bag is sealed in front of the holder: wait until he or she is there.",
            where="holder_present",
        )
    if not bag_number.strip() or not seal_number.strip():
        raise invalid(
            "bag_number_missing",
            "请填写袋号和封签号。",
            "Enter the bag and the seal number.",
            where="bag_number",
        )
    seen_by = Staff.objects.filter(login=witness, unit=ctx.the_case.unit, is_active=True).first()
    if seen_by is None or seen_by.login == ctx.person.login:
        raise invalid(
            "witness_missing",
            "封袋须由本网点另一位同事在场见证，请选择。",
            "Another colleague of this outlet must see the bag being sealed: choose one.",
            where="witness",
        )
    finish_step(ctx, "bag", {"bag": bag_number.strip(), "seal": seal_number.strip(), "witness": witness})
    paper = slips.bag_label(ctx, bag_number.strip(), seen_by)
    return {"paper": str(paper.id)}


@act("burnt_notes.recheck", "复核", "Recheck", roles=RECHECKERS, people_only=True)
def recheck(ctx: Context, *, pieces: int, amount_fen: int) -> dict[str, Any]:
    """复核 by a second person who counts without seeing the first figures. A difference is recorded, never hidden."""
    tin = tin_of(ctx.the_case)
    require_step_open(ctx, "recheck")
    if (pieces, amount_fen) != (tin.notes, tin.amount_fen):
        ctx.note(
            f"复核不一致：复核 {pieces} 张、{amount_fen / 100:.2f} 元",
            f"The recheck differs: {pieces} notes, {amount_fen / 100:.2f} yuan",
            step="recheck",
            matches=False,
            pieces=pieces,
            amount_fen=amount_fen,
        )
        return {"matches": False}
    finish_step(ctx, "recheck", {"pieces": pieces, "amount_fen": amount_fen})
    return {"matches": True}


@act("burnt_notes.papers", "出具单据", "Issue the papers")
def issue_papers(ctx: Context, *, holder_agrees: bool) -> dict[str, Any]:
    """The exchange slip; and, where the holder disagrees, the determination slip with which he or she may go to the PBOC."""
    finish_step(ctx, "papers", {"holder_agrees": holder_agrees}, {"holder_agrees": holder_agrees})
    tin = tin_of(ctx.the_case)
    issued = [slips.exchange_slip(ctx, tin)]
    if not holder_agrees:
        issued.append(slips.determination_slip(ctx, tin))
    return {"papers": [str(p.id) for p in issued], "amount": daxie(tin.amount_fen)}


@act("burnt_notes.receipt", "交付回执", "Give the receipt")
def give_receipt(ctx: Context) -> dict[str, Any]:
    """The holder's receipt, on the counter printer."""
    finish_step(ctx, "receipt", {})
    paper = slips.receipt(ctx)
    return {"paper": str(paper.id)}
