"""Django, made ready for a command: database up, environment set, migrations present.

The settings module reads only the environment, and the owner's connection is in it only where tables are made. So a web
process cannot leak a password that it never had.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from xiaoshi.house.home import Home
from xiaoshi.house.postgres import database
from xiaoshi.house.roles import ConnectionInfo
from xiaoshi.house.trouble import HouseError, no_answer

SETTINGS = "xiaoshi.desk.settings"

# Runs as the owner in a process of its own: compares the files of the migrations with the table, runs what is missing.
_NO_ANSWER = 75
_MIGRATE = f"""
import django; django.setup()
import sys, traceback
from django.conf import settings
from django.utils.module_loading import import_string
from xiaoshi.house.trouble import database_gone
try:
    import_string(getattr(settings, "XIAOSHI_INSTALL", "xiaoshi.desk.guard.installing.install"))()
except Exception as error:
    if database_gone(error) is None:
        raise
    traceback.print_exc()
    sys.exit({_NO_ANSWER})
"""


def environment(home: Home, info: ConnectionInfo, owner: bool = False) -> dict[str, str]:
    """The variables that `xiaoshi.desk.settings` reads; the owner's connection only when asked for."""
    values = {
        "XIAOSHI_HOME": str(home.path),
        "XIAOSHI_DB_APP": json.dumps(info.app_dsn),
        "XIAOSHI_SECRET_KEY_FILE": str(home.django_key_file),
        "XIAOSHI_MASTER_KEY_FILE": str(home.master_key_file),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", SETTINGS),
    }
    if owner:
        values["XIAOSHI_DB_OWNER"] = json.dumps(info.owner_dsn)
    return values


def child_environment(home: Home, info: ConnectionInfo, owner: bool = False) -> dict[str, str]:
    """A whole environment for a child process: ours, without what only the parent may know."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "XIAOSHI_DB_OWNER")
    }
    return {**kept, **environment(home, info, owner)}


def migration_mark(folder: Path) -> str:
    """What the migrations on disk look like: names, sizes and times of the files, ours and the packages'."""
    import hashlib
    import importlib.metadata

    from xiaoshi.desk.kinds import outside_folders  # here: it refuses a kind that cannot be taken, in words

    digest = hashlib.sha256()
    shipped = (*folder.glob("**/migrations/*.py"), *folder.glob("**/grants.py"), *folder.glob("**/plan.toml"))
    for path in sorted(shipped):
        found = path.stat()
        digest.update(f"{path.relative_to(folder)} {found.st_size} {found.st_mtime_ns}\n".encode())
    for kind, outside in outside_folders().items():
        for path in sorted((*outside.glob("migrations/*.py"), outside / "grants.py", outside / "plan.toml")):
            if path.is_file():
                digest.update(
                    f"{kind} {path.name} {path.stat().st_size} {path.stat().st_mtime_ns}\n".encode()
                )
    for name in ("django", "procrastinate"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    return digest.hexdigest()


def migrate_if_needed(home: Home, info: ConnectionInfo) -> bool:
    """Run the migrations as the owner, unless the last successful run on this database saw the same files.

    The mark is kept per database in `HOME/migrated.json`; a database that was replaced behind our back shows in
    `xiaoshi doctor`, which asks Django itself. Returns whether anything was run.
    """
    mark_file = home.path / "migrated.json"
    where = (
        f"{info.owner_dsn['host']}:{info.owner_dsn['port']}/{info.owner_dsn['dbname']}"
        if not info.embedded
        else "embedded"
    )
    mark = migration_mark(Path(__file__).parents[1])
    try:
        marks = json.loads(mark_file.read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        marks = {}
    if marks.get(where) == mark:
        return False
    ran = subprocess.run(
        [sys.executable, "-P", "-c", _MIGRATE],
        env=child_environment(home, info, owner=True),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if ran.returncode != 0:
        text = ran.stderr.decode("utf-8", "replace").strip()
        (home.logs / "migrate.log").write_text(text + "\n", "utf-8")
        last = text.splitlines()[-1] if text else "?"
        if ran.returncode == _NO_ANSWER:
            raise no_answer(last.partition(": ")[2] or last)
        raise HouseError(
            "migration_failed",
            f"数据库结构升级失败({last});详见 {home.logs / 'migrate.log'}。",
            f"The migrations failed ({last}); see {home.logs / 'migrate.log'}.",
            str(home.logs / "migrate.log"),
        )
    temporary = mark_file.with_suffix(".new")
    temporary.write_text(json.dumps({**marks, where: mark}), "utf-8")
    temporary.replace(mark_file)
    return True


@contextlib.contextmanager
def prepare(home: Home, owner: bool = False) -> Iterator[ConnectionInfo]:
    """Django ready for use in this process, with the runtime role (and the owner's connection when `owner`).

    Starts the embedded database for as long as the block lasts, when nobody else has. Raises HouseError.
    """
    with database(home) as info:
        migrate_if_needed(home, info)
        os.environ.pop("XIAOSHI_DB_OWNER", None)
        os.environ.update(environment(home, info, owner))
        import django

        django.setup()
        try:
            yield info
        finally:
            from django.db import connections

            connections.close_all()
