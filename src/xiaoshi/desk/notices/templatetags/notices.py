"""`{% unread_notices as unread %}`: how many notices the reader has not read, for the header of every page."""

from __future__ import annotations

from typing import Any

from django import template

from xiaoshi.desk.notices.models import Notice

register = template.Library()
COUNT_AT_MOST = 100


@register.simple_tag(takes_context=True)
def unread_notices(context: dict[str, Any]) -> str:
    """`3`, `99+`, or nothing. One query that stops at a hundred; where the database does not know the reader, nothing."""
    user = context["request"].user
    if user.pk is None:
        return ""
    login = user.get_username()
    unread = Notice.objects.filter(staff_login=login, read_at=None).order_by("-id").values_list("id")
    count = len(unread[:COUNT_AT_MOST])
    return f"{COUNT_AT_MOST - 1}+" if count == COUNT_AT_MOST else str(count or "")
