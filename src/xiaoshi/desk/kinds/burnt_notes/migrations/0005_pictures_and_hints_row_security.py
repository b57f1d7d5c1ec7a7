"""Pictures made while measuring and what people told the engine are seen with their case, and are not altered."""

from django.db import migrations

FORWARD = """
ALTER TABLE burnt_notes_traypicture ENABLE ROW LEVEL SECURITY;
ALTER TABLE burnt_notes_hint ENABLE ROW LEVEL SECURITY;
CREATE POLICY picture_of_tray ON burnt_notes_traypicture
    USING (EXISTS (SELECT 1 FROM burnt_notes_tray t WHERE t.id = tray_id));
CREATE POLICY hint_of_tray ON burnt_notes_hint USING (EXISTS (SELECT 1 FROM burnt_notes_tray t WHERE t.id = tray_id));
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON burnt_notes_traypicture
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE FUNCTION burnt_notes_hint_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND xiaoshi_destroying() = (SELECT t.case_id FROM burnt_notes_tray t WHERE t.id = OLD.tray_id) THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.withdrawn OR (to_jsonb(OLD) - 'withdrawn') IS DISTINCT FROM (to_jsonb(NEW) - 'withdrawn') THEN
        RAISE EXCEPTION 'what a person told the engine can only be withdrawn' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON burnt_notes_hint
    FOR EACH ROW EXECUTE FUNCTION burnt_notes_hint_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("burnt_notes", "0004_pictures_and_hints"), ("retention", "0002_laws")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
