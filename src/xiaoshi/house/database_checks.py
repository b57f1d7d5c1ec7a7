"""What the doctor asks the database: version, what keeps data durable, and the powers of the runtime role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from xiaoshi.house.finding import Finding, bad, good
from xiaoshi.house.roles import ConnectionInfo

# Where one of these is off, a power cut loses or breaks committed money.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on"}

_OWNED = """
SELECT count(*) FROM (
    SELECT 1 FROM pg_class WHERE relowner = %(role)s::regrole
    UNION ALL SELECT 1 FROM pg_namespace WHERE nspowner = %(role)s::regrole
    UNION ALL SELECT 1 FROM pg_proc WHERE proowner = %(role)s::regrole
    UNION ALL SELECT 1 FROM pg_database WHERE datdba = %(role)s::regrole
) AS owned
"""
_POWERS = """
SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
       pg_has_role(rolname, %(owner)s, 'MEMBER') AND NOT rolsuper,
       has_schema_privilege(rolname, 'public', 'CREATE')
FROM pg_roles WHERE rolname = current_user
"""
POWER_NAMES = ("SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "MEMBER OF OWNER", "CREATE IN public")


def check_database(info: ConnectionInfo) -> Iterator[Finding]:
    """All checks of a reachable database, made as the runtime role itself."""
    try:
        with psycopg.connect(**{"connect_timeout": 10, **info.app_dsn}) as connection:
            version = connection.info.server_version
            yield good("database", f"PostgreSQL {version // 10000}.{version % 10000}")
            yield check_durable(connection)
            yield check_role(connection, str(info.owner_dsn["user"]))
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        yield bad(
            "database",
            f"运行角色无法连接数据库({reason})",
            f"the runtime role cannot connect ({reason})",
            "查看 logs/postgres.log;口令在 secrets/ 中",
            "see logs/postgres.log; the passwords are in secrets/",
        )


def check_durable(connection: psycopg.Connection[Any]) -> Finding:
    """A replica's `remote_apply` and such are stronger than `on`, so only a weaker setting counts."""
    weak = []
    for name in DURABLE:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        if row and row[0] in ("off", "local"):
            weak.append(f"{name}={row[0]}")
    if not weak:
        return good("durable", ", ".join(DURABLE))
    listed = ", ".join(weak)
    return bad(
        "durable",
        f"断电可能丢失已提交的数据:{listed}",
        f"a power cut can lose committed data: {listed}",
        "在数据库配置中改回 on",
        "set them to on in the server's configuration",
    )


def check_role(connection: psycopg.Connection[Any], owner: str) -> Finding:
    """The runtime role owns nothing, bypasses nothing and can make nothing."""
    role = connection.info.user
    row = connection.execute(_POWERS, {"owner": owner}).fetchone()
    owned = connection.execute(_OWNED, {"role": f'"{role}"'}).fetchone()
    powers = [name for name, has in zip(POWER_NAMES, row or (), strict=False) if has]
    if owned and owned[0]:
        powers.append(f"OWNS {owned[0]}")
    if not powers:
        return good("runtime_role", role)
    listed = ", ".join(powers)
    return bad(
        "runtime_role",
        f"运行角色 {role} 权力过大:{listed}",
        f"the runtime role {role} has too much power: {listed}",
        f'ALTER ROLE "{role}" NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB; REASSIGN OWNED BY "{role}" TO "{owner}";',
        f'ALTER ROLE "{role}" NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB; REASSIGN OWNED BY "{role}" TO "{owner}";',
    )
