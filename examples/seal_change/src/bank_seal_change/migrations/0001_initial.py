from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar = [("cases", "0001_initial"), ("guard", "0001_row_security")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="SealCard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("card_number", models.TextField(unique=True)),
                ("in_use_from", models.DateField()),
                ("taken_by", models.TextField()),
                ("taken_at", models.DateTimeField()),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seal_cards",
                        to="cases.case",
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
        # Whoever sees the case sees its cards; the database says so, whatever a page asks for.
        migrations.RunSQL(
            "ALTER TABLE seal_change_sealcard ENABLE ROW LEVEL SECURITY;"
            "CREATE POLICY card_of_case ON seal_change_sealcard"
            " USING (EXISTS (SELECT 1 FROM cases_case c WHERE c.id = case_id));",
            migrations.RunSQL.noop,
        ),
    ]
