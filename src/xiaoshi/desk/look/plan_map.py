"""A plan drawn as SVG by the server: stages as columns from left to right, steps as cards from top to bottom.

The drawing repeats an ordered list that stands before it and is the first view for everybody; it shows at a glance how
much is left and where the case was sent back. No script draws it, colours come from classes of the theme, sizes are in
rem, so print, forced colours and the three type sizes need nothing more. SVG text does not wrap: lines are broken here
by counting a Chinese character as one em and a Latin one as 0.56 em. A drawing library was left out: columns of cards
need no layout engine.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

StepState = Literal["done", "here", "waiting", "todo", "skipped", "not_needed"]

COLUMN_PX, GAP_PX, CARD_GAP_PX, PAD_PX = 184, 28, 12, 12
FONT_PX, LINE_PX, HEAD_PX = 16, 22, 40
LINE_EM_MAX = (COLUMN_PX - 2 * PAD_PX) / FONT_PX


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step: `name` in the reader's language, `state`, how often it was sent back, a link to it.

    `note` stands in place of the state's word, on a map that is about many cases or none.
    """

    name: str
    state: StepState = "todo"
    times_sent_back: int = 0
    href: str = ""
    note: str = ""

    @property
    def word(self) -> str:
        """The state in words, with the times it was sent back."""
        if self.note:
            return self.note
        words = {
            "done": gettext("done"),
            "here": gettext("here"),
            "waiting": gettext("waiting"),
            "todo": gettext("not yet"),
            "skipped": gettext("skipped"),
            "not_needed": gettext("not needed here"),
        }[self.state]
        if not self.times_sent_back:
            return words
        back = ngettext("sent back once", "sent back %(n)d times", self.times_sent_back) % {
            "n": self.times_sent_back
        }
        return gettext("%(state)s, %(back)s") % {"state": words, "back": back}

    @property
    def tag(self) -> str:
        """State of the tag component."""
        return {"done": "ok", "here": "info", "waiting": "waiting"}.get(self.state, "none")


@dataclass(frozen=True, slots=True)
class PlanStage:
    """One column: its name and its steps in order."""

    name: str
    steps: tuple[PlanStep, ...]


def plan_map_svg(stages: Sequence[PlanStage]) -> SafeString:
    """The drawing, or nothing for a plan without stages. Its name for a screen reader says how far the case is."""
    if not stages:
        return SafeString("")
    columns = [_column(stage, index) for index, stage in enumerate(stages)]
    width_px = len(stages) * COLUMN_PX + (len(stages) - 1) * GAP_PX
    height_px = max(height for _, height in columns)
    arrows = format_html_join("", "{}", ((_arrow(index),) for index in range(len(stages) - 1)))
    return format_html(
        '<svg class="xs-map" viewBox="-2 -2 {} {}" width="{}rem" height="{}rem" role="img" aria-label="{}">{}{}</svg>',
        width_px + 4,
        height_px + 4,
        f"{width_px / 16:g}",
        f"{height_px / 16:g}",
        _sentence(stages),
        format_html_join("", "{}", ((drawing,) for drawing, _ in columns)),
        arrows,
    )


def _sentence(stages: Sequence[PlanStage]) -> str:
    steps = [step for stage in stages for step in stage.steps]
    if steps and all(step.note for step in steps):
        return gettext("Map of the plan: %(all)d steps.") % {"all": len(steps)}
    done = sum(step.state in ("done", "skipped", "not_needed") for step in steps)
    here = [step.name for step in steps if step.state in ("here", "waiting")]
    text = gettext("Map of the plan: %(done)d of %(all)d steps done.") % {"done": done, "all": len(steps)}
    if here:
        text += gettext(" Now: %(steps)s.") % {"steps": gettext(", ").join(here)}
    return text


def _column(stage: PlanStage, index: int) -> tuple[SafeString, int]:
    """One stage's drawing and the height that it takes, in px."""
    left = index * (COLUMN_PX + GAP_PX)
    top = HEAD_PX
    cards = []
    for step in stage.steps:
        card, height = _card(step, left, top)
        cards.append(card)
        top += height + CARD_GAP_PX
    head = format_html(
        '<text class="xs-map__stage" x="{}" y="{}" font-size="{}">{}</text>',
        left,
        HEAD_PX - 16,
        FONT_PX,
        stage.name,
    )
    return format_html(
        "<g>{}{}</g>", head, format_html_join("", "{}", ((card,) for card in cards))
    ), top - CARD_GAP_PX


def _card(step: PlanStep, left: int, top: int) -> tuple[SafeString, int]:
    name_lines = broken_lines(step.name, LINE_EM_MAX)
    word_lines = broken_lines(step.word, LINE_EM_MAX)
    height = 2 * PAD_PX + LINE_PX * (len(name_lines) + len(word_lines)) - 4
    rows = [("xs-map__name", line) for line in name_lines] + [("xs-map__word", line) for line in word_lines]
    text = format_html_join(
        "",
        '<text class="{}" x="{}" y="{}" font-size="{}">{}</text>',
        (
            (css, left + PAD_PX, top + PAD_PX + FONT_PX - 2 + LINE_PX * row, FONT_PX, line)
            for row, (css, line) in enumerate(rows)
        ),
    )
    edge = format_html(
        '<rect class="xs-map__card xs-map__card--{}" x="{}" y="{}" width="{}" height="{}" rx="4"/>',
        "back" if step.times_sent_back and step.state == "todo" else step.state,
        left,
        top,
        COLUMN_PX,
        height,
    )
    return format_html("{}{}", edge, text), height


def _arrow(index: int) -> SafeString:
    left = (index + 1) * COLUMN_PX + index * GAP_PX
    y = HEAD_PX - 22
    return format_html('<path class="xs-map__arrow" d="M{},{}h{}m-6,-5l6,5l-6,5"/>', left - 4, y, GAP_PX - 4)


def broken_lines(text: str, line_em_max: float) -> list[str]:
    """Lines of at most `line_em_max` em: between any two Chinese characters, between Latin words."""
    pieces: list[str] = []
    for character in text:
        # A Latin word stays whole; closing punctuation stays with the character before it.
        joins = pieces and (
            (_is_narrow(character) and _is_narrow(pieces[-1][-1]) and pieces[-1][-1] != " ")
            or character in ",。、)」!?"
        )
        if joins:
            pieces[-1] += character
        else:
            pieces.append(character)
    lines = [""]
    for piece in pieces:
        if lines[-1] and _width_em(lines[-1] + piece.rstrip()) > line_em_max:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def _is_narrow(character: str) -> bool:
    return unicodedata.east_asian_width(character) not in ("W", "F", "A")


def _width_em(text: str) -> float:
    return sum(0.56 if _is_narrow(character) else 1.0 for character in text)
