"""`xiaoshi doctor`: what is wrong with an installation, and what to do about it.

Each check answers one question and never repairs: a doctor that changes things hides what was wrong. A check that cannot
be made because an earlier one failed is left out, so that one cause shows once.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xiaoshi.house.database_checks import check_database
from xiaoshi.house.django import child_environment
from xiaoshi.house.finding import Finding, bad, good, note
from xiaoshi.house.home import Home
from xiaoshi.house.locks import is_held
from xiaoshi.house.postgres import database
from xiaoshi.house.trouble import HouseError

SOURCE = Path(__file__).resolve().parents[1]
CHECKOUT = SOURCE.parents[1]
BUILT = SOURCE / "desk" / "static" / "built"
NEEDED_FREE_BYTES = 1_000_000_000
# No clock that is right shows a day before this program was written.
WRITTEN = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)

_MIGRATIONS = """
import sys
import django; django.setup()
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connections["owner" if "owner" in connections else "default"])
plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
print(" ".join(f"{migration.app_label}.{migration.name}" for migration, _ in plan))
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: the home, and the port that the desk would use."""

    home: Home
    port: int


def examine(place: Place) -> Iterator[Finding]:
    """All checks, in the order in which a cause comes before its effects."""
    yield check_python()
    yield check_packages(CHECKOUT / "requirements.txt")
    yield check_assets()
    yield check_translations()
    yield check_fonts()
    yield check_browser(CHECKOUT)
    yield check_clock()
    yield check_disk(place.home)
    yield check_port(place)
    folder = check_home(place.home)
    yield folder
    if not folder.ok and not os.environ.get("DATABASE_URL"):
        return
    yield check_secrets(place.home)
    try:
        with database(place.home) as info:
            yield from check_database(info)
            yield check_migrations(place.home, child_environment(place.home, info, owner=True))
    except HouseError as error:
        yield Finding("database", False, error.problem.words)


def check_python() -> Finding:
    found = f"{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return good("python", found)
    return bad(
        "python",
        f"Python {found} 不在支持范围(3.11 至 3.13)。",
        f"Python {found} is out of range (3.11 to 3.13).",
        "执行 make setup PYTHON=/路径/python3.12",
        "run 'make setup PYTHON=/path/to/python3.12'",
    )


def check_packages(lock: Path) -> Finding:
    """Each package of the lock is installed in that version. A package with a marker may be absent."""
    if not lock.exists():
        return note("packages", f"没有锁文件 {lock.name}", f"no lock file {lock.name} here")
    wrong = []
    count = 0
    for line in lock.read_text("utf-8").splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)\s*(;?)", line)
        if not match:
            continue
        count += 1
        try:
            version = importlib.metadata.version(match[1])
        except importlib.metadata.PackageNotFoundError:
            if not match[3]:
                wrong.append(f"{match[1]} –")
            continue
        if version != match[2] and not match[3]:
            wrong.append(f"{match[1]} {version} ≠ {match[2]}")
    if not wrong:
        return good("packages", str(count))
    listed = ", ".join(wrong[:5])
    return bad(
        "packages",
        f"{len(wrong)} 个软件包与锁文件不符:{listed}",
        f"{len(wrong)} packages differ from the lock: {listed}",
        "执行 make setup",
        "run 'make setup'",
    )


def check_assets() -> Finding:
    missing = [name for name in ("theme.css", "htmx.min.js") if not (BUILT / name).is_file()]
    if not missing:
        return good("assets", BUILT.name)
    names = ", ".join(missing)
    return bad(
        "assets",
        f"页面样式或脚本未生成:{names}",
        f"styles or scripts are not built: {names}",
        "执行 make setup",
        "run 'make setup'",
    )


def check_translations() -> Finding:
    sources = sorted(SOURCE.glob("**/LC_MESSAGES/*.po"))
    missing = [path for path in sources if not path.with_suffix(".mo").is_file()]
    if not missing:
        return good("translations", str(len(sources)))
    return bad(
        "translations",
        f"{len(missing)} 个译文文件未编译",
        f"{len(missing)} translation files are not compiled",
        "执行 make setup",
        "run 'make setup'",
    )


def check_fonts() -> Finding:
    spec = importlib.util.find_spec("noto_cjk_sans_otc")
    places = list(spec.submodule_search_locations or []) if spec else []
    fonts = [path for place in places for path in Path(place).rglob("*.[ot]tc")]
    if fonts and all(path.stat().st_size > 1_000_000 for path in fonts):
        return good("fonts", fonts[0].name)
    return bad(
        "fonts",
        "缺少打印单据用的中文字体(noto-cjk-sans-otc)",
        "the Chinese font of the papers is missing (noto-cjk-sans-otc)",
        "执行 make setup",
        "run 'make setup'",
    )


def check_browser(checkout: Path) -> Finding:
    """The browser is needed by `make test` only, so its absence is no problem of a desk."""
    program = shutil.which("chromium")
    packed = checkout / "tests" / "browser" / "node_modules" / "@sparticuz" / "chromium"
    if program or packed.is_dir():
        return good("browser", program or "@sparticuz/chromium")
    return note(
        "browser", "没有测试用浏览器;make test 会下载", "no browser for the tests; 'make test' gets one"
    )


def check_clock() -> Finding:
    now = dt.datetime.now(dt.UTC)
    if now < WRITTEN:
        return bad(
            "clock",
            f"系统时间 {now:%Y-%m-%d %H:%M} UTC 明显有误",
            f"the system clock says {now:%Y-%m-%d %H:%M} UTC, which cannot be",
            "校准系统时间(timedatectl set-ntp true)",
            "set the clock (timedatectl set-ntp true)",
        )
    try:
        local = now.astimezone(zoneinfo.ZoneInfo("Asia/Shanghai"))
    except zoneinfo.ZoneInfoNotFoundError:
        return bad(
            "clock",
            "系统没有时区数据(Asia/Shanghai)",
            "there is no time zone data (Asia/Shanghai)",
            "apt install tzdata",
            "apt install tzdata",
        )
    return good("clock", f"{local:%Y-%m-%d %H:%M} {time.strftime('(%Z)')}")


def check_disk(home: Home) -> Finding:
    place = home.path
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free >= NEEDED_FREE_BYTES:
        return good("disk", f"{free / 1e9:.0f} GB")
    return bad(
        "disk",
        f"{place} 所在磁盘只剩 {free / 1e9:.1f} GB",
        f"the disk of {place} has {free / 1e9:.1f} GB left",
        "腾出空间(至少 1 GB),或把 XIAOSHI_HOME 移到别的磁盘",
        "free some space (1 GB at least), or move XIAOSHI_HOME to another disk",
    )


def check_port(place: Place) -> Finding:
    lock = place.home.locks / "serve"
    if lock.exists() and is_held(lock):
        return good("port", lock.read_text("utf-8"))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", place.port))
        except OSError as error:
            return bad(
                "port",
                f"端口 {place.port} 无法使用({error.strerror})",
                f"port {place.port} cannot be used ({error.strerror})",
                "换一个端口:PORT=8001",
                "choose another: PORT=8001",
            )
    return good("port", str(place.port))


def check_home(home: Home) -> Finding:
    if not home.path.is_dir():
        return bad(
            "home",
            f"数据目录 {home.path} 还不存在",
            f"the home {home.path} does not exist yet",
            "执行 make run 或 xiaoshi serve",
            "run 'make run' or 'xiaoshi serve'",
        )
    found = home.path.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022 or not os.access(home.path, os.W_OK):
        return bad(
            "home",
            f"数据目录 {home.path} 权限不当(属主 {found.st_uid},{found.st_mode & 0o777:o})",
            f"the home {home.path} has wrong permissions (owner {found.st_uid}, {found.st_mode & 0o777:o})",
            f"chown {os.geteuid()} '{home.path}' && chmod go-w '{home.path}'",
            f"chown {os.geteuid()} '{home.path}' && chmod go-w '{home.path}'",
        )
    return good("home", str(home.path))


def check_secrets(home: Home) -> Finding:
    if not home.secrets.is_dir():
        return good("secrets", "–")
    loose = [path for path in (home.secrets, *home.secrets.iterdir()) if path.stat().st_mode & 0o077]
    if loose:
        names = " ".join(f"'{path}'" for path in loose)
        return bad(
            "secrets",
            f"密钥可被他人读取:{names}",
            f"secrets are open to others: {names}",
            f"chmod go= {names}",
            f"chmod go= {names}",
        )
    if home.master_key_file.exists() and home.master_key_file.stat().st_size != 32:
        return bad(
            "secrets",
            f"主密钥 {home.master_key_file} 长度不是 32 字节",
            f"the master key {home.master_key_file} is not 32 bytes long",
            "从备份恢复该文件;没有它,已加密的资料无法读取",
            "restore it from a backup; nothing that is encrypted can be read without it",
        )
    return good("secrets", str(len(list(home.secrets.iterdir()))))


def check_migrations(home: Home, environment: dict[str, str]) -> Finding:
    """Django itself is asked, in a process of its own, which migrations are not applied."""
    ran = subprocess.run(
        [sys.executable, "-P", "-c", _MIGRATIONS],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        last = (ran.stderr.strip().splitlines() or ["?"])[-1]
        return bad(
            "migrations",
            f"无法检查数据库结构({last})",
            f"the migrations could not be checked ({last})",
            "执行 xiaoshi serve,并查看 logs/migrate.log",
            "run 'xiaoshi serve' and see logs/migrate.log",
        )
    missing = ran.stdout.split()
    if not missing:
        return good("migrations", "0")
    listed = ", ".join(missing[:3])
    return bad(
        "migrations",
        f"{len(missing)} 个数据库结构变更未执行:{listed}",
        f"{len(missing)} migrations are not applied: {listed}",
        f"删除 {home.path / 'migrated.json'} 后执行 xiaoshi serve",
        f"remove {home.path / 'migrated.json'} and run 'xiaoshi serve'",
    )
