"""Row-level security: everybody reads the own notices only; whoever acts (or a timer of the house) writes them."""

from django.db import migrations

FORWARD = """
ALTER TABLE notices_notice ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_notices ON notices_notice FOR SELECT USING (staff_login = xiaoshi_staff() OR xiaoshi_staff() LIKE 'house:%');
CREATE POLICY read_notices ON notices_notice FOR UPDATE USING (staff_login = xiaoshi_staff());
CREATE POLICY told_notices ON notices_notice FOR INSERT WITH CHECK (xiaoshi_staff() <> '');
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial"), ("guard", "0001_row_security")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
