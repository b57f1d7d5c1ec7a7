"""`{% who_looks %}`: the line on every page of a case that says who else has it open."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from xiaoshi.desk.look.language import said
from xiaoshi.desk.presence.looking import BEAT_S, look, others, words_of_others

register = template.Library()


@register.inclusion_tag("presence/looking.html", takes_context=True)
def who_looks(context: dict[str, Any]) -> dict[str, Any]:
    """Marks the reader as looking and names the others. Three statements; works without a script at each loading."""
    person, case = context["request"].user, context["case"]
    now = timezone.now()
    look(person, case.id, now)
    return {
        "case": case,
        "version": context.get("version", case.version),
        "words": said(words_of_others(others(person, case.id, now))),
        "seconds": BEAT_S,
    }
