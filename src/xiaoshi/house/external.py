"""A PostgreSQL server of yours, named by DATABASE_URL. The URL's role is the owner; the runtime role is made beside it.

`postgresql://owner:p%40ss@db.bank.example:5432/xiaoshi?sslmode=verify-full`. The runtime role is `<database>_app`; its
password is made once and kept in `secrets/external.json`. Where the owner may not make roles, the refusal carries the
SQL that a database administrator can run.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from psycopg import sql

from xiaoshi.house.home import Home
from xiaoshi.house.roles import ConnectionInfo, Dsn
from xiaoshi.house.trouble import HouseError

MIN_VERSION = 180000


def parse_url(url: str) -> Dsn:
    """The connection of a `postgresql://` URL, percent-encoding undone; raises HouseError when it cannot be one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _bad_url(str(error)) from error
    if parts.scheme not in ("postgres", "postgresql"):
        raise _bad_url(f"{parts.scheme or '?'}://")
    name = unquote(parts.path.lstrip("/"))
    if not name or not parts.username:
        raise _bad_url("user, database")
    dsn: Dsn = {
        "host": unquote(parts.hostname or ""),
        "port": port or 5432,
        "user": unquote(parts.username),
        "password": unquote(parts.password or ""),
        "dbname": name,
    }
    dsn.update(parse_qsl(parts.query))
    return dsn


def _bad_url(reason: str) -> HouseError:
    return HouseError(
        "database_url_wrong",
        f"DATABASE_URL 无法识别({reason});格式为 postgresql://用户:口令@主机:端口/数据库,特殊字符须百分号编码。",
        f"DATABASE_URL is not understood ({reason}); write postgresql://user:password@host:port/database, special characters percent-encoded.",
        "DATABASE_URL",
    )


def connection_info(url: str, home: Home) -> ConnectionInfo:
    """Connect as the owner, see that the runtime role is there and harmless, and give both connections."""
    owner = parse_url(url)
    known = home.read_secret("external") or {}
    role = f"{owner['dbname']}_app"
    password = str(known.get(role) or secrets.token_urlsafe(24))
    try:
        with psycopg.connect(autocommit=True, **{"connect_timeout": 10, **owner}) as connection:
            _check_server(connection)
            _ensure_runtime_role(connection, role, password, str(owner["dbname"]), role in known)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise HouseError(
            "database_unreachable",
            f"无法连接 DATABASE_URL 指定的数据库({reason});请检查地址、口令和网络。",
            f"The database of DATABASE_URL cannot be reached ({reason}); check address, password and network.",
            "DATABASE_URL",
        ) from error
    if role not in known:
        home.write_secret("external", {**known, role: password})
    return ConnectionInfo(owner, {**owner, "user": role, "password": password}, None, embedded=False)


def _check_server(connection: psycopg.Connection[Any]) -> None:
    version = connection.info.server_version
    if version < MIN_VERSION:
        raise HouseError(
            "database_too_old",
            f"需要 PostgreSQL 18 或更新版本,该服务器是 {version // 10000};请升级或去掉 DATABASE_URL 改用内嵌数据库。",
            f"PostgreSQL 18 or later is needed, this server is {version // 10000}; upgrade it, or unset DATABASE_URL to use the embedded one.",
            "DATABASE_URL",
        )
    row = connection.execute("SHOW server_encoding").fetchone()
    if row and row[0] != "UTF8":
        raise HouseError(
            "database_not_utf8",
            f"数据库编码是 {row[0]},需要 UTF8;请重新建库(ENCODING 'UTF8')。",
            f"The database is encoded in {row[0]}, UTF8 is needed; create it again with ENCODING 'UTF8'.",
            "DATABASE_URL",
        )


def _ensure_runtime_role(
    connection: psycopg.Connection[Any], role: str, password: str, database: str, known: bool
) -> None:
    found = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role]
    ).fetchone()
    if found and found[0]:
        raise HouseError(
            "runtime_role_too_strong",
            f"角色 {role} 是超级用户或可绕过行级安全,不能用作运行角色;请执行:ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS;",
            f"Role {role} is a superuser or bypasses row-level security; run: ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS;",
            "DATABASE_URL",
        )
    if found and known:
        return
    verb = "ALTER" if found else "CREATE"
    statements = [
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(role), sql.Literal(password)
        ),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), sql.Identifier(role)),
    ]
    try:
        for statement in statements:
            connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        # The password must be one that we know afterwards, so the refusal does not print it: the role is made with a
        # password of the administrator's choice, and that goes into the home.
        create = f'CREATE ROLE "{role}" LOGIN PASSWORD \'...\'; GRANT CONNECT ON DATABASE "{database}" TO "{role}";'
        raise HouseError(
            "runtime_role_missing",
            f'DATABASE_URL 的用户无权建立运行角色。请数据库管理员执行:{create} 并把口令写入 secrets/external.json:{{"{role}": "..."}}',
            f'The user of DATABASE_URL may not make the runtime role. Let an administrator run: {create} and put the password into secrets/external.json: {{"{role}": "..."}}',
            "DATABASE_URL",
        ) from error
