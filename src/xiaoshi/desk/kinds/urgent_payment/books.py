"""The lines of a part withdrawal, and the two accounts of the bank's own that it needs beside the chart's.

100,000.00 out of the certificate with 40.97 interest: debit the certificate 100,000.00, debit interest expense 40.97, credit the
depositor's own demand account 100,040.97. Interest of before 2008-10-09 bears tax, which is credited to tax payable.
"""

from __future__ import annotations

from datetime import datetime

from xiaoshi.core.deposits import Valuation
from xiaoshi.desk.money.chart import code_of
from xiaoshi.desk.money.models import Account
from xiaoshi.desk.organisation.models import Unit

INTEREST_EXPENSE = "5001/interest"
TAX_PAYABLE = "2041/interest_tax"


def withdrawal_lines(
    unit: Unit, deposit: Account, own: Account, found: Valuation, moved_fen: int, now: datetime
) -> list[tuple[str, int]]:
    """`moved_fen`: principal that leaves the certificate. The debits add up to principal and gross interest."""
    lines = [(deposit.code, moved_fen)]
    if found.interest_fen:
        lines.append(
            (_own(unit, INTEREST_EXPENSE, "expense", "利息支出", "Interest expense", now), found.interest_fen)
        )
    if found.tax_fen:
        lines.append(
            (
                _own(unit, TAX_PAYABLE, "liability", "应交代扣利息税", "Interest tax payable", now),
                -found.tax_fen,
            )
        )
    return [*lines, (own.code, -(moved_fen + found.net_fen))]


def _own(unit: Unit, local: str, kind: str, zh: str, en: str, now: datetime) -> str:
    account, _made = Account.objects.get_or_create(
        code=code_of(unit.path, local),
        defaults={
            "unit": unit,
            "unit_path": unit.path,
            "kind": kind,
            "name_zh": zh,
            "name_en": en,
            "no_overdraft": False,
            "opened_at": now,
        },
    )
    return account.code
