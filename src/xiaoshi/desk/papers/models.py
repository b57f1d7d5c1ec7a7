"""What was handed in (documents) and what the bank gave out (papers). Bytes are content-addressed and encrypted."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from xiaoshi.desk.cases.models import Case, UuidV7


class Document(models.Model):
    """A file that belongs to a case. `sha256` of the plain bytes is its address in the blob store."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="documents")
    purpose = models.TextField()
    name = models.TextField()
    sha256 = models.TextField()
    content_type = models.TextField()
    bytes = models.BigIntegerField()
    added_by = models.TextField()
    added_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["added_at", "id"]
        indexes: ClassVar = [models.Index(fields=["sha256"], name="document_content")]


class Paper(models.Model):
    """A paper that the bank issued: never deleted, voided with a reason; `check_code` is in its QR code.

    `template` is `kind/name`. `facts` is what was filled in, in the template's facts form; where it has `amount_fen`, that
    is the paper's sum, and the check page shows its first figure. Copies are documents of the case (purpose `reprint`).
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="papers")
    template = models.TextField()
    number = models.TextField(unique=True)
    title_zh = models.TextField()
    title_en = models.TextField()
    document = models.ForeignKey(Document, on_delete=models.PROTECT)
    facts = models.JSONField()
    pages = models.IntegerField()
    check_code = models.TextField(unique=True)
    language = models.TextField(default="zh")
    issued_by = models.TextField()
    issued_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.TextField(blank=True)
    void_reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["issued_at", "id"]
