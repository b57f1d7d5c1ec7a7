"""What two people decide is carried out by the database: papers, holds, limits, rates, closed days.

A request starts as waiting (a loss report at once), is decided once, by another person, and its effect happens in the same
statement. The tables of effects take nothing from anybody else: `depth` tells a statement that somebody wrote from ours.
"""

from django.db import migrations

REQUESTS = """
CREATE FUNCTION money_request_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> (CASE NEW.kind WHEN 'report_lost' THEN 'at_once' ELSE 'waiting' END) OR NEW.checker <> '' THEN
            RAISE EXCEPTION 'a request starts as waiting, unchecked'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_request_forward';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - '{state,checker,checked_at,checker_terminal,decided_reason}'::text[])
       IS DISTINCT FROM (to_jsonb(OLD) - '{state,checker,checked_at,checker_terminal,decided_reason}'::text[]) THEN
        RAISE EXCEPTION 'request %: what was recorded stays', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.state <> 'waiting' OR NEW.state NOT IN ('agreed', 'rejected', 'withdrawn') THEN
        RAISE EXCEPTION 'request %: from % to % is no step', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_request_forward';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON money_request FOR EACH ROW EXECUTE FUNCTION money_request_moves();
CREATE TRIGGER kept BEFORE DELETE ON money_request FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON money_request FOR EACH STATEMENT EXECUTE FUNCTION xiaoshi_append_only();

CREATE FUNCTION money_refuse(law text, said text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', said USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = law;
END $$;

CREATE FUNCTION money_move_paper(r money_request) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    i money_instrument%ROWTYPE;
    state_ text;
    beneath_ text;
    allowed boolean;
    balance bigint;
BEGIN
    SELECT * INTO STRICT i FROM money_instrument WHERE id = r.instrument_id FOR UPDATE;
    SELECT balance_fen INTO STRICT balance FROM money_balance WHERE account_id = i.account_id FOR NO KEY UPDATE;
    allowed := CASE r.kind
        WHEN 'report_lost' THEN i.state = 'live' OR (i.state = 'frozen' AND i.beneath = 'live')
        WHEN 'lift_loss' THEN i.state = 'lost' OR (i.state = 'frozen' AND i.beneath = 'lost')
        WHEN 'freeze' THEN i.state IN ('live', 'lost')
        WHEN 'thaw' THEN i.state = 'frozen'
        WHEN 'reissue' THEN i.state = 'lost' AND coalesce(r.terms ->> 'new_number', '') <> ''
        WHEN 'close' THEN i.state = 'live' AND balance = 0 END;
    IF allowed IS NOT TRUE OR r.day < i.moved_on OR r.day > money_day_of(coalesce(r.checked_at, r.made_at)) THEN
        PERFORM money_refuse('money_paper_moves', format('paper %s: %s is not possible from %s', i.number, r.kind, i.state));
    END IF;
    beneath_ := CASE r.kind WHEN 'report_lost' THEN 'lost' WHEN 'lift_loss' THEN 'live' WHEN 'reissue' THEN 'closed'
                            WHEN 'close' THEN 'closed' ELSE i.beneath END;
    state_ := CASE WHEN r.kind = 'freeze' THEN 'frozen' WHEN r.kind = 'thaw' THEN i.beneath
                   WHEN i.state = 'frozen' THEN 'frozen' ELSE beneath_ END;
    UPDATE money_instrument SET state = state_, beneath = beneath_, moved_on = r.day WHERE id = i.id;
    UPDATE money_balance SET stopped = CASE WHEN state_ IN ('lost', 'frozen') THEN state_ ELSE '' END
     WHERE account_id = i.account_id;
    IF r.kind = 'reissue' THEN
        INSERT INTO money_instrument (unit_id, unit_path, account_id, kind, number, issued_on, registered_by, state, beneath,
                                      moved_on)
        VALUES (i.unit_id, i.unit_path, i.account_id, i.kind, r.terms ->> 'new_number', r.day, r.checker, 'live', 'live',
                r.day);
    END IF;
END $$;

CREATE FUNCTION money_close_day(r money_request) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    left_over text;
BEGIN
    PERFORM pg_advisory_xact_lock(417, r.unit_id::int);
    SELECT a.code INTO left_over FROM money_account a JOIN money_balance b ON b.account_id = a.id
     WHERE a.unit_id = r.unit_id AND starts_with(a.code, r.unit_path || '1001/')
       AND (b.balance_fen <> 0 OR b.last_on = r.day)
       AND NOT EXISTS (SELECT 1 FROM money_cashcount c WHERE c.account_id = a.id AND c.day = r.day AND c.state = 'agreed'
                        AND c.counted_fen = b.balance_fen
                        AND c.book_seq + (c.order_id IS NOT NULL)::int = b.posting_count) LIMIT 1;
    IF FOUND THEN PERFORM money_refuse('money_day_counted', format('%s is not counted as it stands', left_over)); END IF;
    IF EXISTS (SELECT 1 FROM money_moneyorder WHERE unit_id = r.unit_id AND state = 'waiting' AND kind IN
               ('pay_cash', 'vault_to_drawer', 'drawer_to_vault', 'handover', 'cash_difference')) THEN
        PERFORM money_refuse('money_day_counted', 'cash still waits for a check');
    END IF;
    INSERT INTO money_businessday (unit_id, unit_path, day, state, request_id)
    VALUES (r.unit_id, r.unit_path, r.day, 'closed', r.id)
    ON CONFLICT (unit_id, day) DO UPDATE SET state = 'closed', request_id = excluded.request_id;
END $$;

CREATE FUNCTION money_request_done() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    h money_hold%ROWTYPE;
    left_ bigint;
    roles_ text[];
BEGIN
    IF NEW.state NOT IN ('agreed', 'at_once') THEN RETURN NULL; END IF;
    SELECT roles INTO roles_ FROM organisation_staff WHERE login = NEW.checker;
    CASE NEW.kind
    WHEN 'hold_place' THEN
        IF NEW.day < money_day_of(NEW.checked_at) THEN
            PERFORM money_refuse('money_hold_expired', 'a hold ends on a day to come');
        END IF;
        PERFORM 1 FROM money_balance WHERE account_id = NEW.account_id FOR NO KEY UPDATE;
        INSERT INTO money_hold (id, unit_id, unit_path, account_id, payee_id, purpose, amount_fen, expires_on, placed_at)
        VALUES (NEW.id, NEW.unit_id, NEW.unit_path, NEW.account_id, NEW.payee_id, NEW.reason, NEW.amount_fen, NEW.day,
                NEW.checked_at);
        UPDATE money_balance SET held_fen = held_fen + NEW.amount_fen WHERE account_id = NEW.account_id;
    WHEN 'hold_release' THEN
        IF NOT coalesce(roles_ && ARRAY['outlet_head', 'city_specialist'], false) THEN
            PERFORM money_refuse('money_hold_released_by', NEW.checker || ' may not release a hold');
        END IF;
        SELECT * INTO STRICT h FROM money_hold WHERE id = NEW.hold_id;
        PERFORM 1 FROM money_balance WHERE account_id = h.account_id FOR NO KEY UPDATE;
        SELECT * INTO STRICT h FROM money_hold WHERE id = NEW.hold_id FOR NO KEY UPDATE;
        left_ := h.amount_fen - h.used_fen - h.released_fen;
        UPDATE money_hold SET released_fen = released_fen + left_ WHERE id = h.id;
        UPDATE money_balance SET held_fen = held_fen - left_ WHERE account_id = h.account_id;
    WHEN 'day_close' THEN PERFORM money_close_day(NEW);
    WHEN 'day_reopen' THEN
        PERFORM pg_advisory_xact_lock(417, NEW.unit_id::int);
        IF EXISTS (SELECT 1 FROM money_businessday WHERE unit_id = NEW.unit_id AND state = 'closed' AND day > NEW.day) THEN
            PERFORM money_refuse('money_day_closed', 'a later day is closed');
        END IF;
        UPDATE money_businessday SET state = 'reopened', request_id = NEW.id WHERE unit_id = NEW.unit_id AND day = NEW.day;
    WHEN 'limit_set' THEN
        INSERT INTO money_authoritylimit (unit_path, work, role, level, alone_fen, joint_fen, in_force_from, source, status,
                                          request_id)
        VALUES (NEW.unit_path, NEW.terms ->> 'work', NEW.terms ->> 'role', NEW.terms ->> 'level',
                (NEW.terms ->> 'alone_fen')::bigint, (NEW.terms ->> 'joint_fen')::bigint, NEW.day, NEW.reason, 'confirmed',
                NEW.id);
    WHEN 'rate_set' THEN
        INSERT INTO money_fxrate (currency, buy_e4, sell_e4, valid_from, source, request_id)
        VALUES (NEW.terms ->> 'currency', (NEW.terms ->> 'buy_e4')::bigint, (NEW.terms ->> 'sell_e4')::bigint,
                greatest((NEW.terms ->> 'valid_from')::timestamptz, NEW.checked_at), NEW.reason, NEW.id);
    ELSE PERFORM money_move_paper(NEW);
    END CASE;
    RETURN NULL;
END $$;
CREATE TRIGGER done AFTER INSERT OR UPDATE ON money_request FOR EACH ROW EXECUTE FUNCTION money_request_done();
"""

