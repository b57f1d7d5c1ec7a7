"""Who pays and who is paid, as messages write them: names, addresses, account numbers, banks. Nothing is ever cut.

A bank is named by its 12-figure number of the Chinese payment systems (行号, clearing system code `CNAPS`). An address of one line of
more than 70 characters goes into several lines of the message and is put together again when it is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from xiaoshi.core.iso20022.messages import fitting
from xiaoshi.core.problems import Problem, Words

NAME_MAX = 140
_LINE_MAX, _LINES_MAX, _TOWN_MAX = 70, 7, 35
_ACCOUNT = re.compile(r"[0-9A-Za-z]{1,34}", re.ASCII)
_BANK = re.compile(r"[0-9]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Party:
    """`name` as on the account; `bank` the 12-figure number of its bank; `town`, `address` where they are known."""

    name: str
    account: str
    bank: str
    town: str = ""
    address: str = ""
    country: str = "CN"


def party_problems(party: Party, where: str) -> list[Problem]:
    """What a message cannot carry of it, in words that name the field."""
    found = [fitting(party.name, NAME_MAX, f"{where}.name", "户名", "The name on the account")]
    if party.address:
        most = _LINE_MAX * _LINES_MAX
        found.append(fitting(party.address, most, f"{where}.address", "地址", "The address"))
    if party.town:
        found.append(fitting(party.town, _TOWN_MAX, f"{where}.town", "城市", "The town"))
    if not _ACCOUNT.fullmatch(party.account):
        found.append(
            Problem(
                "account_not_for_message",
                Words(
                    "账号应为 1 至 34 位数字或字母，请核对。",
                    "An account number has 1 to 34 figures or letters; check it.",
                ),
                f"{where}.account",
            )
        )
    if not _BANK.fullmatch(party.bank):
        found.append(
            Problem(
                "bank_number_wrong",
                Words(
                    "开户行行号应为 12 位数字，请核对。", "The number of the bank has 12 figures; check it."
                ),
                f"{where}.bank",
            )
        )
    if not re.fullmatch("[A-Z]{2}", party.country):
        found.append(
            Problem(
                "country_wrong",
                Words("国家代码应为两个大写字母，例如 CN。", "A country is two capital letters, such as CN."),
                f"{where}.country",
            )
        )
    return [p for p in found if p is not None]


def account_element(t: ModuleType, party: Party, type_name: str = "CashAccount38", currency: str = "") -> Any:
    ident = t.AccountIdentification4Choice(othr=t.GenericAccountIdentification1(id=party.account))
    more = {"ccy": currency} if currency else {}
    return getattr(t, type_name)(id=ident, **more)


def bank_element(t: ModuleType, number: str) -> Any:
    member = t.ClearingSystemMemberIdentification2(
        clr_sys_id=t.ClearingSystemIdentification2Choice(cd="CNAPS"), mmb_id=number
    )
    return t.BranchAndFinancialInstitutionIdentification6(
        fin_instn_id=t.FinancialInstitutionIdentification18(clr_sys_mmb_id=member)
    )


def party_element(t: ModuleType, party: Party) -> Any:
    address = None
    if party.address or party.town:
        lines = [party.address[i : i + _LINE_MAX] for i in range(0, len(party.address), _LINE_MAX)]
        address = t.PostalAddress24(twn_nm=party.town or None, ctry=party.country, adr_line=lines)
    return t.PartyIdentification135(nm=party.name, pstl_adr=address)


def party_of(who: Any, account: Any, bank: Any) -> Party:
    """Back from the elements; what a message left out is empty."""
    address = who.pstl_adr if who is not None else None
    return Party(
        (who.nm or "") if who is not None else "",
        account_number_of(account),
        bank_number_of(bank),
        (address.twn_nm or "") if address else "",
        "".join(address.adr_line) if address else "",
        (address.ctry or "CN") if address else "CN",
    )


def account_number_of(account: Any) -> str:
    if account is None or account.id is None:
        return ""
    return str(account.id.iban or (account.id.othr.id if account.id.othr else ""))


def bank_number_of(bank: Any) -> str:
    if bank is None:
        return ""
    member = bank.fin_instn_id.clr_sys_mmb_id
    return str(member.mmb_id if member else bank.fin_instn_id.bicfi or "")
