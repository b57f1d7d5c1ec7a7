"""What the papers of an urgent case are filled with. Sums in fen; accounts come masked; names as they are signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from xiaoshi.core.problems import Problem, Words


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """探视记录: who went, how, what they saw. `visitors`: two of the bank."""

    depositor: str
    way_zh: str
    way_en: str
    ward: str
    patient_zh: str
    patient_en: str
    spoke_to: str
    record: str
    visited_at: datetime
    visitors: tuple[str, ...]

    def problems(self) -> Iterator[Problem]:
        if len(set(self.visitors)) < 2:
            words = Words("探视须有两名工作人员。", "Two people make a visit.")
            yield Problem("one_visitor", words, "facts/visitors")


@dataclass(frozen=True, slots=True)
class Undertaking:
    """承诺书 of all first-order heirs. `amount_fen`: what the hospital asks for."""

    depositor: str
    heirs: tuple[str, ...]
    hospital: str
    hospital_account: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class InterestLine:
    """One stretch of the calculation, as texts ready to print."""

    begin: str
    end: str
    days: int
    base: str
    rate: str
    interest: str
    rule_zh: str
    rule_en: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class CalculationSheet:
    """提前支取测算清单. `amount_fen` = `moved_fen` + `interest_fen` - `tax_fen`: what reaches the depositor's own account."""

    depositor: str
    product_zh: str
    product_en: str
    certificate_tail: str
    opened_on: date
    withdrawn_on: date
    principal_fen: int
    moved_fen: int
    rest_fen: int
    interest_fen: int
    tax_fen: int
    amount_fen: int
    agreed_fen: int
    lost_fen: int
    lines: tuple[InterestLine, ...]
    notes_zh: tuple[str, ...] = ()
    notes_en: tuple[str, ...] = ()

    def problems(self) -> Iterator[Problem]:
        if self.amount_fen != self.moved_fen + self.interest_fen - self.tax_fen:
            yield _off("facts/amount_fen")
        if self.principal_fen != self.moved_fen + self.rest_fen:
            yield _off("facts/rest_fen")


@dataclass(frozen=True, slots=True)
class AnswerFromAbove:
    """One answer that the decision rests on."""

    level: Literal["sub_branch", "city", "province"]
    text: str
    source: str
    authority: str


@dataclass(frozen=True, slots=True)
class Decision:
    """急难取款决定书. `amount_fen`: what may be paid to the hospital; nothing else and to nobody else."""

    depositor: str
    withdraw_fen: int
    amount_fen: int
    hospital: str
    hospital_account: str
    authority: str
    reason: str
    lost_fen: int
    decided_by: str
    decided_at: datetime
    answers: tuple[AnswerFromAbove, ...] = ()
    own_wish: str = ""


@dataclass(frozen=True, slots=True)
class ClosingLetter:
    """办结告知书. `amount_fen`: what the hospital kept. `rest_fen`: principal that stays on the certificate from `rest_from`.

    `own_wish`: he was awake and decided himself.
    """

    depositor: str
    withdrawn_fen: int
    interest_fen: int
    amount_fen: int
    returned_fen: int
    hospital: str
    account_masked: str
    rest_fen: int
    rest_from: date | None = None
    own_wish: bool = False


def _off(where: str) -> Problem:
    return Problem("sum_off", Words("金额合计不符。", "The sums do not add up."), where)
