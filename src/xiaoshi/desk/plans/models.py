"""Drafts of plans, their publication by a second person, and moves of many cases to another version.

The published texts themselves are `cases.PlanVersion`; a version that came with the release has no `Publication`.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case


class PlanDraft(models.Model):
    """A text that somebody works on. `editors`: everybody who changed it, the author first; none of them publishes it.

    `revision` counts savings: whoever publishes says which one was read. `published_version` once it is published.
    `offered_revision`: the one that waits for a second person; a later saving takes the offer back.
    """

    kind = models.TextField()
    text = models.TextField()
    note = models.TextField(blank=True)
    author = models.TextField()
    editors = ArrayField(models.TextField())
    revision = models.IntegerField(default=1)
    state = models.TextField(default="draft")
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    published_version = models.IntegerField(null=True, blank=True)
    offered_revision = models.IntegerField(null=True, blank=True)
    offered_by = models.TextField(blank=True, default="")
    offered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=("draft", "published", "discarded")), name="draft_state_known"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "state", "-id"], name="draft_of_kind"),
            models.Index(
                fields=["offered_at", "id"],
                name="draft_offered",
                condition=Q(state="draft", offered_revision=F("revision")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"

    @property
    def is_offered(self) -> bool:
        return self.state == "draft" and self.offered_revision == self.revision


class Publication(models.Model):
    """Who wrote and who published a version, and from which day cases are opened with it."""

    kind = models.TextField()
    version = models.IntegerField()
    in_force_from = models.DateField()
    draft = models.OneToOneField(PlanDraft, on_delete=models.PROTECT)
    author = models.TextField()
    publisher = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "version"], name="publication_once"),
            models.CheckConstraint(condition=~Q(author=F("publisher")), name="publication_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"


class MoveRun(models.Model):
    """Moving many cases at once, ordered by one person. The counters stand here, so that nobody counts the items."""

    kind = models.TextField()
    from_version = models.IntegerField()
    to_version = models.IntegerField()
    reason = models.TextField()
    renamed = models.JSONField(default=dict)
    ordered_by = models.TextField()
    at = models.DateTimeField()
    state = models.TextField(default="running")
    case_count = models.IntegerField(default=0)
    moved_count = models.IntegerField(default=0)
    refused_count = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=("running", "stopped", "finished")), name="run_state_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} v{self.from_version} → v{self.to_version}"

    @property
    def left_count(self) -> int:
        return self.case_count - self.moved_count - self.refused_count


class MoveItem(models.Model):
    """One case of a run, and what came of it: `waiting`, `moved`, or `refused` with words."""

    run = models.ForeignKey(MoveRun, on_delete=models.PROTECT, related_name="items")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    state = models.TextField(default="waiting")
    code = models.TextField(blank=True)
    words_zh = models.TextField(blank=True)
    words_en = models.TextField(blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "case"], name="move_item_once")]
        indexes: ClassVar = [
            models.Index(fields=["run", "id"], condition=Q(state="waiting"), name="move_item_waiting"),
            models.Index(fields=["run", "state", "id"], name="move_item_state"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.state}"

    @property
    def words(self) -> Words:
        return Words(self.words_zh, self.words_en)
