from django.apps import AppConfig


class PresenceConfig(AppConfig):
    name = "xiaoshi.desk.presence"
    label = "presence"
