from django.apps import AppConfig


class LookConfig(AppConfig):
    """Tags, form renderer and components; no models."""

    name = "xiaoshi.desk.look"
    label = "look"
