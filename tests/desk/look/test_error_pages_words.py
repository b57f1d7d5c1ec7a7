"""The page for a database that is gone keeps what was typed and hides what only machines read."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation


def test_503_keeps_what_was_typed_and_nothing_else() -> None:
    kept = [
        ("key", "k-1"),
        ("version", "7"),
        ("do", "do"),
        ("note", "已清点"),
        ("circumstances", "厨房着火"),
        ("phone", ""),
    ]
    request = RequestFactory().post("/desk/")
    with translation.override("zh-hans"):
        page = render_to_string("503.html", {"kept": kept, "path": "/desk/", "bare": True}, request)
    assert "厨房着火" in page
    assert "已清点" in page
    for machine in ("k-1", ">7<", "phone", "circumstances"):
        assert machine not in page
