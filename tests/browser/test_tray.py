"""D5 in a browser: photographing, deciding by keys alone, and the second person who must not see the first answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

REASON = "对照原券，剩余面积清楚（第一人）"


def tray_of(walk: Any) -> str:
    return f"/desk/cases/{walk.case.id}/trays/1/"


def rows(page: Any) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in page.locator(".xs-tray__list tbody tr").all()]


def test_photo_is_uploaded_and_measured(desk: Any, walked: Callable[..., Any], tray_photo: Any) -> None:
    """The photo is sent on the page; the worker's own function measures it; the page then shows the proposals to read."""
    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.kinds.burnt_notes.acts.measured import record_measurement

    walk = walked("photograph", "尹长河")
    visitor = desk.visit("teller").go(f"/desk/cases/{walk.case.id}/trays/")
    page = visitor.page
    page.set_input_files(
        "input[type=file]", {"name": "x.png", "mimeType": "image/png", "buffer": b"not a picture"}
    )
    page.click("text=上传照片")
    page.wait_for_selector(".govuk-error-summary")
    page.set_input_files(
        "input[type=file]", {"name": "盘.jpg", "mimeType": "image/jpeg", "buffer": tray_photo.jpeg}
    )
    page.click("text=上传照片")
    page.wait_for_selector("text=已收下1张照片")
    assert "已测量0盘，共1盘" in visitor.text()
    assert "李旻" in page.inner_text("#trays")
    found = tray_photo.measured
    with visible_to(walk.people.teller):
        tray = walk.case.trays.get(number=1)
    walk.do(
        record_measurement,
        walk.people.teller,
        tray_id=str(tray.id),
        engine=found.engine,
        rules_id="cny-2026",
        width_px=found.width_px,
        height_px=found.height_px,
        assessment=found.assessment,
        pictures=[made.as_field() for made in found.pictures],
    )
    page.wait_for_selector("text=已测量1盘，共1盘")
    visitor.go(tray_of(walk))
    assert "现在只是测量建议" in visitor.text()
    assert page.locator("form[data-tray-form]").count() == 0
    assert page.locator("[data-mask]").count() >= len(rows(page)) > 0


def test_all_notes_are_decided_by_keys_alone(desk: Any, walked: Callable[..., Any]) -> None:
    walk = walked("determine", "叶采薇")
    visitor = desk.visit("teller").go(f"/desk/cases/{walk.case.id}/")
    page = visitor.page
    visitor.keys("n")
    page.wait_for_url("**/trays/")
    visitor.keys("n")
    page.wait_for_url("**/trays/1/**")
    visitor.tray_ready()
    # j moves through the list, the photo zooms to the piece, 0 shows all again, h hides the marks.
    whole = page.get_attribute("[data-tray-photo]", "viewBox")
    visitor.keys("j")
    assert page.get_attribute("[data-tray-photo]", "viewBox") != whole
    visitor.keys("0")
    assert page.get_attribute("[data-tray-photo]", "viewBox") == whole
    visitor.keys("+", "ArrowRight", "-", "h")
    assert not page.is_visible("[data-tray-masks]")
    visitor.keys("h", "k")
    page.evaluate("document.activeElement.blur()")
    total = len(rows(page))
    for done in range(total):
        page.wait_for_selector(f"text=已判定{done}张，共{total}张")
        visitor.tray_ready()
        if not page.locator("form[data-tray-form] input[type=radio]:checked").count():
            visitor.keys("x", "e", "Tab", "Tab")
            page.keyboard.type(REASON)
            visitor.keys("Control+Enter")
        else:
            visitor.keys("Enter")
    page.wait_for_selector(f"text=已判定{total}张，共{total}张")
    visitor.tray_ready()
    # u takes the newest answer back, and the note is open again.
    visitor.keys("u")
    page.wait_for_selector(f"text=已判定{total - 1}张，共{total}张")


def test_ten_notes_are_confirmed_by_ten_keys_and_no_page_load(desk: Any, walked: Callable[..., Any]) -> None:
    """Enter, ten times; the photo stays where it was, and a reload loses nothing."""
    walk = walked("photograph", "叶十全")
    ten_notes(walk)
    visitor = desk.visit("teller").go(tray_of(walk))
    page = visitor.tray_ready().page
    whole = page.get_attribute("[data-tray-photo]", "viewBox")
    visitor.keys("+")
    loads: list[str] = []
    page.on("request", lambda r: loads.append(r.url) if r.resource_type == "document" else None)
    for done in range(10):
        page.wait_for_selector(f"text=已判定{done}张，共10张")
        visitor.keys("Enter")
    page.wait_for_selector("text=已判定10张，共10张")
    assert loads == []
    assert page.get_attribute("[data-tray-photo]", "viewBox") != whole
    # Without network nothing is lost: the page says so, and the same key works when it is back.
    page.route("**/act", lambda route: route.abort())
    visitor.keys("u")
    page.wait_for_selector("text=网络不通")
    page.unroute("**/act")
    # A button takes no second press within a second.
    page.wait_for_timeout(1100)
    visitor.keys("u")
    page.wait_for_selector("text=已判定9张，共10张")
    visitor.go(tray_of(walk))
    assert "已判定9张，共10张" in visitor.text()


