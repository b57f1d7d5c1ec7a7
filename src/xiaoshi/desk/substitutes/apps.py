from django.apps import AppConfig


class SubstitutesConfig(AppConfig):
    name = "xiaoshi.desk.substitutes"
    label = "substitutes"
