"""Reads the same variables as the desk's own settings."""

import json
import os

SECRET_KEY = open(os.environ["XIAOSHI_SECRET_KEY_FILE"]).read()
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
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
