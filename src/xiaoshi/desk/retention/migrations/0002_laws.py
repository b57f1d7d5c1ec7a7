"""Who sees holds, batches and tombstones; and the laws of destroying, kept by the database on its own.

A case is deleted only in the transaction that wrote its tombstone; a tombstone is written only for a case of a batch that a
second person approved, that nothing holds, and must say of the chain what the chain says. In that transaction, and for that
case only, rows that are otherwise never removed may go. A trigger of another part or kind that refuses DELETE asks
`xiaoshi_destroying()` and lets the row of that case go.

The books stay: bookings and orders keep the id of their case, which then leads to the tombstone. So their foreign key becomes
a trigger that asks when a row is written, and an order loses what names the client (account number, name, free text).
"""

from django.db import migrations

VISIBLE = """
ALTER TABLE retention_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_ownperiodrow ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_batchitem ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_tombstone ENABLE ROW LEVEL SECURITY;
ALTER TABLE retention_blobtogo ENABLE ROW LEVEL SECURITY;
CREATE POLICY hold_of_case ON retention_hold USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY periods_for_all ON retention_ownperiodrow FOR SELECT USING (true);
CREATE POLICY period_decided ON retention_ownperiodrow FOR INSERT WITH CHECK (decided_by = xiaoshi_staff());
CREATE POLICY batch_below ON retention_batch FOR SELECT USING (xiaoshi_stands_over(unit_path));
CREATE POLICY batch_proposed ON retention_batch FOR INSERT
    WITH CHECK (xiaoshi_stands_over(unit_path) AND proposed_by = xiaoshi_staff());
CREATE POLICY batch_decided ON retention_batch FOR UPDATE USING (xiaoshi_stands_over(unit_path))
    WITH CHECK (state = 'withdrawn' OR decided_by = xiaoshi_staff());
CREATE POLICY item_of_batch ON retention_batchitem FOR SELECT
    USING (EXISTS (SELECT 1 FROM retention_batch b WHERE b.id = batch_id));
CREATE POLICY item_proposed ON retention_batchitem FOR INSERT WITH CHECK (
    EXISTS (SELECT 1 FROM retention_batch b WHERE b.id = batch_id AND b.proposed_by = xiaoshi_staff() AND b.state = 'proposed')
    AND EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));
CREATE POLICY tombstone_below ON retention_tombstone FOR SELECT USING (xiaoshi_stands_over(unit_path));
-- Lists of what is old walk this.
CREATE INDEX retention_case_closed ON cases_case (closed_at, id) WHERE closed_at IS NOT NULL;
"""

FOUR_EYES = """
CREATE FUNCTION retention_batch_moves() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' OR NEW.decided_by <> '' OR NEW.decided_at IS NOT NULL THEN
            RAISE EXCEPTION 'a batch starts as proposed, undecided' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.unit_path, NEW.as_of, NEW.reason, NEW.case_count, NEW.cases_digest, NEW.proposed_by, NEW.proposed_at)
       IS DISTINCT FROM
       (OLD.id, OLD.unit_path, OLD.as_of, OLD.reason, OLD.case_count, OLD.cases_digest, OLD.proposed_by, OLD.proposed_at) THEN
        RAISE EXCEPTION 'batch %: what was proposed stays', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (OLD.state, NEW.state) NOT IN (('proposed', 'approved'), ('proposed', 'rejected'), ('proposed', 'withdrawn'),
                                      ('approved', 'withdrawn'), ('approved', 'done')) THEN
        RAISE EXCEPTION 'batch %: from % to % is no step', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'approved' AND (NEW.decided_by, NEW.decided_at) IS DISTINCT FROM (OLD.decided_by, OLD.decided_at) THEN
        RAISE EXCEPTION 'batch %: who approved it stays', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 'done' AND EXISTS (SELECT 1 FROM retention_batchitem i WHERE i.batch_id = NEW.id AND i.state = 'waiting') THEN
        RAISE EXCEPTION 'batch %: cases of it still wait', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state IN ('rejected', 'withdrawn') THEN
        UPDATE retention_batchitem SET state = 'kept', settled_at = now() WHERE batch_id = NEW.id AND state = 'waiting';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON retention_batch FOR EACH ROW EXECUTE FUNCTION retention_batch_moves();
CREATE TRIGGER kept BEFORE DELETE ON retention_batch FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER kept BEFORE DELETE ON retention_batchitem FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON retention_ownperiodrow
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON retention_tombstone
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_append_only();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON retention_tombstone
    FOR EACH STATEMENT EXECUTE FUNCTION xiaoshi_append_only();
"""

