"""Homes for the tests of the house, and commands in processes of their own, as a person would start them."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCES = os.pathsep.join([str(ROOT / "src"), str(HERE / "double")])


def environment(**more: str) -> dict[str, str]:
    """What a terminal has, and nothing that other tests have put into this process."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("XIAOSHI_", "DJANGO_", "DATABASE_"))
    }
    kept.pop("PORT", None)
    return {
        **kept,
        "PYTHONPATH": SOURCES,
        "DJANGO_SETTINGS_MODULE": "house_double.settings",
        "LANG": "en_US.UTF-8",
        **more,
    }


def start(words: list[str], **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "xiaoshi.cli", *words],
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
    )


def run(words: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "xiaoshi.cli", *words],
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd="/",
        timeout=120,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Read lines until one holds `words`; fails with all that was said when the process ends first."""
    heard = []
    assert process.stdout is not None
    for line in process.stdout:
        heard.append(line)
        if words in line:
            return line
    pytest.fail(f"ended with {process.wait()} before saying {words!r}:\n{''.join(heard)}")


def processes_of(home: Path) -> list[str]:
    """Command lines of living processes that name this home, or whose working folder is its data folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            env = (entry / "environ").read_bytes()
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            works_in = os.readlink(entry / "cwd")
        except OSError:
            continue
        escaped = json.dumps(str(home))[1:-1]  # as in the guardian's order
        named = (
            str(home) in line
            or escaped in line
            or f"XIAOSHI_HOME={home}\0".encode() in env
            or works_in.startswith(str(home))
        )
        if named and state != "Z":
            found.append(f"{entry.name} {line}")
    return found


def wait_until(true: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may walk to (pytest's own is 0700), with a space and Chinese in its name."""
    folder = Path(tempfile.mkdtemp(prefix="xs-house-", dir="/tmp"))
    folder.chmod(0o755)
    place = folder / "小事 desk"
    place.mkdir()
    place.chmod(0o755)
    yield place
    _remove(folder)


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A 0700 folder, which root's PostgreSQL user cannot walk through."""
    folder = Path(tempfile.mkdtemp(prefix="xs-house-", dir="/tmp"))
    yield folder
    _remove(folder)


def _remove(folder: Path) -> None:
    left = processes_of(folder)
    for line in left:
        os.kill(int(line.split()[0]), signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"processes left behind: {left}"


@pytest.fixture
def ordinary_user() -> pwd.struct_passwd:
    """Somebody without rights, to be when the tests run as root."""
    if os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    return pwd.getpwnam("nobody")
