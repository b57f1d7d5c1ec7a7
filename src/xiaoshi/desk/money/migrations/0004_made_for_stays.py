"""For whom an order was made stays as it was recorded, like who made it."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION money_made_for_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.made_for IS DISTINCT FROM OLD.made_for THEN
        RAISE EXCEPTION 'for whom an order was made stays' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER made_for_stays BEFORE UPDATE ON money_moneyorder FOR EACH ROW EXECUTE FUNCTION money_made_for_stays();
"""
BACKWARD = "DROP TRIGGER made_for_stays ON money_moneyorder; DROP FUNCTION money_made_for_stays();"


class Migration(migrations.Migration):
    dependencies = [("money", "0003_made_for")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
