"""Row-level security: whoever sees a case sees who looks at it, and writes only for himself or herself; drafts are one's own."""

from django.db import migrations

FORWARD = """
ALTER TABLE presence_looking ENABLE ROW LEVEL SECURITY;
CREATE POLICY looking_seen ON presence_looking FOR SELECT
    USING (staff_login = xiaoshi_staff() OR EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY looking_own_new ON presence_looking FOR INSERT
    WITH CHECK (staff_login = xiaoshi_staff() AND EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY looking_own_change ON presence_looking FOR UPDATE USING (staff_login = xiaoshi_staff());
CREATE POLICY looking_own_gone ON presence_looking FOR DELETE USING (staff_login = xiaoshi_staff());

ALTER TABLE presence_draft ENABLE ROW LEVEL SECURITY;
CREATE POLICY draft_own ON presence_draft USING (staff_login = xiaoshi_staff())
    WITH CHECK (staff_login = xiaoshi_staff() AND EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));

CREATE FUNCTION xiaoshi_presence_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    DELETE FROM presence_looking WHERE case_id = OLD.id;
    DELETE FROM presence_draft WHERE case_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER presence_gone AFTER DELETE ON cases_case FOR EACH ROW EXECUTE FUNCTION xiaoshi_presence_gone();
"""


class Migration(migrations.Migration):
    dependencies = [("presence", "0001_initial"), ("guard", "0002_house_timers")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
