"""A file on its way in: too large is stopped while it comes, cut off in the middle is noticed, and neither leaves a trace.

A browser sends the fields of a form in their order. The upload form ends with a hidden field behind the file; when the
connection breaks inside the file, that field is missing, whatever length was announced. (Django itself takes the half
file for a whole one.) A file above the limit is thrown away while it is read, so it never fills memory or the disk.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, UnreadablePostError

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.papers.kinds_of_file import too_large

END_FIELD = "end"
FILES_MAX = 500
REQUEST_BYTES_MAX = 1024 * 1024 * 1024
"""Of one request: what comes behind these two limits is counted and dropped, and the page says how many."""


class SizeLimit(FileUploadHandler):
    """First in `FILE_UPLOAD_HANDLERS`: drops what comes after `DOCUMENT_BYTES_MAX` bytes of one file."""

    files = 0
    all_bytes = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received_bytes = 0
        self.files += 1
        if self.files > FILES_MAX or self.all_bytes > REQUEST_BYTES_MAX:
            if self.request is not None:
                self.request.files_over = files_over(self.request) + 1
                # Django closes what the other handlers hold when a file is skipped: that would be the file before.
                for handler in self.request.upload_handlers:
                    vars(handler).pop("file", None)
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received_bytes += len(raw_data)
        self.all_bytes += len(raw_data)
        if self.received_bytes > settings.DOCUMENT_BYTES_MAX:
            if self.request is not None:
                self.request.files_too_large = [*files_too_large(self.request), self.field_name]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""
        return


def files_too_large(request: HttpRequest) -> list[str]:
    """Names of the form's fields whose file was dropped."""
    return list(getattr(request, "files_too_large", []))


def files_over(request: HttpRequest) -> int:
    """How many files came beyond the limits of one request and were dropped."""
    return int(getattr(request, "files_over", 0))


def whole_request(request: HttpRequest, field: str) -> Problem | None:
    """Why the request's file cannot be used: cut off on the way, or above the limit. None when it came whole."""
    try:
        arrived = END_FIELD in request.POST
    except UnreadablePostError:
        arrived = False
    if not arrived:
        return Problem(
            "upload_cut_off",
            Words(
                "上传中断，文件没有传完，因此没有保存。请检查网络后重新选择文件上传。",
                "The upload broke off before the file was complete, so nothing was kept. Check the network, choose the file"
                " again and send it.",
            ),
            field,
        )
    if field in files_too_large(request):
        return too_large(int(request.META.get("CONTENT_LENGTH") or 0), settings.DOCUMENT_BYTES_MAX, field)
    return None
