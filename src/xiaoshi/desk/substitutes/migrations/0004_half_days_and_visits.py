"""Half days, and an end to what a substitute sees: who stands in is asked for a moment, and so is every row of a visitor
that names for whom.

Rows of before get the absent person of the arrangement of that day; where there is none any more, `-`, which is nobody.
"""

from django.db import migrations, models
from django.db.models import F, Q

FORWARD = """
DROP FUNCTION xiaoshi_stood_in_for(text, date);
DROP FUNCTION xiaoshi_substitutes_of(text, date, date);

-- For whom a person stands in at a moment of the bank's clock, through at most three arrangements; kinds {} are all kinds.
CREATE FUNCTION xiaoshi_stood_in_for(who text, at timestamp) RETURNS TABLE (absent text, absent_path text, kinds text[])
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public ROWS 1 AS $$
    WITH RECURSIVE held AS (
        SELECT s.absent, s.absent_path, s.kinds, 1 AS hops FROM substitutes_substitution s
         WHERE s.substitute = who AND s.ended_at IS NULL AND s.last_day >= at::date
           AND s.first_day + coalesce(s.from_time, '00:00') <= at AND at < s.last_day + coalesce(s.until_time, '24:00')
        UNION ALL
        SELECT s.absent, s.absent_path,
               CASE WHEN h.kinds = '{}' THEN s.kinds WHEN s.kinds = '{}' THEN h.kinds
                    ELSE ARRAY(SELECT unnest(h.kinds) INTERSECT SELECT unnest(s.kinds)) END, h.hops + 1
          FROM substitutes_substitution s JOIN held h ON s.substitute = h.absent
         WHERE h.hops < 3 AND s.absent <> who AND s.ended_at IS NULL AND s.last_day >= at::date
           AND s.first_day + coalesce(s.from_time, '00:00') <= at AND at < s.last_day + coalesce(s.until_time, '24:00')
           AND (h.kinds = '{}' OR s.kinds = '{}' OR h.kinds && s.kinds)
    ) SELECT h.absent, h.absent_path, h.kinds FROM held h $$;

-- The arrangements that hold at some time from `begin` to `until` and can be reached from a person, and on.
CREATE FUNCTION xiaoshi_substitutes_of(who text, begin timestamp, until timestamp)
    RETURNS TABLE (absent text, substitute text, first_day date, last_day date, kinds text[], fields text[],
                   from_time time, until_time time)
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public ROWS 1 AS $$
    WITH RECURSIVE reached AS (
        SELECT s.* FROM substitutes_substitution s
         WHERE s.absent = who AND s.ended_at IS NULL AND s.last_day >= begin::date
           AND s.first_day + coalesce(s.from_time, '00:00') <= until AND s.last_day + coalesce(s.until_time, '24:00') > begin
        UNION
        SELECT s.* FROM substitutes_substitution s JOIN reached r ON s.absent = r.substitute
         WHERE s.ended_at IS NULL AND s.last_day >= begin::date
           AND s.first_day + coalesce(s.from_time, '00:00') <= until AND s.last_day + coalesce(s.until_time, '24:00') > begin
    ) SELECT r.absent, r.substitute, r.first_day, r.last_day, r.kinds, r.fields, r.from_time, r.until_time FROM reached r $$;

CREATE OR REPLACE FUNCTION xiaoshi_stand_in_reach() RETURNS SETOF text LANGUAGE sql STABLE SET search_path = public AS $$
    SELECT k.kind || ':' || f.absent_path
      FROM xiaoshi_stood_in_for(xiaoshi_staff(), now() AT TIME ZONE 'Asia/Shanghai') f,
           unnest(CASE WHEN f.kinds = '{}' THEN '{*}' ELSE f.kinds END) AS k(kind)
     WHERE xiaoshi_reach() <> '' AND NOT starts_with(f.absent_path, xiaoshi_reach()) $$;

CREATE OR REPLACE FUNCTION xiaoshi_visits(case_ident uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
    SET search_path = public
    AS $$ SELECT EXISTS (SELECT 1 FROM cases_casevisitor v
          WHERE v.case_id = case_ident AND v.staff_login = coalesce(current_setting('xiaoshi.staff', true), '')
            AND (v.stands_in_for = '' OR EXISTS (
                 SELECT 1 FROM xiaoshi_stood_in_for(v.staff_login, now() AT TIME ZONE 'Asia/Shanghai') f
                  WHERE f.absent = v.stands_in_for
                    AND (f.kinds = '{}' OR (SELECT c.kind FROM cases_case c WHERE c.id = case_ident) = ANY (f.kinds))))) $$;

UPDATE cases_casevisitor v SET stands_in_for = coalesce(
    (SELECT s.absent FROM substitutes_substitution s WHERE s.substitute = v.staff_login
        AND (v.since AT TIME ZONE 'Asia/Shanghai')::date BETWEEN s.first_day AND s.last_day ORDER BY s.id DESC LIMIT 1), '-')
 WHERE v.why = 'substitute';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("substitutes", "0003_asked_last"),
        ("cases", "0006_visiting_for_somebody"),
        ("find", "0002_laws_of_find"),
    ]
    operations = [
        migrations.AddField("substitution", "from_time", models.TimeField(blank=True, null=True)),
        migrations.AddField("substitution", "until_time", models.TimeField(blank=True, null=True)),
        migrations.AddConstraint(
            model_name="substitution",
            constraint=models.CheckConstraint(
                condition=Q(last_day__gt=F("first_day"))
                | Q(until_time=None)
                | Q(from_time=None)
                | Q(until_time__gt=F("from_time")),
                name="substitution_times_in_order",
            ),
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
