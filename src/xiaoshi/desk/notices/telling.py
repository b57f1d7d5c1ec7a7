"""Telling colleagues: called inside an act's or a timer's transaction, so that a notice exists if and only if its cause does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case


def tell_colleagues(
    logins: Iterable[str], case: Case | None, topic: str, words: Words, now: datetime, href: str = ""
) -> None:
    """One notice to each of these people (each once, whoever acts included only if named). One statement."""
    # By hand: Django asks for the new ids back, and whoever writes a notice to another may not read it.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notices_notice (staff_login, case_id, topic, words_zh, words_en, href, at)"
            " SELECT who, %s, %s, %s, %s, %s, %s FROM unnest(%s::text[]) AS who",
            [
                case.id if case else None,
                topic,
                words.zh,
                words.en,
                href,
                now,
                sorted({login for login in logins if login}),
            ],
        )
