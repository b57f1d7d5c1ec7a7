"""pip with its lock, made to say what it waits for.

pip is silent while a download stands still. So its output is read line by line; when nothing came for 15 seconds, the
package that it named last is named again. A failure becomes one line: which package, why, and that the next run goes on.
"""

from __future__ import annotations

import csv
import os
import queue
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from said import SetUpError, say

SILENCE_S = 15.0
LARGE_DOWNLOAD = re.compile(r"\((\d+(?:\.\d+)?) MB\)")


@dataclass
class Progress:
    """What pip's lines have told so far: the package in hand, its size, and the lines that explain a failure."""

    total: int
    package: str = "pip"
    size: str = ""
    seen: int = 0
    errors: list[str] = field(default_factory=list)

    def hear(self, line: str) -> str | None:
        """Take one line of pip; returns a line for the person, or None."""
        text = line.strip()
        if match := re.match(r"Collecting ([A-Za-z0-9._-]+)==([^ ]+)", text):
            self.package, self.size = f"{match[1]} {match[2]}", ""
            self.seen += 1
            return f"  {self.seen}/{self.total} {self.package}" if self.seen % 20 == 0 else None
        if text.startswith("Downloading ") and (match := LARGE_DOWNLOAD.search(text)):
            self.size = f" ({match[1]} MB)"
            return f"  {self.seen}/{self.total} {self.package}{self.size}" if float(match[1]) >= 5 else None
        if "Retrying (" in text:
            # Asking the index for a package comes before pip names it.
            if match := re.search(r"/([A-Za-z0-9._-]+)/?$", text):
                self.package, self.size = match[1], ""
            return f"  网络不通,正在重试 {self.package} / no answer from the network, trying {self.package} again"
        if text.startswith("Installing collected packages"):
            self.package, self.size = "", ""
            return f"  安装 {self.seen} 个软件包 / installing {self.seen} packages"
        if match := re.search(r"No matching distribution found for ([A-Za-z0-9._-]+)==", text):
            self.package, self.size = match[1], ""
        if text.startswith("ERROR:") or "No space left" in text:
            self.errors.append(text)
        return None

    def silent(self, seconds: float) -> str:
        """The line for a silence of `seconds`."""
        if not self.package:
            return f"  仍在写入磁盘({seconds:.0f} 秒) / still writing to the disk ({seconds:.0f} s)"
        return f"  仍在等待 {self.package}{self.size},{seconds:.0f} 秒 / still waiting for {self.package}{self.size}, {seconds:.0f} s"

    def failure(self) -> SetUpError:
        """The one line for a pip that failed."""
        text = " ".join(self.errors)
        name = self.package or "pip"
        if "No space left" in text:
            return SetUpError(
                "安装途中磁盘已满;请腾出空间后再次执行,会从中断处继续。",
                "The disk got full during the set-up; free some space and run it again, it goes on from there.",
            )
        if "DO NOT MATCH THE HASHES" in text:
            return SetUpError(
                f"{name} 的下载内容与锁文件的校验值不符,已拒绝安装;请检查软件源后重试。",
                f"The download of {name} does not match the hash in the lock and was refused; check the package index, then try again.",
            )
        reason = self.errors[-1].removeprefix("ERROR:").strip()[:200] if self.errors else "?"
        return SetUpError(
            f"无法取得软件包 {name}({reason});请检查网络后再次执行,会从中断处继续。",
            f"The package {name} could not be had ({reason}); check the network and run it again, it goes on from there.",
        )


def install(python: Path, lock: Path) -> None:
    """Install exactly what the lock says, each file checked against its hash. Raises SetUpError."""
    total = sum(1 for line in lock.read_text("utf-8").splitlines() if re.match(r"[A-Za-z0-9]", line))
    say(f"[{lock.stem}] {total} 个软件包 / packages")
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "PIP_NO_INPUT": "1", "LC_ALL": "C.UTF-8"}
    command = [
        str(python), "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-compile", "--progress-bar", "off",
        "--disable-pip-version-check", "--root-user-action", "ignore", "--retries", "4", "-r", str(lock),
    ]  # fmt: skip
    if "PIP_DEFAULT_TIMEOUT" not in os.environ:
        command += ["--timeout", "20"]
    progress = Progress(total)
    process = subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        for line, seconds in _lines(process):
            said = progress.silent(seconds) if line is None else progress.hear(line)
            if said:
                say(said)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait()
    if process.returncode != 0:
        raise progress.failure()


def _lines(process: subprocess.Popen[bytes]) -> Iterator[tuple[str | None, float]]:
    """The lines of a process as they come; (None, seconds) for each 15 s of silence."""
    heard: queue.Queue[bytes | None] = queue.Queue()
    assert process.stdout is not None
    stdout = process.stdout

    def read() -> None:
        for raw in stdout:
            heard.put(raw)
        heard.put(None)

    threading.Thread(target=read, daemon=True).start()
    last = time.monotonic()
    while True:
        try:
            raw = heard.get(timeout=SILENCE_S)
        except queue.Empty:
            yield None, time.monotonic() - last
            continue
        if raw is None:
            return
        last = time.monotonic()
        yield raw.decode("utf-8", "replace"), 0.0


def mend(venv: Path) -> None:
    """Forget packages of which only a part arrived.

    pip believes a `.dist-info` folder; a pip that was killed while copying can leave one beside missing files, and would
    then call the package satisfied for ever. Each package lists its files and sizes in RECORD, so that can be seen.
    """
    for site in venv.glob("lib/python*/site-packages"):
        for info in site.glob("*.dist-info"):
            if not _is_whole(site, info):
                say(
                    f"  {info.name.split('-')[0]}: 上次安装不完整,重新安装 / was left incomplete, installing it again"
                )
                shutil.rmtree(info)


def _is_whole(site: Path, info: Path) -> bool:
    try:
        with (info / "RECORD").open(newline="", encoding="utf-8") as lines:
            for row in csv.reader(lines):
                if len(row) == 3 and row[2] and (site / row[0]).stat().st_size != int(row[2]):
                    return False
    except (OSError, ValueError):
        return False
    return (info / "INSTALLER").exists()
