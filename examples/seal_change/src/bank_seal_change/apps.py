from django.apps import AppConfig


class SealChangeConfig(AppConfig):
    name = "bank_seal_change"
    label = "seal_change"
    default_auto_field = "django.db.models.BigAutoField"
