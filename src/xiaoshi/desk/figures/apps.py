from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "xiaoshi.desk.figures"
    label = "figures"
