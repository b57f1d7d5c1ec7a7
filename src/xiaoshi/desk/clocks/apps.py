from django.apps import AppConfig


class ClocksConfig(AppConfig):
    name = "xiaoshi.desk.clocks"
    label = "clocks"
