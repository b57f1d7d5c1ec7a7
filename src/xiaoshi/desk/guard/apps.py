from django.apps import AppConfig


class GuardConfig(AppConfig):
    name = "xiaoshi.desk.guard"
    label = "guard"
