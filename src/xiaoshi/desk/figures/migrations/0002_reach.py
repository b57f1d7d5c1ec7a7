"""Row-level security: figures of the units that one stands over."""

from django.db import migrations

FORWARD = """
ALTER TABLE figures_daycount ENABLE ROW LEVEL SECURITY;
CREATE POLICY counts_seen ON figures_daycount USING (xiaoshi_stands_over(unit_path));
"""


class Migration(migrations.Migration):
    dependencies = [("figures", "0001_initial"), ("guard", "0002_house_timers")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
