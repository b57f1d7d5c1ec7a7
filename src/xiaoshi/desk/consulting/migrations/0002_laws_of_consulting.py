"""Row-level security of the questions, and two functions that look across the whole bank and give away nothing but figures and ids.

Whoever may see the case sees its questions. How many questions lie with somebody is counted over all cases, since a load that
counts only what the asker sees would send everything to the same person. Likeness needs the GIN index, which a reader's
condition may not use under a policy: the function gives ids, and each is read through the policy.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE consulting_question ENABLE ROW LEVEL SECURITY;
ALTER TABLE consulting_turn ENABLE ROW LEVEL SECURITY;
ALTER TABLE consulting_sharedanswer ENABLE ROW LEVEL SECURITY;
ALTER TABLE consulting_opening ENABLE ROW LEVEL SECURITY;
CREATE POLICY question_of_case ON consulting_question USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id))
    WITH CHECK (xiaoshi_staff() <> '');
CREATE POLICY turn_of_question ON consulting_turn USING (EXISTS (SELECT 1 FROM consulting_question q WHERE q.id = question_id))
    WITH CHECK (xiaoshi_staff() <> '');
CREATE POLICY shared_with_all ON consulting_sharedanswer USING (xiaoshi_staff() <> '');
CREATE POLICY own_openings ON consulting_opening USING (staff_login = xiaoshi_staff());

CREATE FUNCTION xiaoshi_questions_with(logins text[]) RETURNS TABLE (login text, open_questions bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT q.assigned_to, count(*) FROM consulting_question q
     WHERE q.assigned_to = ANY (logins) AND q.state IN ('open', 'asked_back') AND xiaoshi_staff() <> ''
     GROUP BY q.assigned_to $$;

-- In how many answered questions and shared answers each gram stands (300 are counted), and how many of them there are.
CREATE FUNCTION xiaoshi_answered_grams(wanted integer[]) RETURNS TABLE (gram integer, held bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT g, (SELECT count(*) FROM (SELECT 1 FROM consulting_question q WHERE q.grams @> ARRAY[g] AND q.state = 'answered' LIMIT 300) a)
            + (SELECT count(*) FROM (SELECT 1 FROM consulting_sharedanswer s WHERE s.grams @> ARRAY[g] LIMIT 300) b)
      FROM unnest(wanted) AS g WHERE xiaoshi_staff() <> '' $$;
CREATE FUNCTION xiaoshi_like_questions(wanted integer[], at_most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT q.id FROM consulting_question q JOIN cases_case c ON c.id = q.case_id
     WHERE q.grams && wanted AND q.state = 'answered'
       AND (xiaoshi_stands_over(c.unit_path) OR xiaoshi_visits(c.id)) ORDER BY q.id DESC LIMIT at_most $$;
CREATE FUNCTION xiaoshi_like_shared(wanted integer[], at_most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT s.id FROM consulting_sharedanswer s WHERE s.grams && wanted AND xiaoshi_staff() <> '' ORDER BY s.id DESC LIMIT at_most $$;

CREATE FUNCTION xiaoshi_answer_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('answered', 'withdrawn') THEN
        RAISE EXCEPTION 'question % is over: what was said stays', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER answer_stays BEFORE UPDATE ON consulting_question FOR EACH ROW EXECUTE FUNCTION xiaoshi_answer_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("consulting", "0001_initial"), ("guard", "0002_house_timers")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
