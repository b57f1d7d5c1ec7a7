from django.apps import AppConfig


class LinkedCasesConfig(AppConfig):
    name = "xiaoshi.desk.linked_cases"
    label = "linked_cases"
