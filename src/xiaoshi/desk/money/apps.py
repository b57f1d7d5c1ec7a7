from django.apps import AppConfig


class MoneyConfig(AppConfig):
    name = "xiaoshi.desk.money"
    label = "money"
