from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "xiaoshi.desk.people"
    label = "people"