def ten_notes(walk: Any) -> None:
    """A tray with ten notes of which the engine is certain, before the step in which they are decided."""
    from xiaoshi.desk.kinds.burnt_notes.acts import measured, steps, trays

    teller, found = walk.people.teller, walk.tray.measured
    kind = {"issuer": "CNY", "series": "5", "edition": "2005", "denomination": 100, "side": "front"}
    pieces = [
        {"id": f"p{n}", "image": "t.jpg", "polygon": _square(n), "area_mm2": 9e3, "confidence": 0.9, **kind}
        for n in range(10)
    ]
    notes = [
        {
            "id": f"n{n}",
            "pieces": [f"p{n}"],
            "denomination_fen": 10000,
            "area_ratio": 0.9,
            "area_ratio_low": 0.89,
            "area_ratio_high": 0.91,
            "verdict": "full",
            "amount_fen": 10000,
            "reasons": [
                {"code": "area_reaches_full_threshold", "text": "剩余面积四分之三以上", "text_en": "3/4"}
            ],
        }
        for n in range(10)
    ]
    ident = str(walk.do(trays.add_tray, teller, name="盘十.jpg", content=walk.tray.jpeg)["tray_id"])
    walk.do(
        measured.record_measurement,
        teller,
        tray_id=ident,
        engine="by hand",
        rules_id="cny-2026",
        width_px=found.width_px,
        height_px=found.height_px,
        assessment={"pieces": pieces, "notes": notes, "problems": []},
    )
    walk.do(steps.finish_photographing, teller)
    walk.sort("denominations")
    walk.sort("editions")


def _square(number: int) -> list[list[float]]:
    x, y = 300.0 + 350 * (number % 5), 300.0 + 600 * (number // 5)
    return [[x, y], [x + 300, y], [x + 300, y + 150], [x, y + 150]]


def test_keys_choose_value_and_not_accepted(desk: Any, walked: Callable[..., Any]) -> None:
    walk = walked("determine", "叶若兰")
    visitor = desk.visit("teller").go(tray_of(walk))
    page = visitor.tray_ready().page
    visitor.keys("2")
    assert page.input_value("select[name=denomination]") == "5000"
    visitor.keys("x")
    assert page.is_checked("input[name=verdict][value=none]")
    visitor.keys("Enter")
    page.wait_for_selector(".govuk-error-summary")
    assert "请写明理由" in visitor.text()
    assert page.is_checked("input[name=verdict][value=none]")
    assert page.input_value("select[name=denomination]") == "5000"


def test_second_person_never_gets_the_first_answer(desk: Any, walked: Callable[..., Any]) -> None:
    walk = walked("determine", "叶知秋")
    first = desk.visit("teller").go(tray_of(walk))
    page = first.page
    note = page.locator("tr[aria-current] th").inner_text().strip()[-1]
    before = rows(page)[0]
    visitor_word = "半额" if "半额" not in before[4] else "不予兑换"
    page.check(f"input[name=verdict][value={'half' if visitor_word == '半额' else 'none'}]")
    page.fill("input[name=reason]", REASON)
    page.click("form[data-tray-form] button")
    page.wait_for_selector("text=已判定1张")
    second = desk.visit("colleague")
    for place in (f"trays/1/?note={note}", "trays/", "timeline/", "", "map/"):
        second.go(f"/desk/cases/{walk.case.id}/{place}")
        assert REASON not in second.page.content()
    second.go(f"{tray_of(walk)}?note={note}")
    assert rows(second.page)[0][:6] == before[:6]
    assert "须另一人独立判定" in second.text()
    assert second.page.locator("form[data-tray-form]").count() == 1
    assert "待判" in second.page.locator(f"#piece-{note} td").last.inner_text()
    # Both have answered, differently: now each sees both, and the supervisor is asked.
    second.page.check("input[name=verdict][value=full]")
    second.page.fill("input[name=reason]", "看得清，是全额")
    second.page.click("form[data-tray-form] button")
    second.page.wait_for_selector("text=已判定1张")
    second.go(f"{tray_of(walk)}?note={note}")
    assert "两人判定不一致" in second.text()
    assert REASON in second.text()


def test_pictures_of_the_tray(desk: Any, walked: Callable[..., Any]) -> None:
    walk = walked("determine", "何采薇")
    for language, name in (("zh-hans", "tray"), ("en", "tray-en")):
        visitor = desk.visit("teller", language=language, width=1440).go(tray_of(walk))
        visitor.tray_ready()
        visitor.picture(name)
        assert visitor.too_wide() == []
