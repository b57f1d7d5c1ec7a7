"""Who may use the desk from a program: tokens of people, and machine accounts with tokens of theirs."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import UuidV7
from xiaoshi.desk.guard.machines import MACHINE
from xiaoshi.desk.organisation.models import Staff, Unit


class Machine(models.Model):
    """A program that acts under its own name, at a unit, in roles that never check. `owner_login` answers for it."""

    login = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    roles = ArrayField(models.TextField())
    owner_login = models.TextField()
    made_by = models.TextField()
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.TextField(blank=True)
    close_reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(login__startswith=MACHINE), name="machine_login"),
        ]

    def __str__(self) -> str:
        return self.login

    @property
    def words(self) -> Words:
        return Words(self.name_zh, self.name_en)

    def as_staff(self) -> Staff:
        """The account as an act's person. Never saved: it has no password, cannot sign in and cannot be asked for help."""
        return Staff(
            login=self.login,
            name_zh=self.name_zh,
            name_en=self.name_en,
            unit=self.unit,
            roles=self.roles,
            is_active=self.closed_at is None,
        )


class Token(models.Model):
    """One token: of a person (`staff`) or of a machine. Only the secret's SHA-256 is kept; `hint` is how it begins.

    `owner_login`: who answers for it (the person, or the machine's owner); when he or she leaves, it ends. `scopes`:
    `read`, names of acts, `prefix.*`, or `*`. `end_reason` of one that the desk ended itself: `left`,
    `password_changed`, `machine_closed`, `restored`.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    hash = models.TextField(unique=True)
    hint = models.TextField()
    name = models.TextField()
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, related_name="+")
    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, null=True, related_name="tokens")
    owner_login = models.TextField()
    scopes = ArrayField(models.TextField())
    made_by = models.TextField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.TextField(blank=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(staff__isnull=True, machine__isnull=False)
                | Q(staff__isnull=False, machine__isnull=True),
                name="token_of_one",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["owner_login", "-made_at", "-id"], name="token_of_owner")]

    def __str__(self) -> str:
        return f"{self.hint}… {self.name}"


class TokenUse(models.Model):
    """When a token was last used, and how many calls it has left (`rate.py`). One row beside each token."""

    token = models.OneToOneField(Token, on_delete=models.PROTECT, primary_key=True, related_name="use")
    calls_left = models.FloatField()
    counted_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
