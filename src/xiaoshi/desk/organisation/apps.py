from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "xiaoshi.desk.organisation"
    label = "organisation"
