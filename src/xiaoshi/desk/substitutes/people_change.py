"""Somebody leaves: arrangements in which he or she is absent or stands in end with it, in the same act."""

from __future__ import annotations

from django.db.models import Q

from xiaoshi.desk.guard.boundary import Context
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.substitutes.models import Substitution


def on_change(ctx: Context, staff: Staff, kind: str) -> None:
    if kind == "leave":
        concerned = Q(absent=staff.login) | Q(substitute=staff.login)
        Substitution.objects.filter(concerned, ended_at=None).update(
            ended_at=ctx.now, ended_by=ctx.person.login, end_reason="离职"
        )
