"""Photos lose the note that turns them, and nothing else."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from xiaoshi.desk.kinds.burnt_notes.upright import without_turning


def jpeg(orientation: int | None) -> bytes:
    picture = Image.fromarray(np.arange(60 * 40 * 3, dtype=np.uint32).astype(np.uint8).reshape(40, 60, 3))
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    file = BytesIO()
    picture.save(file, "JPEG", **({"exif": exif} if orientation else {}))
    return file.getvalue()


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_photo_is_served_as_it_is_stored(orientation):
    given = jpeg(orientation)
    served = without_turning(given)
    with Image.open(BytesIO(given)) as before, Image.open(BytesIO(served)) as after:
        assert after.getexif().get(0x0112) is None
        assert np.array_equal(np.asarray(before), np.asarray(after))


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\x00", b"\x89PNG rest", b"\xff\xd8\xff\xe1\x00\x00x"]
)
def test_what_is_no_whole_jpeg_is_left_alone(content):
    assert without_turning(content) == content


def test_a_photo_without_the_note_stays_byte_for_byte():
    assert without_turning(jpeg(None)) == jpeg(None)
