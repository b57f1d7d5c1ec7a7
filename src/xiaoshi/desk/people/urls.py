"""The people of a case, their numbers, and who looked at them."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.people import views

urlpatterns = [
    path("cases/<uuid:case_id>/people/", views.people, name="case_people"),
    path("cases/<uuid:case_id>/people/looks/", views.looks_of_case, name="case_looks"),
    path("number-looks/", views.looks, name="number_looks"),
]
