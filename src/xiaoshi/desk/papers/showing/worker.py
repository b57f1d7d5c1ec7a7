"""The process that opens one stranger's file: an order and bytes on standard input, an answer and bytes on standard output.

Run by `running.py` as a file of its own; it and the modules beside it import nothing of ours. Each direction is one
message: 8 bytes with the length of a JSON text, the JSON, and behind it the bytes. Orders are `{"do", "kind", ...}`:

    look    -> {"shape": "pages", "pages"} | {"shape": "table", "sheets"} | {"shape": "blocks", "blocks"} | {"shape": "text", ...}
    page    (page, width_px)      -> {"width_px", "height_px", "form", "left_out"} and a PNG or JPEG; `left_out`: pictures of a
                                     PDF's page that are not on it, {"width_px", "height_px", "why": size or damaged}
    text    (characters_max)      -> {"text", "whole", "pages"}
    codes   (dpi)                 -> {"pages", "codes": [text or "" for each page]}
    part    (first, last)         -> {"ending"} and the file of these pages

A file that cannot be opened answers `{"cannot": code}`; memory or time that ran out ends the process, which is an answer too.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys
from typing import Any

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
NOT_HERE = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "shutil.",
    "ftplib.",
)


class Cannot(Exception):  # noqa: N818 - an answer, not an error
    """The file cannot be shown; the argument is the code of the reason."""


def shut_in(limits: dict[str, int]) -> None:
    """Time, address space, no file to write, no network."""
    for what, value in (
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))
    with contextlib.suppress(OSError, AttributeError):
        # A network of its own that has no device. Where the machine does not allow it, the hook below is left.
        ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET)
    sys.addaudithook(_refuse)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event.startswith(NOT_HERE) and event != "socket.gethostname":
        raise Cannot("reached_out")
    if (
        event == "open"
        and len(args) > 2
        and isinstance(args[2], int)
        and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    ):
        raise Cannot("reached_out")


def answer(order: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    """The answer to one order."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import by_page
    import by_words

    kind = order["kind"]
    ways = by_page.WAYS if kind in by_page.KINDS else by_words.WAYS
    if order["do"] not in ways:
        raise Cannot("not_of_this_kind")
    return ways[order["do"]](kind, content, order)


def main() -> int:
    read = sys.stdin.buffer
    order: dict[str, Any] = json.loads(read.read(int.from_bytes(read.read(8))))
    content = read.read()
    shut_in(order["limits"])
    out = sys.stdout.buffer
    body = b""
    try:
        told, body = answer(order, content)
    except MemoryError:
        told = {"cannot": "too_much"}
    except Exception as error:
        # By name: the modules beside this file know the exception under another module's name.
        code = str(error) if type(error).__name__ == "Cannot" else "broken"
        told, body = {"cannot": code, "log": f"{type(error).__name__}: {error}"[:500]}, b""
    head = json.dumps(told, ensure_ascii=False).encode()
    out.write(len(head).to_bytes(8) + head + body)
    out.flush()
    # Without the interpreter's tidying up: a library that was met by a bad file may stumble over it.
    os._exit(0)


if __name__ == "__main__":
    main()
