from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "xiaoshi.desk.papers"
    label = "papers"
