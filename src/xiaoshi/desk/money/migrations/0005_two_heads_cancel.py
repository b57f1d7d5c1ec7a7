"""A case with a payment is cancelled by two heads: kept by the database too, for the day on which somebody writes SQL by hand.

At commit, a case that has become cancelled while something is booked for it that was not taken back must have, as its newest
word on this, an entry that cancelled it, and before it one that asked for it, at most seven days older and by other people
(whoever acted, and whoever was stood in for). Whoever serves pages writes such entries in the own name only.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION money_cancel_has_two_heads() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    asked record;
    done record;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM money_entry e WHERE e.case_id = NEW.id AND e.reverses_id IS NULL
                   AND NOT EXISTS (SELECT 1 FROM money_entry r WHERE r.reverses_id = e.id)) THEN
        RETURN NULL;
    END IF;
    SELECT t.seq, t.at, t.act, ARRAY[t.actor, t.body ->> 'on_behalf_of'] AS people, t.body ? 'cancel_asked' AS asks
      INTO done FROM audit_timelineentry t
     WHERE t.chain = NEW.id::text AND t.act IN ('case.cancel', 'case.reopen') ORDER BY t.seq DESC LIMIT 1;
    SELECT t.at, ARRAY[t.actor, t.body ->> 'on_behalf_of'] AS people, t.body ? 'cancel_asked' AS asks
      INTO asked FROM audit_timelineentry t
     WHERE t.chain = NEW.id::text AND t.act IN ('case.cancel', 'case.reopen') AND t.seq < done.seq
     ORDER BY t.seq DESC LIMIT 1;
    IF done.act = 'case.cancel' AND NOT done.asks AND asked.asks AND asked.at >= done.at - interval '7 days'
       AND NOT asked.people && done.people THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'case %: money was paid, so two heads cancel it, one after the other', NEW.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_cancel_two_heads';
END $$;
CREATE CONSTRAINT TRIGGER cancel_has_two_heads AFTER UPDATE ON cases_case DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.status = 'cancelled' AND OLD.status IS DISTINCT FROM 'cancelled')
    EXECUTE FUNCTION money_cancel_has_two_heads();

CREATE FUNCTION money_cancels_in_own_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF row_security_active('audit_timelineentry') AND NEW.actor <> xiaoshi_staff() THEN
        RAISE EXCEPTION 'a word on cancelling is written in the own name: % is not %', NEW.actor, xiaoshi_staff()
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cancels_in_own_name BEFORE INSERT ON audit_timelineentry
    FOR EACH ROW WHEN (NEW.act IN ('case.cancel', 'case.reopen')) EXECUTE FUNCTION money_cancels_in_own_name();
"""
BACKWARD = """
DROP TRIGGER cancels_in_own_name ON audit_timelineentry;
DROP FUNCTION money_cancels_in_own_name();
DROP TRIGGER cancel_has_two_heads ON cases_case;
DROP FUNCTION money_cancel_has_two_heads();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("money", "0004_made_for_stays"),
        ("audit", "0002_anchor_laws"),
        ("cases", "0006_visiting_for_somebody"),
        ("guard", "0002_house_timers"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
