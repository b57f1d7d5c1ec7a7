"""Timers of the desk itself see every case: `visible_to_house` names them `house:<part>`, a name no person can have."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION xiaoshi_stands_over(path text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT (xiaoshi_reach() <> '' AND starts_with(path, xiaoshi_reach())) OR xiaoshi_staff() LIKE 'house:%' $$;
ALTER TABLE organisation_staff ADD CONSTRAINT login_is_not_the_house CHECK (login NOT LIKE 'house:%');
"""


class Migration(migrations.Migration):
    dependencies = [("guard", "0001_row_security")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
