"""The bank's own posted rates: CSV files in the home's folder `rates`, one table each, called by the file's name.

A file that cannot be right is not used, and the page says what is wrong with it, line and column; the others still are. Files are
read again when they change.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from xiaoshi.core.problems import Problem, Words
from xiaoshi.core.rules.deposit_rate_table import RateBook, RateTable, name_problem, read_rate_table
from xiaoshi.core.rules.deposit_rates import BOOKS, books_with

FILES_MAX = 50
BYTES_MAX = 5 * 1024 * 1024

Loaded = tuple[dict[str, RateBook], tuple[str, ...], tuple[Problem, ...]]


def own_rates() -> Loaded:
    """All books by name, the names of the bank's own, and what is wrong with files that are not used."""
    folder = Path(settings.HOME) / "rates"
    try:
        files = sorted(folder.glob("*.csv"))[:FILES_MAX]
        seen = tuple((str(f), f.stat().st_mtime_ns, f.stat().st_size) for f in files)
    except OSError:
        seen = ()
    return _loaded(seen)


@lru_cache(maxsize=4)
def _loaded(seen: tuple[tuple[str, int, int], ...]) -> Loaded:
    tables: list[RateTable] = []
    problems: list[Problem] = []
    for path, _changed, size in seen:
        name = Path(path).stem
        wrong = name_problem(name, [*BOOKS, *(t.name for t in tables)])
        text = None if wrong else _text(path, size)
        if text is None:
            words = Words("利率表无法读取，未使用：", "A table of rates cannot be read and is not used:")
            problems.append(wrong or Problem("rate_table_unreadable", words, Path(path).name))
            continue
        table, found = read_rate_table(text, name, Path(path).name)
        problems += found
        if table is not None:
            tables.append(table)
    return books_with(tuple(tables)), tuple(t.name for t in tables), tuple(problems)


def _text(path: str, size: int) -> str | None:
    if size > BYTES_MAX:
        return None
    try:
        return Path(path).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
