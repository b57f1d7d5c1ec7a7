"""Work out the lock files again: exact versions and hashes for every Python in range, and no host name in them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import node_assets
from said import SetUpError, say

ROOT = Path(__file__).resolve().parent.parent


def lock_python(uv: str, name: str) -> None:
    subprocess.run(
        [uv, "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url",
         "--no-emit-find-links", "--no-header", "--quiet", "-o", f"{name}.txt", f"{name}.in"],
        cwd=ROOT,
        check=True,
    )  # fmt: skip


def lock_node(folder: Path) -> None:
    npm = node_assets.node_command(Path(sys.executable), "npm")
    subprocess.run([*npm, "install", "--package-lock-only", "--ignore-scripts"], cwd=folder, check=True)
    if '"resolved"' in (folder / "package-lock.json").read_text("utf-8"):
        raise SetUpError(
            f"{folder / 'package-lock.json'} 含有主机名;请检查 .npmrc。",
            f"{folder / 'package-lock.json'} names hosts; check .npmrc.",
        )


def main() -> int:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        say(
            "xiaoshi: 未找到 uv;请先安装(pip install uv)。 / uv was not found; install it first (pip install uv).",
            error=True,
        )
        return 3
    try:
        lock_python(uv, "requirements")
        lock_python(uv, "requirements-dev")
        lock_node(ROOT)
        lock_node(ROOT / "tests" / "browser")
    except SetUpError as error:
        say(f"xiaoshi: {error}", error=True)
        return 3
    except subprocess.CalledProcessError as error:
        say(f"xiaoshi: {error}", error=True)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
