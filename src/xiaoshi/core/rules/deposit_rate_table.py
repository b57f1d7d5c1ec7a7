"""Dated tables of deposit rates: how a row looks, how a day finds its rate, how a bank's own table is read and refused.

Rates are whole parts per million a year: 1.75 % is 17,500 ppm, and six tenths of it is still a whole number.

A table says from which day a row is in force; the next row ends it. A bank's own table is laid over the national ones: from its
first day on only its rows count, before that the national ones do. The text of such a table (CSV):

    effective_from,demand,m3,m6,y1,y2,y3,y5
    2025-05-20,0.05,0.65,0.85,0.95,1.05,1.25,1.30

Columns may stand in any order. An empty cell: not offered. A column that the file does not have is taken from the national table, with
a doubt that says so. `effective_to` (last day) may stand beside `effective_from`; then a gap
or an overlap is refused with its line.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from xiaoshi.core.problems import Problem, Words

PPM_PER_PERCENT = 10_000
RATE_PERCENT_MAX = 30
"""No deposit rate of the last forty years came near; what is above is a slip of the decimal point."""

COLUMNS: dict[str, Words] = {
    "demand": Words("活期", "demand"),
    "m3": Words("整存整取三个月", "fixed, 3 months"),
    "m6": Words("整存整取六个月", "fixed, 6 months"),
    "y1": Words("整存整取一年", "fixed, 1 year"),
    "y2": Words("整存整取二年", "fixed, 2 years"),
    "y3": Words("整存整取三年", "fixed, 3 years"),
    "y5": Words("整存整取五年", "fixed, 5 years"),
    "y8": Words("整存整取八年", "fixed, 8 years"),
    "call_1d": Words("一天通知存款", "call, 1 day"),
    "call_7d": Words("七天通知存款", "call, 7 days"),
    "i1": Words("零存整取等一年", "instalment kinds, 1 year"),
    "i3": Words("零存整取等三年", "instalment kinds, 3 years"),
    "i5": Words("零存整取等五年", "instalment kinds, 5 years"),
}
"""Column of a rate table -> its words. `i1`, `i3`, `i5`: 零存整取, 整存零取, 存本取息."""

_PER_CENT = re.compile(r"\d{1,2}(?:\.\d{1,4})?", re.ASCII)
_NAME = re.compile(r"[\w.-]{1,60}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RateRow:
    """Rates in force from a day on. `ppm`: by column, absent: not offered. `unsure`: columns whose figure is not confirmed.

    `doubt`, from `doubt_from` on: why the row as a whole is not certain to be the one in force.
    """

    in_force_from: date
    ppm: Mapping[str, int]
    source: Words
    unsure: frozenset[str] = frozenset()
    doubt: Words | None = None
    doubt_from: date = date.max


@dataclass(frozen=True, slots=True)
class Rate:
    """What a table says for a day: `ppm` a year, and every reason why it may be wrong."""

    ppm: int
    table: str
    column: str
    row: RateRow
    doubts: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RateTable:
    """One issuer's rows in order of their days. Two rows of one day are a programmer's error (ValueError); texts are checked
    by `read_rate_table`. `columns`: what the table speaks of; the table below answers for others."""

    name: str
    title: Words
    rows: tuple[RateRow, ...]
    columns: frozenset[str] = frozenset(COLUMNS)
    _days: tuple[date, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        days = tuple(row.in_force_from for row in self.rows)
        if not days or any(b <= a for a, b in pairwise(days)):
            raise ValueError(
                f"rate table {self.name}: rows have to stand in the order of their days, each day once"
            )
        object.__setattr__(self, "_days", days)

    @property
    def first_day(self) -> date:
        return self._days[0]

    def row_on(self, day: date) -> RateRow | None:
        """The row in force on that day; None before the first."""
        place = bisect_right(self._days, day)
        return self.rows[place - 1] if place else None


@dataclass(frozen=True, slots=True)
class RateBook:
    """The tables that count one after the other: each from its first day until the next one's first day."""

    tables: tuple[RateTable, ...]

    def row_on(self, day: date) -> tuple[RateTable, RateRow] | None:
        """The table that counts on that day and its row; None before the first table begins."""
        for table in reversed(self.tables):
            row = table.row_on(day)
            if row is not None:
                return table, row
        return None

    def rate_on(self, day: date, column: str) -> Rate | None:
        """The rate of that day; None where no table has begun or the one that speaks of the column does not offer it."""
        silent: list[RateTable] = []
        for table in reversed(self.tables):
            row = table.row_on(day)
            if row is None:
                continue
            if column in table.columns:
                if column not in row.ppm:
                    return None
                doubts = (*_not_theirs(silent, table, column), *_doubts(table, row, day, column))
                return Rate(row.ppm[column], table.name, column, row, doubts)
            silent.append(table)
        return None


