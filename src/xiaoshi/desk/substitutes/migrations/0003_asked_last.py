"""Who stands in for whom is looked up last: most readers see a case by their own unit, and each look cost 0.2 ms, four to an act.

One policy instead of two, because the parts of an OR are tried in their order within one policy only.
"""

from django.db import migrations

FORWARD = """
DROP POLICY case_stood_in_for ON cases_case;
DROP POLICY case_seen ON cases_case;
CREATE POLICY case_seen ON cases_case
    USING (xiaoshi_stands_over(unit_path) OR xiaoshi_visits(id)
           OR ('*:' || unit_path) ^@ ANY (ARRAY(SELECT xiaoshi_stand_in_reach()))
           OR (kind || ':' || unit_path) ^@ ANY (ARRAY(SELECT xiaoshi_stand_in_reach())))
    WITH CHECK (xiaoshi_staff() <> '');
"""


class Migration(migrations.Migration):
    dependencies = [("substitutes", "0002_standing_in"), ("guard", "0002_house_timers")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
