"""Row-level security: the database's own rule for who sees which case. See `guard/visibility.py`.

The functions read what `see_as` set for this transaction. The policies bind every role but the owner (who migrates,
audits and never serves a page); the runtime role owns nothing, so it can neither drop nor bypass them.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION xiaoshi_staff() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(current_setting('xiaoshi.staff', true), '') $$;
CREATE FUNCTION xiaoshi_reach() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(current_setting('xiaoshi.reach', true), '') $$;
-- A person stands over the paths that begin with his or her own unit's path.
CREATE FUNCTION xiaoshi_stands_over(path text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT xiaoshi_reach() <> '' AND starts_with(path, xiaoshi_reach()) $$;

ALTER TABLE cases_case ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_casevisitor ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_answeredact ENABLE ROW LEVEL SECURITY;
ALTER TABLE people_client ENABLE ROW LEVEL SECURITY;
ALTER TABLE papers_document ENABLE ROW LEVEL SECURITY;
ALTER TABLE papers_paper ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_timelineentry ENABLE ROW LEVEL SECURITY;

-- Visitors: one sees one's own invitations; whoever may see the case may invite. SECURITY DEFINER breaks the circle
-- between the two policies (a case asks its visitors, a visitor asks its case).
CREATE FUNCTION xiaoshi_visits(case_ident uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
    SET search_path = public
    AS $$ SELECT EXISTS (SELECT 1 FROM cases_casevisitor v
          WHERE v.case_id = case_ident AND v.staff_login = coalesce(current_setting('xiaoshi.staff', true), '')) $$;

CREATE POLICY case_seen ON cases_case USING (xiaoshi_stands_over(unit_path) OR xiaoshi_visits(id))
    WITH CHECK (xiaoshi_staff() <> '');
CREATE POLICY visitor_seen ON cases_casevisitor
    USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY own_answers ON cases_answeredact USING (actor = xiaoshi_staff()) WITH CHECK (actor = xiaoshi_staff());
CREATE POLICY client_of_case ON people_client USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY document_of_case ON papers_document USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY paper_of_case ON papers_paper USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY entry_of_case ON audit_timelineentry USING (
    CASE WHEN case_id IS NULL THEN xiaoshi_stands_over(unit_path)
         ELSE EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id) END);

-- What happened stays: not even the owner changes or removes an entry without first removing this trigger.
CREATE FUNCTION xiaoshi_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_timelineentry
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON audit_timelineentry
    FOR EACH STATEMENT EXECUTE FUNCTION xiaoshi_append_only();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("audit", "0001_initial"),
        ("cases", "0001_initial"),
        ("organisation", "0001_initial"),
        ("papers", "0001_initial"),
        ("people", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
