"""Accounts that wait for a second person; the database keeps it too, for the runtime role.

Who was in service before stays let in.
"""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION xiaoshi_let_in_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE by_two boolean;
BEGIN
    IF xiaoshi_owns(TG_RELID) THEN RETURN NEW; END IF;
    by_two := EXISTS (SELECT 1 FROM organisation_staffchange c
        WHERE c.id::text = current_setting('xiaoshi.staff_change', true) AND c.staff_login = NEW.login AND c.state = 'done'
          AND c.kind IN ('let_in', 'password') AND c.decided_by = xiaoshi_staff() AND c.made_by <> c.decided_by);
    IF NEW.let_in AND NOT by_two AND (TG_OP = 'INSERT' OR NOT OLD.let_in
        OR (NEW.password <> OLD.password AND xiaoshi_staff() NOT IN ('', NEW.login))) THEN
        RAISE EXCEPTION 'an account is let in by another person than the one who made it or gave its password'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER let_in_kept BEFORE INSERT OR UPDATE ON organisation_staff FOR EACH ROW EXECUTE FUNCTION xiaoshi_let_in_kept();
"""

KINDS = ("add", "move", "roles", "leave", "back", "password", "factors", "let_in")


class Migration(migrations.Migration):
    dependencies = [("organisation", "0003_keeping_laws")]
    operations = [
        migrations.AddField("staff", "let_in", models.BooleanField(db_default=True, default=True)),
        migrations.RemoveConstraint("staffchange", "staffchange_kind_known"),
        migrations.AddConstraint(
            "staffchange",
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="staffchange_kind_known"),
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
