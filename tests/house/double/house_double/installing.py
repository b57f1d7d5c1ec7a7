"""Tables by the owner, rights for the runtime role: what the desk's own installing does, and no more."""

from django.core.management import call_command
from django.db import connections

GRANTS = """
GRANT USAGE ON SCHEMA public TO xiaoshi_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO xiaoshi_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO xiaoshi_app;
"""


def install() -> None:
    call_command("migrate", database="owner", interactive=False, verbosity=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute(GRANTS)
