"""What the pages of money show, and to whom. One rule above all: nobody but its maker sees the sum of a waiting order.

The sum that a case owes would give it away just as well, so it is hidden from everybody who may check while an order
waits. After the decision all sums are open to those who may see the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xiaoshi.core.casework.model import Plan, State
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.fields import readable_id
from xiaoshi.desk.money.authority import APPROVERS, CHECKERS, MAKERS
from xiaoshi.desk.money.chart import DAMAGED, DRAWER, VAULT
from xiaoshi.desk.money.due import DUE_FACT, due_fen_of, pay_step, too_early
from xiaoshi.desk.money.models import Account, Entry, MoneyOrder
from xiaoshi.desk.money.orders import paid_entry
from xiaoshi.desk.organisation.models import Staff

KIND_WORDS = {
    "pay_cash": Words("付现金", "Pay in cash"),
    "pay_account": Words("转入账户", "Pay into an account"),
    "vault_to_drawer": Words("金库出库至尾箱", "Vault to drawer"),
    "drawer_to_vault": Words("尾箱入库", "Drawer to vault"),
    "reverse": Words("冲正", "Reversal"),
    "transfer": Words("转账", "Transfer"),
    "handover": Words("尾箱交接", "Drawer handed over"),
    "cash_difference": Words("现金长短款", "Difference of cash"),
    "exchange": Words("购汇", "Foreign exchange"),
    "remit": Words("境外汇款", "Remittance abroad"),
    "pay_in": Words("现金存入", "Cash paid in"),
    "draw": Words("现金支取", "Cash drawn"),
}
# State of an order: the words, and the shape and colour of its tag.
STATE_WORDS = {
    "waiting": (Words("待复核", "waiting for a check"), "waiting"),
    "approved": (Words("已复核记账", "checked and booked"), "ok"),
    "rejected": (Words("已退回", "rejected"), "error"),
    "withdrawn": (Words("已撤回", "withdrawn"), "none"),
    "mismatch": (Words("金额不一致", "sums differ"), "error"),
}
CASH = (VAULT, DRAWER, DAMAGED)


@dataclass(frozen=True, slots=True)
class Shown:
    """An order as one reader may see it. `amount_fen` is None where the reader must not know it."""

    order: MoneyOrder
    kind: Words
    state: Words
    tag: str
    maker: str
    checker: str
    amount_fen: int | None
    mine: bool

    @property
    def as_maker(self) -> dict[str, Any]:
        """For `<c-two-person>`; a hidden sum is never handed to the template."""
        return {"name": self.maker, "at": self.order.made_at, "amount_fen": self.amount_fen or 0}

    @property
    def as_checker(self) -> dict[str, Any]:
        return {"name": self.checker, "at": self.order.checked_at, "amount_fen": self.amount_fen or 0}


@dataclass(frozen=True, slots=True)
class CaseMoney:
    """The money of a case for one reader."""

    due_fen: int | None
    paid_fen: int | None
    sums_hidden: bool
    current: Shown | None
    two_person: str
    checkers: str
    may_record: bool
    may_check: bool
    may_withdraw: bool
    may_pay_out: bool
    may_appraise: bool
    reversible: Entry | None
    too_early: Words | None
    orders: tuple[Shown, ...]

    @property
    def difference_fen(self) -> int | None:
        return None if self.due_fen is None or self.paid_fen is None else self.due_fen - self.paid_fen


def names_of(rows: Sequence[MoneyOrder] | Sequence[Entry], language: str) -> dict[str, str]:
    """The names of makers and checkers by login."""
    logins = {r.maker for r in rows} | {r.checker for r in rows if r.checker}
    return {p.login: p.name(language) for p in Staff.objects.filter(login__in=logins)}


def show_orders(orders: Sequence[MoneyOrder], reader: Staff, language: str) -> tuple[Shown, ...]:
    """Orders with names for logins (in the reader's language) and sums where the reader may see them."""
    names = names_of(orders, language)

    def shown(order: MoneyOrder) -> Shown:
        words, tag = STATE_WORDS[order.state]
        mine = order.maker == reader.login
        amount = order.amount_fen if mine or order.state == "approved" else None
        kind, maker = KIND_WORDS[order.kind], names.get(order.maker, order.maker)
        return Shown(order, kind, words, tag, maker, names.get(order.checker, order.checker), amount, mine)

    return tuple(shown(o) for o in orders)


def money_of_case(case: Case, plan: Plan, state: State, reader: Staff, language: str) -> CaseMoney:
    """Everything the case's money page shows. Call it where the database knows the reader."""
    rows = list(MoneyOrder.objects.filter(case=case).order_by("-made_at", "-id"))
    orders = show_orders(rows, reader, language)
    current = orders[0] if orders else None
    waiting = current is not None and current.order.state == "waiting"
    roles, open_case = set(reader.roles), state.phase == "open"
    checks = bool(roles & set(APPROVERS)) and waiting and current is not None and not current.mine
    checks = checks and current is not None and current.order.endorser != reader.login
    hidden = waiting and current is not None and not current.mine
    paid = paid_entry(case.id)
    due_fen = due_fen_of(state.facts)
    makes = bool(roles & set(MAKERS)) and open_case
    early = too_early(plan, state) if paid is None and not waiting else None
    return CaseMoney(
        due_fen=None if hidden or not due_fen else due_fen,
        paid_fen=None if hidden else (paid.amount_fen if paid else 0),
        sums_hidden=hidden,
        current=current,
        two_person=_two_person(current, checks),
        checkers="、".join(checkers_of(case.unit_path, language)) if waiting else "",
        may_record=makes and not waiting and paid is None and due_fen > 0 and early is None,
        may_check=checks,
        may_withdraw=bool(waiting and current and current.mine),
        may_pay_out=makes and paid is not None and not waiting and _pay_step_open(plan, state),
        may_appraise=makes
        and not waiting
        and DUE_FACT in state.facts
        and pay_step(plan) is not None
        and early is None,
        reversible=paid if makes and not waiting else None,
        too_early=early,
        orders=orders,
    )


def sums_hidden(case: Case, reader: Staff) -> bool:
    """Whether pages must keep the case's sums from this reader: somebody else's order waits. For the overview and papers."""
    return MoneyOrder.objects.filter(case=case, state="waiting").exclude(maker=reader.login).exists()


def _two_person(current: Shown | None, checks: bool) -> str:
    """State of the two-person panel. Whoever is neither maker nor checker sees it as the checker does, without a form."""
    if current is None:
        return "open"
    match current.order.state:
        case "waiting":
            return "same_person" if current.mine else "blind" if checks else "watching"
        case "approved":
            return "signed"
        case "mismatch":
            return "mismatch" if current.mine else "open"
        case _:
            return "open"


def _pay_step_open(plan: Plan, state: State) -> bool:
    step = pay_step(plan)
    return step is not None and not Standing(plan, state).hindrances(step)


def checkers_of(unit_path: str, language: str) -> list[str]:
    """Names of those who may check at this outlet: supervisors and heads on its line of the tree, nearest first."""
    line = [unit_path[: i + 1] for i, sign in enumerate(unit_path) if sign == "/"]
    people = Staff.objects.filter(unit__path__in=line, roles__overlap=list(CHECKERS), is_active=True)
    return [p.name(language) for p in people.order_by("-unit__path", "login")[:5]]


def waiting_for(reader: Staff, language: str, limit: int = 50) -> tuple[Shown, ...]:
    """Orders that this person may check, oldest first. For the page of money and for 复核."""
    roles = set(reader.roles)
    if not roles & set(APPROVERS) and "teller" not in roles:
        return ()
    rows = (
        MoneyOrder.objects.filter(state="waiting").exclude(maker=reader.login).exclude(endorser=reader.login)
    )
    if not roles & set(APPROVERS):  # a teller takes drawers over
        rows = rows.filter(kind="handover", destination__receiver=reader.login)
    elif not roles & set(CHECKERS):  # above the outlet: what its people have passed up
        rows = rows.exclude(endorser="")
    else:
        rows = rows.exclude(kind="handover")
    rows = rows.select_related("case", "unit")
    return show_orders(list(rows.order_by("made_at", "id")[:limit]), reader, language)


def cash_of(reader: Staff, after: str, limit: int = 50) -> list[Account]:
    """Vault, drawers and damaged notes below the reader's unit with their balances, by code, after `after`."""
    path = reader.unit.path
    rows = Account.objects.filter(unit_path__startswith=path, kind="asset", code__gt=after).select_related(
        "balance", "unit"
    )
    return list(rows.order_by("code")[: limit + 1])


def entries_since(reader: Staff, since: datetime, limit: int = 50) -> list[Entry]:
    """Entries below the reader's unit since a moment, newest first."""
    rows = Entry.objects.filter(unit_path__startswith=reader.unit.path, at__gte=since).select_related(
        "case", "reversed_by"
    )
    return list(rows.prefetch_related("postings__account").order_by("-at", "-id")[: limit + 1])


def reversible(reader: Staff, entry_id: str) -> Entry | None:
    """An entry without a case that this person may ask to take back. Those of a case are taken back on the case."""
    if not set(reader.roles) & set(MAKERS) or readable_id(entry_id) is None:
        return None
    rows = Entry.objects.filter(
        id=readable_id(entry_id), case=None, reverses=None, reversed_by=None, order__isnull=False
    )
    return rows.prefetch_related("postings__account").first()
