"""Dates, spans and sums as the two languages of the desk say them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.template import Context, Template
from django.utils import translation

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.look.language import said
from xiaoshi.desk.look.templatetags import desk

NOW = dt.datetime(2026, 11, 23, 1, 12, tzinfo=dt.UTC)  # 9:12 in Shanghai


@pytest.mark.parametrize(
    ("seconds", "english", "state"),
    [
        (20, "1 minute left", "doubt"),
        (3599, "59 minutes left", "doubt"),
        (3600, "1 hour left", "doubt"),
        (86399, "23 hours left", "doubt"),
        (86400, "1 day left", "none"),
        (9 * 86400, "9 days left", "none"),
        (-1, "1 minute overdue", "error"),
        (-26 * 3600, "1 day overdue", "error"),
    ],
)
def test_what_is_left_of_a_deadline(seconds: int, english: str, state: str) -> None:
    at = NOW + dt.timedelta(seconds=seconds)
    with translation.override("en"):
        assert desk.time_left(at, NOW) == english
    assert desk.time_left_state(at, NOW) == state


def test_dates_in_both_languages_and_in_the_zone_of_the_outlet() -> None:
    late = dt.datetime(2026, 11, 22, 17, 5, tzinfo=dt.UTC)  # the 23rd in Shanghai
    with translation.override("zh-hans"):
        assert desk.when(late) == "2026年11月23日 1:05"
        assert desk.due(NOW + dt.timedelta(days=9), NOW) == "12月2日 9:12"
        assert desk.due(NOW + dt.timedelta(days=90), NOW) == "2027年2月21日 9:12"
        assert desk.day(dt.date(1998, 3, 12)) == "1998年3月12日"
    with translation.override("en"):
        assert desk.when(late) == "23 November 2026, 1:05"
        assert desk.due(NOW, NOW) == "today 9:12"


def test_sums_in_templates() -> None:
    shown = Template("{{ fen|yuan }} {{ fen|daxie }}").render(Context({"fen": 35000}))
    assert shown == "350.00 叁佰伍拾元整"


@pytest.mark.parametrize("no_sum", [None, "", "350", 3.5, True])
def test_an_amount_that_is_none_is_an_error_and_not_a_blank(no_sum: object) -> None:
    with pytest.raises(TypeError, match="whole fen"):
        desk.yuan(no_sum)  # type: ignore[arg-type]


def test_words_of_the_engines_in_the_language_of_the_reader() -> None:
    words = Words("盖章", "stamp")
    for language, sentence in (("zh-hans", "盖章"), ("en", "stamp"), ("en-gb", "stamp")):
        with translation.override(language):
            assert said(words) == sentence
            assert said(Problem("code", words)) == sentence
