from django.apps import AppConfig


class BurntNotesConfig(AppConfig):
    name = "xiaoshi.desk.kinds.burnt_notes"
    label = "burnt_notes"
