"""The embedded ledger as a core bank: the same port, carried out by acts of two people, as everything in these books is.

A key of the port becomes the keys of the acts (`core/<key>/record`, `core/<key>/check`), so a repeated call meets the stored
answers of the boundary. There is nothing to ask twice here: what an act answered is committed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Q

from xiaoshi.core.iso20022 import Answer, Line, Reason, Resolution, Statement
from xiaoshi.core.problems import Problem
from xiaoshi.desk.bank.port import (
    FoundAccount,
    FoundHold,
    RecallWanted,
    Transfer,
    account_not_found,
    key_reused,
    name_differs,
)
from xiaoshi.desk.cases.models import AnsweredAct
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.money import account_statement, acts, acts_decided
from xiaoshi.desk.money.chart import CORPORATE, DEPOSIT, code_of
from xiaoshi.desk.money.models import Account, Hold, MoneyOrder
from xiaoshi.desk.organisation.models import Staff

# The ledger's refusals as a bank's reasons; what is not here goes out as NARR with its words.
_REASONS = {
    "overdraft": "AM04",
    "held_for_purpose": "AM04",
    "account_closed": "AC04",
    "account_frozen": "AC06",
    "instrument_lost": "AC06",
    "instrument_frozen": "AC06",
    "payee_name_differs": "BE01",
    "hold_other_payee": "AG01",
    "unknown_hold": "AG01",
}


class EmbeddedCore:
    """`maker` records and `checker` checks; the accounts are those of the maker's outlet."""

    def __init__(self, maker: Staff, checker: Staff) -> None:
        self.maker, self.checker = maker, checker

    def account(self, number: str, name: str) -> FoundAccount | Problem:
        with visible_to(self.maker):
            found = self._account(number)
            if found is None:
                return account_not_found()
            if found.holder != name:
                return name_differs(name)
            balance = found.balance
            state = balance.stopped or found.state
            return FoundAccount(number, name, found.currency, state, -balance.balance_fen, balance.held_fen)

    def hold(
        self, key: str, account: str, payee: str, payee_name: str, amount_fen: int, until: date
    ) -> FoundHold | Problem:
        with visible_to(self.maker):
            found = self._account(account)
        if found is None:
            return account_not_found()
        fields = {
            "account_id": str(found.pk),
            "payee_number": payee,
            "payee_name": payee_name,
            "amount_fen": amount_fen,
            "until": until.isoformat(),
            "purpose": key,
        }
        try:
            asked = perform(acts_decided.place_hold, self.maker, f"core/{key}/hold", **fields).result
            perform(acts_decided.agree, self.checker, f"core/{key}/agree", request_id=asked["request"])
        except Refused as refused:
            return refused.problem
        return self._hold(key, asked["request"])

    def release(self, key: str) -> FoundHold | Problem:
        ident = self._answered(f"core/{key}/hold").get("request", "")
        try:
            asked = perform(
                acts_decided.release_hold, self.maker, f"core/{key}/release", hold_id=ident, reason=key
            ).result
            perform(acts_decided.agree, self.checker, f"core/{key}/released", request_id=asked["request"])
        except Refused as refused:
            return refused.problem
        return self._hold(key, ident)

    def transfer(self, wanted: Transfer) -> Answer | Problem:
        with visible_to(self.maker):
            debtor, creditor = self._account(wanted.debtor.account), self._account(wanted.creditor.account)
        if debtor is None:
            return _refused(wanted.key, "AC01", "")
        if creditor is None:
            return _refused(wanted.key, "AC03", "")
        if creditor.holder != wanted.creditor.name:
            return _refused(wanted.key, "BE01", "")
        hold = self._answered(f"core/{wanted.hold}/hold").get("request", "") if wanted.hold else ""
        try:
            order = perform(
                acts_decided.transfer,
                self.maker,
                f"core/{wanted.key}/record",
                account_id=str(debtor.pk),
                amount_fen=wanted.amount_fen,
                payee_number=wanted.creditor.account,
                payee_name=wanted.creditor.name,
                hold_id=hold,
            ).result["order"]
        except Refused as refused:
            if refused.problem.code == "key_reused":
                return key_reused()
            return _refused_as(wanted.key, refused.problem)
        known = self.state(wanted.key)
        if known is not None and known.outcome != "under_way":
            return known
        try:
            perform(
                acts.check_move,
                self.checker,
                f"core/{wanted.key}/check",
                order_id=order,
                amount_fen=wanted.amount_fen,
            )
        except Refused as refused:
            reason = _reason_of(refused.problem)
            said = f"{reason.code} {refused.problem.words.zh}"
            perform(acts.reject_move, self.checker, f"core/{wanted.key}/reject", order_id=order, reason=said)
        answer = self.state(wanted.key)
        assert answer is not None
        return answer

    def state(self, key: str) -> Answer | None:
        ident = self._answered(f"core/{key}/record").get("order")
        if ident is None:
            return None
        with visible_to(self.maker):
            order = MoneyOrder.objects.get(id=ident)
        codes = {"approved": "ACSC", "waiting": "PDNG"}
        reasons: tuple[Reason, ...] = ()
        if order.state == "rejected":
            code, _blank, text = order.reason.partition(" ")
            reasons = (Reason(code, text),)
        return Answer(
            key, codes.get(order.state, "RJCT"), reasons, order.amount_fen, order.currency, str(order.id)
        )

    def recall(self, wanted: RecallWanted) -> Resolution | Problem:
        answer = self.state(wanted.transfer_key)
        if answer is None or answer.outcome != "settled":
            return self._resolved(wanted, "RJCR", Reason("NOOR"))
        with visible_to(self.maker):
            entry = str(MoneyOrder.objects.get(id=answer.bank_reference).entry.pk)  # type: ignore[attr-defined]
        reason = f"{wanted.reason.code} {wanted.reason.text}".strip()
        try:
            order = perform(
                acts.reverse_move, self.maker, f"core/{wanted.key}/reverse", entry_id=entry, reason=reason
            ).result["order"]
            amount = {"order_id": order, "amount_fen": wanted.amount_fen}
            perform(acts.check_move, self.checker, f"core/{wanted.key}/check", **amount)
        except Refused as refused:
            if refused.problem.code in {"already_reversed", "reversal_of_reversal"}:
                return self._resolved(wanted, "RJCR", Reason("ARDT"))
            return self._resolved(wanted, "RJCR", _reason_of(refused.problem))
        return self._resolved(wanted, "CNCL")

    def entries(self, account: str, day: date) -> Statement | Problem:
        with visible_to(self.maker):
            found = self._account(account)
            if found is None:
                return account_not_found()
            made = account_statement.statement(found, day, day, limit=account_statement.LINES_MAX)
            keys = self._keys({line.entry_id for line in made.lines})
            lines = tuple(
                Line(
                    line.entry_id,
                    keys.get(line.entry_id, ""),
                    line.in_fen - line.out_fen,
                    line.on,
                    is_return=line.reverses,
                )
                for line in made.lines
            )
            at = datetime.combine(day, time(12), UTC)
            return Statement(
                account, at, account, found.currency, lines, made.opening_fen, made.closing_fen, day
            )

    def _keys(self, entries: set[str]) -> dict[str, str]:
        """The keys of this port by the entries that they booked."""
        orders = dict(MoneyOrder.objects.filter(entry__id__in=entries).values_list("id", "entry__id"))
        answered = AnsweredAct.objects.filter(key__startswith="core/", key__endswith="/record")
        wanted = {str(order): str(entry) for order, entry in orders.items()}
        rows = answered.filter(result__order__in=list(wanted)).values_list("key", "result")
        return {wanted[result["order"]]: key.split("/")[1] for key, result in rows}

    def _account(self, number: str) -> Account | None:
        path = self.maker.unit.path
        codes = [code_of(path, f"{prefix}{number}") for prefix in (DEPOSIT, CORPORATE)]
        return Account.objects.filter(Q(code__in=codes)).select_related("balance").first()

    def _answered(self, key: str) -> dict[str, Any]:
        """What the maker's act of this key answered; empty when there was none."""
        with visible_to(self.maker):
            stored = AnsweredAct.objects.filter(key=key, actor=self.maker.login).first()
        return dict(stored.result or {}) if stored else {}

    def _hold(self, key: str, ident: str) -> FoundHold:
        with visible_to(self.maker):
            row = Hold.objects.select_related("account", "payee").get(id=ident)
        left = row.amount_fen - row.used_fen - row.released_fen
        return FoundHold(
            key,
            row.account.local_code.partition("/")[2],
            row.payee.local_code.partition("/")[2],
            row.amount_fen,
            left,
            "released" if row.released_fen else "held",
        )

    def _resolved(self, wanted: RecallWanted, code: str, *reasons: Reason) -> Resolution:
        return Resolution(wanted.key, wanted.made_at, wanted.key, wanted.transfer_key, code, reasons)


def _reason_of(problem: Problem) -> Reason:
    code = _REASONS.get(problem.code, "NARR")
    return Reason(code, problem.words.zh if code == "NARR" else "")


def _refused(key: str, code: str, text: str) -> Answer:
    return Answer(key, "RJCT", (Reason(code, text),))


def _refused_as(key: str, problem: Problem) -> Answer:
    return Answer(key, "RJCT", (_reason_of(problem),))
