from django.apps import AppConfig


class FindConfig(AppConfig):
    name = "xiaoshi.desk.find"
    label = "find"
