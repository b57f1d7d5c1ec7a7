"""An answer on a note may only be withdrawn, until the case that it belongs to is destroyed after its time."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION burnt_notes_judgement_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND xiaoshi_destroying() = (
        SELECT t.case_id FROM burnt_notes_note n JOIN burnt_notes_tray t ON t.id = n.tray_id WHERE n.id = OLD.note_id) THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.withdrawn OR (to_jsonb(OLD) - 'withdrawn') IS DISTINCT FROM (to_jsonb(NEW) - 'withdrawn') THEN
        RAISE EXCEPTION 'an answer can only be withdrawn' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("burnt_notes", "0002_row_security"), ("retention", "0002_laws")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
