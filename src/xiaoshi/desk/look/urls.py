"""Routes of the look itself. All are open to anybody: they change how pages look in this browser, nothing else."""

from django.urls import path
from django.views.i18n import set_language

from xiaoshi.desk.guard.routes import opens_to

from . import views

app_name = "look"

urlpatterns = [
    path("language/", opens_to("anyone")(set_language), name="language"),
    path("preferences/", views.preferences, name="preferences"),
    path("patterns/", views.patterns, name="patterns"),
]
