"""Row-level security of the arrangements, and what they let a substitute see: the absent person's place, for those days.

The two functions tell everybody who stands in (work must find somebody), but never why somebody is absent. They follow at
most three arrangements in a row, as `core/casework/substitutes.py` does.
"""

from django.db import migrations

FORWARD = """
ALTER TABLE substitutes_substitution ENABLE ROW LEVEL SECURITY;
CREATE POLICY substitution_seen ON substitutes_substitution
    USING (absent = xiaoshi_staff() OR substitute = xiaoshi_staff() OR xiaoshi_stands_over(absent_path))
    WITH CHECK (xiaoshi_staff() <> '');

-- For whom a person stands in on a day, through at most three arrangements; kinds {} are all kinds.
CREATE FUNCTION xiaoshi_stood_in_for(who text, on_day date) RETURNS TABLE (absent text, absent_path text, kinds text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public ROWS 1 AS $$
    WITH RECURSIVE held AS (
        SELECT s.absent, s.absent_path, s.kinds, 1 AS hops FROM substitutes_substitution s
         WHERE s.substitute = who AND s.ended_at IS NULL AND on_day BETWEEN s.first_day AND s.last_day
        UNION ALL
        SELECT s.absent, s.absent_path,
               CASE WHEN h.kinds = '{}' THEN s.kinds WHEN s.kinds = '{}' THEN h.kinds
                    ELSE ARRAY(SELECT unnest(h.kinds) INTERSECT SELECT unnest(s.kinds)) END, h.hops + 1
          FROM substitutes_substitution s JOIN held h ON s.substitute = h.absent
         WHERE h.hops < 3 AND s.absent <> who AND s.ended_at IS NULL AND on_day BETWEEN s.first_day AND s.last_day
           AND (h.kinds = '{}' OR s.kinds = '{}' OR h.kinds && s.kinds)
    ) SELECT h.absent, h.absent_path, h.kinds FROM held h $$;

-- The arrangements of some days that can be reached from a person: from the absent to the substitute, and on.
CREATE FUNCTION xiaoshi_substitutes_of(who text, from_day date, to_day date)
    RETURNS TABLE (absent text, substitute text, first_day date, last_day date, kinds text[], fields text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public ROWS 1 AS $$
    WITH RECURSIVE reached AS (
        SELECT s.* FROM substitutes_substitution s
         WHERE s.absent = who AND s.ended_at IS NULL AND s.first_day <= to_day AND s.last_day >= from_day
        UNION
        SELECT s.* FROM substitutes_substitution s JOIN reached r ON s.absent = r.substitute
         WHERE s.ended_at IS NULL AND s.first_day <= to_day AND s.last_day >= from_day
    ) SELECT r.absent, r.substitute, r.first_day, r.last_day, r.kinds, r.fields FROM reached r $$;

-- Beginnings of `kind:path` (`*:path` for all kinds) that somebody may see because he or she stands in today, where the
-- own place does not reach already.
CREATE FUNCTION xiaoshi_stand_in_reach() RETURNS SETOF text LANGUAGE sql STABLE SET search_path = public AS $$
    SELECT k.kind || ':' || f.absent_path
      FROM xiaoshi_stood_in_for(xiaoshi_staff(), (now() AT TIME ZONE 'Asia/Shanghai')::date) f,
           unnest(CASE WHEN f.kinds = '{}' THEN '{*}' ELSE f.kinds END) AS k(kind)
     WHERE xiaoshi_reach() <> '' AND NOT starts_with(f.absent_path, xiaoshi_reach()) $$;

-- Uncorrelated subqueries: worked out once for a statement, and only when the other policies have not let a row pass.
CREATE POLICY case_stood_in_for ON cases_case USING (
    ('*:' || unit_path) ^@ ANY (ARRAY(SELECT xiaoshi_stand_in_reach()))
    OR (kind || ':' || unit_path) ^@ ANY (ARRAY(SELECT xiaoshi_stand_in_reach())))
    WITH CHECK (xiaoshi_staff() <> '');

-- An arrangement that has ended has ended.
CREATE FUNCTION xiaoshi_substitution_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'the arrangement has ended already' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ends_once BEFORE UPDATE ON substitutes_substitution
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_substitution_ends_once();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("substitutes", "0001_initial"),
        ("guard", "0002_house_timers"),
        ("cases", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
