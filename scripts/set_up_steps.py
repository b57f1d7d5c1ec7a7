"""What `make run`, `make test` and `make lint` stand on: environment, assets, translations, and the command itself.

Each step has a stamp in `.setup/`, written when the step is complete and holding a hash of all that it depends on. A
step that was interrupted has no stamp and goes on where it stopped; a step with a fitting stamp costs nothing.
Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import node_assets
import pip_install
from compile_translations import BrokenTranslationError, compile_tree
from said import SetUpError, say

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / ".setup"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NEEDED_FREE_BYTES = {"run": 1_500_000_000, "test": 2_500_000_000}
ENVIRONMENT = 3


@dataclass(frozen=True)
class Step:
    """One part of the set-up: `inputs` are the files that it depends on, `made` what must be there afterwards."""

    name: str
    inputs: Callable[[], Iterable[Path]]
    made: tuple[Path, ...]
    do: Callable[[], None]

    def mark(self) -> str:
        digest = hashlib.sha256(f"{ROOT}\n{sys.version_info[:2]}\n".encode())
        for path in sorted(self.inputs()):
            digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
        return digest.hexdigest()

    def is_done(self) -> bool:
        stamp = STAMPS / f"{self.name}.json"
        try:
            known = json.loads(stamp.read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        return known.get("mark") == self.mark() and all(path.exists() for path in self.made)

    def run(self) -> None:
        if self.is_done():
            return
        stamp = STAMPS / f"{self.name}.json"
        stamp.unlink(missing_ok=True)
        started = time.monotonic()
        self.do()
        mark = json.dumps({"mark": self.mark(), "seconds": round(time.monotonic() - started, 1)})
        stamp.with_suffix(".new").write_text(mark, "utf-8")
        stamp.with_suffix(".new").replace(stamp)
        say(f"[{self.name}] {time.monotonic() - started:.1f} s")


def make_environment() -> None:
    """`.venv`, made new when it is missing, broken, moved, or of another Python version."""
    if _environment_fits():
        return
    if VENV.is_symlink() or VENV.is_file():
        raise SetUpError(
            f"{VENV} 不是目录,请移走后重试。", f"{VENV} is not a folder; move it away and try again."
        )
    for module in ("venv", "ensurepip"):
        if subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode != 0:
            number = f"{sys.version_info[0]}.{sys.version_info[1]}"
            raise SetUpError(
                f"{sys.executable} 缺少 {module} 模块;请先执行 apt install python{number}-venv(其他系统请安装完整的 Python)。",
                f"{sys.executable} lacks the module {module}; run 'apt install python{number}-venv' first (elsewhere: install a complete Python).",
            )
    say(f"[environment] {sys.executable} → .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode != 0:
        lines = (made.stderr or made.stdout).strip().splitlines() or ["?"]
        raise SetUpError(f"无法建立 .venv({lines[-1]})。", f".venv could not be made ({lines[-1]}).")


def _environment_fits() -> bool:
    """Whether `.venv` runs, is of this Python version and was made at this place (scripts in it hold its path)."""
    try:
        asked = subprocess.run(
            [str(PYTHON), "-I", "-c", "import sys, pip; print(sys.version_info[:2], sys.prefix)"],
            capture_output=True,
            text=True,
        )
    except OSError:
        return False
    if asked.stdout.strip() != f"{sys.version_info[:2]} {VENV}":
        return False
    # A moved checkout still runs, but pip's launchers in it name the old place.
    pip = VENV / "bin" / "pip"
    return pip.exists() and os.fsencode(VENV) in pip.read_bytes()[:2000]


def install_runtime() -> None:
    make_environment()
    pip_install.mend(VENV)
    pip_install.install(PYTHON, ROOT / "requirements.txt")


def install_dev() -> None:
    pip_install.mend(VENV)
    pip_install.install(PYTHON, ROOT / "requirements-dev.txt")


def install_command() -> None:
    """`.venv/bin/xiaoshi`, and the sources on the path of the environment: an editable install without a build."""
    site = Path(
        subprocess.run(
            [str(PYTHON), "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    # ASCII only, because Python 3.11 and 3.12 read this file in the locale's encoding.
    (site / "xiaoshi.pth").write_text(f"import sys; sys.path.append({str(ROOT / 'src')!a})\n", "ascii")
    launcher = VENV / "bin" / "xiaoshi"
    # A shebang line can hold neither a space nor a long path, so the shell starts Python. -P: never the folder where
    # the reader happens to stand.
    text = f'#!/bin/sh\nexec {shlex.quote(str(PYTHON))} -P -c "import sys; from xiaoshi.cli import main; sys.exit(main())" "$@"\n'
    launcher.with_suffix(".new").write_bytes(os.fsencode(text))
    launcher.with_suffix(".new").chmod(0o755)
    launcher.with_suffix(".new").replace(launcher)


def build_assets() -> None:
    node_assets.install(PYTHON, ROOT, ROOT)
    node_assets.build(PYTHON, ROOT)


def install_browser() -> None:
    node_assets.install(PYTHON, ROOT, ROOT / "tests" / "browser")


def translate() -> None:
    try:
        compile_tree(ROOT / "src" / "xiaoshi")
    except BrokenTranslationError as error:
        raise SetUpError(f"译文文件有误:{error}", f"broken translation file: {error}") from error


def steps() -> dict[str, Step]:
    """The steps in their order, by name."""
    scripts = ROOT / "scripts"
    here = [scripts / "set_up_steps.py"]
    assets = ROOT / "src" / "xiaoshi" / "desk" / "assets"
    npm = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc", scripts / "node_assets.py"]
    browser = ROOT / "tests" / "browser"

    def translations() -> list[Path]:
        return [*(ROOT / "src" / "xiaoshi").glob("**/LC_MESSAGES/*.po"), scripts / "compile_translations.py"]

    def sources() -> list[Path]:
        return [*npm, *(path for path in assets.rglob("*") if path.is_file())]

    every = [
        Step("environment", lambda: [ROOT / "requirements.txt"], (PYTHON,), install_runtime),
        Step("command", lambda: here, (VENV / "bin" / "xiaoshi",), install_command),
        Step("assets", sources, (node_assets.built(ROOT),), build_assets),
        Step("translations", translations, (), translate),
        Step(
            "dev",
            lambda: [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"],
            (VENV / "bin" / "pytest",),
            install_dev,
        ),
        Step(
            "browser",
            lambda: [browser / "package.json", browser / "package-lock.json"],
            (browser / "node_modules",),
            install_browser,
        ),
    ]
    return {step.name: step for step in every}


PURPOSES = {
    "run": ("environment", "command", "assets", "translations"),
    "lint": ("environment", "command", "dev"),
    "test": ("environment", "command", "assets", "translations", "dev", "browser"),
}


def check_disk(purpose: str) -> None:
    free = shutil.disk_usage(ROOT).free
    needed = NEEDED_FREE_BYTES.get(purpose, NEEDED_FREE_BYTES["run"])
    if free < needed:
        raise SetUpError(
            f"磁盘空间不足:{ROOT} 所在磁盘只剩 {free / 1e9:.1f} GB,需要约 {needed / 1e9:.1f} GB;请腾出空间后重试。",
            f"The disk of {ROOT} has {free / 1e9:.1f} GB left, about {needed / 1e9:.1f} GB are needed; free some space and try again.",
        )


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One set-up at a time in a checkout; the second waits for the first."""
    with (STAMPS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("另一个安装正在进行,等待其完成…… / another set-up is running here, waiting for it…")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def set_up(purpose: str) -> None:
    every = steps()
    wanted = [every[name] for name in PURPOSES[purpose]]
    # A new environment takes with it what was installed into the old one.
    if not every["environment"].is_done():
        for name in ("command", "dev"):
            (STAMPS / f"{name}.json").unlink(missing_ok=True)
    if all(step.is_done() for step in wanted):
        return
    STAMPS.mkdir(exist_ok=True)
    with alone():
        if not every["environment"].is_done():
            check_disk(purpose)
        for step in wanted:
            step.run()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="set_up.py", description=__doc__)
    parser.add_argument("purpose", nargs="?", choices=sorted(PURPOSES), default="run")
    parser.add_argument(
        "--only-check", action="store_true", help="exit 0 when nothing is missing, 1 otherwise"
    )
    given = parser.parse_args(arguments)
    purpose = given.purpose
    if given.only_check:
        every = steps()
        return 0 if all(every[name].is_done() for name in PURPOSES[purpose]) else 1
    try:
        set_up(purpose)
    except SetUpError as error:
        say(f"xiaoshi: {error}", error=True)
        return ENVIRONMENT
    except KeyboardInterrupt:
        say(
            "\nxiaoshi: 安装已中断,再次执行会从中断处继续。 / set-up interrupted; run it again and it goes on from here.",
            error=True,
        )
        return 130
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        say(f"xiaoshi: 安装无法写入({error})。 / the set-up could not write ({error}).", error=True)
        return ENVIRONMENT
    return 0
