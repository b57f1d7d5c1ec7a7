"""What a tray's photo may come as: JPEG, PNG, WebP, TIFF, and HEIC as telephones save it.

HEIC is taken here and nowhere else on the desk: the engine decodes it in its own process, and the page shows the JPEG
that is made of it there. Other places hand out what was handed in, and few programs open HEIC.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.refusals import invalid
from xiaoshi.desk.papers.file_kinds import PHOTOS, KindOfFile
from xiaoshi.desk.papers.keeping import look_at
from xiaoshi.desk.papers.kinds_of_file import Recognised

HEIC = KindOfFile("image/heic", ".heic", False, Words("HEIC 照片", "HEIC photo"))
BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1")
ACCEPT = "image/jpeg,image/png,image/webp,image/tiff,image/heic,.heic"
SHOWN_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})
"""What browsers show."""
BYTES_MAX = 40 * 1024 * 1024


def look_at_photo(content: bytes) -> Recognised:
    """What the photo's file is. Raises `Invalid` with words for what is no photo, cut off, or too large."""
    if content[4:8] == b"ftyp" and content[8:12] in BRANDS:
        if len(content) > BYTES_MAX or not _whole(content):
            raise invalid(
                "file_cut_off",
                "这份 HEIC 照片不完整或过大，没有保存。请重新选择原文件，或重新拍摄。",
                "This HEIC photo is not complete, or too large, and was not kept. Choose the original again, or take it again.",
                where="photo",
            )
        return Recognised(HEIC)
    return look_at(content, where="photo", taken=PHOTOS)


def _whole(content: bytes) -> bool:
    """The boxes of the file follow each other to its very end, and there is one with the picture's data."""
    at, names = 0, set()
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        names.add(content[at + 4 : at + 8])
        if size == 1 and at + 16 <= len(content):
            size = int.from_bytes(content[at + 8 : at + 16], "big")
        elif size == 0:
            size = len(content) - at
        if size < 8:
            return False
        at += size
    return at == len(content) and b"mdat" in names and b"meta" in names


class PhotosInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """One or more files; cleaned to a list."""

    widget = PhotosInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if not files:
            super().clean(None, initial)
        return [super(PhotosField, self).clean(file, initial) for file in files]


class PhotoForm(forms.Form):
    """Photos of trays, one a tray."""

    photo = PhotosField(
        label=gettext_lazy("Photos, one for each tray"),
        help_text=gettext_lazy("Whole mat in the picture, sharp, even light. JPEG, PNG, WebP, TIFF or HEIC."),
        widget=PhotosInput(attrs={"accept": ACCEPT}),
    )
