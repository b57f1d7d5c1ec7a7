"""A case is seen in somebody's stead only while one stands in: the row says for whom."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_owner_can")]

    operations = [
        migrations.AddField(
            model_name="casevisitor",
            name="stands_in_for",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.RemoveConstraint(model_name="casevisitor", name="visitor_once"),
        migrations.AddConstraint(
            model_name="casevisitor",
            constraint=models.UniqueConstraint(
                fields=("case", "staff_login", "stands_in_for"), name="visitor_once"
            ),
        ),
    ]
