"""One embedded PostgreSQL for a test run, one fresh database for each test module, the demo's people in it.

The database is the real one: acts commit, policies bind the runtime role, triggers fire. A module's database is a copy
of a template that was migrated and filled once. Tests make their own cases and never count on being alone in it.
Shared by `tests/desk` and `tests/browser`: each conftest imports what it uses, so that one process has one server.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

FOLDER = Path(tempfile.mkdtemp(prefix="xs-test-"))
PASSWORD = "a-password-of-the-tests-only"


def _set_django_up() -> None:
    """Models can be imported when tests are collected; the connections are filled in when the server runs."""
    from xiaoshi.house.home import Home

    home = Home.chosen(FOLDER / "家 home").ensure()
    os.environ.pop("DATABASE_URL", None)
    os.environ.update(
        XIAOSHI_HOME=str(home.path),
        XIAOSHI_DB_APP='{"user": "xiaoshi_app"}',
        XIAOSHI_DB_OWNER='{"user": "xiaoshi_owner"}',
        XIAOSHI_SECRET_KEY_FILE=str(home.django_key_file),
        XIAOSHI_MASTER_KEY_FILE=str(home.master_key_file),
        DJANGO_SETTINGS_MODULE="xiaoshi.desk.settings",
    )
    import django

    django.setup()
    # The same hash, of 8 KiB: what a guess costs is not what these tests are about, and each of them signs in.
    from django.contrib.auth.hashers import Argon2PasswordHasher as Hasher

    Hasher.time_cost, Hasher.memory_cost, Hasher.parallelism = 1, 8, 1


_set_django_up()


@dataclass(frozen=True)
class Server:
    """The running server of this worker: a home, and the two roles' connections to the template database."""

    home: Path
    owner: dict[str, Any]
    app: dict[str, Any]


@dataclass
class _Running:
    """The one server of this process. Each conftest that imports the fixture counts as a user; the last one stops it."""

    users: int = 0
    stack: contextlib.ExitStack | None = None
    server: Server | None = None


_running = _Running()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A home of its own with an embedded PostgreSQL, migrated and filled with the demo's bank."""
    if _running.server is None:
        _running.stack, _running.server = _start()
    _running.users += 1
    yield _running.server
    _running.users -= 1
    if not _running.users:
        from django.db import connections

        connections.close_all()
        assert _running.stack is not None
        _running.stack.close()
        _running.server = None


def _start() -> tuple[contextlib.ExitStack, Server]:
    from xiaoshi.house.django import environment
    from xiaoshi.house.home import Home
    from xiaoshi.house.postgres import database

    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, FOLDER, ignore_errors=True)
        home = Home.chosen(os.environ["XIAOSHI_HOME"]).ensure()
        info = stack.enter_context(database(home))
        os.environ.update(environment(home, info, owner=True))
        _connect_to({"default": dict(info.app_dsn), "owner": dict(info.owner_dsn)})
        from xiaoshi.desk.demo.loading import load_bank
        from xiaoshi.desk.guard.installing import install

        install()
        load_bank(PASSWORD)
        from django.db import connections

        connections.close_all()
        return stack.pop_all(), Server(home.path, dict(info.owner_dsn), dict(info.app_dsn))


def _connect_to(dsns: dict[str, dict[str, Any]]) -> None:
    from django.conf import settings
    from django.db import connections

    for alias, dsn in dsns.items():
        fields = {
            "HOST": dsn["host"],
            "PORT": str(dsn["port"]),
            "USER": dsn["user"],
            "PASSWORD": dsn["password"],
            "NAME": dsn["dbname"],
        }
        settings.DATABASES[alias].update(fields)
        connections[alias].settings_dict.update(fields)
    assert dsns["default"]["user"] == settings.RUNTIME_ROLE


_numbers = itertools.count(1)


def _maintenance(server: Server) -> dict[str, Any]:
    """A connection that may create databases: the owner of the server's files, through the superuser's secret."""
    secret = json.loads((server.home / "secrets" / "database.json").read_text("utf-8"))
    return {**server.owner, "user": "postgres", "password": secret["superuser"], "dbname": "postgres"}


