"""Cash that clients pay in and draw is under the limits of payments, and counts as cash that waits before a day closes."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION money_work_of(kind text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN kind IN ('pay_cash', 'pay_account', 'transfer', 'pay_in', 'draw') THEN 'pay'
                  WHEN kind IN ('vault_to_drawer', 'drawer_to_vault', 'cash_difference') THEN 'move'
                  WHEN kind IN ('exchange', 'remit') THEN 'exchange' ELSE '' END $$;

CREATE FUNCTION money_no_cash_waits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
AS $$
BEGIN
    IF NEW.state = 'closed' AND EXISTS (SELECT 1 FROM money_moneyorder WHERE unit_id = NEW.unit_id AND state = 'waiting'
                                        AND kind IN ('pay_in', 'draw')) THEN
        PERFORM money_refuse('money_day_counted', 'cash still waits for a check');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_cash_waits BEFORE INSERT OR UPDATE ON money_businessday
    FOR EACH ROW EXECUTE FUNCTION money_no_cash_waits();
"""


class Migration(migrations.Migration):
    dependencies = [("money", "0009_client_cash")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
