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
        indexes: ClassVar = [
            models.Index(fields=["sha256"], name="document_content"),
            models.Index(fields=["case", "-added_at", "-id"], name="document_of_case"),
        ]


class Paper(models.Model):
    """A paper that the bank issued: never deleted, voided with a reason; `check_code` is in its QR code.

    `template` is `kind/name`. `facts` is what was filled in, in the template's facts form; where it has `amount_fen`, that
    is the paper's sum, and the check page shows its first figure. Copies are documents of the case (purpose `reprint`);
    `voided_document` is the same paper with the stamp 作废, set once when it was voided.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="papers")
    template = models.TextField()
    number = models.TextField(unique=True)
    title_zh = models.TextField()
    title_en = models.TextField()
    document = models.ForeignKey(Document, on_delete=models.PROTECT)
    voided_document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
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


class AskedOfClient(models.Model):
    """The client was told that this paper is missing: when, by whom, in which way, and with which letter (if with one)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="papers_asked")
    need = models.TextField()
    how = models.TextField()
    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    by = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["case", "need"], name="asked_of_client")]


class HeldFile(models.Model):
    """A file that came with a form which was refused: kept for this person and case until the form is sent again."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    staff_login = models.TextField()
    name = models.TextField()
    sha256 = models.TextField()
    content_type = models.TextField()
    bytes = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["staff_login", "case"], name="held_file_of")]


class Cover(models.Model):
    """A cover sheet for one requirement of one case: its code is in the QR code, works once and runs out."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="covers")
    need = models.TextField()
    code = models.TextField(unique=True)
    made_by = models.TextField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.TextField(blank=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["made_at", "id"]


class ScanUpload(models.Model):
    """Files of the scanner that one person handed in together; seen in the outlet only. `state`: waiting, sorting, sorted."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    unit_path = models.TextField(db_collation="C")
    added_by = models.TextField()
    added_at = models.DateTimeField()
    state = models.TextField(default="waiting")
    claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["unit_path", "-added_at"], name="scan_upload_of_unit")]


class ScanFile(models.Model):
    """One file of an upload, kept as it came. `state`: waiting, sorted, refused; a refused one says why in `problem_*`."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    upload = models.ForeignKey(ScanUpload, on_delete=models.PROTECT, related_name="files")
    unit_path = models.TextField(db_collation="C")
    order = models.IntegerField()
    name = models.TextField()
    sha256 = models.TextField(blank=True)
    content_type = models.TextField(blank=True)
    bytes = models.BigIntegerField(default=0)
    pages = models.IntegerField(default=0)
    state = models.TextField(default="waiting")
    problem_zh = models.TextField(blank=True)
    problem_en = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["order"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["upload", "order"], name="scan_file_once")]
        indexes: ClassVar = [models.Index(fields=["sha256"], name="scan_file_content")]


class ScanPart(models.Model):
    """Pages of a scan that belong together. `state`: unassigned (in the tray), attached, set_aside (with reason).

    Pages count from 1; `why_*` says why it lies in the tray or was set aside.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    file = models.ForeignKey(ScanFile, on_delete=models.PROTECT, related_name="parts")
    unit_path = models.TextField(db_collation="C")
    order = models.IntegerField()
    first_page = models.IntegerField()
    last_page = models.IntegerField()
    name = models.TextField()
    sha256 = models.TextField()
    content_type = models.TextField()
    bytes = models.BigIntegerField()
    state = models.TextField(default="unassigned")
    why_zh = models.TextField(blank=True)
    why_en = models.TextField(blank=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    need = models.TextField(blank=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_by = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["order"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["file", "order"], name="scan_part_once")]
        indexes: ClassVar = [
            models.Index(fields=["unit_path", "state", "-id"], name="scan_part_of_unit"),
            models.Index(fields=["sha256"], name="scan_part_content"),
        ]
