from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "xiaoshi.desk.retention"
    label = "retention"
