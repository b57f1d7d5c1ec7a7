"""How a posting lands: in one trigger for each line, under the lock on its account's balance.

- It gets the account's next number, the balance after it and the bank's day (never before the last), for statements.
- Nothing lands on an account that is not open; nothing leaves one whose paper is lost or frozen; what is held leaves to its
  payee alone, and not after its last day; held money covers itself, so the free balance is what is left.
- Zero-sum holds in each currency by itself. Nothing is booked on a day that is closed, or before one.
- An order may be endorsed by a first head before another approves it, and what they may approve stands in the limits.

Older postings are numbered here, in the order in which they were written.
"""

from django.db import migrations

LANDING = """
DROP TRIGGER posted ON money_posting;
DROP FUNCTION money_posted();

CREATE FUNCTION money_day_of(at timestamptz) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT (at AT TIME ZONE 'Asia/Shanghai')::date $$;

CREATE FUNCTION money_posting_lands() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    e record;
    a record;
    b money_balance%ROWTYPE;
    h money_hold%ROWTYPE;
    taken bigint;
    used bigint := 0;
BEGIN
    SELECT * INTO STRICT b FROM money_balance WHERE account_id = NEW.account_id FOR NO KEY UPDATE;
    SELECT code, kind, state INTO STRICT a FROM money_account WHERE id = NEW.account_id;
    SELECT money_day_of(at) AS day, hold_id INTO STRICT e FROM money_entry WHERE id = NEW.entry_id;
    IF a.state <> 'open' THEN
        RAISE EXCEPTION 'account % is not open', a.code
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_account_open';
    END IF;
    taken := CASE WHEN a.kind IN ('liability', 'income') THEN NEW.amount_fen ELSE -NEW.amount_fen END;
    IF taken > 0 AND b.stopped <> '' THEN
        RAISE EXCEPTION 'account %: its paper is %, nothing is paid out', a.code, b.stopped
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_paper_stops';
    END IF;
    IF e.hold_id IS NOT NULL THEN
        SELECT * INTO STRICT h FROM money_hold WHERE id = e.hold_id FOR NO KEY UPDATE;
        IF NEW.account_id = h.account_id THEN
            IF taken > 0 AND e.day > h.expires_on THEN
                RAISE EXCEPTION 'hold % ended on %', h.id, h.expires_on
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_hold_expired';
            END IF;
            used := taken;
            UPDATE money_hold SET used_fen = used_fen + used WHERE id = h.id;
        ELSIF NEW.account_id <> h.payee_id THEN
            RAISE EXCEPTION 'hold % is for another payee', h.id
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_hold_payee';
        END IF;
    END IF;
    NEW.account_seq := b.posting_count + 1;
    NEW.balance_after_fen := b.balance_fen + NEW.amount_fen;
    NEW.booked_on := greatest(e.day, b.last_on);
    UPDATE money_balance SET balance_fen = NEW.balance_after_fen, held_fen = held_fen - used,
           posting_count = NEW.account_seq, last_on = NEW.booked_on
     WHERE account_id = NEW.account_id;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION money_balance_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    account record;
    there bigint;
BEGIN
    IF pg_trigger_depth() < 2 OR TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'balances move with postings only: % is refused', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT a.code, a.no_overdraft, a.kind INTO STRICT account FROM money_account a WHERE a.id = NEW.account_id;
    there := CASE WHEN account.kind IN ('liability', 'income') THEN -NEW.balance_fen ELSE NEW.balance_fen END;
    IF account.no_overdraft AND there < 0 THEN
        RAISE EXCEPTION 'account % would be overdrawn', account.code
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_no_overdraft';
    END IF;
    IF NEW.held_fen <> 0 AND there < NEW.held_fen THEN
        RAISE EXCEPTION 'account %: % fen of it are held for one payee', account.code, NEW.held_fen
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_held';
    END IF;
    RETURN NEW;
END $$;

-- Numbers for what was booked before: the balances are right already, so only the postings are written.
ALTER TABLE money_posting DISABLE TRIGGER USER;
UPDATE money_posting p SET account_seq = n.seq, balance_after_fen = n.after, booked_on = n.day
  FROM (SELECT q.id, row_number() OVER w AS seq, sum(q.amount_fen) OVER w AS after, max(money_day_of(e.at)) OVER w AS day
          FROM money_posting q JOIN money_entry e ON e.id = q.entry_id
        WINDOW w AS (PARTITION BY q.account_id ORDER BY q.id)) n
 WHERE n.id = p.id;
ALTER TABLE money_posting ENABLE TRIGGER USER;
ALTER TABLE money_balance DISABLE TRIGGER USER;
UPDATE money_balance b SET posting_count = n.count, last_on = n.day
  FROM (SELECT account_id, count(*) AS count, max(booked_on) AS day FROM money_posting GROUP BY account_id) n
 WHERE n.account_id = b.account_id;
ALTER TABLE money_balance ENABLE TRIGGER USER;

CREATE TRIGGER lands BEFORE INSERT ON money_posting FOR EACH ROW EXECUTE FUNCTION money_posting_lands();
ALTER TABLE money_posting ADD CONSTRAINT posting_landed
    CHECK (account_seq IS NOT NULL AND balance_after_fen IS NOT NULL AND booked_on IS NOT NULL);

CREATE OR REPLACE FUNCTION money_entry_holds() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    ident uuid;
    said record;
    found record;
BEGIN
    IF TG_TABLE_NAME = 'money_entry' THEN ident := NEW.id; ELSE ident := NEW.entry_id; END IF;
    SELECT e.posting_count, e.amount_fen INTO STRICT said FROM money_entry e WHERE e.id = ident;
    SELECT coalesce(sum(s.lines), 0) AS lines, coalesce(max(abs(s.total)), 0) AS uneven,
           coalesce(sum(s.debits) FILTER (WHERE s.currency = 'CNY'), sum(s.debits), 0) AS debits
      INTO found
      FROM (SELECT a.currency, count(*) AS lines, sum(p.amount_fen) AS total,
                   coalesce(sum(p.amount_fen) FILTER (WHERE p.amount_fen > 0), 0) AS debits
              FROM money_posting p JOIN money_account a ON a.id = p.account_id
             WHERE p.entry_id = ident GROUP BY a.currency) s;
    IF found.uneven <> 0 THEN
        RAISE EXCEPTION 'entry % does not sum to zero in each currency: % left', ident, found.uneven
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_zero_sum';
    END IF;
    IF found.lines <> said.posting_count OR found.debits <> said.amount_fen THEN
        RAISE EXCEPTION 'entry % states % postings and % fen, it has % and %', ident, said.posting_count,
            said.amount_fen, found.lines, found.debits
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_entry_as_stated';
    END IF;
    RETURN NULL;
END $$;

-- 417 is the desk's own class of advisory locks: booking shares the day of an outlet, closing it takes it alone.
CREATE FUNCTION money_day_is_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    shut date;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(417, NEW.unit_id::int);
    SELECT max(day) INTO shut FROM money_businessday WHERE unit_id = NEW.unit_id AND state = 'closed';
    IF shut >= money_day_of(NEW.at) THEN
        RAISE EXCEPTION 'the books of % are closed until %', NEW.unit_path, shut
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_day_closed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER day_is_open BEFORE INSERT ON money_entry FOR EACH ROW EXECUTE FUNCTION money_day_is_open();
"""

