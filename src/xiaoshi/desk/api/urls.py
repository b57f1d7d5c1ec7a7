"""Addresses of the tokens' page. Those of the API itself stand in `addresses.py`."""

from __future__ import annotations

from django.urls import path

from xiaoshi.desk.api import token_pages

urlpatterns = [path("tokens/", token_pages.tokens, name="tokens")]
