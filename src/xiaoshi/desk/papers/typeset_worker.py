"""The process that typesets one paper: JSON on standard input, PDF on standard output, nothing touched beside.

Run by `typesetting.py` as a file of its own (it imports nothing of ours), so that a template that never ends or eats
memory ends this process and not the desk. Limits are set here before the engine is loaded. Input:
`{"sources": {"main.typ": text, ...}, "inputs": {name: text}, "fonts": folder, "root": folder, "timestamp": seconds,
"limits": {"cpu_seconds", "memory_bytes"}, "stamp": null or {"original_base64"}}`.
With `stamp`, the page that was set (an overlay on no ground) is laid over each page of the original.
Exit status 3: the template has an error, which stands on standard error.
"""

from __future__ import annotations

import base64
import io
import json
import resource
import sys
from typing import Any

TEMPLATE_ERROR = 3
# 120 mm: what is narrower is a slip or a label. The head of an A4 page: 18 mm margin, 24 mm QR code, 4 mm of air.
SLIP_WIDTH_POINTS = 340
HEAD_RIGHT_POINTS = 130
HEAD_TOP_POINTS = 40


def main() -> int:
    order: dict[str, Any] = json.load(sys.stdin)
    limits = order["limits"]
    for what, value in (
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
    ):
        resource.setrlimit(what, (value, value))

    import typst

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[order["fonts"]])
    try:
        pdf, warnings = typst.compile_with_warnings(
            {name: text.encode() for name, text in order["sources"].items()},
            root=order["root"],
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs=order["inputs"],
            timestamp=order["timestamp"],
            format="pdf",
        )
    except typst.TypstError as error:
        print(error.diagnostic or error.message, file=sys.stderr)  # noqa: T201 - this is the answer to the parent
        return TEMPLATE_ERROR
    for warning in warnings:
        print(warning.message, file=sys.stderr)  # noqa: T201
    if order["stamp"]:
        pdf = lay_over(base64.b64decode(order["stamp"]["original_base64"]), pdf)
    sys.stdout.buffer.write(pdf)
    return 0


def lay_over(original: bytes, overlay: bytes) -> bytes:
    """Each page of `original` with the first page of `overlay` on it, beside the QR code of the head.

    A counter slip has no free room there: its page grows by the height of the stamp, at the top.
    """
    import pypdfium2

    below, above = pypdfium2.PdfDocument(original), pypdfium2.PdfDocument(overlay)
    form = above.page_as_xobject(0, below)
    width, height = above[0].get_size()
    for page in below:
        stamp = form.as_pageobject()
        page_width, page_height = page.get_size()
        if page_width < SLIP_WIDTH_POINTS:
            page.set_mediabox(0, 0, page_width, page_height + height)
            x, y = (page_width - width) / 2, page_height
        else:
            x, y = page_width - width - HEAD_RIGHT_POINTS, page_height - height - HEAD_TOP_POINTS
        stamp.set_matrix(pypdfium2.PdfMatrix().translate(x, y))
        page.insert_obj(stamp)
        page.gen_content()
    out = io.BytesIO()
    below.save(out)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
