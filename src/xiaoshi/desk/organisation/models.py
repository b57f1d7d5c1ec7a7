"""The tree of the bank (province, city, sub-branch, outlet) and the people who work in it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models

from xiaoshi.core.casework.commands import Actor
from xiaoshi.core.casework.roles import ROLES


class Unit(models.Model):
    """One place in the tree. `path` is `province/city/sub-branch/outlet/` with a closing slash: a prefix is an ancestor."""

    LEVELS: ClassVar = [
        ("province", "province"),
        ("city", "city"),
        ("sub_branch", "sub_branch"),
        ("outlet", "outlet"),
    ]

    path = models.TextField(unique=True, db_collation="C")
    level = models.TextField(choices=LEVELS)
    name_zh = models.TextField()
    name_en = models.TextField()
    phone = models.TextField(blank=True)
    address_zh = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["path"]

    def __str__(self) -> str:
        return self.name_zh

    def name(self, language: str) -> str:
        return self.name_en if language.startswith("en") else self.name_zh


class Designation(models.Model):
    """An outlet that the PBOC branch has designated for special damaged notes (2026 No. 2): data, with its source."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    matter = models.TextField(default="special_damaged_notes")
    in_force_from = models.DateField()
    in_force_to = models.DateField(null=True, blank=True)
    source = models.TextField()
    status = models.TextField(default="unconfirmed")


class StaffManager(BaseUserManager["Staff"]):
    def create_user(self, login: str, password: str, **fields: Any) -> Staff:
        person = self.model(login=login, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, login: str | None) -> Staff:
        return self.select_related("unit").get(login=login)


class Staff(AbstractBaseUser):
    """A person of the bank: who signs in, where he or she stands in the tree, and in which roles."""

    login = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    roles = ArrayField(models.TextField())
    fields = ArrayField(models.TextField(), default=list, blank=True)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "login"
    objects: ClassVar = StaffManager()

    class Meta:
        ordering: ClassVar = ["login"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=sorted(ROLES)), name="staff_roles_known"
            )
        ]

    def __str__(self) -> str:
        return self.name_zh

    def name(self, language: str) -> str:
        return self.name_en if language.startswith("en") else self.name_zh

    def as_actor(self) -> Actor:
        """The person as the case engine knows him or her."""
        return Actor(
            id=self.login,
            roles=frozenset(self.roles),
            level=self.unit.level,
            unit_path=self.unit.path.rstrip("/"),
        )