MIRROR = """
CREATE OR REPLACE FUNCTION money_reversal_mirrors() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
BEGIN
    IF NEW.reverses_id IS NOT NULL AND (
        EXISTS (SELECT 1 FROM money_entry WHERE id = NEW.reverses_id
                 AND (reverses_id IS NOT NULL OR hold_id IS DISTINCT FROM NEW.hold_id))
        OR EXISTS (SELECT account_id, -amount_fen FROM money_posting WHERE entry_id = NEW.reverses_id
                   EXCEPT SELECT account_id, amount_fen FROM money_posting WHERE entry_id = NEW.id)
        OR EXISTS (SELECT account_id, amount_fen FROM money_posting WHERE entry_id = NEW.id
                   EXCEPT SELECT account_id, -amount_fen FROM money_posting WHERE entry_id = NEW.reverses_id)) THEN
        RAISE EXCEPTION 'entry % is no mirror image of %', NEW.id, NEW.reverses_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_reversal_mirrors';
    END IF;
    RETURN NULL;
END $$;
"""

AUTHORITY = """
CREATE FUNCTION money_authority_of(who text, what text, path text, on_day date, OUT alone bigint, OUT joint bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT coalesce(max(l.alone_fen), 0), coalesce(max(l.joint_fen), 0) FROM (
        SELECT DISTINCT ON (l.role) l.alone_fen, l.joint_fen
          FROM organisation_staff s JOIN organisation_unit u ON u.id = s.unit_id
          JOIN money_authoritylimit l ON l.role = ANY (s.roles) AND l.level = u.level
         WHERE s.login = who AND l.work = what AND l.in_force_from <= on_day AND starts_with(path, l.unit_path)
         ORDER BY l.role, l.in_force_from DESC, length(l.unit_path) DESC, l.id DESC) l
$$;

-- Which limits a kind of order is under; none: the receiver of a drawer counts it, and signs for oneself.
CREATE FUNCTION money_work_of(kind text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN kind IN ('pay_cash', 'pay_account', 'transfer') THEN 'pay'
                  WHEN kind IN ('vault_to_drawer', 'drawer_to_vault', 'cash_difference') THEN 'move'
                  WHEN kind IN ('exchange', 'remit') THEN 'exchange' ELSE '' END $$;

CREATE FUNCTION money_order_within_authority(o money_moneyorder) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
DECLARE
    kind text := o.kind;
    work text;
    first record;
    second record;
    sum_fen bigint := coalesce(o.weighs_fen, o.amount_fen);
BEGIN
    IF o.reverses_id IS NOT NULL THEN
        SELECT r.kind INTO kind FROM money_entry e LEFT JOIN money_moneyorder r ON r.id = e.order_id
         WHERE e.id = o.reverses_id;
    END IF;
    work := money_work_of(coalesce(kind, 'pay_cash'));
    IF work = '' THEN RETURN true; END IF;
    SELECT * INTO second FROM money_authority_of(o.checker, work, o.unit_path, money_day_of(o.checked_at));
    IF second.alone >= sum_fen THEN RETURN true; END IF;
    IF o.endorser = '' THEN RETURN false; END IF;
    SELECT * INTO first FROM money_authority_of(o.endorser, work, o.unit_path, money_day_of(o.checked_at));
    RETURN first.alone >= sum_fen OR (first.joint >= sum_fen AND second.joint >= sum_fen);
END $$;

CREATE OR REPLACE FUNCTION money_order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.case_id, NEW.unit_id, NEW.unit_path, NEW.kind, NEW.matter, NEW.amount_fen, NEW.destination,
        NEW.plan, NEW.reverses_id, NEW.replaces_id, NEW.made_reason, NEW.maker, NEW.made_at, NEW.currency,
        NEW.weighs_fen, NEW.hold_id, NEW.maker_terminal)
       IS DISTINCT FROM
       (OLD.id, OLD.case_id, OLD.unit_id, OLD.unit_path, OLD.kind, OLD.matter, OLD.amount_fen, OLD.destination,
        OLD.plan, OLD.reverses_id, OLD.replaces_id, OLD.made_reason, OLD.maker, OLD.made_at, OLD.currency,
        OLD.weighs_fen, OLD.hold_id, OLD.maker_terminal) THEN
        RAISE EXCEPTION 'order %: what was recorded stays; withdraw it and record another', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.state = 'waiting' AND NEW.state = 'waiting' AND OLD.endorser = '' AND NEW.endorser <> ''
       AND NEW.checker = '' AND NEW.attempts = OLD.attempts THEN
        RETURN NEW;
    END IF;
    IF OLD.state <> 'waiting' OR NEW.state NOT IN ('approved', 'rejected', 'withdrawn', 'mismatch')
       OR NEW.endorser <> OLD.endorser THEN
        RAISE EXCEPTION 'order %: from % to % is no step', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_order_forward';
    END IF;
    IF NEW.state = 'approved' AND NEW.maker <> NEW.checker AND NOT money_order_within_authority(NEW) THEN
        RAISE EXCEPTION 'order %: % may not approve that sum', OLD.id, NEW.checker
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_authority';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION money_order_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'waiting' OR NEW.checker <> '' OR NEW.checked_at IS NOT NULL OR NEW.endorser <> '' THEN
        RAISE EXCEPTION 'an order starts as waiting, unchecked'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_order_forward';
    END IF;
    RETURN NEW;
END $$;

DROP POLICY order_decided ON money_moneyorder;
CREATE POLICY order_decided ON money_moneyorder FOR UPDATE USING (xiaoshi_stands_over(unit_path))
    WITH CHECK (CASE state WHEN 'withdrawn' THEN maker = xiaoshi_staff() WHEN 'waiting' THEN endorser = xiaoshi_staff()
                           ELSE checker = xiaoshi_staff() END);

-- The order and its entry pay from the same hold, or from none.
CREATE FUNCTION money_entry_hold_of_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
BEGIN
    IF NEW.order_id IS NOT NULL AND NEW.reverses_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM money_moneyorder o WHERE o.id = NEW.order_id AND o.hold_id IS NOT DISTINCT FROM NEW.hold_id) THEN
        RAISE EXCEPTION 'entry % and its order name different holds', NEW.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_order_and_entry';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_of_order BEFORE INSERT ON money_entry FOR EACH ROW EXECUTE FUNCTION money_entry_hold_of_order();
"""

