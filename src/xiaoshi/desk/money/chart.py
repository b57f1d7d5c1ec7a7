"""The chart of accounts of an outlet, and how accounts come to be. A local code stands behind the outlet's path.

| local code | account | kind | may be overdrawn |
| --- | --- | --- | --- |
| `1001/vault` | 金库现金 cash in the vault | asset | no |
| `1001/drawer/<login>` | 柜员尾箱 drawer of a teller | asset | no |
| `1009/damaged` | 残损券库存 damaged notes held | asset | no |
| `2011/<account number>` | 客户存款 deposit of a client | liability | no |
| `2012/<account number>` | 单位存款 deposit of a firm, a hospital | liability | no |
| `2021/<currency>/<account number>` | 客户外币存款 foreign money of a client | liability | no |
| `2031/<currency>` | 汇出汇款 remittances under way | liability | no |
| `3001/<currency>` | 外汇头寸 position in foreign money | suspense | either side |
| `3002/<currency>` | 外汇结售 its other side in yuan | suspense | either side |
| `1901/differences` | 待处理现金长短款 differences of cash | suspense | either side |
| `4001/clearing` | 上级往来 clearing with the upper level | suspense | either side |

Paying 350.00 for burnt notes in cash: debit `1009/damaged`, credit the drawer of whoever records it; into an account:
debit `1009/damaged`, credit `2011/...`. Handing damaged notes up to the PBOC goes over clearing (a later act).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from xiaoshi.core.ledger import PostEntry, Posting
from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.money.booking import book, new_id
from xiaoshi.desk.money.models import Account, Entry
from xiaoshi.desk.organisation.models import Staff, Unit

VAULT = "1001/vault"
DRAWER = "1001/drawer/"
DAMAGED = "1009/damaged"
DEPOSIT = "2011/"
CORPORATE = "2012/"
FOREIGN = "2021/"
REMITTANCES = "2031/"
POSITION = "3001/"
POSITION_CNY = "3002/"
DIFFERENCES = "1901/differences"
CLEARING = "4001/clearing"

_ACCOUNT_NUMBER = re.compile(r"[0-9]{8,32}", re.ASCII)


def code_of(unit_path: str, local_code: str) -> str:
    """The whole code: `zj/hz/cx/cd/1001/vault`."""
    return f"{unit_path}{local_code}"


def drawer_code(unit_path: str, login: str) -> str:
    return code_of(unit_path, f"{DRAWER}{login}")


def ensure_chart(unit: Unit, *, now: datetime | None = None, using: str = "owner") -> dict[str, Account]:
    """The accounts that every outlet has, and a drawer for each of its tellers, by local code. Safe to run again."""
    at = now or timezone.now()
    accounts = {
        local: _ensure(unit, local, kind, Words(zh, en), at, using)
        for local, kind, zh, en in (
            (VAULT, "asset", "金库现金", "Cash in the vault"),
            (DAMAGED, "asset", "残损券库存", "Damaged notes held"),
            (CLEARING, "suspense", "上级往来", "Clearing with the upper level"),
        )
    }
    for person in Staff.objects.using(using).filter(unit=unit, roles__contains=["teller"], is_active=True):
        local = f"{DRAWER}{person.login}"
        names = Words(f"{person.name_zh}尾箱", f"Drawer of {person.name_en}")
        accounts[local] = _ensure(unit, local, "asset", names, at, using, staff_login=person.login)
    return accounts


def open_books(
    unit: Unit,
    *,
    vault_fen: int,
    drawer_fen: Mapping[str, int],
    maker: str,
    checker: str,
    at: datetime,
    using: str = "owner",
) -> Entry | None:
    """Opening cash, as the owner of the database: from the upper level into vault and drawers. Once for each outlet.

    `drawer_fen`: sum by login. Returns None when these books were opened before.
    """
    key = f"opening/{unit.path}"
    if Entry.objects.using(using).filter(key=key).exists():
        return None
    sums = {code_of(unit.path, VAULT): vault_fen}
    sums |= {drawer_code(unit.path, login): fen for login, fen in drawer_fen.items()}
    postings = [Posting(code, fen) for code, fen in sums.items() if fen]
    postings.append(Posting(code_of(unit.path, CLEARING), -sum(sums.values())))
    purpose = Words("期初领现", "Opening cash from the upper level")
    with transaction.atomic(using=using):
        command = PostEntry(new_id(), purpose, maker, checker, tuple(postings))
        return book(command, unit=unit, at=at, key=key, using=using)


def ensure_deposit_account(
    unit: Unit, account_number: str, holder: str, *, now: datetime, using: str = "default"
) -> Account:
    """The deposit account of a client at this outlet, opened in these books at its first use.

    The embedded ledger stands in for a core bank, which would know the account already. A number that these books know
    under another holder is refused, as is one that is no account number (8 to 32 figures; blanks are dropped).
    """
    number = read_account_number(account_number)
    account = _ensure(
        unit,
        f"{DEPOSIT}{number}",
        "liability",
        Words(f"{holder}存款 尾号{number[-4:]}", f"Deposit of {holder}, ending {number[-4:]}"),
        now,
        using,
        holder=holder,
    )
    if account.holder != holder:
        raise refuse(
            "holder_differs",
            f"该账号的户名不是{holder}。请核对账号；确需付给他人时，由网点负责人处理。",
            f"This account does not belong to {holder}. Check the number; payment to another person is for the outlet head.",
            where="account_number",
        )
    return account


def ensure_payee_account(
    unit: Unit, account_number: str, name: str, *, now: datetime, using: str = "default"
) -> Account:
    """The account that is to be paid: one that these books know by its number, or a firm's, opened at its first use.

    The name must be the one on the account to the character: `第一人民医院` is not `第一人民医院 门诊部`, nor `笫一人民医院`.
    """
    number, name = read_account_number(account_number, "payee_number"), name.strip()
    if not name:
        raise invalid(
            "payee_name_missing", "请填写收款户名。", "Enter the name on the account.", where="payee_name"
        )
    codes = [code_of(unit.path, f"{prefix}{number}") for prefix in (DEPOSIT, CORPORATE)]
    account = Account.objects.using(using).filter(code__in=codes).first()
    if account is None:
        words = Words(f"{name} 尾号{number[-4:]}", f"{name}, ending {number[-4:]}")
        account = _ensure(unit, f"{CORPORATE}{number}", "liability", words, now, using, holder=name)
    if account.holder != name:
        raise invalid(
            "payee_name_differs",
            f"该账号登记的户名与“{name}”不一致，款项不能付出。请逐字核对户名和账号。",
            f"The name on this account is not “{name}”, so nothing is paid. Compare name and number character by character.",
            where="payee_name",
        )
    return account


def ensure_foreign_accounts(
    unit: Unit, currency: str, account_number: str, holder: str, *, now: datetime, using: str = "default"
) -> dict[str, Account]:
    """What foreign exchange needs: the client's account in that currency, the bank's position on both sides, remittances."""
    number = read_account_number(account_number)
    tail = number[-4:]
    made = {
        "client": _ensure(
            unit,
            f"{FOREIGN}{currency}/{number}",
            "liability",
            Words(f"{holder}外币存款 {currency} 尾号{tail}", f"{currency} of {holder}, ending {tail}"),
            now,
            using,
            holder=holder,
            currency=currency,
        )
    }
    for key, local, kind, zh, en, money in (
        (
            "position",
            f"{POSITION}{currency}",
            "suspense",
            f"外汇头寸 {currency}",
            f"Position in {currency}",
            currency,
        ),
        (
            "position_cny",
            f"{POSITION_CNY}{currency}",
            "suspense",
            f"外汇结售 {currency}",
            f"Yuan side of {currency}",
            "CNY",
        ),
        (
            "remittances",
            f"{REMITTANCES}{currency}",
            "liability",
            f"汇出汇款 {currency}",
            f"Remittances in {currency}",
            currency,
        ),
    ):
        made[key] = _ensure(unit, local, kind, Words(zh, en), now, using, currency=money)
    return made


def ensure_differences(unit: Unit, *, now: datetime, using: str = "default") -> Account:
    """待处理现金长短款 of an outlet."""
    return _ensure(
        unit, DIFFERENCES, "suspense", Words("待处理现金长短款", "Differences of cash"), now, using
    )


def read_account_number(text: str, where: str = "account_number") -> str:
    """8 to 32 figures without blanks, or the refusal."""
    number = re.sub(r"[\s-]", "", text)
    if not _ACCOUNT_NUMBER.fullmatch(number):
        raise invalid(
            "account_number_unusable",
            "账号应为 8 至 32 位数字，请核对存折或卡号。",
            "An account number has 8 to 32 figures; check it against the passbook or card.",
            where=where,
        )
    return number


def _ensure(
    unit: Unit,
    local: str,
    kind: str,
    names: Words,
    at: datetime,
    using: str,
    *,
    holder: str = "",
    staff_login: str = "",
    currency: str = "CNY",
) -> Account:
    fields = {
        "unit": unit,
        "unit_path": unit.path,
        "kind": kind,
        "name_zh": names.zh,
        "name_en": names.en,
        "no_overdraft": kind != "suspense",
        "holder": holder,
        "staff_login": staff_login,
        "currency": currency,
        "opened_at": at,
    }
    account, _made = Account.objects.using(using).get_or_create(
        code=code_of(unit.path, local), defaults=fields
    )
    return account
