"""Which browser it is: a signed cookie that holds a random number, and words for it that a person recognises."""

from __future__ import annotations

import re
import uuid

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "xs_device"
SALT = "xiaoshi.device"
AGE_S = 400 * 24 * 60 * 60

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def device_of(request: HttpRequest) -> uuid.UUID | None:
    """The number in the cookie, if we signed it."""
    try:
        return uuid.UUID(signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def remember(response: HttpResponse, device: uuid.UUID) -> None:
    response.set_cookie(
        COOKIE,
        signing.dumps(str(device), salt=SALT),
        max_age=AGE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def words_of(request: HttpRequest) -> str:
    """`Chrome 131 · Windows`, from what the browser says of itself; empty when it says nothing."""
    agent = request.META.get("HTTP_USER_AGENT", "")[:400]
    browser = next(
        (f"{name} {_version(agent, mark)}".strip() for mark, name in BROWSERS if mark in agent), ""
    )
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return " · ".join(piece for piece in (browser, system) if piece)


def _version(agent: str, mark: str) -> str:
    found = re.search(re.escape(mark) + r"(\d{1,4})", agent)
    return found[1] if found else ""


def address_of(request: HttpRequest) -> str:
    """The network address that the connection comes from. A proxy of the bank has to pass it on to the web server."""
    return request.META.get("REMOTE_ADDR", "")[:45]
