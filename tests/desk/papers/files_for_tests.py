"""Small real files of each kind, made by the libraries that write them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image


def picture(form: str, width: int = 60, height: int = 40) -> bytes:
    """A picture with noise in it, so that it cannot be packed into a few bytes."""
    noise = np.random.default_rng(7).integers(0, 255, (height, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, form)
    return out.getvalue()


def png_header_only(width: int, height: int) -> bytes:
    """A PNG that claims a size; its data is one empty stream (decoding it would ask for width x height x 3 bytes)."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


def pdf() -> bytes:
    """One empty page."""
    import pypdfium2

    document = pypdfium2.PdfDocument.new()
    document.new_page(200, 300)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def heic() -> bytes:
    return b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def docx(words: str, more: Mapping[str, bytes] | None = None, *, body: str = "") -> bytes:
    """The smallest Word file with one paragraph; `body`: raw markup in its place."""
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    paragraph = body or f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{types}"><Default Extension="rels" ContentType='
            f'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml"'
            f' ContentType="{main}"/></Types>'.encode(),
            "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/officeDocument"'
            ' Target="word/document.xml"/></Relationships>'.encode(),
            "word/document.xml": f'<w:document xmlns:w="{word}"><w:body>{paragraph}</w:body></w:document>'.encode(),
            **(more or {}),
        }
    )


def xlsx(rows: list[list[Any]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


SVG_WITH_SCRIPT = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="200"
 height="100" onload="alert(1)"><script>alert(1)</script><text x="10" y="40">火灾证明</text><image
 href="file:///etc/hostname" width="9" height="9"/><rect width="40" height="40" fill="#ff0000"/></svg>""".encode()


@lru_cache(maxsize=64)
def pages(*texts: str) -> bytes:
    """A PDF with one A4 page for each text (set by typst with the house's font)."""
    import typst

    source = "\n#pagebreak()\n".join(f'#text(font: "Noto Sans CJK SC", {chr(34)}{t}{chr(34)})' for t in texts)
    return typst.compile(source.encode(), font_paths=_fonts(), format="pdf")


@lru_cache(maxsize=1)
def _fonts() -> Any:
    import typst

    from xiaoshi.desk.papers.typesetting import font_folder

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()])


def pdf_bomb(megabytes: int = 400) -> bytes:
    """A page whose drawing is 400 MB of lines packed into half a megabyte."""
    drawing = zlib.compressobj(9)
    piece = b"0 0 m 9 9 l S\n" * 70_000
    packed = b"".join(drawing.compress(piece) for _ in range(megabytes)) + drawing.flush()
    return (
        b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>endobj\n4 0 obj<</Length "
        + str(len(packed)).encode()
        + b"/Filter/FlateDecode>>stream\n"
        + packed
        + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"
    )


def pdf_of(*objects: bytes) -> bytes:
    """A PDF whose table of places is right: objects 1, 2, 3 ... as they are written, the first its catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size + table
    return bytes(out + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start))


def stream(entries: bytes, content: bytes) -> bytes:
    """A stream object of a PDF, packed."""
    packed = zlib.compress(content, 9)
    return b"<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (entries, len(packed), packed)


def one_page(media_box: bytes, *more: bytes, drawing: bytes = b"0 0 m 9 9 l S", things: bytes = b"") -> bytes:
    """A sound PDF of one page; `more` are the objects 5, 6 ... that `things` (its resources) may name."""
    return pdf_of(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[%b]/Resources<<%b>>/Contents 4 0 R>>" % (media_box, things),
        stream(b"", drawing),
        *more,
    )


def pdf_of_pages(count: int) -> bytes:
    """Empty pages side by side."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(count))
    tree = b"<</Type/Pages/Count %d/Kids[%b]>>" % (count, kids)
    return pdf_of(b"<</Type/Catalog/Pages 2 0 R>>", tree, *[page] * count)


def pdf_of_nested_drawings(levels: int) -> bytes:
    """Each drawing draws the next ten times: ten lines for one level, 10^levels for all."""
    forms = []
    for level in range(levels):
        last = level == levels - 1
        names = b"" if last else b"/XObject<</F %d 0 R>>" % (level + 6)
        entries = b"/Type/XObject/Subtype/Form/BBox[0 0 600 900]/Resources<<%b>>" % names
        forms.append(stream(entries, b"0 0 m 9 9 l S" if last else b"/F Do " * 10))
    return one_page(b"0 0 595 842", *forms, drawing=b"/F Do", things=b"/XObject<</F 5 0 R>>")


def pdf_of_packed_objects(size_bytes: int) -> bytes:
    """Catalogue and page lie in an object stream that is `size_bytes` long when it is unpacked."""
    inner = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )
    heads, bodies = b"", b""
    for number, body in enumerate(inner, 1):
        heads += b"%d %d " % (number, len(bodies))
        bodies += body + b" "
    packed = stream(b"/Type/ObjStm/N 3/First %d" % len(heads), heads + bodies + b" " * size_bytes)
    out = bytearray(b"%PDF-1.7\n")
    where = len(out)
    out += b"4 0 obj\n%b\nendobj\n" % packed
    start = len(out)
    rows = [(0, 0, 65535), (2, 4, 0), (2, 4, 1), (2, 4, 2), (1, where, 0), (1, start, 0)]
    table = b"".join(bytes([kind]) + place.to_bytes(4) + more.to_bytes(2) for kind, place, more in rows)
    out += b"5 0 obj\n%b\nendobj\n" % stream(b"/Type/XRef/Size 6/W[1 4 2]/Root 1 0 R", table)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)
