"""What follows a migration: the runtime role's rights, and the plans that this release ships. Runs as the owner."""

from __future__ import annotations

from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction

from xiaoshi.desk.cases.plans import publish_shipped
from xiaoshi.desk.guard.grants import apply_grants


def install() -> None:
    """Bring the database to this release: tables, laws, rights, plans. Safe to run again."""
    owner = "owner" if "owner" in connections else "default"
    call_command("migrate", database=owner, interactive=False, verbosity=0)
    if owner == "owner":
        apply_grants(owner, settings.RUNTIME_ROLE)
    with transaction.atomic():
        publish_shipped()