def _not_theirs(silent: list[RateTable], table: RateTable, column: str) -> tuple[Problem, ...]:
    """What is doubtful about a rate of another table than the one that was asked."""
    if not silent:
        return ()
    asked, what = silent[0].title, COLUMNS[column]
    zh = f"{asked.zh}没有“{what.zh}”一列，按{table.title.zh}计算，请核对。"
    en = f"The {asked.en} have no column “{what.en}”; counted by the {table.title.en}: check it."
    return (Problem("rate_of_other_table", Words(zh, en), f"{silent[0].name}/{column}"),)


def _doubts(table: RateTable, row: RateRow, day: date, column: str) -> tuple[Problem, ...]:
    where = f"{table.name}/{row.in_force_from}/{column}"
    doubts = []
    if column in row.unsure:
        title, what, percent = table.title, COLUMNS[column], per_cent(row.ppm[column])
        zh = f"{title.zh}（{row.in_force_from} 起）“{what.zh}”{percent}% 未经核实，请查当时的利率文件。"
        en = f"{title.en} from {row.in_force_from}, {what.en} {percent}%: not confirmed; look at the notice of that time."
        doubts.append(Problem("rate_unconfirmed", Words(zh, en), where))
    if row.doubt is not None and day >= row.doubt_from:
        doubts.append(Problem("row_unconfirmed", row.doubt, f"{table.name}/{row.in_force_from}"))
    return tuple(doubts)


def per_cent(ppm: int) -> str:
    """17500 → `1.75`, 15660 → `1.566`: at least two decimals, no zeros after them."""
    whole, rest = divmod(ppm, PPM_PER_PERCENT)
    decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"{whole}.{decimals}"


def name_problem(name: str, taken: Iterable[str]) -> Problem | None:
    """Why a table cannot be called that; None when it can."""
    if _NAME.fullmatch(name) and name not in set(taken):
        return None
    zh = f"“{name}”不能作利率表的名字：已被使用，或含有空格和符号。"
    en = f"“{name}” cannot name a rate table: it is taken, or holds blanks and signs."
    return Problem("rate_table_name", Words(zh, en), name)


def read_rate_table(text: str, name: str, where: str = "") -> tuple[RateTable | None, list[Problem]]:
    """A bank's own table from CSV text, or everything that is wrong with it, each with line and column.

    A byte-order mark before the first name is let pass. Refused (code): `table_empty`, `column_unknown`, `column_twice`,
    `column_missing`, `cells_too_many`, `day_unreadable`, `rate_unreadable`, `rate_too_high`, `demand_missing`, `day_twice`,
    `days_out_of_order`, `table_gap`, `table_overlap`, `csv_broken`.
    """
    reader = _Reading(where or name)
    try:
        lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True))
    except csv.Error as error:
        reader.wrong("csv_broken", f"表格无法读取：{error}。", f"The table cannot be read: {error}.", 1)
        return None, reader.problems
    head = reader.head(lines[0] if lines else [])
    if head is None:
        return None, reader.problems
    rows = [
        (number, row)
        for number, cells in enumerate(lines[1:], start=2)
        if any(c.strip() for c in cells) and (row := reader.row(number, head, cells)) is not None
    ]
    if not rows and not reader.problems:
        reader.wrong("table_empty", "利率表没有任何数据行。", "The table holds no row.", 1)
    reader.order(rows)
    if reader.problems:
        return None, reader.problems
    title = Words(f"本行挂牌利率“{name}”", f"the bank's own posted rates “{name}”")
    spoken_of = frozenset(head) & frozenset(COLUMNS)
    return RateTable(name, title, tuple(RateRow(r.first, r.ppm, title) for _, r in rows), spoken_of), []


@dataclass(frozen=True, slots=True)
class _Line:
    first: date
    last: date | None
    ppm: dict[str, int]


