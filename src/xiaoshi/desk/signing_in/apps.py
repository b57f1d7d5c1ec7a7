from django.apps import AppConfig


class SigningInConfig(AppConfig):
    name = "xiaoshi.desk.signing_in"
    label = "signing_in"
