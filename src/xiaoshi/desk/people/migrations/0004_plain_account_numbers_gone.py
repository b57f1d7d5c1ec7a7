from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0003_seal_account_numbers")]
    operations = [migrations.RemoveField(model_name="client", name="account_number")]
