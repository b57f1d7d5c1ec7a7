"""The runtime role may use what the owner made, as the desk's own grants do."""

from django.db import migrations

GRANTS = """
GRANT USAGE ON SCHEMA public TO xiaoshi_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO xiaoshi_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO xiaoshi_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("procrastinate", "0045_restart_sequence"),
    ]
    operations = [migrations.RunSQL(GRANTS, migrations.RunSQL.noop)]
