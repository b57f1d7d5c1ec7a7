"""Deposit rates in China since 1988-09-01, as dated rows: the benchmark of the PBOC and what the large banks posted.

Until 2012-07-05 a deposit is counted by the benchmark, from 2012-07-06 by what banks posted. What is marked `unsure` was not read
in a text that names it: figures from memory, or worked out from a neighbour. Nothing is filled in where no figure was found: that
column is absent and the engine says that it has no rate.

Left out: small and local banks (a bank loads its own table), 协定存款, foreign currency, deposits before September 1988.
"""

from __future__ import annotations

from datetime import date

from xiaoshi.core.problems import Words
from xiaoshi.core.rules.deposit_rate_table import (
    COLUMNS,
    PPM_PER_PERCENT,
    RateBook,
    RateRow,
    RateTable,
)

_PBOC = Words("中国人民银行公布的存款基准利率", "PBOC benchmark deposit rates as announced")
_BANKS = Words("大型商业银行公布的人民币存款挂牌利率", "RMB deposit rates as posted by the large state banks")
_OLDER = ("demand", "m3", "m6", "y1", "y2", "y3", "y5", "y8", "call_1d", "call_7d")
_ALL = " ".join(COLUMNS)
_CALL = "call_1d call_7d"
_KINDS = "i1 i3 i5"


def _row(
    day: str,
    figures: str,
    unsure: str = "",
    kinds: str = "",
    source: Words = _PBOC,
    doubt: Words | None = None,
    doubt_from: str = "9999-12-31",
) -> RateRow:
    """`figures`: per cent in the order demand m3 m6 y1 y2 y3 y5 y8 call_1d call_7d, `-` for none; `kinds`: i1 i3 i5."""
    texts = dict(zip(_OLDER, figures.split(), strict=True))
    if kinds:
        texts |= dict(zip(_KINDS.split(), kinds.split(), strict=True))
    ppm = {name: _ppm(text) for name, text in texts.items() if text != "-"}
    return RateRow(
        date.fromisoformat(day), ppm, source, frozenset(unsure.split()), doubt, date.fromisoformat(doubt_from)
    )


def _ppm(text: str) -> int:
    whole, _, decimals = text.partition(".")
    return int(whole) * PPM_PER_PERCENT + int(decimals.ljust(4, "0"))


_UPTO_11 = Words(
    "2012-06-08 起银行可在基准利率 1.1 倍以内自定利率；此处按基准利率计算，请核对本行当时的挂牌利率。",
    "From 2012-06-08 banks could post up to 1.1 times the benchmark; counted by the benchmark here: check what was posted.",
)

