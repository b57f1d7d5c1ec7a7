from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "xiaoshi.desk.cases"
    label = "cases"
