from django.apps import AppConfig


class SigningInConfig(AppConfig):
    name = "xiaoshi.desk.signing_in"
    label = "signing_in"

    def ready(self) -> None:
        from xiaoshi.desk.signing_in import sittings

        sittings.connect()
