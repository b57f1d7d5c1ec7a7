"""Which core bank the desk talks to. None: the embedded ledger is the core, and nothing leaves the house."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from xiaoshi.desk.bank.http_core import HttpCore, Keep, keep_nothing


def connected() -> bool:
    return bool(settings.CORE_URL)


def core(keep: Keep = keep_nothing) -> HttpCore | None:
    """The core bank of XIAOSHI_CORE_URL. The token is read anew each time, so that it can be changed while the desk runs."""
    if not settings.CORE_URL:
        return None
    token = Path(settings.CORE_TOKEN_FILE).read_text("utf-8").strip() if settings.CORE_TOKEN_FILE else ""
    return HttpCore(settings.CORE_URL, settings.BANK_NUMBER, token, settings.CORE_TIMEOUT_SECONDS, keep)
