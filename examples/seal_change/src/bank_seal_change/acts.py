"""The one step that must check something: a card is taken once, and a seal is not in use before today."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from bank_seal_change.models import SealCard
from xiaoshi.desk.cases.plans import bank_zone
from xiaoshi.desk.cases.steps import finish_step
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid

CARD_NUMBER = re.compile(r"\d{8}\Z")


@act("seal_change.take_specimen", "采集新印鉴卡", "Take the specimen of a new seal")
def take_specimen(ctx: Context, *, card_number: str, in_use_from: str) -> dict[str, Any]:
    """Keep the card and finish the step; `in_use_from` is ISO. A second person confirms it."""
    if not CARD_NUMBER.match(card_number):
        raise invalid(
            "card_number_unfit", "卡号应为8位数字。", "The card’s number has 8 digits.", where="card_number"
        )
    try:
        day = date.fromisoformat(in_use_from)
    except ValueError:
        raise invalid(
            "date_unreadable", "请填写启用日期。", "Enter the first day in use.", where="in_use_from"
        ) from None
    if day < ctx.now.astimezone(bank_zone()).date():
        raise invalid(
            "date_in_the_past",
            "启用日期不能早于今天。",
            "The new seal cannot be in use before today.",
            where="in_use_from",
        )
    if SealCard.objects.filter(card_number=card_number).exists():
        raise invalid(
            "card_used",
            "这张印鉴卡已在别处使用，请换一张。",
            "This card is used already: take another.",
            where="card_number",
        )
    finish_step(ctx, "specimen", {"card_number": card_number}, {"in_use_from": in_use_from})
    SealCard.objects.create(
        case=ctx.the_case,
        card_number=card_number,
        in_use_from=day,
        taken_by=ctx.person.login,
        taken_at=ctx.now,
    )
    return {"card_number": card_number}
