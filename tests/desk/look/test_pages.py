"""The page of patterns and the pages for troubles, read as HTML: what the strict CSP, keyboards and readers need.

A browser sees them in the browser tests; here each page is rendered under routes of its own, without a database.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import get_urlconf, include, path, set_urlconf
from django.utils import translation

from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.look.context import desk
from xiaoshi.desk.look.settings import LOOK_MORE, LOOK_NAV
from xiaoshi.desk.look.views import patterns, preferences


class SignedIn(AnonymousUser):
    """A person as far as the header goes."""

    is_authenticated = True  # type: ignore[assignment]

    def __str__(self) -> str:
        return "liming"


def _answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


@pytest.fixture(autouse=True)
def _routes() -> Iterator[None]:
    """Only the routes that base.html names, so that these tests do not wait for every other part of the desk."""
    module = types.ModuleType("routes_of_the_look")
    # Every link of the header and footer, whatever parts the desk has.
    named = (
        *(route for _key, _words, route in (*LOOK_NAV, *LOOK_MORE)),
        "find",
        "notices",
        "my_sign_in",
        "sign_out",
    )
    module.urlpatterns = [  # type: ignore[attr-defined]
        path("look/", include("xiaoshi.desk.look.urls")),
        *(path(f"{name}/", _answer, name=name) for name in named),
    ]
    set_urlconf(module)  # type: ignore[arg-type]
    yield
    set_urlconf(None)


class Page(HTMLParser):
    """Start tags of a page with their attributes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, attribute: str) -> list[str]:
        return [attrs[attribute] for _, attrs in self.tags if attribute in attrs]


def request_for(
    address: str, *, signed_in: bool = True, cookies: dict[str, str] | None = None
) -> HttpRequest:
    request = RequestFactory().get(address)
    request.user = SignedIn() if signed_in else AnonymousUser()
    request.COOKIES.update(cookies or {})
    return request


def html_of(name: str, language: str) -> str:
    with translation.override(language):
        if name == "patterns":
            return patterns(request_for("/look/patterns/")).content.decode()
        if name == "patterns with errors":
            return patterns(request_for("/look/patterns/?errors=1")).content.decode()
        if name == "preferences":
            return preferences(request_for("/look/preferences/", signed_in=False)).content.decode()
        if name in ("500.html", "503.html"):
            return render_to_string(name, {"number": "a1b2", "kept": [("reason", "<i>")], "bare": True})
        return render_to_string(name, {}, request_for("/"))


TROUBLES = [
    "400.html",
    "403.html",
    "403_csrf.html",
    "404.html",
    "409.html",
    "422.html",
    "429.html",
    "500.html",
    "503.html",
]
PAGES = ["patterns", "patterns with errors", "preferences", *TROUBLES]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_the_rules_of_the_house(name: str, language: str) -> None:
    html = html_of(name, language)
    page = Page(html)
    # The CSP knows no inline style, script or handler.
    assert page.all("style") == []
    assert [attrs for tag, attrs in page.tags if tag == "script" and "src" not in attrs] == []
    assert [a for _, attrs in page.tags for a in attrs if a.startswith("on")] == []
    assert "<style" not in html
    # No component was left as it stands, no label points into the void, one first heading.
    assert [tag for tag, _ in page.tags if tag.startswith("c-")] == []
    ids = page.all("id")
    assert sorted(ids) == sorted(set(ids))
    pointing = page.all("for") + " ".join(page.all("aria-describedby") + page.all("aria-labelledby")).split()
    assert set(pointing) <= set(ids)
    assert sum(tag == "h1" for tag, _ in page.tags) == 1
    assert page.tags[0][1]["lang"] == ("en" if language == "en" else "zh-Hans")


def test_a_refused_form_answers_422_and_says_so_first() -> None:
    request = request_for("/look/patterns/?errors=1")
    with translation.override("en"):
        answer = patterns(request)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.content.decode()


def test_type_size_and_keys_come_from_the_cookies_and_nothing_else_does() -> None:
    for size, keys, expected in (
        ("3", "off", ("3", "off")),
        ("1", "on", ("1", "on")),
        ('9" onload="', "", ("1", "on")),
    ):
        request = request_for("/look/patterns/", cookies={"xs_size": size, "xs_keys": keys})
        root = Page(patterns(request).content.decode()).tags[0][1]
        assert (root["data-size"], root["data-keys"]) == expected


def test_what_was_typed_when_the_records_went_away_is_shown_escaped() -> None:
    assert "&lt;i&gt;" in html_of("503.html", "en")


def test_the_menu_offers_only_pages_that_open_to_the_reader() -> None:
    _key, _words, route = LOOK_MORE[0]
    module = types.ModuleType("routes_with_a_page_for_auditors")
    view = opens_to("auditor")(_answer)
    module.urlpatterns = [*get_urlconf().urlpatterns, path("only/", view, name=route)]  # type: ignore[attr-defined,union-attr]
    set_urlconf(module)  # type: ignore[arg-type]
    request = RequestFactory().get("/")
    for roles, seen in ((["teller"], False), (["teller", "auditor"], True)):
        request.user = SignedIn()
        request.user.roles = roles  # type: ignore[union-attr]
        assert ("/only/" in [link.href for link in desk(request)["desk_more"]]) is seen
        assert len(desk(request)["desk_nav"]) == len(LOOK_NAV)
