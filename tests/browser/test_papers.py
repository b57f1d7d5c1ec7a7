"""D4 and the check page: what was issued can be opened, and anybody can see whether it is genuine."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pypdfium2
from desk_pages import keep_small


def test_papers_of_a_case_and_their_check_page(desk: Any, walked: Callable[..., Any], pictures: Any) -> None:
    walk = walked("pay", "何采薇")
    visitor = desk.visit("teller", width=1440).go(f"/desk/cases/{walk.case.id}/papers/")
    page = visitor.page
    assert "残损人民币兑换单" in visitor.text() or "兑换单" in visitor.text()
    assert "盘面照片" in visitor.text()
    visitor.picture("papers")
    slip = page.locator(".govuk-summary-card", has_text="兑换单")
    answer = page.request.get(visitor.site + slip.get_by_role("link", name="打开单据").get_attribute("href"))
    assert answer.headers["content-type"] == "application/pdf"
    keep_small(first_page(answer.body()), pictures / "paper.png")
    address = slip.get_by_role("link", name="验真页").get_attribute("href")
    anybody = desk.visit(None, width=1440).go(address)
    assert "有效" in anybody.text() or "真" in anybody.text()
    assert "何采薇" not in anybody.page.content()
    anybody.picture("check")
    anybody.go("/check/0000-0000-0000-0000/", status=None)
    assert "有效" not in anybody.page.inner_text("main h1")


def first_page(pdf: bytes) -> Any:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    picture = document[0].render(scale=1.6).to_pil().convert("RGB")
    document.close()
    return picture


def test_map_picture(desk: Any, walked: Callable[..., Any]) -> None:
    walk = walked("machine", "何采薇")
    visitor = desk.visit("teller", width=1440).go(f"/desk/cases/{walk.case.id}/map/")
    assert visitor.page.locator("[aria-current=step]").count() >= 1
    assert visitor.page.locator("svg.xs-map").count() == 1
    visitor.picture("map")


def test_pictures_of_queue_and_case(desk: Any, walked: Callable[..., Any]) -> None:
    walk = walked("determine", "何采薇")
    for language, ending in (("zh-hans", ""), ("en", "-en")):
        visitor = desk.visit("teller", language=language, width=1440).go("/desk/")
        visitor.picture(f"queue{ending}")
        visitor.go(f"/desk/cases/{walk.case.id}/")
        visitor.picture(f"case{ending}")
