"""Anchors are written by the house's own timer or the owner, read by nobody else, and never changed."""

from django.db import migrations

FORWARD = """
ALTER TABLE audit_anchor ENABLE ROW LEVEL SECURITY;
CREATE POLICY anchor_of_the_house ON audit_anchor USING (xiaoshi_staff() LIKE 'house:%')
    WITH CHECK (xiaoshi_staff() LIKE 'house:%');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_anchor
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON audit_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION xiaoshi_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("guard", "0001_row_security")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
