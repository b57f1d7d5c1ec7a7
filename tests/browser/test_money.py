"""D7 in a browser: recorded by one, refused to the same, a wrong sum noticed, signed by another."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any


def yuan_due(page: Any) -> str:
    found = re.search(r"应付\s*([\d,]+\.\d\d)", page.inner_text("main"))
    assert found, page.inner_text("main")[:500]
    return found[1].replace(",", "")


def test_two_persons_pay(desk: Any, walked: Callable[..., Any]) -> None:
    walk = walked("pay", "何采薇")
    address = f"/desk/cases/{walk.case.id}/money/"
    maker = desk.visit("teller", width=1440).go(address)
    due = yuan_due(maker.page)
    maker.picture("money-1")
    maker.page.fill("#record_amount", due)
    maker.page.check("input[name=way][value=cash]")
    maker.page.click("text=录入，提请复核")
    maker.page.wait_for_selector("text=您是录入人，不能复核")
    assert maker.page.locator("input[name=counted]").count() == 0
    maker.picture("money-2-same-person")

    checker = desk.visit("supervisor", width=1440).go(address)
    assert due not in checker.page.inner_text("main")
    checker.page.fill("input[name=counted]", f"{float(due) + 1:.2f}")
    checker.page.click("text=金额一致则签署")
    checker.page.wait_for_selector("text=您清点的金额与录入金额不一致")
    assert due not in checker.page.inner_text(".xs-messages")

    maker.go(address)
    assert "两次金额不一致" in maker.text()
    maker.picture("money-2-mismatch")
    maker.page.fill("#record_amount", due)
    maker.page.check("input[name=way][value=cash]")
    maker.page.click("text=录入，提请复核")
    maker.page.wait_for_selector("text=您是录入人，不能复核")
    checker.go(address)
    checker.page.fill("input[name=counted]", due)
    checker.page.click("text=金额一致则签署")
    checker.page.wait_for_selector("text=金额一致")
    maker.go(address)
    maker.page.click("main button[value=pay_out]")
    maker.page.wait_for_load_state()
    maker.go(f"/desk/cases/{walk.case.id}/")
    assert "交付回执" in maker.page.inner_text(".xs-next")


def test_signing_has_no_key(desk: Any, walked: Callable[..., Any]) -> None:
    """Neither Enter nor a letter signs; only the button does."""
    walk = walked("pay", "黎望舒")
    address = f"/desk/cases/{walk.case.id}/money/"
    maker = desk.visit("teller").go(address)
    maker.page.fill("#record_amount", yuan_due(maker.page))
    maker.page.check("input[name=way][value=cash]")
    maker.page.click("text=录入，提请复核")
    maker.page.wait_for_selector("text=您是录入人，不能复核")
    checker = desk.visit("supervisor").go(address)
    assert checker.page.locator("main [data-key]").count() == 0
    checker.keys("Enter", "n", "e", "1")
    assert "等" in checker.text()
    assert checker.page.locator("input[name=counted]").count() == 1
