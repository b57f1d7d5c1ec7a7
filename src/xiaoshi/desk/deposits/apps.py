from django.apps import AppConfig


class DepositsConfig(AppConfig):
    name = "xiaoshi.desk.deposits"
    label = "deposits"
