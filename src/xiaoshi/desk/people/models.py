"""Clients as a case knows them. Numbers that identify a person are encrypted; equal ones are found by a keyed hash."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.guard.crypto import keyed_hash, seal, unseal


class Client(models.Model):
    """The person whose matter the case is (`holder`), or who comes for him or her (`agent`)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="people")
    part = models.TextField(default="holder")
    name = models.TextField()
    id_kind = models.TextField(default="resident_id")
    id_number_sealed = models.BinaryField(default=b"")
    id_number_hash = models.TextField(blank=True)
    phone_sealed = models.BinaryField(default=b"")
    account_number = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "part", "name"], name="client_once")]

    def keep_numbers(self, id_number: str, phone: str) -> None:
        """Encrypt both, bound to this case; called before the row is saved."""
        if id_number:
            self.id_number_sealed = seal("people", id_number.encode(), f"{self.case_id}/id")
            self.id_number_hash = keyed_hash("people", id_number.upper())
        if phone:
            self.phone_sealed = seal("people", phone.encode(), f"{self.case_id}/phone")

    @property
    def id_number_masked(self) -> str:
        """First three and last two characters: enough to tell two papers apart, not enough to use."""
        return _masked(self._open(self.id_number_sealed, "id"), 3, 2)

    @property
    def phone_masked(self) -> str:
        return _masked(self._open(self.phone_sealed, "phone"), 3, 4)

    def _open(self, sealed: bytes, place: str) -> str:
        return unseal("people", sealed, f"{self.case_id}/{place}").decode() if sealed else ""


def _masked(text: str, head: int, tail: int) -> str:
    if len(text) <= head + tail:
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]
