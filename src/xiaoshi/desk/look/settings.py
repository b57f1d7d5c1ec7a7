"""What the settings module of the desk takes from the look: import these, do not copy them.

    from xiaoshi.desk.look.settings import (
        CONTENT_SECURITY_POLICY, FORM_RENDERER, LANGUAGE_CODE, LANGUAGES, LOCALE_PATHS, LOOK_APPS, LOOK_NAV,
        STATICFILES_DIRS, TEMPLATES,
    )
    INSTALLED_APPS = [*LOOK_APPS, ...]

Cotton and template-partials each wrap the template loaders when they are installed by their plain names, and whichever
comes first then swallows the other: `<c-...>` is left as it stands inside a partial. So both are installed by their
`SimpleAppConfig`, which wraps nothing, and the order of loaders is written out here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy

DESK_DIR = Path(__file__).resolve().parent.parent

# "django.forms" lets the form renderer find Django's own widget templates where we have none of ours.
LOOK_APPS = [
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
    "django.forms",
    "xiaoshi.desk.look",
]

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.template.context_processors.i18n",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "xiaoshi.desk.look.context.desk",
]

LOADERS = [
    (
        "template_partials.loader.Loader",
        [
            (
                "django.template.loaders.cached.Loader",
                [
                    "django_cotton.cotton_loader.Loader",
                    "django.template.loaders.filesystem.Loader",
                    "django.template.loaders.app_directories.Loader",
                ],
            )
        ],
    )
]

TEMPLATES_OPTIONS: dict[str, Any] = {
    "context_processors": CONTEXT_PROCESSORS,
    "loaders": LOADERS,
    "builtins": [
        "django.templatetags.i18n",
        "django.templatetags.static",
        "django_cotton.templatetags.cotton",
        "template_partials.templatetags.partials",
        "xiaoshi.desk.look.templatetags.desk",
    ],
}

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [DESK_DIR / "templates"],
        "OPTIONS": TEMPLATES_OPTIONS,
    }
]

FORM_RENDERER = "xiaoshi.desk.look.renderer.DeskRenderer"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [DESK_DIR / "locale"]

STATICFILES_DIRS = [DESK_DIR / "static"]

# The header's links, in order: key, words, name of the route. A page names its own with `section` in its context, and
# `g` then a letter goes there (assets/desk.js). A route that does not exist is an error, not a missing link.
LOOK_NAV = [
    ("queue", gettext_lazy("To do"), "queue"),
    ("cases", gettext_lazy("Cases"), "cases"),
    ("reviews", gettext_lazy("Reviews"), "reviews"),
    ("questions", gettext_lazy("Questions"), "questions"),
    ("money", gettext_lazy("Money"), "money"),
]

# What is not needed every hour, behind "More".
LOOK_MORE = [
    ("deposits", gettext_lazy("Deposits and interest"), "deposits"),
    ("scans", gettext_lazy("Scans"), "scans"),
    ("figures", gettext_lazy("Figures"), "figures"),
    ("substitutes", gettext_lazy("Substitutes"), "substitutes"),
    ("clocks", gettext_lazy("Opening hours"), "clocks"),
    ("plans", gettext_lazy("Plans of casework"), "plans"),
    ("organisation", gettext_lazy("Organisation"), "organisation"),
    ("retention", gettext_lazy("Keeping and destroying"), "retention"),
    ("tokens", gettext_lazy("Tokens"), "tokens"),
]

# django-csp 4. No inline script, no inline style, nothing from elsewhere.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
