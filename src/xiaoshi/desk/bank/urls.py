"""Addresses below /desk/."""

from django.urls import path

from xiaoshi.desk.bank import views

urlpatterns = [
    path("bank/", views.payments, name="bank"),
    path("bank/day/", views.day, name="bank_day"),
    path("bank/<uuid:payment_id>/", views.payment, name="bank_payment"),
]