# The instalment kinds follow m3, m6 and y1 in the tables since 1998-12-07; read as such for 2008-11-27 and 2008-12-23 only.
BENCHMARK = RateTable(
    "benchmark",
    Words("存款基准利率", "benchmark deposit rates"),
    (
        _row("1988-09-01", "2.88 - 6.48 8.64 9.18 9.72 10.80 12.42 - -", _ALL),
        _row("1989-02-01", "2.88 7.56 9.00 11.34 12.24 13.14 14.94 17.64 - -", "demand m3 m6 y1 y2"),
        _row("1990-04-15", "2.88 6.30 7.74 10.08 10.98 11.88 13.68 16.20 - -", "y8"),
        _row("1990-08-21", "2.16 4.32 6.48 8.64 9.36 10.08 11.52 13.68 - -", "y8"),
        _row("1991-04-21", "1.80 3.24 5.40 7.56 7.92 8.28 9.00 10.08 - -", "y8"),
        _row("1993-05-15", "2.16 4.86 7.20 9.18 9.90 10.80 12.06 14.58 - -", "y8"),
        _row("1993-07-11", "3.15 6.66 9.00 10.98 11.70 12.24 13.86 17.10 - -", "y8"),
        _row("1996-05-01", "2.97 4.86 7.20 9.18 9.90 10.80 12.06 - - -"),
        _row("1996-08-23", "1.98 3.33 5.40 7.47 7.92 8.28 9.00 - - -"),
        _row("1997-10-23", "1.71 2.88 4.14 5.67 5.94 6.21 6.66 - - -"),
        _row("1998-03-25", "1.71 2.88 4.14 5.22 5.58 6.21 6.66 - - -"),
        _row("1998-07-01", "1.44 2.79 3.96 4.77 4.86 4.95 5.22 - - -"),
        _row("1998-12-07", "1.44 2.79 3.33 3.78 3.96 4.14 4.50 - - -", _KINDS, "2.79 3.33 3.78"),
        _row("1999-06-10", "0.99 1.98 2.16 2.25 2.43 2.70 2.88 - 1.35 1.89", f"{_CALL} {_KINDS}", "1.98 2.16 2.25"),
        _row("2002-02-21", "0.72 1.71 1.89 1.98 2.25 2.52 2.79 - 1.08 1.62", f"{_CALL} {_KINDS}", "1.71 1.89 1.98"),
        _row("2004-10-29", "0.72 1.71 2.07 2.25 2.70 3.24 3.60 - 1.08 1.62", f"{_CALL} {_KINDS}", "1.71 2.07 2.25"),
        _row("2006-08-19", "0.72 1.80 2.25 2.52 3.06 3.69 4.14 - 1.08 1.62", f"{_CALL} {_KINDS}", "1.80 2.25 2.52"),
        _row("2007-03-18", "0.72 1.98 2.43 2.79 3.33 3.96 4.41 - 1.08 1.62", f"{_CALL} {_KINDS}", "1.98 2.43 2.79"),
        _row("2007-05-19", "0.72 2.07 2.61 3.06 3.69 4.41 4.95 - 1.08 1.62", f"{_CALL} {_KINDS}", "2.07 2.61 3.06"),
        _row("2007-07-21", "0.81 2.34 2.88 3.33 3.96 4.68 5.22 - 1.17 1.71", f"{_CALL} {_KINDS}", "2.34 2.88 3.33"),
        _row("2007-08-22", "0.81 2.61 3.15 3.60 4.23 4.95 5.49 - 1.17 1.71", f"{_CALL} {_KINDS}", "2.61 3.15 3.60"),
        _row("2007-09-15", "0.81 2.88 3.42 3.87 4.50 5.22 5.76 - 1.17 1.71", f"{_CALL} {_KINDS}", "2.88 3.42 3.87"),
        _row("2007-12-21", "0.72 3.33 3.78 4.14 4.68 5.40 5.85 - 1.17 1.71", f"{_CALL} {_KINDS}", "3.33 3.78 4.14"),
        _row("2008-10-09", "0.72 3.15 3.51 3.87 4.41 5.13 5.58 - 1.17 1.71", f"{_CALL} {_KINDS}", "3.15 3.51 3.87"),
        _row("2008-10-30", "0.72 2.88 3.24 3.60 4.14 4.77 5.13 - 1.17 1.71", f"{_CALL} {_KINDS}", "2.88 3.24 3.60"),
        _row("2008-11-27", "0.36 1.98 2.25 2.52 3.06 3.60 3.87 - 0.81 1.35", "", "1.98 2.25 2.52"),
        _row("2008-12-23", "0.36 1.71 1.98 2.25 2.79 3.33 3.60 - 0.81 1.35", "", "1.71 1.98 2.25"),
        _row("2010-10-20", "0.36 1.91 2.20 2.50 3.25 3.85 4.20 - 0.81 1.35", f"{_CALL} {_KINDS}", "1.91 2.20 2.50"),
        _row("2010-12-26", "0.36 2.25 2.50 2.75 3.55 4.15 4.55 - 0.81 1.35", f"{_CALL} {_KINDS}", "2.25 2.50 2.75"),
        _row("2011-02-09", "0.40 2.60 2.80 3.00 3.90 4.50 5.00 - 0.85 1.39", f"{_CALL} {_KINDS}", "2.60 2.80 3.00"),
        _row("2011-04-06", "0.50 2.85 3.05 3.25 4.15 4.75 5.25 - 0.95 1.49", f"{_CALL} {_KINDS}", "2.85 3.05 3.25"),
        _row("2011-07-07", "0.50 3.10 3.30 3.50 4.40 5.00 5.50 - 0.95 1.49", f"{_CALL} {_KINDS}", "3.10 3.30 3.50"),
        _row("2012-06-08", "0.40 2.85 3.05 3.25 4.10 4.65 5.10 - 0.85 1.39", f"{_CALL} {_KINDS}", "2.85 3.05 3.25",
             doubt=_UPTO_11, doubt_from="2012-06-08"),
        _row("2012-07-06", "0.35 2.60 2.80 3.00 3.75 4.25 4.75 - 0.80 1.35", _KINDS, "2.60 2.80 3.00"),
        _row("2014-11-22", "0.35 2.35 2.55 2.75 3.35 4.00 - - 0.80 1.35", f"{_CALL} {_KINDS}", "2.35 2.55 2.75"),
        _row("2015-03-01", "0.35 2.10 2.30 2.50 3.10 3.75 - - 0.80 1.35", f"{_CALL} {_KINDS}", "2.10 2.30 2.50"),
        _row("2015-05-11", "0.35 1.85 2.05 2.25 2.85 3.50 - - 0.80 1.35", f"{_CALL} {_KINDS}", "1.85 2.05 2.25"),
        _row("2015-06-28", "0.35 1.60 1.80 2.00 2.60 3.25 - - 0.80 1.35", f"{_CALL} {_KINDS}", "1.60 1.80 2.00"),
        _row("2015-08-26", "0.35 1.35 1.55 1.75 2.35 3.00 - - 0.80 1.35", f"{_CALL} {_KINDS}", "1.35 1.55 1.75"),
        _row("2015-10-24", "0.35 1.10 1.30 1.50 2.10 2.75 - - 0.80 1.35", f"{_CALL} {_KINDS}", "1.10 1.30 1.50"),
    ),
)  # fmt: skip

