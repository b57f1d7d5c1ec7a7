"""Loading the demo into an empty installation, as the owner of the database. Safe to run again."""

from __future__ import annotations

import secrets
from datetime import date
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from xiaoshi.core.casework.roles import ROLES
from xiaoshi.desk.demo.bank import DESIGNATED, DESIGNATION_SOURCE, MAIN_OUTLET, UNITS, everybody
from xiaoshi.desk.kinds import all_kinds
from xiaoshi.desk.money.chart import ensure_chart, open_books
from xiaoshi.desk.organisation.models import Designation, Staff, Unit

VAULT_FEN = 50_000_000_00
DRAWER_FEN = 300_000_00


def load(*, pictures: bool = True) -> list[dict[str, Any]]:
    """Load units, people, books and the specimen library; give the sign-ins with the password of this installation."""
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    load_bank(password)
    if pictures:
        _specimens()
        for kind in all_kinds():
            if kind.demo:
                import_module(kind.demo).load()
    return _sign_ins(password)


def load_if_empty() -> None:
    """For stories and tests on a home that has no demo yet: its people get a password that nobody knows."""
    if not Unit.objects.using("owner").exists():
        load_bank(secrets.token_urlsafe(24))
    _specimens()


def load_bank(password: str) -> None:
    """The tree, the people and the books of each outlet."""
    units = {}
    for path, level, name_zh, name_en, _story in UNITS:
        units[path], _made = Unit.objects.using("owner").get_or_create(
            path=path,
            defaults={"level": level, "name_zh": name_zh, "name_en": name_en, "phone": "0000-0000000"},
        )
    for path in DESIGNATED:
        Designation.objects.using("owner").get_or_create(
            unit=units[path],
            matter="special_damaged_notes",
            defaults={
                "in_force_from": date(2026, 3, 31),
                "source": DESIGNATION_SOURCE,
                "status": "unconfirmed",
            },
        )
    # One salted hash for all: it is one password, made anew for each installation.
    hashed = make_password(password)
    for person in everybody():
        Staff.objects.using("owner").update_or_create(
            login=person.login,
            defaults={
                "name_zh": person.name_zh,
                "name_en": person.name_en,
                "unit": units[person.unit_path],
                "roles": list(person.roles),
                "fields": list(person.fields),
                "password": hashed,
            },
        )
    for unit in units.values():
        if unit.level == "outlet":
            _books(unit)


def _books(unit: Unit) -> None:
    ensure_chart(unit)
    people = list(Staff.objects.using("owner").filter(unit=unit))
    tellers = [p.login for p in people if "teller" in p.roles]
    head = next(p.login for p in people if "outlet_head" in p.roles)
    supervisor = next(p.login for p in people if "supervisor" in p.roles)
    open_books(
        unit,
        vault_fen=VAULT_FEN,
        drawer_fen=dict.fromkeys(tellers, DRAWER_FEN),
        maker=supervisor,
        checker=head,
        at=timezone.now(),
    )


def _specimens() -> None:
    """Draw the specimen currency and enrol it, unless this installation has a library already."""
    from xiaoshi.library import make_specimen_library

    if not any(settings.LIBRARY_DIR.glob("references/*")):
        make_specimen_library(settings.LIBRARY_DIR)


def _sign_ins(password: str) -> list[dict[str, Any]]:
    rows = []
    for person in everybody():
        if person.unit_path == MAIN_OUTLET or person.unit_path in ("jn/", "jn/lz/", "jn/lz/cd/"):
            unit = Unit.objects.using("owner").get(path=person.unit_path)
            role = ROLES[person.roles[0]].words
            rows.append(
                {
                    "username": person.login,
                    "password": password,
                    "role": f"{role.zh} {role.en}",
                    "outlet": unit.name_zh,
                    "name": person.name_zh,
                }
            )
    return rows
