"""The laws of the ledger, kept by the database itself: one day somebody will write SQL by hand.

- Zero-sum, the stated number of postings and the stated sum of each entry: a deferred trigger, at commit.
- Append-only: entries and postings for everybody, the owner included; orders move on, but what was recorded stays.
- Balances: made and moved by triggers under locks in account order; no overdraft where the account forbids it.
- An order's entry has the order's people and sum, and an approved order has its entry (deferred).
- Row-level security by outlet, and by case for those asked on it. The runtime role records an order in its own name
  and approves and books in its own name; it books nothing without an order.

The functions are SECURITY DEFINER where a law must see rows that the acting person may not.
"""

from django.db import migrations

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON money_entry
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON money_entry
    FOR EACH STATEMENT EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON money_posting
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON money_posting
    FOR EACH STATEMENT EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER kept BEFORE DELETE ON money_moneyorder
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER kept_whole BEFORE TRUNCATE ON money_moneyorder
    FOR EACH STATEMENT EXECUTE FUNCTION xiaoshi_append_only();
"""

ZERO_SUM = """
CREATE FUNCTION money_entry_holds() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    ident uuid;
    said record;
    found record;
BEGIN
    IF TG_TABLE_NAME = 'money_entry' THEN ident := NEW.id; ELSE ident := NEW.entry_id; END IF;
    SELECT e.posting_count, e.amount_fen INTO STRICT said FROM money_entry e WHERE e.id = ident;
    SELECT count(*) AS lines, coalesce(sum(p.amount_fen), 0) AS total, count(DISTINCT a.currency) AS currencies,
           coalesce(sum(p.amount_fen) FILTER (WHERE p.amount_fen > 0), 0) AS debits
      INTO found FROM money_posting p JOIN money_account a ON a.id = p.account_id WHERE p.entry_id = ident;
    IF found.total <> 0 THEN
        RAISE EXCEPTION 'entry % does not sum to zero: % fen', ident, found.total
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_zero_sum';
    END IF;
    IF found.lines <> said.posting_count OR found.debits <> said.amount_fen OR found.currencies > 1 THEN
        RAISE EXCEPTION 'entry % states % postings and % fen, it has % and %', ident, said.posting_count,
            said.amount_fen, found.lines, found.debits
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_entry_as_stated';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER zero_sum AFTER INSERT ON money_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION money_entry_holds();
CREATE CONSTRAINT TRIGGER zero_sum AFTER INSERT ON money_posting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION money_entry_holds();
"""

BALANCES = """
CREATE FUNCTION money_account_opened() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$ BEGIN
    INSERT INTO money_balance (account_id, balance_fen) VALUES (NEW.id, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER opened AFTER INSERT ON money_account FOR EACH ROW EXECUTE FUNCTION money_account_opened();

CREATE FUNCTION money_account_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.code, NEW.unit_id, NEW.unit_path, NEW.kind, NEW.currency, NEW.no_overdraft)
       IS DISTINCT FROM (OLD.id, OLD.code, OLD.unit_id, OLD.unit_path, OLD.kind, OLD.currency, OLD.no_overdraft) THEN
        RAISE EXCEPTION 'account % is in use: only its names and its state may change', OLD.code
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays BEFORE UPDATE ON money_account FOR EACH ROW EXECUTE FUNCTION money_account_stays();