_AFTER_2013 = Words(
    "大型银行 2012-07-06 的挂牌利率只核实到 2013 年 5 月；此后至 2015-10-23 的调整未见文本，请核对本行当时的挂牌利率。",
    "What large banks posted from 2012-07-06 was seen in May 2013; changes from then to 2015-10-23 were not found: check the list of that day.",
)
_FROM_2015 = Words(
    "大型银行该挂牌利率表的起始日（2015-10-24）和 2022-09-14 以前的调整未经核实，请核对本行当时的挂牌利率。",
    "The first day of this list of the large banks (2015-10-24) and changes up to 2022-09-14 are not confirmed: check the list of that day.",
)
_AFTER_2026 = Words(
    "2025-05-20 以后的挂牌利率只查到 2026-11-23；更晚的日期请导入本行利率表。",
    "Changes after 2025-05-20 were looked for up to 2026-11-23 only; for later days load the bank's own table.",
)

# After 2022-09-15 the instalment kinds are worked out: they moved with m3 and m6 (the cuts of 2023-12-22 and 2025-05-20 were read).
BIG_BANKS = RateTable(
    "big_banks",
    Words("大型银行挂牌利率", "rates posted by the large banks"),
    (
        _row("2012-07-06", "0.35 2.85 3.05 3.25 3.75 4.25 4.75 - 0.80 1.35", "", "2.85 2.90 3.00", _BANKS,
             _AFTER_2013, "2013-06-01"),
        _row("2015-10-24", "0.30 1.35 1.55 1.75 2.25 2.75 2.75 - 0.55 1.10", "", "1.35 1.55 1.55", _BANKS,
             _FROM_2015, "2015-10-24"),
        _row("2022-09-15", "0.25 1.25 1.45 1.65 2.15 2.60 2.65 - 0.45 1.00", f"m3 m6 y2 {_CALL} {_KINDS}", "1.25 1.45 1.45", _BANKS),
        _row("2023-06-08", "0.20 1.25 1.45 1.65 2.05 2.45 2.50 - 0.45 1.00", f"m3 m6 {_CALL} {_KINDS}", "1.25 1.45 1.45", _BANKS),
        _row("2023-09-01", "0.20 1.25 1.45 1.55 1.85 2.20 2.25 - 0.45 1.00", f"{_CALL} {_KINDS}", "1.25 1.45 1.45", _BANKS),
        _row("2023-12-22", "0.20 1.15 1.35 1.45 1.65 1.95 2.00 - 0.25 0.80", f"demand {_CALL} {_KINDS}", "1.15 1.35 1.35", _BANKS),
        _row("2024-07-25", "0.15 1.05 1.25 1.35 1.45 1.75 1.80 - 0.15 0.70", f"{_CALL} {_KINDS}", "1.05 1.25 1.25", _BANKS),
        _row("2024-10-18", "0.10 0.80 1.00 1.10 1.20 1.50 1.55 - 0.10 0.45", _KINDS, "0.80 1.00 1.00", _BANKS),
        _row("2025-05-20", "0.05 0.65 0.85 0.95 1.05 1.25 1.30 - 0.05 0.30", f"call_1d {_KINDS}", "0.65 0.85 0.85", _BANKS,
             _AFTER_2026, "2026-11-24"),
    ),
)  # fmt: skip

NATIONAL = RateBook((BENCHMARK, BIG_BANKS))
"""Benchmark until 2012-07-05, then what the large banks posted."""

BOOKS: dict[str, RateBook] = {
    "big_banks": NATIONAL,
    "posted": NATIONAL,
    "benchmark": RateBook((BENCHMARK,)),
}
"""What `posted` may name without a table of the bank's own; the first is the one when nothing is named, the second its other name."""


def books_with(own: tuple[RateTable, ...]) -> dict[str, RateBook]:
    """The books by name with a bank's own tables laid over the national ones, each under its own name."""
    return BOOKS | {table.name: RateBook((BENCHMARK, BIG_BANKS, table)) for table in own}
