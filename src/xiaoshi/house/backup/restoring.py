"""Restoring a backup into an empty home, and trying that out: verify restores into a scratch home and looks at it all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from xiaoshi.house.backup.archive import DUMP, FOLDERS, KEYS, Unpacked, unpack
from xiaoshi.house.backup.making import run_postgres
from xiaoshi.house.backup.workplace import workplace
from xiaoshi.house.django import child_environment, migrate_if_needed
from xiaoshi.house.home import Home
from xiaoshi.house.postgres import database
from xiaoshi.house.roles import ConnectionInfo
from xiaoshi.house.trouble import REFUSED, HouseError

Say = Callable[[str], None]

# Who was signed in, and which programs had a token, is as old as the backup: what was ended since must not live again.
_END_SIGN_INS = (
    ("sessions_ended", "DELETE FROM django_session"),
    (
        "sittings_ended",
        "UPDATE signing_in_sitting SET ended_at = now(), ended_by = 'restore', end_reason = 'ended'"
        " WHERE ended_at IS NULL",
    ),
    (
        "tokens_ended",
        "UPDATE api_token SET ended_at = now(), ended_by = 'restore', end_reason = 'restored' WHERE ended_at IS NULL",
    ),
)

# Opens every document that the database names; prints the first that is not what was kept.
_DOCUMENTS = """
import django; django.setup()
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.models import Document
count, bad = 0, ""
for address in Document.objects.using("owner").values_list("sha256", flat=True).distinct().iterator():
    count += 1
    try:
        blobs.get(address)
    except blobs.BlobDamaged:
        bad = bad or address
import json; print(json.dumps({"ok": not bad, "documents": count, "first_bad": bad or None}))
"""


def restore(path: Path, home: Home, passphrase: bytes | None, say: Say) -> dict[str, Any]:
    """Restore into a home that does not exist yet (or is an empty folder). Nothing is left of a broken-off try."""
    _require_file(path)
    _require_empty(home.path)
    begun = time.monotonic()
    with _building_site(home.path) as site:
        found = _restore_into(path, Home(site / "home"), passphrase, say)
        ended = _end_sign_ins(Home(site / "home"))
        _require_empty(home.path)
        if home.path.exists():
            home.path.rmdir()
        (site / "home").rename(home.path)
    counts = found.header.get("counts", {})
    return {
        "home": str(home.path),
        "made_at": found.header["made_at"],
        **counts,
        **ended,
        "seconds": _since(begun),
    }


def _end_sign_ins(home: Home) -> dict[str, int]:
    """Everybody signs in anew after a restore, and tokens are made anew."""
    with database(home) as info, psycopg.connect(**info.owner_dsn) as connection:
        return {name: connection.execute(text).rowcount for name, text in _END_SIGN_INS}


def verify(path: Path, passphrase: bytes | None, say: Say) -> dict[str, Any]:
    """Restore into a scratch home and check it: documents, timeline, books. The scratch home is removed."""
    _require_file(path)
    begun = time.monotonic()
    scratch = Path(tempfile.gettempdir()) / "xiaoshi-verify"
    with _without_database_url(), _building_site(scratch) as site:
        home = Home(site / "home")
        found = _restore_into(path, home, passphrase, say)
        say("documents, audit, ledger …")
        checks = {
            "documents": _documents(home),
            "audit": _command(home, "audit", "verify"),
            "ledger": _command(home, "ledger", "verify"),
        }
    problems = [name for name, told in checks.items() if not told.get("ok")]
    return {
        "ok": not problems,
        "file": str(path),
        "made_at": found.header["made_at"],
        **found.header.get("counts", {}),
        "members": len(found.members),
        "checks": checks,
        "failed": problems,
        "seconds": _since(begun),
    }


def _restore_into(path: Path, home: Home, passphrase: bytes | None, say: Say) -> Unpacked:
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=home.path.parent) as folder:
        say("unpacking …")
        found = unpack(path, Path(folder), passphrase)
        for name in (*KEYS, DUMP):
            if name not in found.members:
                raise HouseError(
                    "backup_damaged", f"备份中缺少 {name}。", f"The backup has no {name}.", str(path), REFUSED
                )
        _put_files(found, home)
        with database(home) as info:
            _require_no_tables(info)
            say("pg_restore …")
            words = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
            run_postgres(
                "pg_restore", [*words, str(found.folder / DUMP)], info.owner_dsn, "database_not_restored"
            )
            migrate_if_needed(home, info)
    return found


def _put_files(found: Unpacked, home: Home) -> None:
    home.path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700)
    home.secrets.mkdir(mode=0o700)
    for name in KEYS:
        (found.folder / name).rename(home.path / name)
    for folder in FOLDERS:
        if (found.folder / folder).exists():
            (found.folder / folder).rename(home.path / folder)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise HouseError(
            "backup_missing", f"没有 {path} 这个文件。", f"There is no file {path}.", str(path), REFUSED
        )


def _require_empty(path: Path) -> None:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise HouseError(
            "home_in_use",
            f"{path} 里已有数据，备份只能恢复到空目录；请用 --home 另指定一个，或先移走它。",
            f"{path} is not empty, and a backup is restored into an empty folder only: name another with --home, or move it away.",
            str(path),
            REFUSED,
        )


def _require_no_tables(info: ConnectionInfo) -> None:
    """A server of yours (DATABASE_URL) may hold another installation: it is left alone."""
    with psycopg.connect(**info.owner_dsn) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    if row and row[0]:
        raise HouseError(
            "database_in_use",
            "DATABASE_URL 指定的数据库里已有表；请指定一个空数据库。",
            "The database of DATABASE_URL has tables already: name an empty one.",
            "DATABASE_URL",
            REFUSED,
        )


def _building_site(beside: Path) -> AbstractContextManager[Path]:
    """A folder on the target's disk. Root's PostgreSQL runs as another user and must pass through it."""
    return workplace(beside, 0o711 if os.geteuid() == 0 else 0o700)


@contextmanager
def _without_database_url() -> Iterator[None]:
    """A trial never touches the server of yours: the scratch home has an embedded database."""
    url = os.environ.pop("DATABASE_URL", None)
    try:
        yield
    finally:
        if url is not None:
            os.environ["DATABASE_URL"] = url


def _documents(home: Home) -> dict[str, Any]:
    with database(home) as info:
        return _json_of([sys.executable, "-P", "-c", _DOCUMENTS], child_environment(home, info, owner=True))


def _command(home: Home, *words: str) -> dict[str, Any]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XIAOSHI_DB_")}
    return _json_of(
        [sys.executable, "-P", "-m", "xiaoshi.cli", *words, "--json", "--home", str(home.path)], environment
    )


def _json_of(words: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """What a check printed; one that broke counts as failed, with its last words."""
    ran = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    try:
        told: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        last = (ran.stderr.strip().splitlines() or ["?"])[-1]
        return {"ok": False, "error": last[:300]}
    return told


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 1)
