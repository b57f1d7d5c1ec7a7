"""Who may write the tree and the people, kept by the database too.

Nobody changes the own roles, unit or service. Whoever changes another's keeps people (人员管理员) over both places. Roles
that sign money are given only with a `StaffChange` that one person made and this one confirmed. The owner of the tables
(migrations, demo, `xiaoshi organisation first-admin`) is not bound; the runtime role owns nothing.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION xiaoshi_keeps_people_over(at text) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT EXISTS (SELECT 1 FROM organisation_staff s JOIN organisation_unit u ON u.id = s.unit_id
          WHERE s.login = xiaoshi_staff() AND s.is_active AND 'people_keeper' = ANY (s.roles) AND starts_with(at, u.path)) $$;

-- The own rows and those of people below one's unit: for what hangs on a person.
CREATE FUNCTION xiaoshi_over_person(who text) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT who = xiaoshi_staff() OR EXISTS (SELECT 1 FROM organisation_staff s JOIN organisation_unit u ON u.id = s.unit_id
          WHERE s.login = who AND xiaoshi_stands_over(u.path)) $$;

CREATE FUNCTION xiaoshi_owns(relation oid) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) FROM pg_class WHERE oid = relation $$;

CREATE FUNCTION xiaoshi_people_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_path text := NULL; new_path text; gained text[]; signing text[] := '{supervisor,outlet_head,people_keeper}';
BEGIN
    IF xiaoshi_owns(TG_RELID) THEN RETURN NEW; END IF;
    IF TG_OP = 'UPDATE' AND NEW.roles = OLD.roles AND NEW.fields = OLD.fields AND NEW.unit_id = OLD.unit_id
       AND NEW.is_active = OLD.is_active AND NEW.name_zh = OLD.name_zh AND NEW.name_en = OLD.name_en THEN
        RETURN NEW;
    END IF;
    IF xiaoshi_staff() IN ('', NEW.login) THEN
        RAISE EXCEPTION 'nobody changes the own roles, unit or service' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT path INTO new_path FROM organisation_unit WHERE id = NEW.unit_id;
    IF TG_OP = 'UPDATE' THEN SELECT path INTO old_path FROM organisation_unit WHERE id = OLD.unit_id; END IF;
    IF NOT xiaoshi_keeps_people_over(new_path) OR NOT xiaoshi_keeps_people_over(coalesce(old_path, new_path)) THEN
        RAISE EXCEPTION 'only who keeps people over this unit changes them' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- A role counts as given when it is new, or taken to another place, or comes back into service.
    gained := ARRAY(SELECT r FROM unnest(NEW.roles) r WHERE r = ANY (signing) AND NEW.is_active AND (TG_OP = 'INSERT'
              OR NOT r = ANY (OLD.roles) OR NEW.unit_id <> OLD.unit_id OR NOT OLD.is_active));
    IF cardinality(gained) > 0 AND NOT EXISTS (
        SELECT 1 FROM organisation_staffchange c WHERE c.id::text = current_setting('xiaoshi.staff_change', true)
           AND c.staff_login = NEW.login AND c.state = 'done' AND c.decided_by = xiaoshi_staff() AND c.made_by <> c.decided_by
           AND NOT EXISTS (SELECT 1 FROM unnest(gained) g WHERE NOT c.wanted -> 'roles' ? g)) THEN
        RAISE EXCEPTION 'roles that sign money are given by two people' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER people_kept BEFORE INSERT OR UPDATE ON organisation_staff FOR EACH ROW EXECUTE FUNCTION xiaoshi_people_kept();

CREATE FUNCTION xiaoshi_unit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE at text;
BEGIN
    IF xiaoshi_owns(TG_RELID) THEN RETURN NEW; END IF;
    IF TG_TABLE_NAME = 'organisation_unit' THEN at := to_jsonb(NEW) ->> 'path';
    ELSIF TG_TABLE_NAME = 'organisation_banksetting' THEN
        at := (SELECT min(path) FROM organisation_unit WHERE level = 'province');
    ELSE SELECT path INTO at FROM organisation_unit WHERE id = (to_jsonb(NEW) ->> 'unit_id')::bigint; END IF;
    IF NOT xiaoshi_keeps_people_over(at) THEN
        RAISE EXCEPTION 'only who keeps people over this unit changes it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER unit_kept BEFORE INSERT OR UPDATE ON organisation_unit FOR EACH ROW EXECUTE FUNCTION xiaoshi_unit_kept();
CREATE TRIGGER unit_kept BEFORE INSERT OR UPDATE ON organisation_designation FOR EACH ROW EXECUTE FUNCTION xiaoshi_unit_kept();
CREATE TRIGGER unit_kept BEFORE INSERT OR UPDATE ON organisation_banksetting FOR EACH ROW EXECUTE FUNCTION xiaoshi_unit_kept();

ALTER TABLE organisation_staffchange ENABLE ROW LEVEL SECURITY;
CREATE POLICY change_seen ON organisation_staffchange USING (xiaoshi_stands_over(unit_path) OR staff_login = xiaoshi_staff())
    WITH CHECK (xiaoshi_staff() <> '' AND xiaoshi_stands_over(unit_path));
-- What was decided stays decided.
CREATE FUNCTION xiaoshi_change_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE EXCEPTION 'a change that was decided is not changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER decided_once BEFORE UPDATE ON organisation_staffchange
    FOR EACH ROW EXECUTE FUNCTION xiaoshi_change_decided_once();
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0002_people_of_the_bank"), ("guard", "0002_house_timers")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
