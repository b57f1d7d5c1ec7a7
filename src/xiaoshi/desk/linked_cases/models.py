"""Which case waits for which: the engine keeps what hinders a case; this table finds it from the other end."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from xiaoshi.desk.cases.models import Case


class CaseLink(models.Model):
    """`waiting` waits for `other`, at `step` (empty: closing). `outcome`: how the other ended, "" while it runs.

    `let_at`: a person decided that it is not waited for any longer. At most one link of two cases is not let.
    """

    waiting = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="waits_for")
    other = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="waited_for_by")
    waiting_number = models.TextField()
    other_number = models.TextField()
    step = models.TextField(blank=True)
    made_by = models.TextField()
    made_at = models.DateTimeField()
    outcome = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    let_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(waiting=F("other")), name="case_link_two_cases"),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "closed", "cancelled"]), name="case_link_outcome_known"
            ),
            models.UniqueConstraint(
                fields=["waiting", "other"], condition=Q(let_at=None), name="case_link_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["other"], condition=Q(let_at=None), name="case_link_other")]
