"""What the runtime role may do with the tables of money: read, append, and move an order on. Balances move by trigger only."""

from __future__ import annotations

MONEY_GRANTS: dict[str, str] = {
    "money_account": "SELECT, INSERT",
    "money_balance": "SELECT",
    "money_entry": "SELECT, INSERT",
    "money_posting": "SELECT, INSERT",
    "money_moneyorder": "SELECT, INSERT, UPDATE (state, checker, checked_at, reason, attempts)",
}
