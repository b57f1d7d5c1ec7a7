"""What every page of the desk knows: header links, size of type, whether single-letter keys are on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import get_urlconf, resolve, reverse
from django.utils.functional import Promise, SimpleLazyObject

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


@lru_cache(maxsize=256)
def _opens_to(urlconf: Any, href: str) -> tuple[str, ...]:
    return getattr(resolve(href, urlconf).func, "opens_to", ("signed_in",))


def links_for(request: HttpRequest, links: Iterable[tuple[str, Any, str]]) -> list[NavLink]:
    """The links whose page opens to this person: a menu offers nothing that answers "not for you"."""
    roles = {"anyone", "signed_in", *getattr(request.user, "roles", ())}
    all_links = [NavLink(key, words, reverse(route)) for key, words, route in links]
    return [link for link in all_links if roles & set(_opens_to(get_urlconf(), link.href))]


def desk(request: HttpRequest) -> dict[str, Any]:
    """`desk_nav`, `desk_more`, `desk_size`, `desk_keys`. Pages set `section` to the key of the link they belong to.

    The links are worked out when a template asks for them: who signed in is a question to the database, and the page that
    says that the database is gone has no header.
    """
    return {
        "desk_nav": SimpleLazyObject(lambda: links_for(request, LOOK_NAV)),
        "desk_more": SimpleLazyObject(lambda: links_for(request, LOOK_MORE)),
        "desk_more_keys": [key for key, _words, _route in LOOK_MORE],
        "desk_size": chosen_size(request),
        "desk_keys": keys_on(request),
    }
