"""Who is looking at a case now, and what somebody typed and has not sent. Neither ever holds anybody up.

No foreign key of the database: checking it would lock the case's row against the acts of colleagues. A trigger takes the
rows away with their case.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from xiaoshi.desk.cases.models import Case


class Looking(models.Model):
    """One person has a page of a case open; `seen_at` is renewed while it stays open."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, db_constraint=False)
    staff_login = models.TextField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "staff_login"], name="looking_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["staff_login", "seen_at"], name="looking_of_person")]


class Draft(models.Model):
    """What one person typed into the form of a step, sealed. `key`: the form's own key, so two tabs are two drafts."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, db_constraint=False)
    staff_login = models.TextField()
    step = models.TextField()
    key = models.TextField()
    sealed = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["staff_login", "key"], name="draft_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["staff_login", "case", "step"], name="draft_of_step")]
