"""The index of the search: for each thing that can be found its grams as keyed hashes, and its text sealed.

Problem. Chinese in mid-sentence, numbers by a part, names in old signs, over cases, timeline, papers and documents; seen
by nobody who may not see the case; and on disk no more readable than what it was made from. PostgreSQL comes without
contrib, so there are no trigrams; its own text search knows no Chinese, and keeps words in clear.

Choice. A row holds the grams (`core/find/grams.py`) as 32-bit keyed hashes in an `int[]` under GIN, beside them the units
above the case under the same index, and the text sealed with AES-GCM. Who takes the disk away reads no text; how often a
hash occurs is what remains visible. A hit is checked in the opened text, so a hash that two grams share finds nothing wrong.

Measured, 200,000 rows of 40 to 90 signs with the sealed text, 2 cores: see `README.md` beside this file.

Row-level security would keep PostgreSQL from using the index (a condition may only look at rows that a policy has let
through, unless it is proved harmless, and array operators are not). So one function of the owner gives candidates by
the reader's own reach, and every row that is then read passes the policy of its case as everywhere.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.papers.models import Document


class IndexRow(models.Model):
    """One thing that can be found, or one part of a long one. `kind`: case, facts, person, entry, paper, document.

    `ref`: the thing's own id (of an entry its number in the case). Every row carries the grams of its case's number and
    client as well, so that a name and a word of a paper find that paper. `digest` says whether the text is still the same.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    paths = ArrayField(models.TextField(db_collation="C"))
    kind = models.TextField()
    ref = models.TextField()
    part = models.SmallIntegerField(default=0)
    at = models.DateTimeField()
    grams = ArrayField(models.IntegerField())
    sealed = models.BinaryField()
    digest = models.TextField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "kind", "ref", "part"], name="find_row_once")
        ]
        indexes: ClassVar = [GinIndex(fields=["grams", "paths"], name="find_grams")]


class IndexedCase(models.Model):
    """How far a case is in the index: the newest entry that was read, and the unit that its rows carry."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="+")
    entry_seq = models.IntegerField(default=0)
    unit_path = models.TextField(db_collation="C")


class DocumentText(models.Model):
    """Whether a document's text is in the index. `state`: waiting, read, cut (only its beginning), none, unreadable."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, primary_key=True, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    state = models.TextField(default="waiting")
    reason = models.TextField(blank=True)
    tries = models.SmallIntegerField(default=0)
    next_try_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"], condition=models.Q(state="waiting"), name="find_document_waits"
            ),
            models.Index(fields=["case"], condition=models.Q(state="waiting"), name="find_case_waits"),
        ]


class Due(models.Model):
    """A case on which something happened that the index has not seen; written by triggers, in the act's transaction."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
