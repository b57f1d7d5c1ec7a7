"""Django settings, read from the environment that `xiaoshi serve` and the other commands set for their children.

The web and worker processes only ever know the runtime role (`XIAOSHI_DB_APP`), which owns nothing; the owner's
connection (`XIAOSHI_DB_OWNER`) exists only in processes that migrate, load the demo or start the audit of everything.
"""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xiaoshi.desk import parts
from xiaoshi.desk.kinds import KINDS
from xiaoshi.desk.look.settings import (  # noqa: F401
    CONTENT_SECURITY_POLICY,
    FORM_RENDERER,
    LANGUAGE_CODE,
    LANGUAGES,
    LOCALE_PATHS,
    LOOK_APPS,
    LOOK_NAV,
    STATICFILES_DIRS,
    TEMPLATES,
)

DESK = Path(__file__).resolve().parent
HOME = Path(os.environ.get("XIAOSHI_HOME", DESK.parent.parent.parent / ".home"))


def _secret(variable: str, fallback: str) -> str:
    path = os.environ.get(variable)
    return Path(path).read_text(encoding="utf-8").strip() if path else fallback


def _connection(variable: str) -> dict[str, Any]:
    """A Django connection from JSON: host (socket folder or name), port, user, password, dbname, sslmode (optional)."""
    given: dict[str, Any] = json.loads(os.environ.get(variable, "{}"))
    options = {"sslmode": given["sslmode"]} if given.get("sslmode") else {}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": given.get("host", ""),
        "PORT": str(given.get("port", "")),
        "USER": given.get("user", ""),
        "PASSWORD": given.get("password", ""),
        "NAME": given.get("dbname", "xiaoshi"),
        # Short: a page for the reader is better than a browser that waits for a database that is gone.
        "OPTIONS": {"connect_timeout": 4, **options},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


SECRET_KEY = _secret("XIAOSHI_SECRET_KEY_FILE", "only-for-commands-that-sign-nothing")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("XIAOSHI_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("XIAOSHI_ORIGINS", "").split(",") if o]

DATABASES: dict[str, dict[str, Any]] = {"default": _connection("XIAOSHI_DB_APP")}
if os.environ.get("XIAOSHI_DB_OWNER"):
    DATABASES["owner"] = _connection("XIAOSHI_DB_OWNER")
RUNTIME_ROLE = str(DATABASES["default"]["USER"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    *LOOK_APPS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "procrastinate.contrib.django",
    "xiaoshi.desk.guard",
    "xiaoshi.desk.organisation",
    "xiaoshi.desk.people",
    "xiaoshi.desk.cases",
    "xiaoshi.desk.papers",
    "xiaoshi.desk.money",
    "xiaoshi.desk.audit",
    *parts.apps(),
    *KINDS.values(),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "xiaoshi.desk.signing_in.middleware.Sitting",
    "xiaoshi.desk.guard.middleware.SeeAsReader",
    "xiaoshi.desk.cases.stale_forms.KeepTyped",
]

ROOT_URLCONF = "xiaoshi.desk.urls"
WSGI_APPLICATION = "xiaoshi.desk.wsgi.application"

AUTH_USER_MODEL = "organisation.Staff"
# How often somebody may fail is counted by `signing_in/budgets.py`, for name and device together.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "queue"
LOGOUT_REDIRECT_URL = "sign_in"
LANGUAGE_COOKIE_NAME = "xiaoshi_language"
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
# Served straight from the built folder: a branch server has no collectstatic step to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 10 * 60 * 60
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_COOKIES = os.environ.get("XIAOSHI_HTTPS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# A tray photo of 12 to 50 million pixels is 3 to 25 MB; what is larger is refused by the act with words.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# Papers that a scanner made come by hundreds; the first upload handler drops, and counts, what is beyond 500.
DATA_UPLOAD_MAX_NUMBER_FILES = 2000
FILE_UPLOAD_HANDLERS = [
    "xiaoshi.desk.papers.uploading.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DOCUMENT_BYTES_MAX = 40 * 1024 * 1024
BLOB_DIR = HOME / "blobs"
LIBRARY_DIR = Path(os.environ.get("XIAOSHI_LIBRARY", HOME / "library"))
MASTER_KEY_FILE = os.environ.get("XIAOSHI_MASTER_KEY_FILE", "")
# The letterhead's first line, Chinese and English.
BANK_NAME = (os.environ.get("XIAOSHI_BANK_ZH", "示例银行"), os.environ.get("XIAOSHI_BANK_EN", "Example Bank"))
PUBLIC_ADDRESS = os.environ.get("XIAOSHI_PUBLIC_ADDRESS", "http://127.0.0.1:8000")
# The core bank behind the books (desk/bank); empty: the embedded ledger is the core. The number is the bank's 12-figure 行号.
CORE_URL = os.environ.get("XIAOSHI_CORE_URL", "")
CORE_TOKEN_FILE = os.environ.get("XIAOSHI_CORE_TOKEN_FILE", "")
CORE_TIMEOUT_SECONDS = float(os.environ.get("XIAOSHI_CORE_TIMEOUT", "10"))
BANK_NUMBER = os.environ.get("XIAOSHI_BANK_NUMBER", "999999999999")

PROCRASTINATE_IMPORT_PATHS = [
    "xiaoshi.desk.cases.jobs",
    "xiaoshi.desk.papers.jobs",
    "xiaoshi.desk.audit.jobs",
    *parts.job_paths(),
    *(f"{path}.jobs" for path in KINDS.values() if find_spec(f"{path}.jobs")),
]
PROCRASTINATE_DEFAULT_QUEUE = "desk"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
