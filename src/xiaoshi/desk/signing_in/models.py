"""What proves who somebody is, where he or she is signed in, and what happened at the door."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from xiaoshi.desk.cases.models import UuidV7
from xiaoshi.desk.guard.crypto import seal, unseal

FACTOR_KINDS = ("totp", "passkey", "recovery")


class Factor(models.Model):
    """A second factor of a person.

    `totp`: `sealed` is the shared secret, encrypted at rest; `last_step` is the newest period whose code was used, so that
    no code serves twice. `passkey`: `credential_id` (hex) and `public` (the attested credential data, no secret).
    `recovery`: one row for each code, `code_hash` only; `used_at` ends it.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    staff_login = models.TextField()
    kind = models.TextField()
    name = models.TextField(blank=True)
    sealed = models.BinaryField(default=b"")
    last_step = models.BigIntegerField(default=0)
    credential_id = models.TextField(blank=True)
    public = models.BinaryField(default=b"")
    sign_count = models.BigIntegerField(default=0)
    code_hash = models.TextField(blank=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["staff_login", "kind"], name="factor_of_person")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(kind__in=FACTOR_KINDS), name="factor_kind_known"),
            models.UniqueConstraint(
                fields=["staff_login"], condition=models.Q(kind="totp"), name="factor_totp_once"
            ),
            models.UniqueConstraint(
                fields=["credential_id"], condition=models.Q(kind="passkey"), name="factor_credential_once"
            ),
        ]

    def keep_secret(self, secret: bytes) -> None:
        self.sealed = seal("sign_in", secret, f"{self.staff_login}/totp")

    @property
    def secret(self) -> bytes:
        return unseal("sign_in", self.sealed, f"{self.staff_login}/totp")


class Budget(models.Model):
    """How often somebody failed for one sign-in name from one place (`budgets.py`). Both are keyed hashes: what is typed
    into the field of the name is, now and then, a password."""

    who = models.TextField()
    place = models.TextField()
    failures = models.IntegerField()
    last_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["who", "place"], name="budget_once")]
        indexes: ClassVar = [models.Index(fields=["last_at"], name="budget_age")]


class Device(models.Model):
    """A browser on which this person has signed in before: it has a budget of its own."""

    device = models.UUIDField()
    staff_login = models.TextField()
    words = models.TextField(blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["device", "staff_login"], name="device_of_person_once")
        ]


class Sitting(models.Model):
    """One signed-in session. `method`: password, totp, passkey, recovery. `end_reason`: signed_out, idle, ended, left, ..."""

    id = models.UUIDField(primary_key=True, editable=False)
    staff_login = models.TextField()
    device = models.UUIDField(null=True)
    device_words = models.TextField(blank=True)
    address = models.TextField(blank=True)
    method = models.TextField()
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.TextField(blank=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["staff_login", "-started_at"], name="sitting_of_person")]


class DoorEvent(models.Model):
    """What happened at the door, kept for good: signed in, failed, had to wait, second factor failed. No name that nobody
    bears is written down."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    staff_login = models.TextField()
    what = models.TextField()
    known_device = models.BooleanField(default=False)
    address = models.TextField(blank=True)
    device_words = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["staff_login", "-id"], name="door_of_person")]
