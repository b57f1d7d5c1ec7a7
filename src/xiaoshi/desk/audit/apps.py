from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "xiaoshi.desk.audit"
    label = "audit"
