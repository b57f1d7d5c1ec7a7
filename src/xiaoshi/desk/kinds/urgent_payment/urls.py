"""Addresses of this kind, below /desk/cases/<uuid>/."""

from django.urls import path

from xiaoshi.desk.kinds.urgent_payment import views

urlpatterns = [path("urgent/", views.urgent, name="urgent_payment_money")]
