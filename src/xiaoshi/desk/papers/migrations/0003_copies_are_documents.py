"""Copies of a paper are counted by the documents that were kept, so a paper needs no column that changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("papers", "0002_check_code")]
    operations = [migrations.RemoveField("paper", "reprints")]
