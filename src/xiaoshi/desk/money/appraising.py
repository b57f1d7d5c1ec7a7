"""Payment by the central bank's appraisal: the holder disagreed, went to the PBOC with the 认定书, and brings its 鉴定书.

It is a sum of its own beside the settlement (matter `appraisal/<number>`), against the same damaged notes held, by two people like
every payment. A paper pays once in the whole bank, which the database keeps; a payment that was reversed frees it again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import IntegrityError

from xiaoshi.core.ledger.appraised import AppraisedRow, appraised_fen
from xiaoshi.core.problems import Problem
from xiaoshi.desk.guard.refusals import Invalid, invalid, refuse
from xiaoshi.desk.money.authority import day_of
from xiaoshi.desk.money.deciding import APPRAISED
from xiaoshi.desk.money.models import MoneyOrder
from xiaoshi.desk.money.orders import plan_payment
from xiaoshi.desk.money.setting_apart import read_day

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

_NUMBER = re.compile(r"[\w〔〕()（）\[\]-]{2,60}")


def plan_appraised(
    ctx: Context,
    *,
    number: str,
    issued_on: str,
    rows: list[dict[str, int]],
    amount_fen: int,
    way: str,
    account_number: str = "",
    terminal: str = "",
) -> MoneyOrder:
    """Record what a 鉴定书 makes the bank pay. `rows`: `{"face_fen", "full", "half"}`; `amount_fen`: as the maker typed it."""
    number = re.sub(r"\s", "", number)
    if not _NUMBER.fullmatch(number):
        raise invalid(
            "appraisal_number_unusable",
            "请填写鉴定书编号。",
            "Enter the number of the appraisal.",
            where="number",
        )
    day = read_day(issued_on, "issued_on")
    if day > day_of(ctx.now):
        raise invalid(
            "day_ahead", "出具日期不能晚于今天。", "The day of issue cannot lie ahead.", where="issued_on"
        )
    if ctx.the_case.opened_at.date() > day:
        raise invalid(
            "appraised_before_case",
            "鉴定书的日期早于本案受理日期，请核对是否属于本案。",
            "The appraisal is older than this case: does it belong to it?",
            where="issued_on",
        )
    due = appraised_fen(
        [AppraisedRow(r.get("face_fen", 0), r.get("full", 0), r.get("half", 0)) for r in rows]
    )
    if isinstance(due, Problem):
        raise Invalid(due)
    try:
        order = plan_payment(
            ctx,
            due_fen=due,
            amount_fen=amount_fen,
            way=way,
            account_number=account_number,
            matter=f"{APPRAISED}{number}",
            terminal=terminal,
        )
    except IntegrityError as error:
        diag = getattr(error.__cause__, "diag", None)
        if diag is None or diag.constraint_name != "money_appraisal_once":
            raise
        raise refuse(
            "appraisal_paid",
            "这份鉴定书已付款或正待复核，不能重复付款。请收回持有人手中的鉴定书并核对。",
            "This appraisal has been paid or waits for a check; it pays once. Take the paper in and check it.",
            where="number",
        ) from error
    ctx.note(
        f"录入按鉴定书付款，待另一人复核（鉴定书 {number}，{day}）",
        f"Recorded a payment by appraisal {number} of {day}; another person has to check it",
        appraisal=number,
    )
    return order