EFFECTS = """
-- Depth 1 is a statement that somebody wrote; what a request carries out comes here deeper.
CREATE FUNCTION money_effect_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 OR TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION '% changes by what two people decide only: % is refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER effect BEFORE UPDATE OR DELETE ON money_instrument FOR EACH ROW EXECUTE FUNCTION money_effect_only();
CREATE TRIGGER effect BEFORE INSERT OR UPDATE OR DELETE ON money_hold
    FOR EACH ROW EXECUTE FUNCTION money_effect_only();
CREATE TRIGGER effect BEFORE UPDATE OR DELETE ON money_authoritylimit
    FOR EACH ROW EXECUTE FUNCTION money_effect_only();
CREATE TRIGGER effect BEFORE UPDATE OR DELETE ON money_fxrate FOR EACH ROW EXECUTE FUNCTION money_effect_only();
CREATE TRIGGER effect BEFORE INSERT OR UPDATE OR DELETE ON money_businessday
    FOR EACH ROW EXECUTE FUNCTION money_effect_only();

CREATE FUNCTION money_paper_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'live' OR NEW.beneath <> 'live' THEN
        RAISE EXCEPTION 'a paper starts live' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER starts BEFORE INSERT ON money_instrument FOR EACH ROW EXECUTE FUNCTION money_paper_starts();

CREATE FUNCTION money_count_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' OR NEW.checker <> '' THEN
            PERFORM money_refuse('money_count_forward', 'a count starts unchecked');
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'waiting' OR (to_jsonb(NEW) - '{state,checker,checked_at,checker_terminal}'::text[])
       IS DISTINCT FROM (to_jsonb(OLD) - '{state,checker,checked_at,checker_terminal}'::text[]) THEN
        RAISE EXCEPTION 'a count stays as it was written' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 'agreed' AND NEW.checker = '' THEN
        PERFORM money_refuse('money_count_forward', 'a count is agreed by somebody');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON money_cashcount FOR EACH ROW EXECUTE FUNCTION money_count_moves();
CREATE TRIGGER kept BEFORE DELETE ON money_cashcount FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();

-- Holds whose last day has passed are set free when their account is next looked at: nobody has to remember.
CREATE OR REPLACE FUNCTION money_lock(accounts bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM 1 FROM money_balance WHERE account_id = ANY (accounts) ORDER BY account_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM money_hold WHERE account_id = ANY (accounts) AND amount_fen > used_fen + released_fen
               AND expires_on < money_day_of(now())) THEN
        INSERT INTO money_holdlapse (hold_id, lapsed_at)
        SELECT id, now() FROM money_hold WHERE account_id = ANY (accounts) AND amount_fen > used_fen + released_fen
           AND expires_on < money_day_of(now());
    END IF;
END $$;
CREATE TABLE money_holdlapse (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hold_id uuid NOT NULL REFERENCES money_hold (id),
    lapsed_at timestamptz NOT NULL
);
CREATE FUNCTION money_hold_lapses() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    h money_hold%ROWTYPE;
    left_ bigint;
BEGIN
    SELECT * INTO STRICT h FROM money_hold WHERE id = NEW.hold_id FOR NO KEY UPDATE;
    left_ := h.amount_fen - h.used_fen - h.released_fen;
    IF h.expires_on >= money_day_of(now()) OR left_ = 0 THEN
        PERFORM money_refuse('money_hold_lapses', 'the hold has not ended');
    END IF;
    UPDATE money_hold SET released_fen = released_fen + left_ WHERE id = h.id;
    UPDATE money_balance SET held_fen = held_fen - left_ WHERE account_id = h.account_id;
    RETURN NEW;
END $$;
CREATE TRIGGER lapses BEFORE INSERT ON money_holdlapse FOR EACH ROW EXECUTE FUNCTION money_hold_lapses();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON money_holdlapse
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
"""

