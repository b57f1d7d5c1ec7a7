"""Reads the same variables as the desk's own settings."""

import json
import os
from pathlib import Path

SECRET_KEY = Path(os.environ["XIAOSHI_SECRET_KEY_FILE"]).read_text()
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
XIAOSHI_INSTALL = "house_double.installing.install"
ROOT_URLCONF = "house_double.urls"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "procrastinate.contrib.django",
    "house_double",
]


def connection(variable: str) -> dict:
    given = json.loads(os.environ[variable])
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": given["host"],
        "PORT": given["port"],
        "USER": given["user"],
        "PASSWORD": given["password"],
        "NAME": given["dbname"],
    }


DATABASES = {"default": connection("XIAOSHI_DB_APP")}
if "XIAOSHI_DB_OWNER" in os.environ:
    DATABASES["owner"] = connection("XIAOSHI_DB_OWNER")
