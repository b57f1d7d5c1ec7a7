from django.apps import AppConfig


class UrgentPaymentConfig(AppConfig):
    name = "xiaoshi.desk.kinds.urgent_payment"
    label = "urgent_payment"
