"""Row-level security: a link is seen by whoever sees one of its two cases. And the walk that finds circles, over all cases."""

from django.db import migrations

FORWARD = """
ALTER TABLE linked_cases_caselink ENABLE ROW LEVEL SECURITY;
CREATE POLICY link_of_case ON linked_cases_caselink
    USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id IN (waiting_id, other_id)))
    WITH CHECK (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = waiting_id));

-- The numbers of the cases from one to another, each waiting for the next; null when the first does not come to wait for
-- the second. Walks over cases that the asker may not see, because a circle does not care who looks.
CREATE FUNCTION xiaoshi_waits_for(start uuid, goal uuid) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public AS $$
    WITH RECURSIVE walk AS (
        SELECT l.other_id AS at, ARRAY[l.waiting_number, l.other_number] AS numbers FROM linked_cases_caselink l
         WHERE l.waiting_id = start AND l.let_at IS NULL AND l.outcome = ''
        UNION ALL
        SELECT l.other_id, w.numbers || l.other_number FROM linked_cases_caselink l JOIN walk w ON l.waiting_id = w.at
         WHERE l.let_at IS NULL AND l.outcome = '' AND l.other_number <> ALL (w.numbers) AND w.at <> goal
    ) SELECT numbers FROM walk WHERE at = goal LIMIT 1 $$;
"""


class Migration(migrations.Migration):
    dependencies = [("linked_cases", "0001_initial"), ("guard", "0002_house_timers")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
