from django.apps import AppConfig


class ExampleConfig(AppConfig):
    name = "xiaoshi.desk.kinds.example"
    label = "example"
