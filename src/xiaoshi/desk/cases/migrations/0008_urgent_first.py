"""Urgent cases stand first in every list: they are found by an index of their own, however few of them a province has."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_waiting_and_status")]
    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                fields=["due_at", "id"],
                name="case_live_urgent",
                condition=models.Q(("status__in", ["open", "suspended"]), ("urgency", "urgent")),
            ),
        )
    ]
