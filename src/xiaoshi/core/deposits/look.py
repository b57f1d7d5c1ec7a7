"""What a product's rule sees: the deposit, the rates, and a list of everything doubtful that it touched on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from xiaoshi.core.deposits.accrual import Steps, Stretch, accrue
from xiaoshi.core.deposits.days import Mark, is_clamped, mark
from xiaoshi.core.deposits.model import Deposit, Payment, Remaining
from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.deposit_rate_table import Rate, RateBook
from xiaoshi.core.rules.deposit_rules import DepositRule


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a product's rule answers: payments in order of days, all that was put in, what stays, oddities."""

    payments: tuple[Payment, ...]
    principal_fen: int
    remaining: Remaining | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Look:
    """One valuation under way. `doubts`: in the order in which they were met, each once."""

    deposit: Deposit
    book: RateBook
    doubts: dict[tuple[str, str], Problem] = field(default_factory=dict)

    def doubt(self, problem: Problem) -> None:
        self.doubts.setdefault((problem.code, problem.where), problem)

    def note_rule(self, rule: DepositRule) -> None:
        """What is open about a rule that the figures rest on."""
        if rule.note is not None:
            self.doubt(Problem("rule_unconfirmed", rule.note, rule.id))

    def rate(self, day: date, column: str) -> Rate | None:
        """The rate of a day, its doubts noted; None where it is not offered."""
        found = self.book.rate_on(day, column)
        for problem in found.doubts if found else ():
            self.doubt(problem)
        return found

    def demand_ppm(self, day: date) -> int:
        """Every row of every table has the demand rate, and no deposit before the first table comes this far."""
        found = self.rate(day, "demand")
        assert found is not None
        return found.ppm

    def mark(self, day: date) -> Mark:
        return mark(day, self.deposit.day_count)

    def accrue(
        self, start: Mark, end: Mark, steps: Steps | int, ppm: int, kind: str, rule: DepositRule
    ) -> list[Stretch]:
        """Stretches under this rule; what is open about the rule is noted."""
        if start.day < end.day:
            self.note_rule(rule)
        return accrue(start, end, steps, ppm, kind, rule, self.deposit.day_count)

    def note_clamped(self, opened: date, months: int) -> None:
        """The last day of the month, where the day of the opening is missing, is a rule from memory."""
        if is_clamped(opened, months):
            words = Words(
                "到期月没有开户对应日，按当月最后一天到期（凭记忆，未见原文）。",
                "The month of maturity lacks the day of the opening: its last day is taken (from memory).",
            )
            self.doubt(Problem("maturity_last_of_month", words, "term_months"))
