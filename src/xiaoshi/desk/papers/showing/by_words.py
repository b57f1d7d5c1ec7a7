"""What has words and no pages: Word and Excel files, plain text. Runs in the worker's process; imports nothing of ours."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from html.parser import HTMLParser
from typing import Any

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHARACTERS_SHOWN_MAX = 200_000
SHEETS_MAX, ROWS_MAX, COLUMNS_MAX = 20, 500, 40
CELL_CHARACTERS_MAX = 500
UNPACKED_BYTES_MAX = 200 * 1024 * 1024
ENTRIES_MAX = 5000


class Cannot(Exception):  # noqa: N818
    """As in `worker.py`."""


def _unpackable(content: bytes) -> None:
    """A few kilobytes that would unpack to gigabytes are not unpacked."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile as error:
        raise Cannot("broken") from error
    if len(entries) > ENTRIES_MAX or sum(e.file_size for e in entries) > UNPACKED_BYTES_MAX:
        raise Cannot("too_much")


# ---- Word -------------------------------------------------------------------------------------------------------------

_KEPT = {
    "p",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "strong",
    "em",
    "br",
    "sup",
    "sub",
}
_HEADINGS = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h4", "h5": "h5", "h6": "h5"}


class _Clean(HTMLParser):
    """Paragraphs, lists and tables again, tag by tag from a list of allowed ones; every attribute and address is dropped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.length = 0
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = _HEADINGS.get(tag, tag)
        if name not in _KEPT and name not in _HEADINGS.values():
            return
        spans = "".join(
            f' {key}="{int(value)}"'
            for key, value in attrs
            if tag in ("td", "th")
            and key in ("colspan", "rowspan")
            and value
            and value.isdecimal()
            and int(value) < 100
        )
        self.out.append(f"<{name}{spans}>")
        if name != "br":
            self.open.append(name)

    def handle_endtag(self, tag: str) -> None:
        name = _HEADINGS.get(tag, tag)
        if name in self.open:
            while self.open:
                last = self.open.pop()
                self.out.append(f"</{last}>")
                if last == name:
                    break

    def handle_data(self, data: str) -> None:
        left = CHARACTERS_SHOWN_MAX - self.length
        if left > 0:
            kept = data[:left]
            self.out.append(
                kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
            )
        self.length += len(data)

    def done(self) -> str:
        self.out.extend(f"</{name}>" for name in reversed(self.open))
        return "".join(self.out)


def _docx_look(content: bytes) -> dict[str, Any]:
    import mammoth

    pictures = 0

    def leave_out(image: Any) -> list[Any]:
        nonlocal pictures
        pictures += 1
        return []

    html = mammoth.convert_to_html(
        io.BytesIO(content), convert_image=leave_out, external_file_access=False
    ).value
    clean = _Clean()
    clean.feed(html)
    clean.close()
    return {
        "shape": "blocks",
        "html": clean.done(),
        "pictures": pictures,
        "whole": clean.length <= CHARACTERS_SHOWN_MAX,
    }


# ---- Excel ------------------------------------------------------------------------------------------------------------


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes") if (value.hour or value.minute) else value.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)[:CELL_CHARACTERS_MAX]


def _sheets(content: bytes, rows_max: int) -> list[dict[str, Any]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    sheets = []
    for sheet in book.worksheets[:SHEETS_MAX]:
        rows: list[list[str]] = []
        cut = False
        for number, row in enumerate(
            sheet.iter_rows(max_col=COLUMNS_MAX + 1, max_row=rows_max + 1, values_only=True)
        ):
            if number == rows_max:
                cut = True
                break
            cut = cut or (len(row) > COLUMNS_MAX and row[COLUMNS_MAX] is not None)
            rows.append([_cell(v) for v in row[:COLUMNS_MAX]])
        while rows and not any(rows[-1]):
            rows.pop()
        width = max(
            (len(r) - next((i for i, v in enumerate(reversed(r)) if v), len(r)) for r in rows), default=0
        )
        sheets.append({"title": str(sheet.title)[:80], "rows": [r[:width] for r in rows], "cut": cut})
    return sheets


# ---- plain text -------------------------------------------------------------------------------------------------------


def _decoded(content: bytes, kind: str) -> tuple[str, str]:
    charset = kind.partition("charset=")[2] or "utf-8"
    return content.decode("utf-8-sig" if charset == "utf-8" else charset, errors="replace"), charset


# ---- the orders -------------------------------------------------------------------------------------------------------


def look(kind: str, content: bytes, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    if kind == DOCX:
        _unpackable(content)
        return _docx_look(content), b""
    if kind == XLSX:
        _unpackable(content)
        return {"shape": "table", "sheets": _sheets(content, ROWS_MAX)}, b""
    if kind.startswith("text/plain"):
        text, charset = _decoded(content, kind)
        whole = len(text) <= CHARACTERS_SHOWN_MAX
        return {"shape": "text", "text": text[:CHARACTERS_SHOWN_MAX], "charset": charset, "whole": whole}, b""
    raise Cannot("not_of_this_kind")


def text(kind: str, content: bytes, order: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    most = int(order["characters_max"])
    if kind == DOCX:
        import mammoth

        _unpackable(content)
        found = mammoth.extract_raw_text(io.BytesIO(content)).value
    elif kind == XLSX:
        _unpackable(content)
        sheets = _sheets(content, 20_000)
        found = "\n".join(
            "\n".join([s["title"], *("\t".join(v for v in row if v) for row in s["rows"])]) for s in sheets
        )
    elif kind.startswith("text/plain"):
        found, _ = _decoded(content, kind)
    else:
        raise Cannot("not_of_this_kind")
    return {"text": found[:most], "whole": len(found) <= most, "pages": 1}, b""


WAYS: dict[str, Callable[[str, bytes, dict[str, Any]], tuple[dict[str, Any], bytes]]] = {
    "look": look,
    "text": text,
}