-- Locks balances in account order, so that two payments never wait for each other in a circle. The runtime role may not
-- lock the rows itself: it has no right to change them.
CREATE FUNCTION money_lock(accounts bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$ BEGIN
    PERFORM 1 FROM money_balance WHERE account_id = ANY (accounts) ORDER BY account_id FOR NO KEY UPDATE;
END $$;

CREATE FUNCTION money_posted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    shut text;
BEGIN
    PERFORM 1 FROM money_balance WHERE account_id IN (SELECT account_id FROM added) ORDER BY account_id
        FOR NO KEY UPDATE;
    SELECT a.code INTO shut FROM money_account a JOIN added ON added.account_id = a.id WHERE a.state <> 'open' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'account % is not open', shut
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_account_open';
    END IF;
    UPDATE money_balance b SET balance_fen = b.balance_fen + s.change
      FROM (SELECT account_id, sum(amount_fen)::bigint AS change FROM added GROUP BY account_id) s
     WHERE b.account_id = s.account_id;
    RETURN NULL;
END $$;
CREATE TRIGGER posted AFTER INSERT ON money_posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION money_posted();

-- Depth 1 is a statement that somebody wrote; the triggers above come here at depth 2.
CREATE FUNCTION money_balance_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    account record;
BEGIN
    IF pg_trigger_depth() < 2 OR TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'balances move with postings only: % is refused', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT a.code, a.no_overdraft, a.kind INTO STRICT account FROM money_account a WHERE a.id = NEW.account_id;
    IF account.no_overdraft AND
       (CASE WHEN account.kind IN ('liability', 'income') THEN -NEW.balance_fen ELSE NEW.balance_fen END) < 0 THEN
        RAISE EXCEPTION 'account % would be overdrawn', account.code
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_no_overdraft';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON money_balance
    FOR EACH ROW EXECUTE FUNCTION money_balance_guard();
CREATE TRIGGER guarded_whole BEFORE TRUNCATE ON money_balance
    FOR EACH STATEMENT EXECUTE FUNCTION xiaoshi_append_only();
"""

ORDERS = """
-- What was recorded stays; the state goes forward only, and a decision is made once.
CREATE FUNCTION money_order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.case_id, NEW.unit_id, NEW.unit_path, NEW.kind, NEW.matter, NEW.amount_fen, NEW.destination,
        NEW.plan, NEW.reverses_id, NEW.replaces_id, NEW.made_reason, NEW.maker, NEW.made_at)
       IS DISTINCT FROM
       (OLD.id, OLD.case_id, OLD.unit_id, OLD.unit_path, OLD.kind, OLD.matter, OLD.amount_fen, OLD.destination,
        OLD.plan, OLD.reverses_id, OLD.replaces_id, OLD.made_reason, OLD.maker, OLD.made_at) THEN
        RAISE EXCEPTION 'order %: what was recorded stays; withdraw it and record another', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.state <> 'waiting' OR NEW.state NOT IN ('approved', 'rejected', 'withdrawn', 'mismatch') THEN
        RAISE EXCEPTION 'order %: from % to % is no step', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_order_forward';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE ON money_moneyorder FOR EACH ROW EXECUTE FUNCTION money_order_moves();

CREATE FUNCTION money_order_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'waiting' OR NEW.checker <> '' OR NEW.checked_at IS NOT NULL THEN
        RAISE EXCEPTION 'an order starts as waiting, unchecked'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_order_forward';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER starts BEFORE INSERT ON money_moneyorder FOR EACH ROW EXECUTE FUNCTION money_order_starts();

-- At commit: an approved order and its entry agree in every respect, or neither is there.
CREATE FUNCTION money_order_and_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    o money_moneyorder%ROWTYPE;
    e money_entry%ROWTYPE;
    agreed boolean;
BEGIN
    IF TG_TABLE_NAME = 'money_entry' THEN
        IF NEW.order_id IS NULL THEN RETURN NULL; END IF;
        SELECT * INTO STRICT o FROM money_moneyorder WHERE id = NEW.order_id;
    ELSE
        SELECT * INTO STRICT o FROM money_moneyorder WHERE id = NEW.id;
        IF o.state <> 'approved' THEN RETURN NULL; END IF;
    END IF;
    SELECT * INTO e FROM money_entry WHERE order_id = o.id;
    agreed := FOUND AND o.state = 'approved' AND e.maker = o.maker AND e.checker = o.checker
        AND e.amount_fen = o.amount_fen AND e.unit_path = o.unit_path
        AND e.case_id IS NOT DISTINCT FROM o.case_id AND e.reverses_id IS NOT DISTINCT FROM o.reverses_id
        AND NOT EXISTS (
            SELECT a.code, p.amount_fen FROM money_posting p JOIN money_account a ON a.id = p.account_id
             WHERE p.entry_id = e.id
            EXCEPT
            SELECT line ->> 'account', (line ->> 'amount_fen')::bigint FROM jsonb_array_elements(o.plan) AS line);
    IF agreed IS NOT TRUE THEN
        RAISE EXCEPTION 'order % and its entry do not agree', o.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_order_and_entry';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER agrees AFTER INSERT ON money_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION money_order_and_entry();
