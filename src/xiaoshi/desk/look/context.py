"""What every page of the desk knows: header links, size of type, whether single-letter keys are on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from .settings import LOOK_MORE, LOOK_NAV

SIZE_COOKIE = "xs_size"
KEYS_COOKIE = "xs_keys"
SIZES = ("1", "2", "3")


@dataclass(frozen=True, slots=True)
class NavLink:
    """One link of the header. `words` is a lazy translation."""

    key: str
    words: str | Promise
    href: str


def chosen_size(request: HttpRequest) -> str:
    """Step of type size: "1" 18 px, "2" 24 px, "3" 30 px. Anything unknown in the cookie counts as "1"."""
    value = request.COOKIES.get(SIZE_COOKIE, "1")
    return value if value in SIZES else "1"


def keys_on(request: HttpRequest) -> bool:
    """Whether single-letter keys act (WCAG 2.1.4 asks that a person can switch them off)."""
    return request.COOKIES.get(KEYS_COOKIE) != "off"


def desk(request: HttpRequest) -> dict[str, Any]:
    """`desk_nav`, `desk_more`, `desk_size`, `desk_keys`. Pages set `section` to the key of the link they belong to."""
    return {
        "desk_nav": [NavLink(key, words, reverse(route)) for key, words, route in LOOK_NAV],
        "desk_more": [NavLink(key, words, reverse(route)) for key, words, route in LOOK_MORE],
        "desk_more_keys": [key for key, _words, _route in LOOK_MORE],
        "desk_size": chosen_size(request),
        "desk_keys": keys_on(request),
    }
