"""Row-level security of the door, and the one function that every request asks about its session."""

from django.db import migrations

FORWARD = """
ALTER TABLE signing_in_factor ENABLE ROW LEVEL SECURITY;
ALTER TABLE signing_in_device ENABLE ROW LEVEL SECURITY;
ALTER TABLE signing_in_sitting ENABLE ROW LEVEL SECURITY;
ALTER TABLE signing_in_doorevent ENABLE ROW LEVEL SECURITY;

-- A factor is made by its person alone; whoever stands over the person may remove it (an act asks two people first).
CREATE POLICY factor_seen ON signing_in_factor FOR SELECT USING (xiaoshi_over_person(staff_login));
CREATE POLICY factor_made ON signing_in_factor FOR INSERT WITH CHECK (staff_login = xiaoshi_staff());
CREATE POLICY factor_used ON signing_in_factor FOR UPDATE USING (staff_login = xiaoshi_staff());
CREATE POLICY factor_removed ON signing_in_factor FOR DELETE USING (xiaoshi_over_person(staff_login));
CREATE POLICY device_seen ON signing_in_device USING (xiaoshi_over_person(staff_login))
    WITH CHECK (staff_login = xiaoshi_staff());
CREATE POLICY sitting_seen ON signing_in_sitting USING (xiaoshi_over_person(staff_login))
    WITH CHECK (xiaoshi_over_person(staff_login));
CREATE POLICY door_seen ON signing_in_doorevent FOR SELECT USING (xiaoshi_over_person(staff_login));
-- Before the sign-in there is nobody yet: the door writes, and reads nothing.
CREATE POLICY door_told ON signing_in_doorevent FOR INSERT WITH CHECK (true);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON signing_in_doorevent
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();

-- Whether this browser has signed in as this person before. Asked before the sign-in, so by the function's owner.
CREATE FUNCTION xiaoshi_knows_device(ident uuid, who text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public
    AS $$ SELECT EXISTS (SELECT 1 FROM signing_in_device d WHERE d.device = ident AND d.staff_login = who) $$;

-- One round trip for each request: is this session still good, and for how many seconds? `active`: the person did
-- something (a page that asks by itself every few seconds does not keep a session alive).
CREATE FUNCTION xiaoshi_touch_sitting(ident uuid, who text, active boolean, idle_default integer)
    RETURNS TABLE (good boolean, reason text, left_s integer) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    sat signing_in_sitting; idle interval;
BEGIN
    SELECT * INTO sat FROM signing_in_sitting s WHERE s.id = ident AND s.staff_login = who;
    IF NOT FOUND THEN RETURN QUERY SELECT false, 'unknown'::text, 0; RETURN; END IF;
    IF sat.ended_at IS NOT NULL THEN RETURN QUERY SELECT false, sat.end_reason, 0; RETURN; END IF;
    SELECT make_interval(mins => coalesce((SELECT (b.value)::integer FROM organisation_banksetting b
        WHERE b.key = 'idle_minutes'), idle_default)) INTO idle;
    IF clock_timestamp() - sat.last_seen_at > idle THEN
        UPDATE signing_in_sitting s SET ended_at = clock_timestamp(), end_reason = 'idle' WHERE s.id = ident AND s.ended_at IS NULL;
        RETURN QUERY SELECT false, 'idle'::text, 0; RETURN;
    END IF;
    IF active AND clock_timestamp() - sat.last_seen_at > interval '20 seconds' THEN
        UPDATE signing_in_sitting s SET last_seen_at = clock_timestamp() WHERE s.id = ident AND s.ended_at IS NULL;
        sat.last_seen_at := clock_timestamp();
    END IF;
    RETURN QUERY SELECT true, ''::text, extract(epoch FROM sat.last_seen_at + idle - clock_timestamp())::integer;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("signing_in", "0001_initial"),
        ("organisation", "0003_keeping_laws"),
        ("guard", "0002_house_timers"),
    ]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