SEEN = """
ALTER TABLE money_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_instrument ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_holdlapse ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_authoritylimit ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_fxrate ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_businessday ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_cashcount ENABLE ROW LEVEL SECURITY;

CREATE POLICY request_read ON money_request FOR SELECT USING (xiaoshi_stands_over(unit_path));
CREATE POLICY request_made ON money_request FOR INSERT
    WITH CHECK (xiaoshi_stands_over(unit_path) AND maker = xiaoshi_staff());
CREATE POLICY request_decided ON money_request FOR UPDATE USING (xiaoshi_stands_over(unit_path))
    WITH CHECK (CASE WHEN state = 'withdrawn' THEN maker = xiaoshi_staff() ELSE checker = xiaoshi_staff() END);
CREATE POLICY instrument_read ON money_instrument FOR SELECT USING (xiaoshi_stands_over(unit_path));
CREATE POLICY instrument_made ON money_instrument FOR INSERT
    WITH CHECK (xiaoshi_stands_over(unit_path) AND registered_by = xiaoshi_staff());
CREATE POLICY hold_read ON money_hold FOR SELECT USING (xiaoshi_stands_over(unit_path));
CREATE POLICY lapse_read ON money_holdlapse FOR SELECT USING (EXISTS (SELECT 1 FROM money_hold h WHERE h.id = hold_id));
-- Limits and rates are the house's: whoever works in it reads those of his or her own line.
CREATE POLICY limit_read ON money_authoritylimit FOR SELECT USING (
    xiaoshi_stands_over(unit_path) OR (xiaoshi_reach() <> '' AND starts_with(xiaoshi_reach(), unit_path)));
CREATE POLICY rate_read ON money_fxrate FOR SELECT USING (xiaoshi_staff() <> '');
CREATE POLICY day_read ON money_businessday FOR SELECT USING (xiaoshi_stands_over(unit_path));
CREATE POLICY count_read ON money_cashcount FOR SELECT USING (xiaoshi_stands_over(unit_path));
CREATE POLICY count_made ON money_cashcount FOR INSERT
    WITH CHECK (xiaoshi_stands_over(unit_path) AND counted_by = xiaoshi_staff());
CREATE POLICY count_decided ON money_cashcount FOR UPDATE USING (xiaoshi_stands_over(unit_path))
    WITH CHECK (CASE WHEN state = 'withdrawn' THEN counted_by = xiaoshi_staff() ELSE checker = xiaoshi_staff() END);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("money", "0007_landing_laws"),
        ("guard", "0002_house_timers"),
        ("organisation", "0004_let_in"),
    ]
    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (REQUESTS, EFFECTS, SEEN)]
