from django.apps import AppConfig


class BankConfig(AppConfig):
    name = "xiaoshi.desk.bank"
    label = "bank"
