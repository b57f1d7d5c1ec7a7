from django.apps import AppConfig


class ConsultingConfig(AppConfig):
    name = "xiaoshi.desk.consulting"
    label = "consulting"
