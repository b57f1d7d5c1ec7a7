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


OLD_DEPOSIT = "product=fixed&term_months=36&principal=10000&opened_on=1990-05-01&withdrawn_on=1992-06-01"


@pytest.fixture(scope="module")
def more_places(walked: Callable[..., Any], staff: Any) -> list[tuple[str, str, int]]:
    """The rest of the desk: what stands behind "More", and the parts of a case that other parts of the desk bring."""
    from xiaoshi.desk.consulting.acts import ask
    from xiaoshi.desk.consulting.models import Question
    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.papers.requirements import ask_for_paper

    walk = walked("photograph", "欧阳采薇")
    walk.do(ask, staff.teller, text="粘连的钱按块称重可否？", field="notes", to_level="city")
    walk.do(ask_for_paper, staff.teller, title="物业公司的失火说明", reason="证明上没有门牌号")
    with visible_to(staff.teller):
        question = Question.objects.get(case_id=walk.case.id)
    on_case = (
        "verbs/",
        "people/",
        "questions/",
        "ask/",
        "plan/",
        "papers/",
        "papers/ask/",
        "papers/letters/",
    )
    return [
        *(("teller", f"/desk/cases/{walk.case.id}/{place}", 200) for place in ("", *on_case)),
        ("teller", f"/desk/questions/{question.id}/", 200),
        ("city_specialist", f"/desk/questions/{question.id}/", 200),
        ("city_specialist", "/desk/questions/", 200),
        ("city_specialist", "/desk/plans/burnt_notes/", 200),
        ("city_specialist", "/desk/plans/burnt_notes/move/", 200),
        ("teller", "/desk/find/?q=%E5%A4%B1%E7%81%AB", 200),
        ("teller", "/desk/find/?q=%27", 422),
        ("teller", "/desk/notices/", 200),
        ("teller", "/desk/scans/", 200),
        ("teller", "/desk/substitutes/", 200),
        ("teller", "/desk/tokens/", 200),
        ("teller", "/desk/my-sign-in/", 200),
        ("teller", f"/desk/deposits/?{OLD_DEPOSIT}", 200),
        ("teller", f"/desk/deposits/?{OLD_DEPOSIT}&notice_given_on=1999-02-31", 422),
        ("outlet_head", "/desk/stats/", 200),
        ("outlet_head", "/desk/clocks/", 200),
        ("outlet_head", "/desk/clocks/hours/?unit=jn/lz/cd/yy/", 200),
        ("outlet_head", "/desk/organisation/", 200),
        ("outlet_head", "/desk/number-looks/", 200),
        ("archivist", "/desk/retention/", 200),
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
    wrong = found_on(places, desk, language=language, size=size, width=width)
    assert wrong == [], "\n".join(wrong)


def test_every_further_page_is_sound(desk: Any, more_places: Any) -> None:
    wrong = found_on(more_places, desk, language="en", size="1", width=375)
    assert wrong == [], "\n".join(wrong)


def test_further_pages_in_the_largest_type_do_not_scroll_sideways(desk: Any, more_places: Any) -> None:
    wrong = found_on(more_places, desk, axe=False, language="zh-hans", size="3", width=375)
    assert wrong == [], "\n".join(wrong)


def test_pictures_of_further_pages(desk: Any, more_places: Any) -> None:
    """One window each for the page of screenshots."""
    wanted = {
        "questions": ("city_specialist", lambda a: a.startswith("/desk/questions/") and a.count("/") > 3),
        "find": ("teller", lambda a: a.startswith("/desk/find/")),
        "plan": ("city_specialist", lambda a: a == "/desk/plans/burnt_notes/"),
        "figures": ("outlet_head", lambda a: a == "/desk/stats/"),
        "requirements": ("teller", lambda a: a.endswith("/papers/")),
        "clocks": ("outlet_head", lambda a: a == "/desk/clocks/"),
    }
    for name, (person, fits) in wanted.items():
        address = next(a for p, a, _ in more_places if p == person and fits(a))
        assert desk.visit(person, width=1440).go(address).picture(name).is_file()


def found_on(places: list[tuple[str, str, int]], desk: Any, *, axe: bool = True, **look: Any) -> list[str]:
    """What is wrong on the pages, one line each, seen in this language, size of type and width."""
    visitors: dict[str, Any] = {}
    wrong = []
    for person, address, status in places:
        if person not in visitors:
            visitors[person] = desk.visit(person or None, **look)
        visitor = visitors[person].go(address, status=status)
        found = [*(visitor.axe() if axe else ()), *visitor.too_wide(), *visitor.small_targets(MAIN_ACTS)]
        wrong += [f"{person or 'nobody'} {address}: {line}" for line in found]
    return wrong


@pytest.mark.parametrize(("language", "width"), [("zh-hans", 1280), ("en", 1280)])
def test_header_keeps_one_line_and_its_menus_open(desk: Any, language: str, width: int) -> None:
    """At the width of a counter's screen everything of the header stands on one line; the menus show what they hide."""
    page = desk.visit("teller", language=language, width=width).go("/desk/").page
    assert page.evaluate("document.querySelector('.xs-header').getBoundingClientRect().height") < 60
    for menu in page.locator(".xs-header .xs-drop > summary").all():
        menu.click()
        assert page.locator(".xs-header .xs-drop[open] .xs-drop__list a").first.is_visible()


@pytest.mark.parametrize("size", ["1", "2", "3"])
def test_the_header_leaves_a_phone_its_page(desk: Any, size: str) -> None:
    """At 375 x 812 it takes less than a fifth of the window, whatever the size of type."""
    page = desk.visit("teller", language="zh-hans", size=size, width=375).go("/desk/").page
    height = page.evaluate("document.querySelector('.xs-header').getBoundingClientRect().height")
    assert height < 812 / 5, height
    page.locator(".xs-header__nav .xs-drop > summary").click()
    assert (
        page.locator(".xs-header :is(.xs-header__search, .xs-drop__find)").locator("visible=true").count()
        == 1
    )


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
