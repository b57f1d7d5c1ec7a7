"""Everybody can use every page: axe, narrow windows, large type, fingers, forced colours, the content policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MAIN_ACTS = (
    "main .govuk-button, main .govuk-input, main .govuk-select, .xs-header__act, .xs-side a, .xs-sub a"
)


@pytest.fixture(scope="module")
def places(walked: Callable[..., Any], staff: Any) -> list[tuple[str, str, int]]:
    """Every kind of page: person, address, status."""
    from xiaoshi.desk.money.acts import record_payment

    deciding, machine, paying = walked("determine"), walked("machine", "汤明远"), walked("pay", "黎采薇")
    waiting = walked("pay", "武望舒")
    waiting.do(record_payment, staff.teller, amount_fen=waiting.tin().amount_fen, way="cash")
    code = paper_code(paying)

    def at(walk: Any, place: str = "") -> str:
        return f"/desk/cases/{walk.case.id}/{place}"

    return [
        ("", "/sign-in/", 200),
        ("", f"/check/{code}/", 200),
        ("", "/check/", 200),
        ("teller", "/desk/", 200),
        ("teller", "/desk/?view=client", 200),
        ("teller", "/desk/cases/", 200),
        ("supervisor", "/desk/reviews/", 200),
        ("teller", "/desk/cases/new/", 200),
        ("teller", "/desk/cases/new/burnt_notes/", 200),
        ("teller", at(deciding), 200),
        ("teller", at(deciding, "map/"), 200),
        ("teller", at(deciding, "timeline/"), 200),
        ("teller", at(deciding, "trays/"), 200),
        ("teller", at(deciding, "trays/1/"), 200),
        ("teller", at(deciding, "verbs/suspend/"), 200),
        ("teller", at(deciding, "verbs/ask/"), 200),
        ("teller", at(machine, "steps/machine/"), 200),
        ("teller", at(paying, "papers/"), 200),
        ("teller", at(paying, "money/"), 200),
        ("teller", at(waiting, "money/"), 200),
        ("supervisor", at(waiting, "money/"), 200),
        ("outlet_head", at(waiting), 200),
        ("teller", "/desk/money/", 200),
        ("auditor", at(paying), 200),
        ("auditor", "/desk/cases/new/", 403),
        ("stranger", at(paying), 404),
        ("teller", "/look/preferences/", 200),
        ("", "/look/patterns/", 200),
    ]


def paper_code(walk: Any) -> str:
    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.papers.models import Paper

    with visible_to(walk.people.teller):
        return str(Paper.objects.filter(case_id=walk.case.id).first().check_code)


@pytest.mark.parametrize(
    ("language", "size", "width"), [("zh-hans", "1", 1280), ("en", "1", 320), ("zh-hans", "3", 1280)]
)
def test_every_page_is_sound(desk: Any, places: Any, language: str, size: str, width: int) -> None:
    """axe finds nothing, nothing scrolls sideways, the main acts are large enough for a finger."""
    visitors: dict[str, Any] = {}
    wrong = []
    for person, address, status in places:
        if person not in visitors:
            visitors[person] = desk.visit(person or None, language=language, size=size, width=width)
        visitor = visitors[person].go(address, status=status)
        found = [*visitor.axe(), *visitor.too_wide(), *visitor.small_targets(MAIN_ACTS)]
        wrong += [f"{person or 'nobody'} {address}: {line}" for line in found]
    assert wrong == [], "\n".join(wrong)


def test_largest_type_on_the_narrowest_window_does_not_scroll_sideways(desk: Any, places: Any) -> None:
    visitors: dict[str, Any] = {}
    wrong = []
    for person, address, status in places:
        if person not in visitors:
            visitors[person] = desk.visit(person or None, language="en", size="3", width=320)
        wide = visitors[person].go(address, status=status).too_wide()
        wrong += [f"{person or 'nobody'} {address}: {line}" for line in wide]
    assert wrong == [], "\n".join(wrong)


def test_forced_colours_keep_what_colour_says(desk: Any, places: Any) -> None:
    """With the system's own colours, tags keep an edge, the step that is open a mark, and the focus an outline."""
    visitor = desk.visit("teller", forced_colors="active")
    address = next(a for p, a, _ in places if a.endswith("/trays/1/"))
    visitor.go(address)
    page = visitor.page
    edges = page.evaluate(
        "[...document.querySelectorAll('.xs-tray__list .govuk-tag, .xs-tray__list .xs-tag')]"
        ".map((t) => getComputedStyle(t).borderTopStyle)"
    )
    assert edges
    assert "none" not in edges
    visitor.keys("j")
    outline = page.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.outlineWidth })()"
    )
    assert not outline.startswith("none")
    assert visitor.axe() == []


def test_policy_is_strict_and_a_breach_would_be_noticed(desk: Any) -> None:
    """The header forbids inline script, and the watch of these tests does see a breach."""
    visitor = desk.visit("teller")
    answer = visitor.page.goto(visitor.site + "/desk/")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    visitor.page.evaluate(
        "document.body.appendChild(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    visitor.page.wait_for_timeout(50)
    assert visitor.page.evaluate("window.broken.length") > 0
    assert visitor.page.evaluate("window.ran") is None
    assert visitor.troubles
    visitor.troubles.clear()


def test_data_size_makes_body_24_and_30_px(desk: Any) -> None:
    for size, least in (("1", 16), ("2", 24), ("3", 30)):
        visitor = desk.visit("teller", size=size).go("/desk/")
        assert visitor.page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= least


def answering(html: str) -> Callable[[Any], None]:
    def answer(route: Any) -> None:
        route.fulfill(body=html, content_type="text/html; charset=utf-8")

    return answer


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_for_troubles_are_sound(desk: Any, language: str) -> None:
    """The server's own templates, handed to the browser as if they had been answered (nobody breaks a server for them)."""
    from django.template.loader import render_to_string
    from django.test import RequestFactory
    from django.utils import translation

    from xiaoshi.core.problems import Problem, Words

    context = {
        "bare": True,
        "number": "4f2a91c0",
        "path": "/desk/",
        "problem": Problem("p", Words("面额没有填写。", "The value is missing."), "amount"),
        "kept": [("circumstances", "厨房着火" * 30)],
    }
    visitor = desk.visit(None, language=language, width=320)
    wrong = []
    for code in (400, 403, 404, 409, 422, 429, 500, 503):
        with translation.override(language):
            html = render_to_string(f"{code}.html", context, RequestFactory().get("/desk/"))
        visitor.page.route("**/trouble/", answering(html))
        visitor.go("/trouble/", status=None)
        wrong += [f"{code}: {line}" for line in (*visitor.axe(), *visitor.too_wide())]
        visitor.page.unroute("**/trouble/")
    assert wrong == [], "\n".join(wrong)
