"""Who sees what: papers asked for and cover sheets with their case; scans in their outlet only; held files by their owner.

Scans lie outside of any case until somebody has looked: they are the outlet's post, so not even the units above see them.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE papers_askedofclient ENABLE ROW LEVEL SECURITY;
ALTER TABLE papers_heldfile ENABLE ROW LEVEL SECURITY;
ALTER TABLE papers_cover ENABLE ROW LEVEL SECURITY;
ALTER TABLE papers_scanupload ENABLE ROW LEVEL SECURITY;
ALTER TABLE papers_scanfile ENABLE ROW LEVEL SECURITY;
ALTER TABLE papers_scanpart ENABLE ROW LEVEL SECURITY;

CREATE POLICY asked_of_case ON papers_askedofclient USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY cover_of_case ON papers_cover USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY own_held_files ON papers_heldfile USING (staff_login = xiaoshi_staff() OR xiaoshi_staff() LIKE 'house:%')
    WITH CHECK (staff_login = xiaoshi_staff());
CREATE POLICY upload_of_outlet ON papers_scanupload
    USING (unit_path = xiaoshi_reach() OR xiaoshi_staff() LIKE 'house:%') WITH CHECK (unit_path = xiaoshi_reach());
CREATE POLICY file_of_outlet ON papers_scanfile
    USING (unit_path = xiaoshi_reach() OR xiaoshi_staff() LIKE 'house:%') WITH CHECK (unit_path = xiaoshi_reach());
CREATE POLICY part_of_outlet ON papers_scanpart
    USING (unit_path = xiaoshi_reach() OR xiaoshi_staff() LIKE 'house:%') WITH CHECK (unit_path = xiaoshi_reach());

-- A cover sheet that was used stays used, and a part that was attached stays attached, whatever a program wants.
CREATE FUNCTION papers_cover_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used_at IS NOT NULL THEN
        RAISE EXCEPTION 'cover sheet % was used already', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER once BEFORE UPDATE ON papers_cover FOR EACH ROW EXECUTE FUNCTION papers_cover_once();
CREATE FUNCTION papers_part_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'attached' THEN
        RAISE EXCEPTION 'part % of a scan is attached already', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE ON papers_scanpart FOR EACH ROW EXECUTE FUNCTION papers_part_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("papers", "0004_requirements_covers_and_scans"), ("guard", "0002_house_timers")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
