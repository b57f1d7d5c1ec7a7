"""Every route states its permission; every table has a line of grants; migrations stand in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.urls import URLPattern, URLResolver, get_resolver

# Views of packages, with what they let anybody do.
FOREIGN = {"django.views.i18n.set_language": "changes the language of this browser, nothing else"}


def routes(resolver=None, prefix=""):
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            yield from routes(item, prefix + str(item.pattern))
        elif isinstance(item, URLPattern):
            yield prefix + str(item.pattern), item.callback


def test_every_route_states_its_permission():
    seen = 0
    for address, view in routes():
        seen += 1
        name = f"{view.__module__}.{view.__qualname__}"
        if name in FOREIGN:
            continue
        assert getattr(view, "opens_to", None), (
            f"/{address} ({name}): say who may use it with guard.routes.opens_to(...)"
        )
    assert seen > 25


def test_a_stranger_without_sign_in_sees_only_what_is_open_to_anyone(client_for):
    client = client_for(None)
    case = "00000000-0000-7000-8000-000000000000"
    for address, view in routes():
        if "anyone" in getattr(view, "opens_to", ("anyone",)):
            continue
        path = "/" + address.replace("<uuid:case_id>", case)
        for piece, value in (
            ("<int:number>", "1"),
            ("<slug:size>", "A3"),
            ("<slug:step>", "intake"),
            ("<slug:verb>", "copy"),
        ):
            path = path.replace(piece, value)
        path = path.replace("<slug:kind>", "burnt_notes")
        import re

        path = re.sub(r"<uuid(?:str)?:\w+>", case, path)
        path = re.sub(r"<int:\w+>", "1", path)
        path = re.sub(r"<\w+:\w+>", "x", path)
        answer = client.get(path)
        if "token" in getattr(view, "opens_to", ()):
            assert answer.status_code in (401, 405), f"{path} gave {answer.status_code} without a token"
            assert answer.headers["Content-Type"] == "application/problem+json"
            continue
        assert answer.status_code in (302, 405), (
            f"{path} gave {answer.status_code} to somebody who is not signed in"
        )
        if answer.status_code == 302:
            assert "/sign-in/" in answer.headers["Location"]


def test_migrations_stand_in_one_line():
    loader = MigrationLoader(None, ignore_no_migrations=True)
    assert not loader.detect_conflicts(), (
        "two migrations with the same parent: number them one after the other"
    )
    for config in apps.get_app_configs():
        if config.name.startswith("xiaoshi.") and (Path(config.path) / "migrations").is_dir():
            files = sorted(p.stem for p in (Path(config.path) / "migrations").glob("0*.py"))
            numbers = [int(name[:4]) for name in files]
            assert numbers == list(range(1, len(files) + 1)), f"{config.label}: {files}"


@pytest.mark.database
def test_no_model_change_is_without_its_migration(desk):
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.database
def test_every_table_has_its_line_of_grants(desk):
    from xiaoshi.desk.guard.grants import GRANTS

    tables = {t for t in connections["owner"].introspection.table_names() if not t.startswith("pg_")}
    missing, gone = tables - set(GRANTS), set(GRANTS) - tables
    assert not missing, (
        f"{sorted(missing)}: say in guard/grants.py (or the app's grants.py) what the runtime role may do"
    )
    assert not gone, f"{sorted(gone)}: granted, but there is no such table"


@pytest.mark.database
def test_every_table_of_ours_with_a_case_has_a_policy(desk):
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind = 'r' AND a.attname IN ('case_id', 'tray_id', 'note_id', 'unit_path') AND NOT c.relrowsecurity"
        )
        open_tables = {row[0] for row in cursor.fetchall()}
    assert not open_tables, (
        f"{sorted(open_tables)}: rows that belong to a case or unit need row-level security"
    )
