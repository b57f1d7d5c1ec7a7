"""Clients as a case knows them. Numbers that identify a person are encrypted; equal ones are found by a keyed hash.

No page, paper, list or answer of the API shows a number: they show `..._masked`. The whole number is for whoever looks at
it by an act with a reason (`people/looking.py`), and for the acts that need it (a payment into the client's account).
"""

from __future__ import annotations

import re
from typing import ClassVar

from django.db import models

from xiaoshi.desk.cases.models import Case, UuidV7
from xiaoshi.desk.guard.crypto import keyed_hash, seal, unseal

NUMBERS = ("id", "phone", "account")
"""What is kept of a client and shown masked: identity document, telephone, account."""

_SHOWN = {"id": (3, 2), "phone": (3, 4), "account": (4, 4)}


class Client(models.Model):
    """The person whose matter the case is (`holder`), or who comes for him or her (`agent`)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="people")
    part = models.TextField(default="holder")
    name = models.TextField()
    id_kind = models.TextField(default="resident_id")
    id_number_sealed = models.BinaryField(default=b"")
    id_number_hash = models.TextField(blank=True)
    phone_sealed = models.BinaryField(default=b"")
    phone_hash = models.TextField(blank=True)
    account_number_sealed = models.BinaryField(default=b"")
    account_number_hash = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "part", "name"], name="client_once")]
        indexes: ClassVar = [
            models.Index(fields=["id_number_hash"], name="client_same_id"),
            models.Index(fields=["account_number_hash"], name="client_same_account"),
        ]

    def keep_numbers(self, id_number: str, phone: str, account_number: str = "") -> None:
        """Encrypt what is given, bound to this case; called before the row is saved."""
        for which, text in (("id", id_number), ("phone", phone), ("account", account_number)):
            if text.strip():
                sealed, hashed = FIELDS[which]
                setattr(self, sealed, seal("people", text.strip().encode(), f"{self.case_id}/{which}"))
                setattr(self, hashed, hash_of(text))

    def number(self, which: str) -> str:
        """The whole number (`id`, `phone`, `account`), empty when there is none. Never for a page of its own accord."""
        sealed = getattr(self, FIELDS[which][0])
        return unseal("people", sealed, f"{self.case_id}/{which}").decode() if sealed else ""

    def masked(self, which: str) -> str:
        """Enough to tell two apart, not enough to use."""
        return masked(self.number(which), *_SHOWN[which])

    @property
    def id_number_masked(self) -> str:
        return self.masked("id")

    @property
    def phone_masked(self) -> str:
        return self.masked("phone")

    @property
    def account_number_masked(self) -> str:
        return self.masked("account")


FIELDS: dict[str, tuple[str, str]] = {
    "id": ("id_number_sealed", "id_number_hash"),
    "phone": ("phone_sealed", "phone_hash"),
    "account": ("account_number_sealed", "account_number_hash"),
}


def hash_of(number: str) -> str:
    """By which the same number is found again, however it was spaced: `6222 0000` and `62220000` are one."""
    return keyed_hash("people", re.sub(r"[\s-]", "", number).upper())


def masked(text: str, head: int, tail: int) -> str:
    """`masked("6222000011112222", 4, 4)` is `6222********2222`; what is too short to hide is hidden whole."""
    if len(text) <= head + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]


class NumberLook(models.Model):
    """Somebody looked at a client's number: who, which, why. It is shown to this person until `until`, and to nobody else."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    number = models.TextField()
    looked_by = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.TextField()
    reason_text = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["case", "-id"], name="look_of_case"),
            models.Index(fields=["looked_by", "-at"], name="look_of_person"),
        ]
