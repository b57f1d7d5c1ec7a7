"""The laws of outbox and inbox: who sees them, which way a payment may go, what two people decide is carried out here."""

from django.db import migrations

FORWARD = """
ALTER TABLE bank_dispatch ENABLE ROW LEVEL SECURITY;
ALTER TABLE bank_received ENABLE ROW LEVEL SECURITY;
ALTER TABLE bank_decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE bank_daydifference ENABLE ROW LEVEL SECURITY;
ALTER TABLE bank_daycompared ENABLE ROW LEVEL SECURITY;

CREATE POLICY dispatch_read ON bank_dispatch FOR SELECT USING (xiaoshi_stands_over(unit_path));
CREATE POLICY dispatch_made ON bank_dispatch FOR INSERT
    WITH CHECK (xiaoshi_staff() <> '' AND xiaoshi_stands_over(unit_path));
CREATE POLICY dispatch_moved ON bank_dispatch FOR UPDATE USING (xiaoshi_stands_over(unit_path));

CREATE POLICY received_read ON bank_received FOR SELECT USING (
    xiaoshi_staff() LIKE 'house:%' OR EXISTS (SELECT 1 FROM bank_dispatch d WHERE d.id = dispatch_id));
CREATE POLICY received_stored ON bank_received FOR INSERT WITH CHECK (xiaoshi_staff() LIKE 'house:%');
CREATE POLICY received_understood ON bank_received FOR UPDATE USING (xiaoshi_staff() LIKE 'house:%');

CREATE POLICY decision_read ON bank_decision FOR SELECT USING (xiaoshi_stands_over(unit_path));
CREATE POLICY decision_made ON bank_decision FOR INSERT
    WITH CHECK (maker = xiaoshi_staff() AND state = 'waiting' AND xiaoshi_stands_over(unit_path));
CREATE POLICY decision_decided ON bank_decision FOR UPDATE USING (xiaoshi_stands_over(unit_path))
    WITH CHECK ((state = 'withdrawn' AND maker = xiaoshi_staff())
                OR (checker = xiaoshi_staff() AND maker <> xiaoshi_staff() AND made_for <> xiaoshi_staff()));

CREATE POLICY difference_read ON bank_daydifference FOR SELECT USING (xiaoshi_stands_over(unit_path));
CREATE POLICY difference_counted ON bank_daydifference FOR INSERT WITH CHECK (xiaoshi_staff() LIKE 'house:%');
CREATE POLICY difference_anew ON bank_daydifference FOR DELETE USING (xiaoshi_staff() LIKE 'house:%');
CREATE POLICY compared_read ON bank_daycompared FOR SELECT USING (xiaoshi_staff() <> '');
CREATE POLICY compared_noted ON bank_daycompared FOR INSERT WITH CHECK (xiaoshi_staff() LIKE 'house:%');
CREATE POLICY compared_again ON bank_daycompared FOR UPDATE USING (xiaoshi_staff() LIKE 'house:%');

-- A payment on its way is one that two people approved, with that sum.
CREATE FUNCTION bank_dispatch_of_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
BEGIN
    IF NEW.state <> 'queued' OR NOT EXISTS (
        SELECT 1 FROM money_moneyorder o WHERE o.id = NEW.order_id AND o.state = 'approved' AND o.kind = 'transfer'
           AND o.amount_fen = NEW.amount_fen AND o.currency = NEW.currency AND o.unit_path = NEW.unit_path) THEN
        PERFORM money_refuse('bank_dispatch_of_order', 'only an approved transfer goes out, with its own sum');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER of_order BEFORE INSERT ON bank_dispatch FOR EACH ROW EXECUTE FUNCTION bank_dispatch_of_order();

-- Which way it may go. Out of `stopped` and into `recalling` only by what two people agreed (the trigger below).
CREATE FUNCTION bank_dispatch_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    way text := OLD.state || '>' || NEW.state;
    by_two boolean := pg_trigger_depth() > 1;
BEGIN
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF way IN ('queued>sent', 'queued>stopped', 'sent>settled', 'sent>rejected', 'sent>stopped', 'recalling>returned',
               'recalling>settled', 'recalling>stopped', 'settled>stopped', 'rejected>stopped')
       OR (way = 'sent>queued' AND OLD.code = '')
       OR (by_two AND way IN ('stopped>queued', 'stopped>settled', 'stopped>rejected', 'settled>recalling', 'sent>recalling',
                              'stopped>recalling')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a payment does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation',
        CONSTRAINT = 'bank_dispatch_moves';
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON bank_dispatch FOR EACH ROW EXECUTE FUNCTION bank_dispatch_moves();

CREATE FUNCTION bank_decision_carried_out() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        PERFORM money_refuse('bank_decision_once', 'this was decided already');
    END IF;
    IF NEW.state <> 'agreed' THEN
        RETURN NEW;
    END IF;
    UPDATE bank_dispatch SET
        state = CASE NEW.kind WHEN 'recall' THEN 'recalling' WHEN 'send_again' THEN 'queued'
                              WHEN 'settled' THEN 'settled' ELSE 'rejected' END,
        answered_fen = CASE WHEN NEW.kind = 'settled' THEN amount_fen ELSE answered_fen END,
        code = CASE WHEN NEW.kind = 'send_again' THEN '' ELSE code END,
        recall_key = CASE WHEN NEW.kind = 'recall' THEN replace(NEW.id::text, '-', '') ELSE recall_key END,
        next_at = NEW.checked_at,
        ended_at = CASE WHEN NEW.kind IN ('settled', 'not_done') THEN NEW.checked_at END
     WHERE id = NEW.dispatch_id;
    RETURN NEW;
END $$;
CREATE TRIGGER carried_out AFTER UPDATE ON bank_decision FOR EACH ROW EXECUTE FUNCTION bank_decision_carried_out();

-- What is out, or was carried out, is not taken back in our books alone.
CREATE FUNCTION bank_reversal_after_answer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
BEGIN
    IF NEW.reverses_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM money_entry e JOIN bank_dispatch d ON d.order_id = e.order_id
         WHERE e.id = NEW.reverses_id AND d.state NOT IN ('rejected', 'returned')) THEN
        PERFORM money_refuse('bank_reversal_after_answer', 'the payment is out: it comes back by a recall');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reversal_after_answer BEFORE INSERT ON money_entry
    FOR EACH ROW EXECUTE FUNCTION bank_reversal_after_answer();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bank", "0001_initial"),
        ("guard", "0002_house_timers"),
        ("money", "0011_appraisal_once"),
    ]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
