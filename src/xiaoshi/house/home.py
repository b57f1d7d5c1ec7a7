"""The home of one installation: a folder with the data, the secrets, the logs and the locks.

```
HOME/            0700 (0711 for root, whose PostgreSQL runs as another user and must pass through)
  postgres/      the embedded database's data folder, 0700, of the user that PostgreSQL runs as
  run/           its socket, 0700 (elsewhere when the path is too long for a socket, see `postgres`)
  secrets/       0700: database.json, master.key, django.key, demo.json, each 0600
  logs/          postgres.log, web.log, worker.log
  locks/         flock files; a lock dies with its process, so nothing here is ever stale
```
"""

from __future__ import annotations

import json
import os
import pwd
import secrets as random_source
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xiaoshi.house.trouble import HouseError

MARKER = ".xiaoshi-home"
ROOT_HOME = "/var/lib/xiaoshi"


def default_home(environment: dict[str, str] | None = None) -> Path:
    """`XIAOSHI_HOME`, else /var/lib/xiaoshi for root, else the user's data folder (XDG)."""
    env = dict(os.environ) if environment is None else environment
    if env.get("XIAOSHI_HOME"):
        return Path(env["XIAOSHI_HOME"]).expanduser()
    if os.geteuid() == 0:
        return Path(ROOT_HOME)
    return Path(env.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()) / "xiaoshi"


@dataclass(frozen=True, slots=True)
class Home:
    """One installation's folder. `Home(path)` touches nothing; `ensure()` makes what is missing."""

    path: Path

    @classmethod
    def chosen(cls, path: str | os.PathLike[str] | None = None) -> Home:
        """The home named on the command line, else by the environment, else the default; always absolute."""
        return cls(Path(os.path.abspath(Path(path).expanduser() if path else default_home())))

    @property
    def data(self) -> Path:
        return self.path / "postgres"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def secrets(self) -> Path:
        return self.path / "secrets"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def locks(self) -> Path:
        return self.path / "locks"

    @property
    def master_key_file(self) -> Path:
        return self.secrets / "master.key"

    @property
    def django_key_file(self) -> Path:
        return self.secrets / "django.key"

    def ensure(self) -> Home:
        """Make the folders and the two keys where they are missing. Safe to call by many processes at once.

        Raises HouseError when the place cannot be a home: no permission, another user's, open to everybody, full disk.
        """
        try:
            self._ensure_folders()
            self._refuse_lost_key()
            _write_once(self.master_key_file, lambda: random_source.token_bytes(32))
            _write_once(self.django_key_file, lambda: random_source.token_urlsafe(48).encode("ascii"))
        except OSError as error:
            raise _cannot_use(self.path, error) from error
        return self

    def _refuse_lost_key(self) -> None:
        """A new key beside old data would hide the loss: nothing that was encrypted could be read again."""
        if not self.master_key_file.exists() and (self.data.exists() or (self.path / "blobs").exists()):
            raise HouseError(
                "master_key_lost",
                f"缺少主密钥 {self.master_key_file}，而已有加密的数据；请从备份恢复该文件。",
                f"The master key {self.master_key_file} is gone, but there is data encrypted with it; restore it from a backup.",
                str(self.master_key_file),
            )

    def require(self) -> Home:
        """Refuse a folder that is no home: a mistyped path must not become an empty installation."""
        if not (self.path / MARKER).exists():
            raise HouseError(
                "no_home",
                f"{self.path} 不是小事的数据目录；请检查路径，或先执行 xiaoshi serve。",
                f"{self.path} is no home of Xiaoshi; check the path, or run 'xiaoshi serve' there first.",
                str(self.path),
            )
        return self

    def _ensure_folders(self) -> None:
        mode = 0o711 if os.geteuid() == 0 else 0o700
        if not self.path.exists():
            self.path.mkdir(parents=True, exist_ok=True)
            os.chmod(self.path, mode)  # mkdir's mode is cut by the umask
        found = self.path.stat()
        if found.st_uid != os.geteuid():
            owner = _user_name(found.st_uid)
            raise HouseError(
                "home_of_another_user",
                f"数据目录 {self.path} 属于用户 {owner};请用该用户运行,或用 XIAOSHI_HOME 指定另一个目录。",
                f"The home {self.path} belongs to user {owner}; run as that user, or name another folder in XIAOSHI_HOME.",
                str(self.path),
            )
        if found.st_mode & 0o002:
            raise HouseError(
                "home_open_to_all",
                f"数据目录 {self.path} 任何人都可写入,密钥不能放在这里;请收紧权限(chmod o-w)或另选一个目录。",
                f"Anybody may write into the home {self.path}, so no secret can live there; tighten it (chmod o-w) or choose another folder.",
                str(self.path),
            )
        for folder in (self.secrets, self.logs, self.locks):
            folder.mkdir(mode=0o700, exist_ok=True)
        (self.path / MARKER).touch(mode=0o600)

    def read_secret(self, name: str) -> dict[str, Any] | None:
        """The JSON object `secrets/<name>.json`, or None when there is none yet."""
        try:
            text = (self.secrets / f"{name}.json").read_text("utf-8")
        except FileNotFoundError:
            return None
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise _spoiled(self.secrets / f"{name}.json") from error
        if not isinstance(value, dict):
            raise _spoiled(self.secrets / f"{name}.json")
        return value

    def write_secret(self, name: str, value: dict[str, Any]) -> None:
        """Replace `secrets/<name>.json` (0600) as a whole: a reader sees the old or the new one, never a half."""
        _replace(
            self.secrets / f"{name}.json", json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8")
        )


def _write_once(path: Path, make: Callable[[], bytes]) -> None:
    """Write a new secret file; when two processes try, the first one's content stays (link fails if it exists)."""
    if path.exists():
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(make())
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        os.unlink(temporary)


def _replace(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _spoiled(path: Path) -> HouseError:
    return HouseError(
        "secret_unreadable",
        f"密钥文件 {path} 内容损坏;请从备份恢复该文件。",
        f"The secret file {path} is damaged; restore it from a backup.",
        str(path),
    )


def _cannot_use(path: Path, error: OSError) -> HouseError:
    reason = error.strerror or str(error)
    return HouseError(
        "home_unusable",
        f"无法使用数据目录 {path}({reason});请检查权限和磁盘空间,或用 XIAOSHI_HOME 指定另一个目录。",
        f"The home {path} cannot be used ({reason}); check permission and disk space, or name another folder in XIAOSHI_HOME.",
        str(path),
    )