CREATE CONSTRAINT TRIGGER agrees AFTER UPDATE ON money_moneyorder DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION money_order_and_entry();

-- A reversal is the mirror image of an entry that is no reversal itself.
CREATE FUNCTION money_reversal_mirrors() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
BEGIN
    IF NEW.reverses_id IS NOT NULL AND (
        EXISTS (SELECT 1 FROM money_entry WHERE id = NEW.reverses_id AND reverses_id IS NOT NULL)
        OR EXISTS (SELECT account_id, -amount_fen FROM money_posting WHERE entry_id = NEW.reverses_id
                   EXCEPT SELECT account_id, amount_fen FROM money_posting WHERE entry_id = NEW.id)
        OR EXISTS (SELECT account_id, amount_fen FROM money_posting WHERE entry_id = NEW.id
                   EXCEPT SELECT account_id, -amount_fen FROM money_posting WHERE entry_id = NEW.reverses_id)) THEN
        RAISE EXCEPTION 'entry % is no mirror image of %', NEW.id, NEW.reverses_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_reversal_mirrors';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER mirrors AFTER INSERT ON money_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION money_reversal_mirrors();
"""

# An account of a higher unit on one's own line (the clearing of the city) is read too: entries of the outlet name it.
ROW_SECURITY = """
ALTER TABLE money_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_balance ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_moneyorder ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE money_posting ENABLE ROW LEVEL SECURITY;

CREATE POLICY account_read ON money_account FOR SELECT
    USING (xiaoshi_stands_over(unit_path) OR (xiaoshi_reach() <> '' AND starts_with(xiaoshi_reach(), unit_path)));
CREATE POLICY account_opened ON money_account FOR INSERT WITH CHECK (xiaoshi_stands_over(unit_path));
CREATE POLICY balance_read ON money_balance FOR SELECT
    USING (EXISTS (SELECT 1 FROM money_account a WHERE a.id = account_id));

CREATE POLICY order_read ON money_moneyorder FOR SELECT USING (
    xiaoshi_stands_over(unit_path)
    OR (case_id IS NOT NULL AND EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id)));
CREATE POLICY order_recorded ON money_moneyorder FOR INSERT
    WITH CHECK (xiaoshi_stands_over(unit_path) AND maker = xiaoshi_staff());
CREATE POLICY order_decided ON money_moneyorder FOR UPDATE USING (xiaoshi_stands_over(unit_path))
    WITH CHECK (CASE WHEN state = 'withdrawn' THEN maker = xiaoshi_staff() ELSE checker = xiaoshi_staff() END);

CREATE POLICY entry_read ON money_entry FOR SELECT USING (
    xiaoshi_stands_over(unit_path)
    OR (case_id IS NOT NULL AND EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id)));
CREATE POLICY entry_booked ON money_entry FOR INSERT
    WITH CHECK (xiaoshi_stands_over(unit_path) AND checker = xiaoshi_staff() AND order_id IS NOT NULL);
CREATE POLICY posting_read ON money_posting FOR SELECT
    USING (EXISTS (SELECT 1 FROM money_entry e WHERE e.id = entry_id));
CREATE POLICY posting_booked ON money_posting FOR INSERT WITH CHECK (
    EXISTS (SELECT 1 FROM money_entry e WHERE e.id = entry_id AND e.checker = xiaoshi_staff()));
"""


class Migration(migrations.Migration):
    dependencies = [("money", "0001_initial"), ("guard", "0001_row_security")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (APPEND_ONLY, ZERO_SUM, BALANCES, ORDERS, ROW_SECURITY)
    ]
