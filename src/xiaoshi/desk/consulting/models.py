"""Questions upwards 请示 as work: with whom one lies, what went to and fro, and answers that were shared with the whole bank.

The engine knows that a question is open and holds its step; here is who has it, until when, with which documents, and what
came of it. A shared answer is a text of its own without any client's data; it names no case, and opening one is on record.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from xiaoshi.desk.cases.models import Case, UuidV7


class Question(models.Model):
    """One question. `question`: its id in the case (`q1`). `state`: open, asked_back, answered, withdrawn.

    `assigned_to`: with whom it lies (asked_back: it lies with the asker meanwhile). `source_kind`: rule, document, paper or
    word (somebody's word, written down). `valid_until`: last day on which the answer may be used; empty: until revoked.
    `facts`: what was known of the case that is no text and no sum, for likeness. `grams`: keyed hashes of both texts.
    `rule`: id of the rule in `core/rules` that the answer rests on, where it is one of them. `told`: 0 nothing yet, 1 that
    the deadline is near, 2 that it passed, 3 the head of the asked unit. `look_at`: when the timer has something to tell.
    """

    STATES = ("open", "asked_back", "answered", "withdrawn")
    SOURCES = ("rule", "document", "paper", "word")

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    question = models.TextField()
    text = models.TextField()
    field = models.TextField()
    to_level = models.TextField()
    step = models.TextField(blank=True)
    asked_by = models.TextField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    assigned_to = models.TextField(blank=True)
    assigned_why = models.TextField(blank=True)
    documents = ArrayField(models.UUIDField(), default=list, blank=True)
    state = models.TextField(default="open")
    answer = models.TextField(blank=True)
    source_kind = models.TextField(blank=True)
    source = models.TextField(blank=True)
    rule = models.TextField(blank=True, default="")
    authority = models.TextField(blank=True)
    valid_until = models.DateField(null=True, blank=True)
    answered_by = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    told = models.SmallIntegerField(default=0)
    look_at = models.DateTimeField(null=True, blank=True)
    facts = models.JSONField(default=dict)
    grams = ArrayField(models.IntegerField(), default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "question"], name="question_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=("open", "asked_back", "answered", "withdrawn")),
                name="question_state_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["assigned_to", "state", "-id"], name="question_of_me"),
            models.Index(fields=["asked_by", "-id"], name="question_by_me"),
            models.Index(fields=["state", "to_level", "-id"], name="question_of_level"),
            GinIndex(fields=["grams"], name="question_grams"),
            models.Index(
                fields=["look_at", "id"], name="question_look", condition=models.Q(look_at__isnull=False)
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in ("open", "asked_back")


class Turn(models.Model):
    """What went to and fro on a question: asked_back, replied, passed, handed_up, withdrawn; `to`: with whom it lies then."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="turns")
    at = models.DateTimeField()
    by = models.TextField()
    what = models.TextField()
    to = models.TextField(blank=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["id"]


class SharedAnswer(models.Model):
    """An answer in words of its own, for everybody in the bank. `origin`: the question, for those who may see its case."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    origin = models.OneToOneField(Question, on_delete=models.PROTECT, related_name="shared")
    kind = models.TextField()
    field = models.TextField()
    question_text = models.TextField()
    answer_text = models.TextField()
    source_kind = models.TextField()
    source = models.TextField()
    rule = models.TextField(blank=True, default="")
    authority = models.TextField()
    level = models.TextField()
    answered_at = models.DateTimeField()
    valid_until = models.DateField(null=True, blank=True)
    facts = models.JSONField(default=dict)
    grams = ArrayField(models.IntegerField(), default=list)
    shared_by = models.TextField()
    shared_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.TextField(blank=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["grams"], name="shared_answer_grams")]


class Opening(models.Model):
    """Somebody opened a shared answer: who, when, and for which case if there was one."""

    answer = models.ForeignKey(SharedAnswer, on_delete=models.CASCADE, related_name="+")
    staff_login = models.TextField()
    at = models.DateTimeField()
    for_case = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["staff_login", "answer", "-at"], name="opening_by_person")]
