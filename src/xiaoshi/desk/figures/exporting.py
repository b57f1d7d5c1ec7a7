"""A table as a file for a spreadsheet, in which no cell is ever taken for a formula.

A client who calls himself `=HYPERLINK(…)` must not make a head's spreadsheet fetch an address. In CSV a cell that begins
with = + - @, a tab or a line break gets an apostrophe in front (as OWASP advises); in XLSX text cells are marked as text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(value: Any) -> Any:
    """A cell of CSV. Numbers stay numbers; a text that a spreadsheet could take for a formula gets an apostrophe."""
    if isinstance(value, int | float):
        return value
    text = "" if value is None else str(value)
    return (
        f"'{text}" if text.lstrip(" ").startswith(FORMULA_BEGINS) or text.startswith(FORMULA_BEGINS) else text
    )


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with a byte order mark, which the spreadsheets of bank desks need to see Chinese."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow([harmless(cell) for cell in head])
    write.writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    # A third of a second of every start, for a button that few press.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(c for c in title if c not in r"[]:*?/\ ")[:31] or "1")
    for row in (head, *rows):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=value if isinstance(value, int | float) else str(value))
            if not isinstance(value, int | float):
                # openpyxl takes a leading "=" for a formula unless the type is said afterwards.
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
