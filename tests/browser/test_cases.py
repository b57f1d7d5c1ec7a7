"""Opening a case, doing a step, and what happens when two people do it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PLACES_OF_A_CASE = ("", "map/", "papers/", "money/", "trays/", "trays/1/", "timeline/")


def fill_opening(page: Any, name: str) -> None:
    page.fill("#id_client_name", name)
    page.fill("#id_container", "饼干铁盒")
    page.check("input[name=cause][value=fire]")
    page.check("input[name=payout][value=cash]")


def test_open_a_case_with_the_mouse(desk: Any) -> None:
    visitor = desk.visit("teller").go("/desk/")
    page = visitor.page
    page.click("text=受理新案件")
    page.click("text=残损币兑换")
    page.click("main button[type=submit]")
    page.wait_for_selector(".govuk-error-summary")
    assert page.title().startswith("有误")
    fill_opening(page, "武采薇")
    page.fill("#id_told_amount", "三百")
    page.click("main button[type=submit]")
    page.wait_for_selector(".govuk-error-summary")
    assert page.input_value("#id_client_name") == "武采薇"
    page.set_viewport_size({"width": 1440, "height": 900})
    visitor.picture("error-422")
    page.fill("#id_told_amount", "300")
    page.click("main button[type=submit]")
    page.wait_for_url("**/desk/cases/*/")
    assert "下一步" in visitor.text()
    assert "受理登记" in visitor.text()


def test_open_a_case_and_do_its_first_step_with_keys_alone(desk: Any) -> None:
    visitor = desk.visit("teller").go("/desk/cases/new/burnt_notes/")
    page = visitor.page

    def tab_to(ident: str) -> None:
        for _ in range(60):
            if page.evaluate("document.activeElement.id") == ident:
                return
            visitor.keys("Tab")
        raise AssertionError(f"the tab key never reaches {ident}")

    tab_to("id_client_name")
    page.keyboard.type("贺小满")
    tab_to("id_container")
    page.keyboard.type("月饼盒")
    tab_to("id_cause_0")
    visitor.keys("Space")
    tab_to("id_payout_0")
    visitor.keys("Space", "Control+Enter")
    page.wait_for_url("**/desk/cases/*/")
    visitor.keys("n")
    page.wait_for_url("**/steps/intake/")
    tab_to("id_circumstances")
    page.keyboard.type("厨房着火，盒子烧了。")
    tab_to("id_explained")
    visitor.keys("Space", "Control+Enter")
    page.wait_for_url("**/desk/cases/*/")
    assert "分盘拍照" in page.inner_text(".xs-next")


def test_stale_write_shows_what_changed_and_keeps_what_was_typed(
    desk: Any, walked: Callable[..., Any]
) -> None:
    walk = walked("machine", "常望舒")
    first, second = desk.visit("teller", width=1440), desk.visit("colleague")
    for visitor in (first, second):
        visitor.go(f"/desk/cases/{walk.case.id}/steps/machine/")
        visitor.page.fill("#id_machine", f"DJ-{visitor is first:d}1")
        visitor.page.fill("#id_passed", "5")
    second.page.click("main button[name=do]")
    second.page.wait_for_url(f"**/cases/{walk.case.id}/")
    with first.page.expect_response(lambda r: r.request.method == "POST") as answer:
        first.page.click("main button[name=do]")
    assert answer.value.status == 409
    first.page.wait_for_selector("text=别人刚改过这个案件")
    assert "徐岚" in first.text() or "徐兰" in first.text()
    assert "DJ-11" in first.page.inner_text("main")  # the step is done, so it is shown to be copied
    first.picture("conflict")


def test_a_stranger_gets_404_on_every_page_of_the_case(desk: Any, walked: Callable[..., Any]) -> None:
    walk = walked("pay", "叶守仁")
    stranger = desk.visit("stranger")
    for place in PLACES_OF_A_CASE:
        stranger.go(f"/desk/cases/{walk.case.id}/{place}", status=404)
        assert "叶守仁" not in stranger.page.content()
    assert "找不到" in stranger.text() or "没有" in stranger.text()
    assert (
        stranger.page.get_by_role("link", name="回到首页").count() or stranger.page.locator("main a").count()
    )


def test_without_javascript_a_case_is_opened_and_a_step_is_done(desk: Any) -> None:
    visitor = desk.visit("teller", java_script_enabled=False).go("/desk/cases/new/burnt_notes/")
    page = visitor.page
    fill_opening(page, "黎长河")
    page.click("main button[type=submit]")
    page.wait_for_url("**/desk/cases/*/")
    page.click(".xs-next a.govuk-button")
    page.fill("#id_circumstances", "库房进水。")
    page.check("#id_explained")
    page.click("main button[name=do]")
    page.wait_for_url("**/desk/cases/*/")
    assert "分盘拍照" in page.inner_text(".xs-next")


def test_the_auditor_reads_and_is_refused_in_words(desk: Any, walked: Callable[..., Any]) -> None:
    walk = walked("machine", "尹望舒")
    auditor = desk.visit("auditor").go(f"/desk/cases/{walk.case.id}/")
    assert "不由您的岗位办理" in auditor.text()
    auditor.go("/desk/cases/new/", status=403)
    assert auditor.page.locator("main h1").inner_text()


def test_print_view_has_the_case_and_no_menus(desk: Any, walked: Callable[..., Any]) -> None:
    walk = walked("machine", "易小满")
    visitor = desk.visit("teller").go(f"/desk/cases/{walk.case.id}/")
    visitor.page.emulate_media(media="print")
    assert not visitor.page.is_visible(".xs-header__nav")
    assert not visitor.page.is_visible(".xs-side")
    assert visitor.page.is_visible(".xs-timeline")
    assert "易小满" in visitor.page.inner_text(".xs-identity")
