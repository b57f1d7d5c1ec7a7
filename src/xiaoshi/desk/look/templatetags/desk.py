"""Tags and filters of every desk page (a builtin of the template engine, so no `{% load %}`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import template
from django.forms import BoundField, CheckboxSelectMultiple, Form, RadioSelect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from xiaoshi.core import money
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.look.fields import DatePartsInput
from xiaoshi.desk.look.language import said as said_in_language
from xiaoshi.desk.look.plan_map import PlanStage, plan_map_svg

register = template.Library()

ENGLISH_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@register.filter
def yuan(amount_fen: int) -> str:
    """123450 → `1,234.50`. An amount that is not there is an error: a blank would pass for zero."""
    return money.yuan(_whole(amount_fen))


@register.filter
def face_value(amount_fen: int) -> str:
    """What is printed on a note, as people say it: 10000 → 100元, 50 → 5角; in English 100 yuan, 5 jiao."""
    fen = _whole(amount_fen)
    if fen % 100:
        return gettext("%(n)s jiao") % {"n": f"{fen / 10:g}"}
    return gettext("%(n)s yuan") % {"n": fen // 100}


@register.filter
def daxie(amount_fen: int) -> str:
    """35000 → 叁佰伍拾元整."""
    return money.daxie(_whole(amount_fen))


def _whole(amount_fen: Any) -> int:
    if isinstance(amount_fen, bool) or not isinstance(amount_fen, int):
        raise TypeError(f"an amount in whole fen is needed, not {amount_fen!r}")
    return amount_fen


@register.filter
def day(at: dt.date) -> str:
    """2026年11月23日 / 23 November 2026; a moment is taken in the zone of the page."""
    if isinstance(at, dt.datetime):
        at = timezone.localtime(at)
    if (get_language() or "").startswith("en"):
        return f"{at.day} {ENGLISH_MONTHS[at.month - 1]} {at.year}"
    return f"{at.year}年{at.month}月{at.day}日"


@register.filter
def clock(at: dt.datetime) -> str:
    """9:12 in the zone of the page."""
    local = timezone.localtime(at)
    return f"{local.hour}:{local.minute:02d}"


@register.filter
def when(at: dt.datetime) -> str:
    """2026年11月23日 9:12 / 23 November 2026, 9:12."""
    return f"{day(at)}{', ' if (get_language() or '').startswith('en') else ' '}{clock(at)}"


@register.filter
def due(at: dt.datetime, now: dt.datetime) -> str:
    """今天16:00, 12月2日 16:00, 2027年1月4日 9:00: a moment as short as it can be said on the day of `now`."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    if local.date() == today.date():
        return gettext("today %(clock)s") % {"clock": clock(at)}
    if local.year != today.year:
        return when(at)
    if (get_language() or "").startswith("en"):
        return f"{local.day} {ENGLISH_MONTHS[local.month - 1]}, {clock(at)}"
    return f"{local.month}月{local.day}日 {clock(at)}"


@register.filter
def iso(at: dt.date) -> str:
    """For `datetime=` of `<time>`."""
    return (timezone.localtime(at) if isinstance(at, dt.datetime) else at).isoformat()


@register.filter
def said(words: Words | Problem) -> str:
    """`Words` or a `Problem` in the reader's language."""
    return said_in_language(words)


@register.filter
def time_left(at: dt.datetime, now: dt.datetime) -> str:
    """还有3小时, 还有2天, 已过1天: what a deadline means in words. Whole units, rounded down, never below a minute."""
    seconds = abs((at - now).total_seconds())
    if seconds < 3600:
        count = max(1, int(seconds // 60))
        span = ngettext("%(n)d minute", "%(n)d minutes", count)
    elif seconds < 86400:
        count = int(seconds // 3600)
        span = ngettext("%(n)d hour", "%(n)d hours", count)
    else:
        count = int(seconds // 86400)
        span = ngettext("%(n)d day", "%(n)d days", count)
    text = gettext("%(span)s left") if at >= now else gettext("%(span)s overdue")
    return text % {"span": span % {"n": count}}


@register.filter
def time_left_state(at: dt.datetime, now: dt.datetime) -> str:
    """State of a deadline's tag: overdue "error", within a day "doubt", else "none"."""
    left = at - now
    if left < dt.timedelta(0):
        return "error"
    return "doubt" if left < dt.timedelta(days=1) else "none"


@register.filter
def field_anchor(field: BoundField) -> str:
    """The id that a link in the error summary must focus: the first box of a group, else the field itself."""
    grouped = isinstance(field.field.widget, RadioSelect | CheckboxSelectMultiple | DatePartsInput)
    return f"{field.auto_id}_0" if grouped else str(field.id_for_label)


@register.simple_tag
def error_title(form: Form | None) -> str:
    """「有误:」 before the title of a page whose form has errors, so that a screen reader says it first."""
    return gettext("Error: ") if form is not None and form.is_bound and form.errors else ""


@register.simple_tag
def plan_map_drawing(stages: Sequence[PlanStage]) -> SafeString:
    """The SVG of `look/plan_map.py`."""
    return plan_map_svg(stages)


@register.simple_tag
def tray_label_scale(photo_width_px: int) -> str:
    """How much larger than 1:1 a number label is drawn, so that it is 30 px on a photo shown about 720 px wide."""
    return f"{max(photo_width_px, 1) / 720:.2f}"
