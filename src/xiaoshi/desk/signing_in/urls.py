"""Addresses of second factors, passkeys, sessions, below the desk."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.signing_in.views import own, sessions

urlpatterns = [
    path("my-sign-in/", own.overview, name="my_sign_in"),
    path("my-sign-in/factors/<uuid:factor>/", own.factor, name="my_factor"),
    path("sessions/", sessions.end, name="end_session"),
    path("staff/<str:login>/sessions/", sessions.of_person, name="sessions_of"),
]
