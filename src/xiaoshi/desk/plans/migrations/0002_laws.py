"""What the database keeps by itself: a published text never changes, two persons publish, and a run shows to whoever ordered it.

The index is for "where how many cases stand": the open cases of a kind within a part of the bank, without touching the rows.
"""

from django.db import migrations

FORWARD = """
CREATE TRIGGER published_stays BEFORE UPDATE OR DELETE ON cases_planversion
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER publication_stays BEFORE UPDATE OR DELETE ON plans_publication
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();

-- Whoever wrote any part of the text does not publish it, whatever the act checked.
CREATE FUNCTION xiaoshi_publisher_did_not_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM plans_plandraft d WHERE d.id = NEW.draft_id AND NEW.publisher = ANY (d.editors)) THEN
        RAISE EXCEPTION 'the publisher of plan % v% wrote on its draft', NEW.kind, NEW.version
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER publisher_did_not_write BEFORE INSERT ON plans_publication
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_publisher_did_not_write();

ALTER TABLE plans_moverun ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_runs ON plans_moverun USING (ordered_by = xiaoshi_staff() OR xiaoshi_staff() LIKE 'house:%')
    WITH CHECK (ordered_by = xiaoshi_staff() OR xiaoshi_staff() LIKE 'house:%');
ALTER TABLE plans_moveitem ENABLE ROW LEVEL SECURITY;
CREATE POLICY items_of_own_runs ON plans_moveitem USING (EXISTS (SELECT 1 FROM plans_moverun r WHERE r.id = run_id))
    WITH CHECK (EXISTS (SELECT 1 FROM plans_moverun r WHERE r.id = run_id));

CREATE INDEX case_kind_standing ON cases_case (kind, unit_path, plan_version, step) WHERE status IN ('open', 'suspended');
"""

BACK = """
DROP INDEX case_kind_standing;
DROP TRIGGER publisher_did_not_write ON plans_publication;
DROP FUNCTION xiaoshi_publisher_did_not_write;
DROP TRIGGER publication_stays ON plans_publication;
DROP TRIGGER published_stays ON cases_planversion;
"""


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial"), ("guard", "0002_house_timers")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
