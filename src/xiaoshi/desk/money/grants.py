"""What the runtime role may do with the tables of money: read, append, and move an order on. Balances move by trigger only."""

from __future__ import annotations

MONEY_GRANTS: dict[str, str] = {
    "money_account": "SELECT, INSERT",
    "money_balance": "SELECT",
    "money_entry": "SELECT, INSERT",
    "money_posting": "SELECT, INSERT",
    "money_moneyorder": (
        "SELECT, INSERT, UPDATE (state, checker, checked_at, reason, attempts, endorser, endorsed_at, checker_terminal)"
    ),
    # What two people decide: only the request is written; the database carries it out.
    "money_request": "SELECT, INSERT, UPDATE (state, checker, checked_at, checker_terminal, decided_reason)",
    "money_instrument": "SELECT, INSERT",
    "money_hold": "SELECT",
    "money_holdlapse": "SELECT",
    "money_authoritylimit": "SELECT",
    "money_fxrate": "SELECT",
    "money_businessday": "SELECT",
    "money_cashcount": "SELECT, INSERT, UPDATE (state, checker, checked_at, checker_terminal)",
}
