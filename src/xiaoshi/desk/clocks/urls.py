"""Addresses of calendars and time limits."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.clocks import views

urlpatterns = [
    path("clocks/", views.calendar, name="clocks"),
    path("clocks/hours/", views.hours, name="clock_hours"),
    path("clocks/inherit/", views.inherit, name="clock_inherit"),
    path("clocks/close/", views.close, name="clock_close"),
    path("clocks/closures/<int:closure>/withdraw/", views.withdraw, name="clock_withdraw"),
    path("clocks/announce/", views.announce, name="clock_announce"),
    path("cases/<uuid:case_id>/clocks/<slug:step>/extend/", views.extend, name="clock_extend"),
]
