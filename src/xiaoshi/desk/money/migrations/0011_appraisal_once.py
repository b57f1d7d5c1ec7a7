"""A 鉴定书 pays once in the whole bank: its number is looked for in every outlet's orders, which no single outlet may see."""

from django.db import migrations

FORWARD = """
CREATE INDEX order_appraisal ON money_moneyorder (matter) WHERE matter LIKE 'appraisal/%';
CREATE FUNCTION money_appraisal_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
BEGIN
    -- Two at the same moment: the second waits here for the first.
    PERFORM pg_advisory_xact_lock(418, hashtext(NEW.matter));
    IF EXISTS (SELECT 1 FROM money_moneyorder o LEFT JOIN money_entry e ON e.order_id = o.id
                WHERE o.matter = NEW.matter AND o.matter LIKE 'appraisal/%' AND o.reverses_id IS NULL
                  AND (o.state = 'waiting' OR (o.state = 'approved'
                       AND NOT EXISTS (SELECT 1 FROM money_entry r WHERE r.reverses_id = e.id)))) THEN
        RAISE EXCEPTION 'appraisal % is paid or waits already', NEW.matter
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'money_appraisal_once';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appraisal_once BEFORE INSERT ON money_moneyorder
    FOR EACH ROW WHEN (NEW.matter LIKE 'appraisal/%') EXECUTE FUNCTION money_appraisal_once();
"""


class Migration(migrations.Migration):
    dependencies = [("money", "0010_client_cash_laws")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
