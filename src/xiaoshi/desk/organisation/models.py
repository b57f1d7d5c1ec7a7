"""The tree of the bank (province, city, sub-branch, outlet), the people who work in it, and what the bank has set."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

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
    """A person of the bank: who signs in, where he or she stands in the tree, and in which roles.

    `must_change_password`: the password was given by somebody else, so it opens nothing but the page that changes it.
    `let_in`: False while only one person had a hand in the account (made it, or gave its password); then it looks and does
    nothing until another person has let it in (`acts/letting_in.py`).
    """

    login = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    roles = ArrayField(models.TextField())
    fields = ArrayField(models.TextField(), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    let_in = models.BooleanField(default=True, db_default=True)
    left_at = models.DateTimeField(null=True, blank=True)

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


class StaffChange(models.Model):
    """A change about a person: what was asked, by whom, and, where two people must agree, who agreed.

    `kind`: add, move, roles, leave, back, password, factors, let_in. `wanted`: the new values (unit_path, roles, fields, names).
    """

    KINDS = ("add", "move", "roles", "leave", "back", "password", "factors", "let_in")
    STATES = ("waiting", "done", "rejected", "withdrawn")

    id = models.UUIDField(primary_key=True, editable=False)
    staff_login = models.TextField()
    kind = models.TextField()
    wanted = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    unit_path = models.TextField(db_collation="C")
    made_by = models.TextField()
    made_at = models.DateTimeField()
    state = models.TextField(default="waiting")
    decided_by = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_reason = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "-made_at", "-id"], name="staffchange_waiting")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=("add", "move", "roles", "leave", "back", "password", "factors", "let_in")
                ),
                name="staffchange_kind_known",
            ),
            models.CheckConstraint(condition=~Q(made_by=F("decided_by")), name="staffchange_two_people"),
            models.CheckConstraint(condition=~Q(made_by=F("staff_login")), name="staffchange_not_oneself"),
            models.CheckConstraint(condition=~Q(decided_by=F("staff_login")), name="staffchange_not_judge"),
            models.UniqueConstraint(
                fields=["staff_login", "kind"], condition=Q(state="waiting"), name="staffchange_waits_once"
            ),
        ]


class BankSetting(models.Model):
    """What this bank has set, where it differs from the default (`bank_settings.SETTINGS` lists all)."""

    key = models.TextField(primary_key=True)
    value = models.JSONField()
    changed_by = models.TextField()
    changed_at = models.DateTimeField()
