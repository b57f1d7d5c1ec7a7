"""camt.053 and camt.054 in: the entries of a day, or what was just booked on an account.

A statement is believed only when it adds up: opening balance and booked lines must give the closing balance, in fen.
Sums are signed as the account's owner sees them: money that came is positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from xsdata.models.datatype import XmlDate

from xiaoshi.core.iso20022.messages import (
    amount_fen_of,
    amount_text,
    moment,
    moment_of,
    opened_as,
    types_of,
    written,
)
from xiaoshi.core.iso20022.parties import Party, account_element, account_number_of
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Problem, Words

STATEMENT = "camt.053.001.08"
NOTIFICATION = "camt.054.001.08"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the bank's. `end_to_end_id` is ours where the bank hands it through; `booked`: False for one that waits."""

    reference: str
    end_to_end_id: str
    amount_fen: int
    booked_on: date | None
    booked: bool = True
    is_return: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One account and one day. Of a camt.054 the balances are None."""

    message_id: str
    made_at: datetime
    account: str
    currency: str
    lines: tuple[Line, ...]
    opening_fen: int | None = None
    closing_fen: int | None = None
    day: date | None = None


def statement(given: Statement) -> bytes | tuple[Problem, ...]:
    """As a core bank writes it: camt.053 with balances, camt.054 without."""
    if given.opening_fen is not None:
        return statements_message([given], given.message_id)
    t = types_of(NOTIFICATION)
    header = t.GroupHeader81(msg_id=given.message_id, cre_dt_tm=moment(given.made_at))
    one = t.AccountNotification17(**_told(t, given, given.message_id))
    message = t.BankToCustomerDebitCreditNotificationV08(grp_hdr=header, ntfctn=[one])
    return written(NOTIFICATION, t.Document(bk_to_cstmr_dbt_cdt_ntfctn=message))


def statements_message(given: Sequence[Statement], message_id: str) -> bytes | tuple[Problem, ...]:
    """Several accounts of a day in one camt.053."""
    t = types_of(STATEMENT)
    made = [
        t.AccountStatement9(bal=_balance_elements(t, one), **_told(t, one, f"{message_id[:28]}-{at + 1}"))
        for at, one in enumerate(given)
    ]
    header = t.GroupHeader81(msg_id=message_id, cre_dt_tm=moment(given[0].made_at))
    message = t.BankToCustomerStatementV08(grp_hdr=header, stmt=made)
    return written(STATEMENT, t.Document(bk_to_cstmr_stmt=message))


def _told(t: Any, given: Statement, ident: str) -> dict[str, Any]:
    return {
        "id": ident,
        "acct": account_element(t, Party("", given.account, ""), "CashAccount39", given.currency),
        "ntry": [_entry_element(t, line, given.currency) for line in given.lines],
    }


def _balance_elements(t: Any, given: Statement) -> list[Any]:
    assert given.day is not None
    assert given.opening_fen is not None
    assert given.closing_fen is not None
    return [
        _balance_element(t, code, fen, given.currency, given.day)
        for code, fen in (("OPBD", given.opening_fen), ("CLBD", given.closing_fen))
    ]


def read_statements(data: bytes) -> tuple[Statement, ...] | tuple[Problem, ...]:
    """The statements (camt.053) or notifications (camt.054) of one message; problems when it is not valid or does not add up."""
    opened = opened_as(data, STATEMENT, NOTIFICATION)
    if isinstance(opened, tuple):
        return opened
    document, made = opened.document, []
    with_balances = opened.version == STATEMENT
    message = document.bk_to_cstmr_stmt if with_balances else document.bk_to_cstmr_dbt_cdt_ntfctn
    for one in message.stmt if with_balances else message.ntfctn:
        read = _read_one(message.grp_hdr, one, with_balances)
        if isinstance(read, Problem):
            return (read,)
        made.append(read)
    return tuple(made)


def _read_one(header: Any, one: Any, with_balances: bool) -> Statement | Problem:
    account = account_number_of(one.acct)
    lines: list[Line] = []
    currency = one.acct.ccy or ""
    for at, entry in enumerate(one.ntry):
        read = _lines_of(entry, f"{account}/Ntry[{at + 1}]")
        if isinstance(read, Problem):
            return read
        currency = currency or entry.amt.ccy
        if entry.amt.ccy != currency:
            return _other_currency(account, entry.amt.ccy, currency)
        lines.extend(read)
    opening = closing = day = None
    if with_balances:
        found = _balances(one, account)
        if isinstance(found, Problem):
            return found
        opening, closing, day, in_currency = found
        currency = currency or in_currency
        booked = sum(line.amount_fen for line in lines if line.booked)
        if opening + booked != closing:
            return Problem(
                "statement_does_not_add_up",
                Words(
                    f"账户 {account} 的对账单不平：期初 {yuan(opening)} 加发生额 {yuan(booked)} 不等于期末 {yuan(closing)}。"
                    "请对方重新出具。",
                    f"The statement of {account} does not add up: opening {yuan(opening)} and lines of {yuan(booked)} do not"
                    f" give {yuan(closing)}. Ask for a new one.",
                ),
                account,
            )
    return Statement(
        header.msg_id,
        moment_of(header.cre_dt_tm),
        account,
        currency or "CNY",
        tuple(lines),
        opening,
        closing,
        day,
    )


def _lines_of(entry: Any, where: str) -> list[Line] | Problem:
    """One line for each payment of the entry: a batch is taken apart where the bank gives the parts."""
    sign = 1 if entry.cdt_dbt_ind.value == "CRDT" else -1
    status = entry.sts.cd or entry.sts.prtry or ""
    booked_on = _day_of(entry.bookg_dt)
    details = [d for group in entry.ntry_dtls for d in group.tx_dtls]
    total = amount_fen_of(entry.amt.value, entry.amt.ccy, where)
    if isinstance(total, Problem):
        return total
    reference = entry.acct_svcr_ref or entry.ntry_ref or ""
    text = entry.addtl_ntry_inf or ""
    parts: list[Line] = []
    for detail in details:
        fen: int | Problem = total
        if detail.amt is not None:
            fen = amount_fen_of(detail.amt.value, detail.amt.ccy, where)
        elif len(details) > 1:
            return _parts_differ(where)
        if isinstance(fen, Problem):
            return fen
        own = sign if detail.cdt_dbt_ind is None else (1 if detail.cdt_dbt_ind.value == "CRDT" else -1)
        refs = detail.refs
        parts.append(
            Line(
                (refs.acct_svcr_ref if refs else None) or reference,
                (refs.end_to_end_id if refs else None) or "",
                own * fen,
                booked_on,
                status == "BOOK",
                bool(entry.rvsl_ind) or detail.rtr_inf is not None,
                text,
            )
        )
    if not parts:
        return [Line(reference, "", sign * total, booked_on, status == "BOOK", bool(entry.rvsl_ind), text)]
    if sum(line.amount_fen for line in parts) != sign * total:
        return _parts_differ(where)
    return parts


def _balances(one: Any, account: str) -> tuple[int, int, date, str] | Problem:
    found: dict[str, tuple[int, date, str]] = {}
    for balance in one.bal:
        code = balance.tp.cd_or_prtry.cd or ""
        fen = amount_fen_of(balance.amt.value, balance.amt.ccy, f"{account}/Bal")
        if isinstance(fen, Problem):
            return fen
        signed = fen if balance.cdt_dbt_ind.value == "CRDT" else -fen
        day = _day_of(balance.dt)
        assert day is not None
        found[code] = (signed, day, balance.amt.ccy)
    opening = found.get("OPBD") or found.get("PRCD")
    closing = found.get("CLBD")
    if opening is None or closing is None:
        return Problem(
            "statement_without_balances",
            Words(
                f"账户 {account} 的对账单缺少期初或期末余额（OPBD、CLBD）。",
                f"The statement of {account} lacks its opening or closing balance (OPBD, CLBD).",
            ),
            account,
        )
    return opening[0], closing[0], closing[1], closing[2]


def _day_of(given: Any) -> date | None:
    if given is None:
        return None
    day: date = given.dt.to_date() if given.dt else moment_of(given.dt_tm).date()
    return day


def _entry_element(t: Any, line: Line, currency: str) -> Any:
    value = abs(amount_text(line.amount_fen, currency))
    code = "CRDT" if line.amount_fen >= 0 else "DBIT"
    refs = t.TransactionReferences6(
        acct_svcr_ref=line.reference or None, end_to_end_id=line.end_to_end_id or None
    )
    return t.ReportEntry10(
        amt=t.ActiveOrHistoricCurrencyAndAmount(value=Decimal(value), ccy=currency),
        cdt_dbt_ind=t.CreditDebitCode(code),
        rvsl_ind=line.is_return or None,
        sts=t.EntryStatus1Choice(cd="BOOK" if line.booked else "PDNG"),
        bookg_dt=t.DateAndDateTime2Choice(dt=XmlDate.from_date(line.booked_on)) if line.booked_on else None,
        acct_svcr_ref=line.reference or None,
        bk_tx_cd=t.BankTransactionCodeStructure4(
            prtry=t.ProprietaryBankTransactionCodeStructure1(cd="RETURN" if line.is_return else "TRANSFER")
        ),
        ntry_dtls=[t.EntryDetails9(tx_dtls=[t.EntryTransaction10(refs=refs)])],
        addtl_ntry_inf=line.text or None,
    )


def _balance_element(t: Any, code: str, fen: int, currency: str, day: date) -> Any:
    return t.CashBalance8(
        tp=t.BalanceType13(cd_or_prtry=t.BalanceType10Choice(cd=code)),
        amt=t.ActiveOrHistoricCurrencyAndAmount(value=abs(amount_text(fen, currency)), ccy=currency),
        cdt_dbt_ind=t.CreditDebitCode("CRDT" if fen >= 0 else "DBIT"),
        dt=t.DateAndDateTime2Choice(dt=XmlDate.from_date(day)),
    )


def _parts_differ(where: str) -> Problem:
    return Problem(
        "entry_parts_differ",
        Words(
            f"{where} 的明细合计与该笔金额不符，或缺少明细金额。请对方重新出具。",
            f"The parts of {where} do not add up to the entry, or lack their sums. Ask for a new statement.",
        ),
        where,
    )


def _other_currency(account: str, currency: str, expected: str) -> Problem:
    return Problem(
        "entry_in_other_currency",
        Words(
            f"账户 {account} 是 {expected} 户，却有 {currency} 的发生额。",
            f"The account {account} is kept in {expected}, an entry is in {currency}.",
        ),
        account,
    )
