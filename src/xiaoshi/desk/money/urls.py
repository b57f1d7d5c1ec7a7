"""Addresses below /desk/."""

from django.urls import path

from xiaoshi.desk.money import views

urlpatterns = [
    path("money/", views.money, name="money"),
    path("cases/<uuid:case_id>/money/", views.case_money, name="case_money"),
]
