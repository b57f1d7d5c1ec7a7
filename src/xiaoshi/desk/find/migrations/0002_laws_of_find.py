"""Row-level security of the index, the triggers that note what has changed, and the one function that uses the GIN index.

A policy of each table asks for the case, so whoever may see the case (own unit, visitor, substitute) finds it, and nobody
else. The function belongs to the owner because a reader's condition on `grams` may not use an index under a policy; it
offers candidates of the reader's reach only, and what it offers is read through the policies again.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE find_indexrow ENABLE ROW LEVEL SECURITY;
ALTER TABLE find_indexedcase ENABLE ROW LEVEL SECURITY;
ALTER TABLE find_documenttext ENABLE ROW LEVEL SECURITY;
ALTER TABLE find_due ENABLE ROW LEVEL SECURITY;
CREATE POLICY row_of_case ON find_indexrow USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id))
    WITH CHECK (xiaoshi_staff() <> '');
CREATE POLICY progress_of_case ON find_indexedcase USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id))
    WITH CHECK (xiaoshi_staff() <> '');
CREATE POLICY document_of_case ON find_documenttext USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id))
    WITH CHECK (xiaoshi_staff() <> '');
CREATE POLICY due_of_case ON find_due USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id))
    WITH CHECK (xiaoshi_staff() <> '');

-- A vector of hashes is of no use in the statistics of a join, and it is compared as a whole never.
ALTER TABLE find_indexrow ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE FUNCTION xiaoshi_find_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO find_due (case_id) SELECT DISTINCT case_id FROM fresh WHERE case_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER find_due AFTER INSERT ON audit_timelineentry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION xiaoshi_find_due();
CREATE TRIGGER find_due AFTER INSERT ON papers_document REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION xiaoshi_find_due();

CREATE FUNCTION xiaoshi_find_candidates(wanted integer[], below uuid, above uuid, at_most integer)
    RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE
    reach text[] := ARRAY(SELECT xiaoshi_reach() WHERE xiaoshi_reach() <> ''
        UNION SELECT substring(s FROM position(':' IN s) + 1) FROM xiaoshi_stand_in_reach() s);
BEGIN
    -- EXECUTE: planned for these grams, since a frequent one is walked from the newest case and a rare one through GIN.
    RETURN QUERY EXECUTE
        'SELECT u.case_id FROM ('
        '(SELECT DISTINCT r.case_id FROM find_indexrow r WHERE r.grams @> $1 AND r.paths && $2'
        '   AND r.case_id < $3 AND r.case_id >= $4 ORDER BY r.case_id DESC LIMIT $5)'
        ' UNION '
        '(SELECT DISTINCT r.case_id FROM cases_casevisitor v JOIN find_indexrow r ON r.case_id = v.case_id'
        '   WHERE v.staff_login = $6 AND r.grams @> $1 AND r.case_id < $3 AND r.case_id >= $4'
        '   ORDER BY r.case_id DESC LIMIT $5)) u ORDER BY u.case_id DESC LIMIT $5'
        USING wanted, reach, below, above, at_most, xiaoshi_staff();
END $$;
REVOKE ALL ON FUNCTION xiaoshi_find_candidates(integer[], uuid, uuid, integer) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("find", "0001_initial"),
        ("guard", "0002_house_timers"),
        ("substitutes", "0002_standing_in"),
        ("audit", "0001_initial"),
        ("papers", "0003_copies_are_documents"),
    ]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
