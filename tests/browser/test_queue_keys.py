"""Only a browser shows it: keys on list and case, news that moves nothing, presence and drafts kept by the script."""

from __future__ import annotations

import uuid
from typing import Any

from desk_fixtures import open_a_case

ROWS = "[...document.querySelectorAll('[data-row] th')].map((e) => e.textContent.trim())"
FOCUSED = "document.activeElement.closest('[data-row]')?.querySelector('th').textContent.trim()"
BEAT_MS = 21_000
DRAFT_MS = 3_500


def three_cases(staff: Any, name: str) -> list[Any]:
    return [open_a_case(staff.teller, "example", client_name=name) for _ in range(3)]


def listened(staff: Any, case: Any) -> None:
    from xiaoshi.desk.cases.steps import do_step
    from xiaoshi.desk.guard.boundary import perform

    fields = {"step": "listen", "result": {"understood": True}}
    perform(do_step, staff.teller, str(uuid.uuid4()), case_id=case.id, **fields)


def test_news_of_the_list_leaves_the_row_under_the_cursor_where_it_is(desk: Any, staff: Any) -> None:
    name = "按键甲"
    three_cases(staff, name)
    visitor = desk.visit("teller")
    page = visitor.page
    page.clock.install()
    visitor.go(f"/desk/?view=all&q={name}")
    visitor.keys("j", "j", "x")
    before, focused = page.evaluate(ROWS), page.evaluate(FOCUSED)
    assert page.evaluate("document.querySelectorAll('[data-pick]:checked').length") == 1
    open_a_case(staff.colleague, "example", client_name=name)
    with page.expect_response("**/desk/lists/changes/**") as answer:
        page.clock.fast_forward(BEAT_MS)
    assert answer.value.json()["count"] == 1
    page.wait_for_function("document.querySelector('[data-poll-words]').textContent.includes('1')")
    assert page.evaluate(ROWS) == before
    assert page.evaluate(FOCUSED) == focused
    assert visitor.axe() == []
    visitor.picture("queue-news")
    page.click("[data-poll] a")
    assert len(page.evaluate(ROWS)) == len(before) + 1


def test_the_next_case_of_the_list_by_one_key_and_chosen_rows_in_bulk(desk: Any, staff: Any) -> None:
    name = "按键乙"
    cases = three_cases(staff, name)
    visitor = desk.visit("teller").go(f"/desk/?view=mine&q={name}")
    page = visitor.page
    visitor.keys("j", "Enter")
    page.wait_for_url(f"**/{cases[2].id}/**")
    assert visitor.too_wide() == []
    visitor.keys("]")
    page.wait_for_url(f"**/{cases[1].id}/**")
    visitor.keys("[")
    page.wait_for_url(f"**/{cases[2].id}/**")
    visitor.picture("case-beside")
    page.click("nav.xs-beside a:nth-child(2)")
    page.check("#pick-all")
    page.select_option("#bulk-act", "case.copy")
    page.get_by_role("button", name="办理勾选的案件").click()
    page.select_option("select[name=to]", "qian.bo")
    page.click("button[value=perform]")
    page.wait_for_selector("text=完成3件")
    visitor.picture("bulk-done")
    assert visitor.axe() == []


def test_presence_and_a_draft_are_kept_by_the_script_and_survive_the_page(desk: Any, staff: Any) -> None:
    (case,) = three_cases(staff, "按键丙")[:1]
    listened(staff, case)
    colleague = desk.visit("colleague").go(f"/desk/cases/{case.id}/")
    visitor = desk.visit("teller")
    page = visitor.page
    page.clock.install()
    visitor.go(f"/desk/cases/{case.id}/steps/answer/")
    assert "徐岚也在看此案" in visitor.text()
    page.fill("textarea[name=words]", "写到一半的答复")
    with page.expect_response("**/drafts/answer/") as kept:
        page.clock.fast_forward(DRAFT_MS)
    assert kept.value.json()["kept"] is True
    with page.expect_response("**/looking/"):
        page.clock.fast_forward(BEAT_MS)
    visitor.go(f"/desk/cases/{case.id}/steps/answer/")
    page.get_by_role("link", name="接着填").click()
    assert page.input_value("textarea[name=words]") == "写到一半的答复"
    visitor.picture("step-draft")
    assert visitor.axe() == []
    page.click("main button[name=do][value=do]")
    page.wait_for_url(f"**/desk/cases/{case.id}/")
    visitor.go(f"/desk/cases/{case.id}/")
    assert "等待第二人" in visitor.text()
    assert colleague.page.url.endswith(f"{case.id}/")
