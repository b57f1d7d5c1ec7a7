"""The drawn plan: how lines break, what the drawing says to those who do not see it, and that names cannot break it."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from django.utils import translation

from xiaoshi.desk.look.plan_map import PlanStage, PlanStep, broken_lines, plan_map_svg
from xiaoshi.desk.look.tray import TrayPiece

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("text", "em_max", "lines"),
    [
        ("清点", 4, ["清点"]),
        ("全额半额认定", 4, ["全额半额", "认定"]),
        ("一二三四、五六", 4, ["一二三", "四、五六"]),
        ("Recheck by a second", 5, ["Recheck", "by a", "second"]),
        ("用CNY付款", 4, ["用CNY付", "款"]),
        ("", 4, [""]),
    ],
)
def test_lines_break_between_characters_or_words(text: str, em_max: float, lines: list[str]) -> None:
    assert broken_lines(text, em_max) == lines


PLAN = [
    PlanStage("受理", (PlanStep("登记", "done"), PlanStep("火灾证明", "skipped"))),
    PlanStage("清点", (PlanStep("认定", "here", 2), PlanStep("<b>&", "todo"))),
]


def drawn(stages: list[PlanStage]) -> ElementTree.Element:
    return ElementTree.fromstring(
        str(plan_map_svg(stages)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    )


def test_every_step_is_a_card_and_the_name_says_how_far_the_case_is() -> None:
    with translation.override("en"):
        svg = drawn(PLAN)
        words = [text.text for text in svg.iter(f"{SVG}text")]
        assert svg.get("aria-label") == "Map of the plan: 2 of 4 steps done. Now: 认定."
    assert len(list(svg.iter(f"{SVG}rect"))) == 4
    assert "here, sent back" in " ".join(word or "" for word in words)
    assert "<b>&" in words


def test_no_card_lies_on_another_and_none_outside() -> None:
    svg = drawn(PLAN)
    width, height = (float(side) for side in svg.get("viewBox", "").split()[2:])
    boxes = [
        tuple(float(r.get(name, 0)) for name in ("x", "y", "width", "height")) for r in svg.iter(f"{SVG}rect")
    ]
    for x, y, w, h in boxes:
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
    for i, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[i + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_a_plan_without_stages_draws_nothing() -> None:
    assert plan_map_svg([]) == ""


def test_a_piece_knows_its_outline_and_where_to_zoom() -> None:
    piece = TrayPiece(1, [(10, 20), (110, 24), (100.26, 70)], "ok", "全额")
    assert piece.path == "M10.0,20.0L110.0,24.0L100.3,70.0Z"
    assert piece.box == "10 20 100 50"
    assert (piece.label_x, piece.label_y) == (10, 20)
