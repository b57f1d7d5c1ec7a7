from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "xiaoshi.desk.notices"
    label = "notices"
