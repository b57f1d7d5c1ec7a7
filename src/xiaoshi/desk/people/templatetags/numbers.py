"""`{{ number|account_masked }}`: an account number as any page may show it."""

from __future__ import annotations

from typing import Any

from django import template

from xiaoshi.desk.people.models import masked

register = template.Library()


@register.filter
def account_masked(number: Any) -> str:
    return masked(str(number or ""), 4, 4)
