"""What the nightly timer may let go: functions of the owner, since the runtime role may delete none of these rows.

Each asks again what may go (read, answered, on a case that is over, done), and answers the desk's own timer only.
"""

from django.db import migrations

WHAT = {
    # A key that may still be retried is young; what an act answered stands in its entry.
    "notices": (
        "notices_notice",
        "SELECT id FROM notices_notice WHERE read_at < before ORDER BY id LIMIT at_most",
    ),
    "answers": (
        "cases_answeredact",
        "SELECT key AS id FROM cases_answeredact WHERE at < before LIMIT at_most",
    ),
    "drafts": (
        "presence_draft",
        "SELECT d.id FROM presence_draft d JOIN cases_case c ON c.id = d.case_id WHERE c.closed_at < before LIMIT at_most",
    ),
    "looking": ("presence_looking", "SELECT id FROM presence_looking WHERE seen_at < before LIMIT at_most"),
    "jobs": (
        "procrastinate_jobs",
        "SELECT j.id FROM procrastinate_jobs j WHERE j.status IN ('succeeded', 'failed', 'cancelled', 'aborted')"
        " AND NOT EXISTS (SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at >= before)"
        " ORDER BY j.id LIMIT at_most",
    ),
}
FUNCTION = """
CREATE FUNCTION retention_let_{name}_go(before timestamptz, at_most integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    IF xiaoshi_staff() <> 'house:retention' OR before > now() - interval '12 hours' THEN
        RAISE EXCEPTION 'only the nightly timer lets go of this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH old AS ({chosen}), deleted AS (DELETE FROM {table} t USING old WHERE t.{key} = old.id RETURNING 1)
    SELECT count(*) INTO gone FROM deleted;
    RETURN gone;
END $$;
"""
FORWARD = "".join(
    FUNCTION.format(name=name, table=table, chosen=chosen, key="key" if name == "answers" else "id")
    for name, (table, chosen) in WHAT.items()
)
INDEXES = """
CREATE INDEX retention_answered_at ON cases_answeredact (at);
CREATE INDEX retention_notice_read ON notices_notice (read_at) WHERE read_at IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0002_laws"),
        ("notices", "0002_own_notices"),
        ("presence", "0002_row_security"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]
    operations = [migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (FORWARD, INDEXES)]
