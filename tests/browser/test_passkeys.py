"""Passkeys in the browser, with Chromium's virtual authenticator: made, used as a second step, used alone."""

from __future__ import annotations

import uuid
from typing import Any

from desk_fixtures import PASSWORD


def test_a_passkey_is_made_and_signs_in_with_and_without_the_password(desk: Any, staff: Any) -> None:
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.organisation.acts.units import change_setting
    from xiaoshi.desk.organisation.models import Staff

    visitor = desk.visit(None)
    page = visitor.page
    # A passkey belongs to a name; an address of figures is none.
    site = visitor.site.replace("127.0.0.1", "localhost")
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip

    def sign_in() -> None:
        page.goto(f"{site}/sign-in/")
        page.fill("#id_login", "qin.an")
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")

    sign_in()
    page.wait_for_url("**/desk/")
    page.goto(f"{site}/sign-in/new-passkey/")
    assert not visitor.axe()
    page.fill("#id_name", "蓝色密钥盘")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="添加通行密钥").click()
    page.wait_for_url("**/my-sign-in/")
    assert "蓝色密钥盘" in visitor.text()
    assert not visitor.axe()
    page.locator(".xs-drop--right > summary").click()
    page.locator("form[action='/sign-out/'] button").click()
    sign_in()
    page.wait_for_url("**/sign-in/second/")
    assert not visitor.axe()
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url("**/desk/")
    keeper = Staff.objects.select_related("unit").get(login="ding.wen")
    perform(change_setting, keeper, str(uuid.uuid4()), setting="passkey_alone", value=True)
    page.locator(".xs-drop--right > summary").click()
    page.locator("form[action='/sign-out/'] button").click()
    page.get_by_role("link", name="用通行密钥登录").click()
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url("**/desk/")
    assert not page.evaluate("window.broken && window.broken.length")
    perform(change_setting, keeper, str(uuid.uuid4()), setting="passkey_alone", value=False)
