"""Fields as a person meets them: what is typed, what comes out, and whether label, hint and error belong together."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django import forms
from django.utils import translation

from xiaoshi.desk.look.fields import DatePartsField, MoneyField
from xiaoshi.desk.look.templatetags.desk import error_title, field_anchor


class Payout(forms.Form):
    """One of each: text, sum, date, choice of one, choice of many, tick, file."""

    holder = forms.CharField(label="持有人", help_text="与证件一致")
    amount = MoneyField(label="金额", min_fen=1, max_fen=5_000_000)
    opened_on = DatePartsField(label="开户日期")
    channel = forms.ChoiceField(
        label="答复", choices=[("letter", "纸信"), ("sms", "短信")], widget=forms.RadioSelect
    )
    shown = forms.MultipleChoiceField(
        label="已出示", choices=[("id", "身份证")], widget=forms.CheckboxSelectMultiple, required=False
    )
    told = forms.BooleanField(label="已告知")
    photo = forms.FileField(label="照片", required=False)


# year month day -> date, or the code of the refusal
DATES = [
    ("1998 3 12", dt.date(1998, 3, 12)),
    ("2024 2 29", dt.date(2024, 2, 29)),
    ("2023 2 29", "date_impossible"),
    ("1998 13 1", "date_impossible"),
    ("98 3 12", "date_short_year"),
    ("1998 三 12", "date_no_figures"),
    ("1998 ٣ 12", "date_no_figures"),
    ("1998 - 12", "date_incomplete"),
    ("- - -", "required"),
]


@pytest.mark.parametrize(("typed", "expected"), DATES)
def test_dates_in_three_boxes(typed: str, expected: dt.date | str) -> None:
    parts = ["" if part == "-" else part for part in typed.split()]
    field = DatePartsField()
    if isinstance(expected, dt.date):
        assert field.clean(parts) == expected
    else:
        with pytest.raises(forms.ValidationError) as refused:
            field.clean(parts)
        assert refused.value.error_list[0].code == expected


# typed -> fen, or the code; limits of the field are 0.01 and 50,000.00 yuan, both inclusive
AMOUNTS = [
    ("0.01", 1),
    ("50,000.00", 5_000_000),
    ("￥５０", 5000),
    ("0", "amount_below_limit"),
    ("50000.01", "amount_above_limit"),
    ("12,34", "amount_commas_misplaced"),
    ("", "required"),
]


@pytest.mark.parametrize(("typed", "expected"), AMOUNTS)
def test_sums_typed_in_yuan(typed: str, expected: int | str) -> None:
    field = MoneyField(min_fen=1, max_fen=5_000_000)
    if isinstance(expected, int):
        assert field.clean(typed) == expected
    else:
        with pytest.raises(forms.ValidationError) as refused:
            field.clean(typed)
        assert refused.value.error_list[0].code == expected


def test_a_refused_sum_speaks_the_language_of_the_page() -> None:
    for language, words in (("zh-hans", "千位分隔号"), ("en", "thousands marks")):
        with translation.override(language), pytest.raises(forms.ValidationError, match=words):
            MoneyField().clean("12,34")


def test_fen_of_the_program_are_shown_as_yuan_and_typed_text_as_typed() -> None:
    assert 'value="1,234.50"' in str(Payout(initial={"amount": 123450})["amount"])
    assert 'value="12,34"' in str(Payout({"amount": "12,34"})["amount"])


def ids_of(html: str) -> list[str]:
    return re.findall(r' id="([^"]*)"', html)


def test_each_label_hint_and_error_points_at_something_that_is_there() -> None:
    html = str(Payout({"opened_on_year": "1998", "amount": "x"}))
    ids = ids_of(html)
    assert len(ids) == len(set(ids))
    pointed = re.findall(r' for="([^"]*)"', html)
    for described in re.findall(r' aria-describedby="([^"]*)"', html):
        pointed += described.split()
    assert pointed
    assert set(pointed) <= set(ids)


def test_links_of_the_error_summary_reach_a_box() -> None:
    form = Payout({})
    html = str(form)
    for name in form.errors:
        anchor = field_anchor(form[name])
        assert re.search(rf'<(input|select|textarea)[^>]* id="{anchor}"', html), name


def test_a_missing_answer_is_said_by_the_server_not_by_the_browser() -> None:
    html = str(Payout({}))
    assert not re.search(r"<(input|select|textarea)[^>]* required", html)
    assert html.count("xs-required") == 5
    assert 'class="govuk-input govuk-input--error"' in html
    # The text, the sum, the three boxes of the date, the tick; a group of radios is described by its error instead.
    assert html.count('aria-invalid="true"') == 6


def test_what_was_typed_in_a_refused_form_is_kept() -> None:
    html = str(Payout({"holder": "<张>", "opened_on_year": "1998", "channel": "sms"}))
    assert 'value="&lt;张&gt;"' in html
    assert 'value="1998"' in html
    assert re.search(r'value="sms"[^>]* checked', html)


def test_the_title_says_that_something_is_wrong() -> None:
    assert error_title(Payout({})) != ""
    assert error_title(Payout()) == ""
    assert error_title(None) == ""
