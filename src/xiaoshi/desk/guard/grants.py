"""What the runtime role may do, table by table. Applied after each migration; a table that is not named gets nothing.

The runtime role owns no object, so these grants are all it has. A structure test compares the list with the tables that
exist: a new table without a line here fails it, and says so.
"""

from __future__ import annotations

from django.db import connections
from psycopg import sql

from xiaoshi.desk.kinds import kind_grants
from xiaoshi.desk.money.grants import MONEY_GRANTS
from xiaoshi.desk.papers.grants import PAPER_GRANTS
from xiaoshi.desk.parts import part_grants

READ = "SELECT"
APPEND = "SELECT, INSERT"
CHANGE = "SELECT, INSERT, UPDATE"
ALL = "SELECT, INSERT, UPDATE, DELETE"

GRANTS: dict[str, str] = {
    "django_migrations": READ,
    "django_content_type": READ,
    "django_session": ALL,
    "auth_group": READ,
    "auth_group_permissions": READ,
    "auth_permission": READ,
    # The tree and the people are written by acts of who keeps them; triggers ask again (organisation/0003_keeping_laws).
    # A sign-in name and a path never change: cases and timelines bear them.
    "organisation_unit": "SELECT, INSERT, UPDATE (name_zh, name_en, phone, address_zh)",
    "organisation_designation": "SELECT, INSERT, UPDATE (in_force_to)",
    "organisation_staff": (
        "SELECT, INSERT, UPDATE (password, last_login, unit_id, roles, fields, is_active, left_at, must_change_password,"
        " let_in)"
    ),
    "organisation_staffchange": "SELECT, INSERT, UPDATE (state, decided_by, decided_at, decided_reason)",
    "organisation_banksetting": CHANGE,
    "cases_case": CHANGE,
    "cases_casevisitor": APPEND,
    # Written by a trigger from the case's own row.
    "cases_caseasked": READ,
    "cases_casenumber": CHANGE,
    "cases_answeredact": CHANGE,
    "cases_planversion": APPEND,
    "people_client": CHANGE,
    "people_numberlook": APPEND,
    "audit_timelineentry": APPEND,
    "audit_anchor": APPEND,
    "procrastinate_jobs": ALL,
    "procrastinate_periodic_defers": ALL,
    "procrastinate_events": ALL,
    "procrastinate_workers": ALL,
    **PAPER_GRANTS,
    **MONEY_GRANTS,
    **part_grants(),
    **kind_grants(),
}


def apply_grants(alias: str, runtime_role: str) -> None:
    """Give the runtime role exactly `GRANTS`, in one transaction. Called as the owner; safe to run again."""
    connection = connections[alias]
    role = sql.Identifier(runtime_role)
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        for statement in (
            sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(role),
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role),
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role),
            sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}").format(role),
        ):
            cursor.execute(statement)
        for table, rights in GRANTS.items():
            if table in tables:
                cursor.execute(
                    sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(rights), sql.Identifier(table), role)  # type: ignore[arg-type]
                )
        cursor.execute("COMMIT")
