"""What the database itself holds about tokens, whoever writes SQL.

- A reader sees the own tokens (and those of machines that he or she answers for), those of people and machines below
  his or her unit, and, while a request proves who it is, the one token whose hash it brings.
- A token that has ended stays ended. When a person leaves or gets another password, the tokens end in the same statement.
- No machine account is the second person of a payment, and no person has a sign-in name like one.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION xiaoshi_token() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(current_setting('xiaoshi.token', true), '') $$;

ALTER TABLE api_token ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen_tokens ON api_token FOR SELECT USING (
    owner_login = xiaoshi_staff()
    OR (xiaoshi_token() <> '' AND hash = xiaoshi_token())
    OR EXISTS (SELECT 1 FROM organisation_staff s JOIN organisation_unit u ON u.id = s.unit_id
               WHERE s.id = staff_id AND xiaoshi_stands_over(u.path))
    OR EXISTS (SELECT 1 FROM api_machine m JOIN organisation_unit u ON u.id = m.unit_id
               WHERE m.id = machine_id AND xiaoshi_stands_over(u.path)));
CREATE POLICY made_tokens ON api_token FOR INSERT WITH CHECK (made_by = xiaoshi_staff() AND made_by <> '');
CREATE POLICY ended_tokens ON api_token FOR UPDATE USING (
    owner_login = xiaoshi_staff()
    OR EXISTS (SELECT 1 FROM organisation_staff s JOIN organisation_unit u ON u.id = s.unit_id
               WHERE s.id = staff_id AND xiaoshi_stands_over(u.path))
    OR EXISTS (SELECT 1 FROM api_machine m JOIN organisation_unit u ON u.id = m.unit_id
               WHERE m.id = machine_id AND xiaoshi_stands_over(u.path)));

ALTER TABLE api_tokenuse ENABLE ROW LEVEL SECURITY;
CREATE POLICY use_of_seen_tokens ON api_tokenuse USING (EXISTS (SELECT 1 FROM api_token t WHERE t.id = token_id));

CREATE FUNCTION xiaoshi_token_stays_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a token that has ended stays ended' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER token_stays_ended BEFORE UPDATE ON api_token
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION xiaoshi_token_stays_ended();
CREATE TRIGGER machine_stays_closed BEFORE UPDATE ON api_machine
    FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION xiaoshi_token_stays_ended();

-- Whoever leaves leaves no key behind, nor one of a machine that only he or she answered for. SECURITY DEFINER: whoever
-- takes a person out of service need not be able to see that person's tokens.
CREATE FUNCTION xiaoshi_end_tokens() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF OLD.is_active AND NOT NEW.is_active THEN
        UPDATE api_token SET ended_at = now(), ended_by = 'house:tokens', end_reason = 'left'
            WHERE owner_login = OLD.login AND ended_at IS NULL;
    ELSIF NEW.password IS DISTINCT FROM OLD.password THEN
        UPDATE api_token SET ended_at = now(), ended_by = 'house:tokens', end_reason = 'password_changed'
            WHERE staff_id = OLD.id AND ended_at IS NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tokens_end_with_service AFTER UPDATE ON organisation_staff
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_end_tokens();

ALTER TABLE organisation_staff ADD CONSTRAINT login_is_no_machine CHECK (login NOT LIKE 'machine:%');
ALTER TABLE money_moneyorder ADD CONSTRAINT order_checked_by_a_person CHECK (checker NOT LIKE 'machine:%');
ALTER TABLE money_entry ADD CONSTRAINT entry_checked_by_a_person CHECK (checker NOT LIKE 'machine:%');
"""


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial"), ("guard", "0002_house_timers"), ("money", "0002_laws")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
