"""What the four papers of the burnt-note kind are filled with. Sums in fen; names as the holder writes them; identity
numbers and accounts come masked (`people.models`), because a paper lies on counters.

Each form checks that it adds up before it is typeset: a slip whose rows do not give its sum is never printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from xiaoshi.core.problems import Problem, Words


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """Notes of one denomination and edition. `pieces` = `full` + `half` + `none`, counted as notes."""

    denomination_fen: int
    edition_zh: str
    edition_en: str
    pieces: int
    full: int
    half: int
    none: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class ExchangeSlip:
    """特殊残损人民币兑换单. `rule_in_force_from` None: the day is not known and is not printed."""

    holder_name: str
    holder_id_masked: str
    cause_zh: str
    cause_en: str
    rows: tuple[ExchangeRow, ...]
    pieces: int
    full: int
    half: int
    none: int
    amount_fen: int
    rule_zh: str
    rule_en: str
    determined_by: str
    determined_at: datetime
    checked_by: str
    checked_at: datetime
    bag_number: str = ""
    agent_name: str = ""
    proof_zh: str = ""
    proof_en: str = ""
    rule_in_force_from: date | None = None

    def problems(self) -> Iterator[Problem]:
        for i, row in enumerate(self.rows):
            if row.pieces != row.full + row.half + row.none:
                yield _off(
                    f"facts/rows/{i}",
                    "张数不等于全额、半额、不予兑换之和",
                    "pieces are not full + half + none",
                )
            if row.amount_fen > row.full * row.denomination_fen + row.half * row.denomination_fen // 2:
                yield _off(
                    f"facts/rows/{i}", "金额大于张数应得", "the amount is more than the notes are worth"
                )
        for name in ("pieces", "full", "half", "none", "amount_fen"):
            if getattr(self, name) != sum(getattr(row, name) for row in self.rows):
                yield _off(f"facts/{name}", "合计与各行不符", "the total is not the sum of the rows")
        yield from _same_person(self.determined_by, self.checked_by, "facts/checked_by")


@dataclass(frozen=True, slots=True)
class DeterminedNote:
    """One note as the bank determined it. `share_text`: the remaining share as shown, for example `61.2%–64.0%`."""

    number: int
    denomination_fen: int
    edition_zh: str
    edition_en: str
    share_text: str
    verdict: Literal["full", "half", "none"]
    amount_fen: int
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class DeterminationSlip:
    """残缺、污损人民币兑换认定书. `appraisal_days` None: the number in the order of 2026 was not seen, so none is printed."""

    holder_name: str
    holder_id_masked: str
    cause_zh: str
    cause_en: str
    notes: tuple[DeterminedNote, ...]
    amount_fen: int
    rule_zh: str
    rule_en: str
    objection: str
    pieces_returned: int
    appraisal_office: str
    determined_by: str
    checked_by: str
    appraisal_days: int | None = None

    def problems(self) -> Iterator[Problem]:
        if not self.notes:
            yield _off("facts/notes", "没有列出残损币", "no note is listed")
        if self.amount_fen != sum(note.amount_fen for note in self.notes):
            yield _off("facts/amount_fen", "合计与各张不符", "the total is not the sum of the notes")
        yield from _same_person(self.determined_by, self.checked_by, "facts/checked_by")


@dataclass(frozen=True, slots=True)
class BagRow:
    """What lies in the bag, by denomination."""

    denomination_fen: int
    pieces: int


@dataclass(frozen=True, slots=True)
class BagLabel:
    """专用袋封签. `before_holder`: sealed before the holder's eyes, as the order of 2026 asks."""

    bag_number: str
    holder_name: str
    rows: tuple[BagRow, ...]
    pieces: int
    amount_fen: int
    sealed_by: str
    witnessed_by: str
    sealed_at: datetime
    before_holder: bool = True

    def problems(self) -> Iterator[Problem]:
        if self.pieces != sum(row.pieces for row in self.rows):
            yield _off("facts/pieces", "合计与各行不符", "the total is not the sum of the rows")
        yield from _same_person(self.sealed_by, self.witnessed_by, "facts/witnessed_by")


@dataclass(frozen=True, slots=True)
class Receipt:
    """业务回执 for the counter printer. `account_masked` only when the money went into an account."""

    holder_name: str
    matter_zh: str
    matter_en: str
    pieces: int
    amount_fen: int
    way: Literal["cash", "account"]
    paid_at: datetime
    account_masked: str = ""

    def problems(self) -> Iterator[Problem]:
        if (self.way == "account") != bool(self.account_masked):
            yield _off(
                "facts/account_masked",
                "支付方式与账户不符",
                "the way of payment and the account do not go together",
            )
        if sum(c.isdigit() for c in self.account_masked) > 10:
            yield _off("facts/account_masked", "账号未打码", "the account number is not masked")


@dataclass(frozen=True, slots=True)
class ReportedNote:
    """A note that is not of full value, or that the engine left to people. `place`: tray and number, `2-5`; `share_text` as
    measured; `number_read`: the serial number as far as it was read; `picture`: name of the file that shows it, or ""."""

    place: str
    denomination_fen: int
    edition_zh: str
    edition_en: str
    share_text: str
    verdict: Literal["full", "half", "none"]
    amount_fen: int
    reason_zh: str
    reason_en: str
    number_read: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class TinReport:
    """整盒残损币清单: the whole tin for its holder. `pictures_left_out`: notes whose picture did not fit on the paper."""

    holder_name: str
    holder_id_masked: str
    rows: tuple[ExchangeRow, ...]
    pieces: int
    full: int
    half: int
    none: int
    amount_fen: int
    notes: tuple[ReportedNote, ...]
    rule_zh: str
    rule_en: str
    determined_by: str
    checked_by: str
    pictures_left_out: int = 0

    def problems(self) -> Iterator[Problem]:
        for i, row in enumerate(self.rows):
            if row.pieces != row.full + row.half + row.none:
                yield _off(
                    f"facts/rows/{i}",
                    "张数不等于全额、半额、不予兑换之和",
                    "pieces are not full + half + none",
                )
        for name in ("pieces", "full", "half", "none", "amount_fen"):
            if getattr(self, name) != sum(getattr(row, name) for row in self.rows):
                yield _off(f"facts/{name}", "合计与各行不符", "the total is not the sum of the rows")
        told = [note for note in self.notes if note.verdict != "full"]
        if len(told) != self.half + self.none:
            yield _off("facts/notes", "非全额的券没有逐张列出", "not every note below full value is listed")
        yield from _same_person(self.determined_by, self.checked_by, "facts/checked_by")


def _off(where: str, zh: str, en: str) -> Problem:
    return Problem(
        "paper_does_not_add_up", Words(f"单据内容不一致：{zh}。", f"The paper does not add up: {en}."), where
    )


def _same_person(maker: str, checker: str, where: str) -> Iterator[Problem]:
    if maker == checker:
        words = Words("认定和复核须由两人办理。", "The two persons on this paper must be different people.")
        yield Problem("maker_is_checker", words, where)
