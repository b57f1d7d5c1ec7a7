from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "xiaoshi.desk.plans"
    label = "plans"
