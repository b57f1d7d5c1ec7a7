"""What two people decide without booking anything: asked by one, agreed, sent back or withdrawn like an order.

    asked = ask(ctx, "freeze", reason="法院 2026-17 号", instrument=paper, day=today)     # a teller
    agree(ctx, request_id=str(asked.id))                                                 # a supervisor

`KINDS` says who asks and who agrees. The engine is asked both times, so that the first person hears at once what cannot be and
the second what has changed since. What was agreed is carried out by the database (`migrations/0008_decided_laws.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError

from xiaoshi.core.ledger.instruments import MOVES, MoveWanted, move_instrument
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused, invalid, not_allowed, refuse
from xiaoshi.desk.money.authority import (
    APPROVERS,
    CHECKERS,
    HEADS_ABOVE,
    MAKERS,
    day_of,
    needs_role,
    two_people,
    two_terminals,
)
from xiaoshi.desk.money.models import Balance, Instrument, Request
from xiaoshi.desk.organisation.models import Unit

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context


@dataclass(frozen=True, slots=True)
class Kind:
    """What it is called, who asks for it, who agrees."""

    words: Words
    makers: tuple[str, ...]
    checkers: tuple[str, ...]


_OUTLET = (*MAKERS, *CHECKERS)
KINDS: dict[str, Kind] = {
    **{name: Kind(move.words, _OUTLET, APPROVERS) for name, move in MOVES.items()},
    # By telephone, at any hour: the contact centre stops a lost paper, and does nothing else here.
    "report_lost": Kind(MOVES["report_lost"].words, (*_OUTLET, "contact_centre"), APPROVERS),
    "hold_place": Kind(Words("设立专款", "Place a hold"), _OUTLET, APPROVERS),
    "hold_release": Kind(Words("解除专款", "Release a hold"), _OUTLET, ("outlet_head", "city_specialist")),
    "day_close": Kind(Words("日终", "Close the day"), _OUTLET, CHECKERS),
    "day_reopen": Kind(Words("撤销日终", "Take the closing back"), CHECKERS, ("outlet_head", *HEADS_ABOVE)),
    "limit_set": Kind(Words("设定授权额度", "Set a limit of authority"), HEADS_ABOVE, HEADS_ABOVE),
    "rate_set": Kind(Words("录入外汇牌价", "Enter a rate of exchange"), HEADS_ABOVE, HEADS_ABOVE),
}


def ask(
    ctx: Context,
    kind: str,
    *,
    reason: str,
    unit: Unit | None = None,
    terminal: str = "",
    **columns: Any,
) -> Request:
    """Record a request. `columns` are those of `Request` that the kind uses. A loss report is carried out at once."""
    needs_role(ctx, KINDS[kind].makers)
    if not reason.strip():
        raise invalid(
            "reason_missing", "请填写原因或依据。", "Give the reason, or what it rests on.", where="reason"
        )
    _nothing_waits(columns)
    place = unit or ctx.person.unit
    request = Request(
        unit=place,
        unit_path=place.path,
        kind=kind,
        reason=reason.strip(),
        maker=ctx.person.login,
        made_for=ctx.on_behalf_of,
        made_at=ctx.now,
        maker_terminal=terminal,
        state="at_once" if kind == "report_lost" else "waiting",
        **columns,
    )
    _still_possible(ctx, request, checker="")
    _save(request, force_insert=True)
    words = KINDS[kind].words
    done = request.state == "at_once"
    ctx.unit_path = place.path
    ctx.note(
        f"{words.zh}{'' if done else '，待另一人复核'}：{request.reason}",
        f"{words.en}{'' if done else ', to be checked by another person'}: {request.reason}",
        request=str(request.id),
        kind=kind,
    )
    return request


def agree(ctx: Context, *, request_id: str, terminal: str = "") -> Request:
    """The second person agrees; the database carries it out."""
    request = _to_decide(ctx, request_id, terminal)
    _still_possible(ctx, request, checker=ctx.person.login)
    request.state = "agreed"
    _decided(ctx, request, "复核同意", "Agreed")
    return request


def reject(ctx: Context, *, request_id: str, reason: str) -> Request:
    """The second person says no, and why."""
    request = _to_decide(ctx, request_id, "")
    if not reason.strip():
        raise invalid("reason_missing", "请填写退回原因。", "Say why you reject it.", where="reason")
    request.state, request.decided_reason = "rejected", reason.strip()
    _decided(ctx, request, f"复核退回（{request.decided_reason}）", f"Rejected ({request.decided_reason})")
    return request


def withdraw(ctx: Context, *, request_id: str) -> Request:
    """The maker takes back what nobody has decided yet."""
    request = _waiting(ctx, request_id)
    if request.maker != ctx.person.login:
        raise not_allowed(
            "not_your_order", "只有录入人本人能撤回。", "Only the person who recorded it can withdraw it."
        )
    request.state = "withdrawn"
    _save(request, update_fields=["state"])
    words = KINDS[request.kind].words
    ctx.note(f"撤回：{words.zh}", f"Withdrawn: {words.en.lower()}", request=str(request.id))
    return request


def paper_of(instrument_id: str) -> Instrument:
    """An instrument that this person may see."""
    found = (
        Instrument.objects.filter(id=int(instrument_id) if instrument_id.isdecimal() else 0)
        .select_related("unit", "account")
        .first()
    )
    if found is None:
        raise NotFound(
            Problem(
                "instrument_not_found",
                Words("没有这张存单（折）。", "There is no such certificate or passbook."),
            )
        )
    return found


def _nothing_waits(columns: dict[str, Any]) -> None:
    on = {name: columns[name] for name in ("instrument", "hold") if columns.get(name) is not None}
    if on and Request.objects.filter(state="waiting", **on).exists():
        raise refuse(
            "request_waiting",
            "已有一项处理录入待复核。需要更改时，请录入人先撤回。",
            "Something about it is recorded and waits for a check. To change it, its maker withdraws it first.",
        )


def _still_possible(ctx: Context, request: Request, checker: str) -> None:
    """Ask the engine. `checker` empty: as the maker; then another person is assumed."""
    if request.instrument is None:
        return
    paper = Instrument.objects.get(id=request.instrument.id)
    assert request.day is not None
    wanted = MoveWanted(
        request.kind,
        request.day,
        day_of(ctx.now),
        request.reason,
        request.maker,
        checker or "another person",
        Balance.objects.get(account_id=paper.account.pk).balance_fen,
        request.terms.get("new_number", ""),
    )
    after = move_instrument(paper.for_ledger(), wanted)
    if isinstance(after, Problem):
        typed = after.code in {"reason_missing", "day_ahead", "day_before_last", "new_number_missing"}
        raise (Invalid if typed else NotAllowed if after.code == "maker_is_checker" else Refused)(after)


def _to_decide(ctx: Context, request_id: str, terminal: str) -> Request:
    request = _waiting(ctx, request_id)
    two_people(ctx, request.maker, request.made_for)
    two_terminals(request.maker_terminal, terminal)
    needs_role(ctx, KINDS[request.kind].checkers)
    request.checker, request.checked_at, request.checker_terminal = ctx.person.login, ctx.now, terminal
    return request


def _waiting(ctx: Context, request_id: str) -> Request:
    found = Request.objects.select_for_update(of=("self",)).filter(id=readable_id(request_id))
    request = found.select_related("instrument", "unit").first()
    if request is None:
        raise NotFound(
            Problem("request_not_found", Words("没有这项待复核的处理。", "There is no such request."))
        )
    if request.state != "waiting":
        raise refuse(
            "order_decided",
            "这项处理已经复核、退回或撤回，请刷新页面查看结果。",
            "This was decided or withdrawn in the meantime; reload the page to see how.",
        )
    ctx.unit_path = request.unit_path
    return request


def _decided(ctx: Context, request: Request, zh: str, en: str) -> None:
    _save(request, update_fields=["state", "checker", "checked_at", "checker_terminal", "decided_reason"])
    words = KINDS[request.kind].words
    ctx.note(
        f"{zh}：{words.zh}",
        f"{en}: {words.en.lower()}",
        request=str(request.id),
        kind=request.kind,
        maker=request.maker,
    )


def _save(request: Request, **how: Any) -> None:
    """Write it; what its law refuses in this very moment (somebody was quicker) is said in words."""
    try:
        request.save(**how)
    except IntegrityError as error:
        diag = getattr(error.__cause__, "diag", None)
        law = diag.constraint_name if diag is not None else ""
        raise refuse(*SAID.get(law or "", SAID[""])) from error


SAID: dict[str, tuple[str, str, str]] = {
    "money_held": (
        "hold_not_covered",
        "可动用余额不足，不能设立这笔专款。请核对余额。",
        "The free balance does not cover this hold. Check the balance.",
    ),
    "money_day_counted": (
        "day_not_counted",
        "还有现金没有清点、复核，或有现金款项待复核，不能日终。请刷新页面查看。",
        "Cash is not counted and checked as it stands, or waits for a check: the day cannot be closed. Reload the page.",
    ),
    "money_day_closed": (
        "later_day_closed",
        "之后的日子已经日终，请先撤销之后的日终。",
        "A later day is closed: take that closing back first.",
    ),
    "fxrate_once_a_moment": (
        "rate_there",
        "这一时刻已有该货币的牌价。",
        "There is a rate of this currency for that moment already.",
    ),
    "": (
        "changed_meanwhile",
        "期间情况有变，没有办理。请刷新页面，核对后再决定。",
        "Something changed meanwhile and nothing was done. Reload the page, check, then decide.",
    ),
}
