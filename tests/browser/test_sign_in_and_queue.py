"""Signing in, and the queue with mouse and keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from desk_fixtures import LOGINS, PASSWORD


def test_wrong_password_says_so_and_the_right_one_opens_the_queue(desk: Any) -> None:
    stranger = desk.visit(None)
    stranger.go("/desk/")
    assert "/sign-in/" in stranger.page.url
    stranger.page.fill("#id_login", LOGINS["archivist"])
    stranger.page.fill("#id_password", "wrong-" + PASSWORD)
    stranger.page.press("#id_password", "Enter")
    stranger.page.wait_for_selector(".govuk-error-summary")
    assert "登录名或密码不对" in stranger.text()
    assert stranger.page.title().startswith("有误:") or stranger.page.title().startswith("有误：")
    assert stranger.page.input_value("#id_login") == LOGINS["archivist"]
    assert stranger.page.evaluate("document.activeElement.classList.contains('govuk-error-summary')")
    stranger.page.fill("#id_password", PASSWORD)
    stranger.page.press("#id_password", "Enter")
    stranger.page.wait_for_url("**/desk/")
    assert "陶敏" in stranger.text()


def test_language_switch_and_back(desk: Any) -> None:
    visitor = desk.visit("teller").go("/desk/")
    visitor.page.get_by_role("button", name="English").click()
    visitor.page.wait_for_selector("html[lang=en]")
    assert "To do" in visitor.text()
    assert not re.search("待办|退出|查询", visitor.text())
    visitor.page.get_by_role("button", name="中文").click()
    visitor.page.wait_for_selector("html[lang=zh-Hans]")
    assert "待办" in visitor.text()


def test_queue_by_keys_alone(desk: Any, walked: Callable[..., Any]) -> None:
    for name in ("贺若兰", "赖明远"):
        walked("photograph", name)
    visitor = desk.visit("teller").go("/desk/")
    page = visitor.page
    visitor.keys("/")
    assert page.evaluate("document.activeElement.id") == "find-case"
    visitor.keys("Escape", "?")
    assert page.is_visible("#keysheet")
    visitor.keys("Escape")
    assert not page.is_visible("#keysheet")
    visitor.keys("j", "j")
    assert (
        page.evaluate(
            "[...document.querySelectorAll('[data-row]')].findIndex((r) => r.contains(document.activeElement))"
        )
        == 1
    )
    visitor.keys("k")
    number = page.evaluate("document.activeElement.textContent.trim()")
    visitor.keys("Enter")
    page.wait_for_url("**/desk/cases/*/?from=*")
    assert number in visitor.text()
    visitor.keys("g", "q")
    page.wait_for_url("**/desk/")
    visitor.keys("g", "p")
    page.wait_for_url("**/desk/money/")


def test_keys_rest_in_a_field_and_when_switched_off(desk: Any) -> None:
    visitor = desk.visit("teller").go("/desk/")
    visitor.page.fill("#q-words", "")
    visitor.page.focus("#q-words")
    visitor.keys("j", "?", "g", "q")
    assert visitor.page.input_value("#q-words") == "j?gq"
    visitor.page.context.add_cookies([{"name": "xs_keys", "value": "off", "url": visitor.site}])
    visitor.go("/desk/")
    visitor.keys("?")
    assert not visitor.page.is_visible("#keysheet")


def test_search_finds_by_name(desk: Any, walked: Callable[..., Any]) -> None:
    walked("photograph", "乔知秋")
    visitor = desk.visit("teller").go("/desk/")
    visitor.keys("/")
    visitor.page.keyboard.type("乔知秋")
    visitor.keys("Enter")
    visitor.page.wait_for_url("**/desk/find/?q=*")
    assert "乔知秋" in visitor.page.inner_text("main")
    assert visitor.page.locator("main a[href*='/desk/cases/']").count() >= 1
