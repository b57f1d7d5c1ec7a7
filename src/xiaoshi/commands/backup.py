"""`xiaoshi backup create|verify|restore`: one file that holds an installation, and its way back."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xiaoshi.core.problems import Words
from xiaoshi.house.home import Home
from xiaoshi.house.trouble import REFUSED, HouseError

PASSPHRASE = "XIAOSHI_BACKUP_PASSPHRASE"  # noqa: S105  the variable's name
LOCK_IT_AWAY = Words(
    "注意：备份含有全部密钥且未加密，请妥善保管，或用 --passphrase-file 加密。",
    "Note: this backup holds all keys and is not encrypted: lock it away, or encrypt it with --passphrase-file.",
)


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="备份整套数据,试恢复,恢复。 / Back up everything, try the backup out, restore it.",
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="create|verify|restore")
    create = works.add_parser(
        "create", help="生成备份文件(可在营业时进行) / make one, also while the desk works"
    )
    create.add_argument(
        "--out", metavar="FILE", help="文件名(默认在数据目录的 backups/ 下) / default: HOME/backups/…"
    )
    verify = works.add_parser(
        "verify", help="恢复到临时目录并校验账务与时间线 / restore into a scratch home and check it"
    )
    restore = works.add_parser("restore", help="恢复到空的数据目录 / restore into an empty home")
    for work in (verify, restore):
        work.add_argument("file", metavar="FILE")
    for work in (create, verify, restore):
        work.add_argument(
            "--passphrase-file", metavar="FILE", help=f"口令文件(或环境变量 {PASSPHRASE}) / passphrase"
        )
    return parser


def run(args: argparse.Namespace) -> int:
    """0 done and sound; 1 refused, or the backup did not pass the check."""
    from xiaoshi.house.backup.making import make_backup
    from xiaoshi.house.backup.restoring import restore, verify

    # Asked to stop (a timetable's time limit, a shutdown), it cleans up as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    home, now = Home.chosen(args.home), datetime.now(UTC)
    passphrase = _passphrase(args.passphrase_file)
    told: dict[str, Any]
    match args.work:
        case "create":
            name = f"xiaoshi-{now:%Y%m%d-%H%M%S}.{'xsb' if passphrase else 'tar'}"
            target = Path(args.out).expanduser() if args.out else home.path / "backups" / name
            told = {"ok": True, **make_backup(home, Path(os.path.abspath(target)), now, passphrase, _say)}
            if passphrase is None:
                _say(LOCK_IT_AWAY.in_language(args.lang))
        case "verify":
            told = verify(Path(args.file), passphrase, _say)
        case _:
            told = {"ok": True, **restore(Path(args.file), home, passphrase, _say)}
    if args.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{name:10} {_plain(value)}\n" for name, value in told.items()))
    return 0 if told["ok"] else 1


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{name} {'✓' if told.get('ok') else '✗'}" for name, told in value.items())
    return str(value)


def _passphrase(file: str | None) -> bytes | None:
    """From a file (its first line) or the environment; an empty one is refused, not taken for none."""
    if file:
        try:
            lines = Path(file).read_bytes().splitlines()
        except OSError as error:
            raise HouseError(
                "passphrase_unreadable", f"无法读取口令文件 {file}（{error.strerror}）。",
                f"The passphrase's file {file} cannot be read ({error.strerror}).", file, REFUSED,
            ) from error  # fmt: skip
        found = lines[0] if lines else b""
    elif PASSPHRASE in os.environ:
        found = os.environ[PASSPHRASE].encode()
    else:
        return None
    if len(found) < 12:
        raise HouseError(
            "passphrase_short",
            "口令至少 12 个字符。",
            "A passphrase has at least 12 characters.",
            PASSPHRASE,
            REFUSED,
        )
    return found


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
