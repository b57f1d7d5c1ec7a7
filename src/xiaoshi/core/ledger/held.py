"""专款专用: money set aside on an account that can go to one payee only.

**Problem.** A family needs 80 000.00 yuan of an unconscious father's deposit for the hospital. The bank pays it out early
on the condition that it reaches the hospital and nobody else, and what is left over stays his.

**Worked example.** His account holds 100 000.00, of which 80 000.00 are held for the hospital until 30 November:

| wanted | out of the hold | answer |
| --- | --- | --- |
| 15 000.00 in cash | no | booked: 20 000.00 are free |
| 30 000.00 in cash | no | `held_for_purpose`: the balance would do, but only 20 000.00 are free |
| 30 000.00 to another clinic | yes | `hold_other_payee` |
| 90 000.00 to the hospital | yes | `hold_spent`: 80 000.00 are held |
| 62 300.00 to the hospital | yes | booked; 17 700.00 stay held until they are released |
| the same on 1 December | yes | `hold_expired` |

**Choice.** A hold is three sums (set aside, paid, set free); what is left is their difference, so no state can contradict
them. An entry says which hold it uses, and then has two lines: the account and its payee. A reversal brings the money back
under the hold, never into the free balance: otherwise paying the hospital and taking it back would set it free.

**Left out.** Several payees of one hold (place two), and a hold on an account that may be overdrawn.
"""

from __future__ import annotations

from datetime import date

from xiaoshi.core.ledger.model import Entry, Hold, Ledger, taken_fen
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Problem, Words


def hold_keeps(ledger: Ledger, entry: Entry, day: date | None) -> Problem | None:
    """Why this entry may not touch what is held; None when it may. Accounts of the entry are known by now."""
    if entry.hold:
        return _out_of_hold(ledger, entry, day)
    for index, posting in enumerate(entry.postings):
        account = ledger.accounts[posting.account]
        taken = taken_fen(account, posting.amount_fen)
        held = ledger.held_fen(posting.account)
        there = -taken_fen(account, ledger.balance_fen(posting.account))
        if held and there - held < taken <= there:
            return Problem(
                "held_for_purpose",
                Words(
                    f"{account.name.zh}余额 {yuan(there)} 元，其中 {yuan(held)} 元专款专用，可动用 {yuan(there - held)} 元，"
                    f"不足 {yuan(taken)} 元。专款只能付给指定收款账户，或由负责人解除后再用。",
                    f"{account.name.en} holds {yuan(there)} yuan, of which {yuan(held)} are set aside for one payee; "
                    f"{yuan(there - held)} are free, less than {yuan(taken)}. Pay that payee, or have the hold released.",
                ),
                f"postings/{index}",
            )
    return None


def _out_of_hold(ledger: Ledger, entry: Entry, day: date | None) -> Problem | None:
    hold = ledger.holds.get(entry.hold)
    if hold is None:
        words = Words(
            "找不到这笔专款，请刷新后重新选择。", "There is no such hold; reload the page and choose again."
        )
        return Problem("unknown_hold", words, "hold")
    if {p.account for p in entry.postings} != {hold.account, hold.payee}:
        payee = ledger.accounts.get(hold.payee)
        name = payee.name if payee else Words(hold.payee, hold.payee)
        return Problem(
            "hold_other_payee",
            Words(
                f"这笔专款只能付给{name.zh}。请核对收款账户。",
                f"This money is held for {name.en} alone. Check the account to be paid.",
            ),
            "hold",
        )
    if entry.reverses:
        return None
    taken = sum(
        taken_fen(ledger.accounts[p.account], p.amount_fen)
        for p in entry.postings
        if p.account == hold.account
    )
    if day is not None and day > hold.expires_on:
        return _problem_of(hold, "hold_expired", taken)
    return _problem_of(hold, "hold_spent", taken) if taken > hold.left_fen or taken <= 0 else None


def _problem_of(hold: Hold, code: str, taken_fen_: int) -> Problem:
    if code == "hold_expired":
        words = Words(
            f"这笔专款已于 {hold.expires_on} 到期，余款已回到客户可用余额。需要继续付款时，请重新办理专款。",
            f"This hold ended on {hold.expires_on} and what was left is free again. Place a new one to go on paying.",
        )
    else:
        words = Words(
            f"这笔专款还剩 {yuan(hold.left_fen)} 元，不能付 {yuan(taken_fen_)} 元。请核对金额。",
            f"{yuan(hold.left_fen)} yuan of this hold are left; {yuan(taken_fen_)} cannot be paid from it. Check the sum.",
        )
    return Problem(code, words, "hold")