TOMBSTONES = """
CREATE FUNCTION retention_tombstone_true() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told record;
BEGIN
    IF NEW.written_in <> pg_current_xact_id()::text::bigint OR NEW.chain <> NEW.case_id::text THEN
        RAISE EXCEPTION 'tombstone %: it is of another transaction or case', NEW.chain
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM retention_batchitem i JOIN retention_batch b ON b.id = i.batch_id
                    WHERE i.batch_id = NEW.batch_id AND i.case_id = NEW.case_id AND i.state = 'waiting'
                      AND b.state = 'approved' AND b.decided_by <> '' AND b.decided_by <> b.proposed_by) THEN
        RAISE EXCEPTION 'tombstone %: no two people approved it', NEW.chain USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT 1 FROM retention_hold h WHERE h.case_id = NEW.case_id AND h.lifted_at IS NULL
                  AND (h.until IS NULL OR h.until >= current_date)) THEN
        RAISE EXCEPTION 'tombstone %: the case is on hold', NEW.chain USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT count(*) AS entries, string_agg(e.hash, ''::bytea ORDER BY e.seq) AS hashes INTO told
      FROM audit_timelineentry e WHERE e.chain = NEW.chain;
    IF NOT EXISTS (SELECT 1 FROM cases_case c WHERE c.id = NEW.case_id AND c.status IN ('closed', 'cancelled')
                      AND c.version = NEW.entries AND c.head_hash = NEW.head_hash)
       OR told.entries <> NEW.entries OR told.hashes IS DISTINCT FROM NEW.hashes THEN
        RAISE EXCEPTION 'tombstone %: it does not say what the chain says', NEW.chain
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER is_true BEFORE INSERT ON retention_tombstone FOR EACH ROW EXECUTE FUNCTION retention_tombstone_true();

-- The case that this transaction destroys; NULL in every other transaction, and for everybody who cannot write tombstones.
CREATE FUNCTION xiaoshi_destroying() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF coalesce(current_setting('xiaoshi.destroying', true), '') = '' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT t.case_id FROM retention_tombstone t
             WHERE t.chain = current_setting('xiaoshi.destroying', true)
               AND t.written_in = pg_current_xact_id_if_assigned()::text::bigint);
END $$;

CREATE FUNCTION retention_case_leaves_a_tombstone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF xiaoshi_destroying() IS DISTINCT FROM OLD.id THEN
        RAISE EXCEPTION 'case % stays: it goes with a tombstone only (xiaoshi retention run)', OLD.id
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER leaves_a_tombstone BEFORE DELETE ON cases_case
    FOR EACH ROW EXECUTE FUNCTION retention_case_leaves_a_tombstone();

-- What happened stays, until its case is destroyed. Rows without a case of their own go with the row that they hang on.
CREATE OR REPLACE FUNCTION xiaoshi_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    goes uuid;
BEGIN
    IF TG_OP = 'DELETE' AND TG_LEVEL = 'ROW' AND split_part(TG_TABLE_NAME, '_', 1) NOT IN ('money', 'retention') THEN
        goes := xiaoshi_destroying();
        IF goes IS NOT NULL THEN
            IF to_jsonb(OLD) ? 'case_id' THEN
                IF to_jsonb(OLD) ->> 'case_id' = goes::text THEN RETURN OLD; END IF;
            ELSIF EXISTS (SELECT 1 FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.confrelid
                           WHERE k.conrelid = TG_RELID AND k.contype = 'f' AND a.attname = 'case_id') THEN
                RETURN OLD;
            END IF;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
"""

BOOKS = """
DO $$
DECLARE
    k record;
BEGIN
    FOR k IN SELECT conrelid::regclass AS of_table, conname FROM pg_constraint
              WHERE contype = 'f' AND confrelid = 'cases_case'::regclass
                AND conrelid IN ('money_entry'::regclass, 'money_moneyorder'::regclass) LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.of_table, k.conname);
    END LOOP;
END $$;
CREATE FUNCTION retention_case_is_there() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM cases_case c WHERE c.id = NEW.case_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no case %', NEW.case_id USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER of_a_case BEFORE INSERT ON money_entry FOR EACH ROW WHEN (NEW.case_id IS NOT NULL)
    EXECUTE FUNCTION retention_case_is_there();
CREATE TRIGGER of_a_case BEFORE INSERT ON money_moneyorder FOR EACH ROW WHEN (NEW.case_id IS NOT NULL)
    EXECUTE FUNCTION retention_case_is_there();

CREATE FUNCTION retention_order_forgets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - ARRAY['destination', 'made_reason', 'reason']
       IS DISTINCT FROM to_jsonb(OLD) - ARRAY['destination', 'made_reason', 'reason']
       OR NEW.destination <> '{}' OR NEW.made_reason NOT IN ('', '-') OR NEW.reason NOT IN ('', '-') OR OLD.state = 'waiting' THEN
        RAISE EXCEPTION 'order %: it forgets the client, nothing else', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER moves ON money_moneyorder;
CREATE TRIGGER moves BEFORE UPDATE ON money_moneyorder FOR EACH ROW
    WHEN (xiaoshi_destroying() IS DISTINCT FROM OLD.case_id OR OLD.case_id IS NULL) EXECUTE FUNCTION money_order_moves();
CREATE TRIGGER forgets BEFORE UPDATE ON money_moneyorder FOR EACH ROW
    WHEN (xiaoshi_destroying() = OLD.case_id) EXECUTE FUNCTION retention_order_forgets();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0001_initial"),
        ("guard", "0002_house_timers"),
        ("audit", "0002_anchor_laws"),
        ("cases", "0003_asked_rows"),
        ("money", "0002_laws"),
    ]
    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (VISIBLE, FOUR_EYES, TOMBSTONES, BOOKS)
    ]
