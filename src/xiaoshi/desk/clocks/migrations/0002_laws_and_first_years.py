"""Row-level security of the clocks, and the first calendar: the years that the library `holidays` knows."""

from datetime import UTC, datetime

from django.db import migrations

FORWARD = """
ALTER TABLE clocks_stepclock ENABLE ROW LEVEL SECURITY;
CREATE POLICY clock_of_case ON clocks_stepclock
    USING (xiaoshi_stands_over(unit_path) OR EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id)) WITH CHECK (xiaoshi_staff() <> '');
"""


def seed(apps, schema_editor):
    from xiaoshi.desk.clocks import library_days

    year_model = apps.get_model("clocks", "CalendarYear")
    day_model = apps.get_model("clocks", "SwappedDay")
    alias, now = schema_editor.connection.alias, datetime.now(UTC)
    for year in library_days.known_years():
        row = year_model.objects.using(alias).create(
            year=year,
            source=library_days.source(),
            status="unconfirmed",
            entered_by="house:clocks",
            entered_at=now,
        )
        day_model.objects.using(alias).bulk_create(
            day_model(day=d.day, year=row, works_as=d.works_as, name_zh=d.name_zh, name_en=d.name_en)
            for d in library_days.days_of(year)
        )


class Migration(migrations.Migration):
    dependencies = [("clocks", "0001_initial"), ("guard", "0002_house_timers")]
    operations = [
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