WAN = 10_000_00
MOST = 999_999_999_999_99
FIGURES = (
    ("pay", "supervisor", "outlet", 5 * WAN, 50 * WAN),
    ("pay", "outlet_head", "outlet", 20 * WAN, 50 * WAN),
    ("pay", "supervisor", "sub_branch", 100 * WAN, 500 * WAN),
    ("pay", "city_specialist", "city", 1_000 * WAN, MOST),
    ("pay", "province_specialist", "province", MOST, MOST),
    ("move", "supervisor", "outlet", 100 * WAN, 500 * WAN),
    ("move", "outlet_head", "outlet", 500 * WAN, 2_000 * WAN),
    ("move", "supervisor", "sub_branch", 2_000 * WAN, MOST),
    ("exchange", "supervisor", "outlet", 5 * WAN, 35 * WAN),
    ("exchange", "outlet_head", "outlet", 20 * WAN, 35 * WAN),
    ("exchange", "supervisor", "sub_branch", 100 * WAN, 500 * WAN),
    ("exchange", "city_specialist", "city", 1_000 * WAN, MOST),
)
"""As `core/ledger/authority.py` ships them (a test compares); later figures come as rows with a later day."""
SOURCE = "样例额度，请本行按授权制度另设 / sample figures: the bank sets its own"
ROWS = ", ".join(f"('', '{w}', '{r}', '{lv}', {a}, {j})" for w, r, lv, a, j in FIGURES)
SEED = f"""
INSERT INTO money_authoritylimit (unit_path, work, role, level, alone_fen, joint_fen, in_force_from, source, status)
SELECT v.*, '1990-01-01'::date, '{SOURCE}', 'unconfirmed' FROM (VALUES {ROWS}) v;
"""  # noqa: S608  figures of this file


class Migration(migrations.Migration):
    dependencies = [("money", "0006_papers_holds_limits_days")]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (LANDING, MIRROR, AUTHORITY, SEED)
    ]
