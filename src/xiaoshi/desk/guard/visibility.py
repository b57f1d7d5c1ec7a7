"""One rule for who sees which case, enforced by the database.

Every page, act, job and command looks at cases through a transaction in which `see_as` has named the person. The
policies of `guard/policies.sql` compare the row's outlet path with the path the person stands over, and the cases on
which he or she was asked. Without a name nothing is visible: a forgotten call shows an empty page, never a leak.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from xiaoshi.desk.organisation.models import Staff


def see_as(person: Staff | None) -> None:
    """Name the reader for row-level security until the end of the current transaction (SET LOCAL)."""
    login, reach = (person.login, person.unit.path) if person is not None else ("", "")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('xiaoshi.staff', %s, true), set_config('xiaoshi.reach', %s, true)",
            [login, reach],
        )


@contextmanager
def visible_to(person: Staff | None) -> Iterator[None]:
    """A transaction in which the database shows what this person may see, and nothing else."""
    with transaction.atomic():
        see_as(person)
        yield


@contextmanager
def visible_to_house(part: str) -> Iterator[None]:
    """A transaction for a timer of the desk itself, which sees every case: `part` is written as who it was (`house:clocks`).

    For jobs that no person started; no page and no act may use it.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('xiaoshi.staff', %s, true), set_config('xiaoshi.reach', '', true)",
                [f"house:{part}"],
            )
        yield
