from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "xiaoshi.desk.api"
    label = "api"
