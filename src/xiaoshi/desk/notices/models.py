"""What a person of the bank should know and need not look for: one row, said in both languages, read once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case


class Notice(models.Model):
    """One notice to one person. `topic`: reminder, asked, answered, late, escalated, substitute, linked_case, ..."""

    staff_login = models.TextField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True)
    topic = models.TextField()
    words_zh = models.TextField()
    words_en = models.TextField()
    href = models.TextField(blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["staff_login", "-id"], name="notice_of_person"),
            models.Index(
                fields=["staff_login", "-id"], name="notice_unread", condition=models.Q(read_at=None)
            ),
        ]

    @property
    def words(self) -> Words:
        return Words(self.words_zh, self.words_en)
