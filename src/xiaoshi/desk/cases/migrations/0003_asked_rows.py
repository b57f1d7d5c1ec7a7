"""The trigger that spreads `asked` into one row for each person or role, who may read those rows, and the rows of today's cases."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION xiaoshi_keep_asked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM cases_caseasked WHERE case_id = NEW.id;
    END IF;
    INSERT INTO cases_caseasked (case_id, unit_path, kind, opened_at, why, step, person, role, level, field, not_by,
                                 owner_can, since)
    SELECT NEW.id, NEW.unit_path, NEW.kind, NEW.opened_at, e->>'why', e->>'step', e->>'person', e->>'role', e->>'level',
           e->>'field', ARRAY(SELECT jsonb_array_elements_text(e->'not_by')),
           coalesce((SELECT e->>'role' = ANY (s.roles) FROM organisation_staff s WHERE s.login = NEW.owner), false),
           (e->>'since')::timestamptz
      FROM jsonb_array_elements(NEW.asked) AS e;
    RETURN NULL;
END $$;
CREATE TRIGGER asked_of_new AFTER INSERT ON cases_case FOR EACH ROW WHEN (NEW.asked <> '[]')
    EXECUTE FUNCTION xiaoshi_keep_asked();
CREATE TRIGGER asked_changed AFTER UPDATE ON cases_case FOR EACH ROW
    WHEN (OLD.asked IS DISTINCT FROM NEW.asked OR OLD.unit_path <> NEW.unit_path OR OLD.owner <> NEW.owner)
    EXECUTE FUNCTION xiaoshi_keep_asked();

ALTER TABLE cases_caseasked ENABLE ROW LEVEL SECURITY;
-- The cheap questions first: a row below one's own place never asks for its case.
CREATE POLICY asked_seen ON cases_caseasked USING (
    xiaoshi_stands_over(unit_path) OR EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
"""


def rows_of_today(apps, schema_editor):
    from xiaoshi.desk.cases.rebuild import rebuild

    rebuild(schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_asked_and_lists"), ("guard", "0002_house_timers")]
    operations = [
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
        migrations.RunPython(rows_of_today, migrations.RunPython.noop),
    ]
