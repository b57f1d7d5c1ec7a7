"""Making a backup of a home, while the desk works or while it rests."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from xiaoshi import __version__
from xiaoshi.house.backup.archive import DUMP, FOLDERS, FORMAT, KEYS, writing
from xiaoshi.house.backup.workplace import workplace
from xiaoshi.house.children import bound_to_parent
from xiaoshi.house.database_user import DatabaseUser, programs
from xiaoshi.house.home import Home
from xiaoshi.house.postgres import database
from xiaoshi.house.roles import ConnectionInfo, Dsn
from xiaoshi.house.trouble import REFUSED, HouseError

Say = Callable[[str], None]


def make_backup(
    home: Home, target: Path, now: datetime, passphrase: bytes | None, say: Say
) -> dict[str, Any]:
    """Write the archive; gives file, size, SHA-256 and what it holds. Raises HouseError; then there is no file."""
    home.require()
    if target.exists():
        raise HouseError(
            "backup_exists", f"{target} 已存在，备份不会覆盖它；请换一个文件名。",
            f"{target} exists and is not overwritten: choose another name.", str(target), REFUSED,
        )  # fmt: skip
    begun = time.monotonic()
    try:
        # Beside the archive, not in the machine's folder for scratch: that one is often small, and the dump is not sealed.
        with workplace(target) as place, database(home) as info:
            counts = _counts(info)
            dump = place / DUMP
            say("pg_dump …")
            _dump(info, dump)
            with writing(target, passphrase, place) as archive:
                archive.text("header.json", _header(now, counts, info))
                archive.file(DUMP, dump)
                for name in KEYS:
                    archive.file(name, home.path / name)
                for folder in FOLDERS:
                    _whole_folder(home.path / folder, folder, archive.file, say)
                held = dict(archive.members)
    except OSError as error:
        raise HouseError(
            "backup_not_written",
            f"无法写入 {target}（{error.strerror}）；请检查磁盘空间和权限。",
            f"{target} cannot be written ({error.strerror}): check disk space and permission.",
            str(target),
        ) from error
    return {
        "file": str(target),
        "bytes": target.stat().st_size,
        "sha256": _digest(target),
        "encrypted": passphrase is not None,
        **counts,
        "documents": sum(name.startswith("blobs/") for name in held),
        "seconds": round(time.monotonic() - begun, 1),
    }


def _header(now: datetime, counts: dict[str, int], info: ConnectionInfo) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "release": __version__,
        "made_at": now.isoformat(timespec="seconds"),
        "embedded": info.embedded,
        "counts": counts,
    }


def _counts(info: ConnectionInfo) -> dict[str, int]:
    """How much there was just before the dump: a restored backup has as much or (what came in between) more."""
    tables = {"cases": "cases_case", "entries": "audit_timelineentry", "postings": "money_posting"}
    with psycopg.connect(**info.owner_dsn) as connection:
        found = {}
        for name, table in tables.items():
            there = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            row = connection.execute(count).fetchone() if there and there[0] else None
            found[name] = int(row[0]) if row else 0
        return found


def _whole_folder(folder: Path, name: str, add: Callable[[str, Path], None], say: Say) -> None:
    count = 0
    for place, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            # Locks and writes that were broken off have a leading dot; the preview cache can be made anew.
            if not file.startswith("."):
                path = Path(place) / file
                add(f"{name}/{path.relative_to(folder).as_posix()}", path)
                count += 1
                if count % 1000 == 0:
                    say(f"{name}: {count}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run_postgres(program: str, words: list[str], dsn: Dsn, code: str) -> None:
    """Run pg_dump or pg_restore of the embedded PostgreSQL against a connection. Raises HouseError with its last line."""
    installed = programs(DatabaseUser(None, None))
    password = str(dsn.get("password", ""))
    asked = make_conninfo(**{k: v for k, v in dsn.items() if k != "password"})
    ran = subprocess.run(
        [str(installed / "bin" / program), f"--dbname={asked}", "--no-password", *words],
        env={
            "LC_ALL": "C",
            "PATH": "/usr/bin:/bin",
            "LD_LIBRARY_PATH": str(installed / "lib"),
            "PGPASSWORD": password,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        preexec_fn=bound_to_parent(),
    )
    if ran.returncode != 0:
        lines = ran.stderr.decode("utf-8", "replace").strip().splitlines() or ["?"]
        last = next((line for line in lines if "error" in line.lower()), lines[-1])
        raise HouseError(
            code,
            f"{program} 未能完成（{last[:300]}）。",
            f"{program} did not finish ({last[:300]}).",
            program,
        )


def _dump(info: ConnectionInfo, target: Path) -> None:
    run_postgres(
        "pg_dump",
        ["--format=custom", "--compress=gzip:1", "--no-owner", "--no-privileges", f"--file={target}"],
        info.owner_dsn,
        "database_not_dumped",
    )
