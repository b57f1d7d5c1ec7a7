"""Trays, measurements, notes and answers are seen with their case. What was measured and answered is not altered."""

from django.db import migrations

FORWARD = """
ALTER TABLE burnt_notes_tray ENABLE ROW LEVEL SECURITY;
ALTER TABLE burnt_notes_measurement ENABLE ROW LEVEL SECURITY;
ALTER TABLE burnt_notes_note ENABLE ROW LEVEL SECURITY;
ALTER TABLE burnt_notes_judgement ENABLE ROW LEVEL SECURITY;
CREATE POLICY tray_of_case ON burnt_notes_tray USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY measurement_of_tray ON burnt_notes_measurement
    USING (EXISTS (SELECT 1 FROM burnt_notes_tray t WHERE t.id = tray_id));
CREATE POLICY note_of_tray ON burnt_notes_note USING (EXISTS (SELECT 1 FROM burnt_notes_tray t WHERE t.id = tray_id));
CREATE POLICY judgement_of_note ON burnt_notes_judgement
    USING (EXISTS (SELECT 1 FROM burnt_notes_note n WHERE n.id = note_id));

-- A measurement is never overwritten, and an answer only ever becomes "withdrawn".
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON burnt_notes_measurement
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE FUNCTION burnt_notes_judgement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.withdrawn OR (to_jsonb(OLD) - 'withdrawn') IS DISTINCT FROM (to_jsonb(NEW) - 'withdrawn') THEN
        RAISE EXCEPTION 'an answer can only be withdrawn' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON burnt_notes_judgement
    FOR EACH ROW EXECUTE FUNCTION burnt_notes_judgement_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("burnt_notes", "0001_initial"), ("guard", "0001_row_security")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
