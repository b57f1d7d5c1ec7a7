"""Whoever is to stand in is asked: until he or she agrees nothing goes there. Rows of before count as agreed.

Who stands in is still answered by the two functions; a third one also tells what was promised but not agreed to, so that
a circle is refused when it is made and not when somebody agrees.
"""

from django.db import migrations, models

HOLDS = "s.ended_at IS NULL AND s.agreement IN ('agreed', 'named')"

FORWARD = """
CREATE OR REPLACE FUNCTION xiaoshi_stood_in_for(who text, at timestamp)
    RETURNS TABLE (absent text, absent_path text, kinds text[])
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public ROWS 1 AS $$
    WITH RECURSIVE held AS (
        SELECT s.absent, s.absent_path, s.kinds, 1 AS hops FROM substitutes_substitution s
         WHERE s.substitute = who AND (HOLDS) AND s.last_day >= at::date
           AND s.first_day + coalesce(s.from_time, '00:00') <= at AND at < s.last_day + coalesce(s.until_time, '24:00')
        UNION ALL
        SELECT s.absent, s.absent_path,
               CASE WHEN h.kinds = '{}' THEN s.kinds WHEN s.kinds = '{}' THEN h.kinds
                    ELSE ARRAY(SELECT unnest(h.kinds) INTERSECT SELECT unnest(s.kinds)) END, h.hops + 1
          FROM substitutes_substitution s JOIN held h ON s.substitute = h.absent
         WHERE h.hops < 3 AND s.absent <> who AND (HOLDS) AND s.last_day >= at::date
           AND s.first_day + coalesce(s.from_time, '00:00') <= at AND at < s.last_day + coalesce(s.until_time, '24:00')
           AND (h.kinds = '{}' OR s.kinds = '{}' OR h.kinds && s.kinds)
    ) SELECT h.absent, h.absent_path, h.kinds FROM held h $$;

CREATE OR REPLACE FUNCTION xiaoshi_substitutes_of(who text, begin timestamp, until timestamp)
    RETURNS TABLE (absent text, substitute text, first_day date, last_day date, kinds text[], fields text[],
                   from_time time, until_time time)
    LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public ROWS 1 AS $$
    WITH RECURSIVE reached AS (
        SELECT s.* FROM substitutes_substitution s
         WHERE s.absent = who AND (HOLDS) AND s.last_day >= begin::date
           AND s.first_day + coalesce(s.from_time, '00:00') <= until AND s.last_day + coalesce(s.until_time, '24:00') > begin
        UNION
        SELECT s.* FROM substitutes_substitution s JOIN reached r ON s.absent = r.substitute
         WHERE (HOLDS) AND s.last_day >= begin::date
           AND s.first_day + coalesce(s.from_time, '00:00') <= until AND s.last_day + coalesce(s.until_time, '24:00') > begin
    ) SELECT r.absent, r.substitute, r.first_day, r.last_day, r.kinds, r.fields, r.from_time, r.until_time FROM reached r $$;

-- The same with what nobody has answered yet, without the arrangement `but`: only for looking whether one may be made.
CREATE FUNCTION xiaoshi_promised_substitutes_of(who text, begin timestamp, until timestamp, but bigint)
    RETURNS TABLE (absent text, substitute text, first_day date, last_day date, kinds text[], from_time time, until_time time)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    WITH RECURSIVE reached AS (
        SELECT s.* FROM substitutes_substitution s
         WHERE s.absent = who AND s.id <> but AND s.ended_at IS NULL AND s.last_day >= begin::date
           AND s.first_day + coalesce(s.from_time, '00:00') <= until AND s.last_day + coalesce(s.until_time, '24:00') > begin
        UNION
        SELECT s.* FROM substitutes_substitution s JOIN reached r ON s.absent = r.substitute
         WHERE s.id <> but AND s.ended_at IS NULL AND s.last_day >= begin::date
           AND s.first_day + coalesce(s.from_time, '00:00') <= until AND s.last_day + coalesce(s.until_time, '24:00') > begin
    ) SELECT r.absent, r.substitute, r.first_day, r.last_day, r.kinds, r.from_time, r.until_time FROM reached r $$;

-- Nobody agrees for another, and an answer stays; whoever names without asking needs the bank's rule of that day.
CREATE FUNCTION xiaoshi_substitute_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF xiaoshi_staff() = '' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.agreement = 'declined' OR (NEW.agreement = 'agreed' AND NEW.substitute <> xiaoshi_staff())
           OR (NEW.agreement = 'named' AND NOT coalesce(
               (SELECT r.heads_may_name FROM substitutes_askingrule r WHERE r.from_day <= NEW.first_day
                 ORDER BY r.from_day DESC, r.id DESC LIMIT 1), false)) THEN
            RAISE EXCEPTION 'the substitute has to agree' USING ERRCODE = 'insufficient_privilege';
        END IF;
    ELSIF NEW.agreement <> OLD.agreement
          AND (OLD.agreement <> 'asked' OR OLD.substitute <> xiaoshi_staff() OR NEW.agreement = 'named') THEN
        RAISE EXCEPTION 'only who was asked answers, once' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER substitute_agrees BEFORE INSERT OR UPDATE ON substitutes_substitution
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_substitute_agrees();
""".replace("(HOLDS)", HOLDS)


class Migration(migrations.Migration):
    dependencies = [("substitutes", "0004_half_days_and_visits")]
    operations = [
        migrations.CreateModel(
            name="AskingRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_day", models.DateField()),
                ("heads_may_name", models.BooleanField()),
                ("source", models.TextField()),
                ("set_by", models.TextField()),
                ("set_at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name="askingrule",
            index=models.Index(fields=["-from_day", "-id"], name="asking_rule_newest"),
        ),
        migrations.AddField(
            model_name="substitution",
            name="agreement",
            field=models.TextField(db_default="agreed", default="asked"),
        ),
        migrations.AddField(
            model_name="substitution", name="answered_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddConstraint(
            model_name="substitution",
            constraint=models.CheckConstraint(
                condition=models.Q(("agreement__in", ["asked", "agreed", "named", "declined"])),
                name="substitution_agreement_known",
            ),
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