@contextlib.contextmanager
def fresh_database(server: Server) -> Iterator[str]:
    from django.conf import settings
    from django.db import connections

    name = f"t{os.getpid()}_{next(_numbers)}"
    connections.close_all()
    with psycopg.connect(**_maintenance(server), autocommit=True) as root:
        root.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name),
                sql.Identifier(server.owner["dbname"]),
                sql.Identifier(server.owner["user"]),
            )
        )
    before = {alias: settings.DATABASES[alias]["NAME"] for alias in settings.DATABASES}
    _use(dict.fromkeys(before, name))
    try:
        yield name
    finally:
        connections.close_all()
        _use(before)
        with psycopg.connect(**_maintenance(server), autocommit=True) as root:
            root.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _use(names: dict[str, str]) -> None:
    from django.conf import settings
    from django.db import connections

    connections.close_all()
    for alias, name in names.items():
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name
    for variable, alias in (("XIAOSHI_DB_APP", "default"), ("XIAOSHI_DB_OWNER", "owner")):
        os.environ[variable] = json.dumps({**json.loads(os.environ[variable]), "dbname": names[alias]})


@pytest.fixture(scope="module")
def desk(server: Server) -> Iterator[Server]:
    """A database of this module's own, with organisation, people and books."""
    with fresh_database(server):
        yield server


@pytest.fixture
def fresh_desk(server: Server) -> Iterator[Server]:
    """A database of this test's own: for tests that damage something."""
    with fresh_database(server):
        yield server


@dataclass(frozen=True)
class People:
    """Who acts in the tests: the outlet's people, a stranger from another outlet, and those above."""

    lobby: Any
    teller: Any
    colleague: Any
    supervisor: Any
    outlet_head: Any
    stranger: Any
    stranger_head: Any
    archivist: Any
    city_specialist: Any
    province_specialist: Any
    contact_centre: Any
    auditor: Any


LOGINS = {
    "lobby": "zhou.qing",
    "teller": "li.min",
    "colleague": "xu.lan",
    "supervisor": "qian.bo",
    "outlet_head": "guo.ye",
    "stranger": "wu.an",
    "stranger_head": "wu.chuan",
    "archivist": "tao.min",
    "city_specialist": "lu.heng",
    "province_specialist": "su.yan",
    "contact_centre": "he.ruo",
    "auditor": "shen.jun",
}


def the_people() -> People:
    from xiaoshi.desk.organisation.models import Staff

    return People(
        **{name: Staff.objects.select_related("unit").get(login=login) for name, login in LOGINS.items()}
    )


@pytest.fixture
def people(desk: Server) -> People:
    return the_people()


@pytest.fixture
def fresh_people(fresh_desk: Server) -> People:
    return the_people()


BURNT_FACTS = {
    "container": "饼干铁盒",
    "cause": "fire",
    "special_damage": True,
    "designated": True,
    "fire_paper": True,
    "payout": "cash",
}


def open_a_case(person: Any, kind: str = "burnt_notes", **fields: Any) -> Any:
    """Open a case through its act and give the row (read as the person sees it)."""
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.cases.opening import open_case
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.guard.visibility import visible_to

    facts = BURNT_FACTS if kind == "burnt_notes" else {"wish": "换零钱"}
    given = {"client_name": "何采薇", "facts": facts, "id_number": "000000190001010000", **fields}
    outcome = perform(open_case, person, str(uuid.uuid4()), kind=kind, **given)
    with visible_to(person):
        return Case.objects.get(id=outcome.case_id)


@pytest.fixture
def new_case(people: People) -> Callable[..., Any]:
    """`new_case()` opens a burnt-note case as the teller; `new_case(people.stranger, kind="example")` and so on."""

    def make(person: Any = None, kind: str = "burnt_notes", **fields: Any) -> Any:
        return open_a_case(person or people.teller, kind, **fields)

    return make


@pytest.fixture
def client_for(desk: Server) -> Callable[[Any], Any]:
    """A Django test client that is signed in as this person (sessions in the real database)."""
    from django.test import Client

    def make(person: Any = None) -> Any:
        client = Client(SERVER_NAME="127.0.0.1")
        if person is not None:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make
