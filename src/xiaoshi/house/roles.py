"""The two roles of the database. The owner makes tables in migrations; the runtime role owns nothing.

Row-level security protects only against a role that neither owns the tables nor bypasses policies. So pages, worker and
commands connect as the runtime role, and the owner's password is given to migrations and the demo only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
OWNER = "xiaoshi_owner"
APP = "xiaoshi_app"
DATABASE = "xiaoshi"

Dsn = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """How to connect: each a dict of `host`, `port`, `user`, `password`, `dbname` (and `sslmode`... from a URL).

    `superuser_dsn` is None for a server of yours. `embedded`: whether we started it.
    """

    owner_dsn: Dsn
    app_dsn: Dsn
    superuser_dsn: Dsn | None
    embedded: bool


def embedded_info(address: Dsn, passwords: dict[str, Any]) -> ConnectionInfo:
    """The connections of the embedded server at `address` (`host`: socket folder, `port`)."""

    def dsn(user: str, secret: str, name: str) -> Dsn:
        return {**address, "user": user, "password": passwords[secret], "dbname": name}

    return ConnectionInfo(
        owner_dsn=dsn(OWNER, "owner", DATABASE),
        app_dsn=dsn(APP, "app", DATABASE),
        superuser_dsn=dsn(SUPERUSER, "superuser", "postgres"),
        embedded=True,
    )


def create(info: ConnectionInfo) -> None:
    """Make roles and database on a new embedded server; running it again repairs passwords and attributes."""
    assert info.superuser_dsn is not None
    with psycopg.connect(**info.superuser_dsn, autocommit=True) as connection:
        for dsn in (info.owner_dsn, info.app_dsn):
            ensure_role(connection, str(dsn["user"]), str(dsn["password"]))
        ensure_database(connection, DATABASE, OWNER, APP)


def ensure_role(connection: psycopg.Connection[Any], name: str, password: str) -> None:
    """A login role without any power of its own."""
    there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = sql.SQL("ALTER" if there else "CREATE")
    connection.execute(
        sql.SQL(
            "{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD {}"
        ).format(verb, sql.Identifier(name), sql.Literal(password))
    )


def ensure_database(connection: psycopg.Connection[Any], name: str, owner: str, app: str) -> None:
    """A database that only its owner and the runtime role may enter; the runtime role may make nothing in it."""
    there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    database, owner_name, app_name = sql.Identifier(name), sql.Identifier(owner), sql.Identifier(app)
    if not there:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(database, owner_name)
        )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, app_name))
