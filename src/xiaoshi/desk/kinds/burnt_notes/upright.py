"""A tray photo as the engine saw it: without the note "turn me" that telephones write into a JPEG.

The engine measures the pixels as they are stored and its outlines refer to them. A browser would turn the picture and
leave the outlines where they are. So the photo is served without its EXIF block: nothing is decoded or changed in the
picture itself, and the document that is kept stays as it was handed in.
"""

from __future__ import annotations

JPEG_START = b"\xff\xd8"
APP1, START_OF_SCAN = 0xE1, 0xDA


def without_turning(content: bytes) -> bytes:
    """The JPEG without its APP1 (EXIF, XMP) segments; anything else, and a JPEG of odd structure, unchanged."""
    if not content.startswith(JPEG_START):
        return content
    kept, at = [JPEG_START], 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == START_OF_SCAN:
            return b"".join((*kept, content[at:]))
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if length < 2:
            return content
        if marker != APP1:
            kept.append(content[at : at + 2 + length])
        at += 2 + length
    return content