class _Reading:
    """Reads cell by cell and remembers what was wrong, with `name:line:column`."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Problem] = []

    def wrong(self, code: str, zh: str, en: str, line: int, column: str = "") -> None:
        place = f"{self.where}:{line}" + (f":{column}" if column else "")
        self.problems.append(Problem(code, Words(zh, en), place))

    def head(self, cells: list[str]) -> list[str] | None:
        names = [cell.strip() for cell in cells]
        known = ["effective_from", "effective_to", *COLUMNS, "status", "source"]
        for name in names:
            if name not in known:
                listed = ", ".join(known)
                zh, en = f"不认识的列“{name}”；可用：{listed}。", f"Unknown column “{name}”; known: {listed}."
                self.wrong("column_unknown", zh, en, 1, name)
            elif names.count(name) > 1:
                self.wrong("column_twice", f"列“{name}”出现两次。", f"Column “{name}” stands twice.", 1, name)
        for name in ("effective_from", "demand"):
            if name not in names:
                self.wrong("column_missing", f"缺少列“{name}”。", f"Column “{name}” is missing.", 1, name)
        return None if self.problems else names

    def row(self, number: int, head: list[str], cells: list[str]) -> _Line | None:
        before = len(self.problems)
        if len(cells) > len(head):
            zh, en = f"第 {number} 行比表头多出单元格。", f"Line {number} has more cells than the head."
            self.wrong("cells_too_many", zh, en, number)
            return None
        named = dict(zip(head, (c.strip() for c in cells), strict=False))
        first = self._day(number, "effective_from", named.get("effective_from", ""))
        last_text = named.get("effective_to", "")
        last = self._day(number, "effective_to", last_text) if last_text else None
        ppm = {}
        for column in COLUMNS:
            if named.get(column):
                rate = self._rate(number, column, named[column])
                if rate is not None:
                    ppm[column] = rate
        if not named.get("demand"):
            zh = "每一行都要有活期利率：提前支取和逾期都要用它。"
            en = "Every row needs the demand rate: early and overdue withdrawals are counted with it."
            self.wrong("demand_missing", zh, en, number, "demand")
        return None if first is None or len(self.problems) > before else _Line(first, last, ppm)

    def _day(self, number: int, column: str, text: str) -> date | None:
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        zh, en = f"“{text}”不是日期，请写成 2025-05-20。", f"“{text}” is no day; write 2025-05-20."
        self.wrong("day_unreadable", zh, en, number, column)
        return None

    def _rate(self, number: int, column: str, text: str) -> int | None:
        if not _PER_CENT.fullmatch(text):
            zh = f"“{text}”不是年利率；请写百分数，最多四位小数，例如 1.75。"
            en = f"“{text}” is no yearly rate: write per cent with four decimals at most, for example 1.75."
            self.wrong("rate_unreadable", zh, en, number, column)
            return None
        whole, _, decimals = text.partition(".")
        ppm = int(whole) * PPM_PER_PERCENT + int(decimals.ljust(4, "0"))
        if ppm > RATE_PERCENT_MAX * PPM_PER_PERCENT:
            zh = f"年利率 {text}% 高于 {RATE_PERCENT_MAX}%，请核对小数点。"
            en = f"A yearly rate of {text}% is above {RATE_PERCENT_MAX}%: check the decimal point."
            self.wrong("rate_too_high", zh, en, number, column)
            return None
        return ppm

    def order(self, rows: Iterable[tuple[int, _Line]]) -> None:
        """Days rise, each once; where last days are given the next row begins on the morrow."""
        before: _Line | None = None
        for number, row in rows:
            if row.last is not None and row.last < row.first:
                zh, en = "最后一天早于第一天。", "The last day is before the first."
                self.wrong("days_out_of_order", zh, en, number, "effective_to")
            if before is not None:
                self._follows(number, before, row)
            before = row

    def _follows(self, number: int, before: _Line, row: _Line) -> None:
        if row.first == before.first:
            zh, en = f"{row.first} 有两行，只能留一行。", f"There are two rows for {row.first}: keep one."
            self.wrong("day_twice", zh, en, number, "effective_from")
        elif row.first < before.first:
            zh, en = (
                f"{row.first} 应排在 {before.first} 之前。",
                f"{row.first} has to stand before {before.first}.",
            )
            self.wrong("days_out_of_order", zh, en, number, "effective_from")
        elif before.last is not None and before.last < date.max:
            due = before.last + timedelta(days=1)
            if row.first > due:
                zh = f"{due} 至 {row.first - timedelta(days=1)} 没有利率，请补上一行。"
                en = f"No row covers {due} to {row.first - timedelta(days=1)}: add one."
                self.wrong("table_gap", zh, en, number, "effective_from")
            elif row.first < due:
                zh, en = f"{row.first} 与上一行重叠。", f"{row.first} overlaps the row above."
                self.wrong("table_overlap", zh, en, number, "effective_from")
