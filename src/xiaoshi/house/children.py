"""The processes that the supervisor watches over: started, restarted with back-off when they crash, stopped together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from xiaoshi.house.logs import open_log

PR_SET_PDEATHSIG = 1
FIRST_BACK_OFF_S = 0.5
MAX_BACK_OFF_S = 30.0
STEADY_S = 60.0


def bound_to_parent() -> Callable[[], None]:
    """What a child runs before its program (`preexec_fn`): a parent that is killed takes its children with it."""
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def bind() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return bind


@dataclass
class Child:
    """One process. It has its own process group, so that Ctrl-C at the terminal reaches the supervisor alone."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    again_at: float = 0.0
    crashes: int = 0
    back_off_s: float = field(default=FIRST_BACK_OFF_S)

    def start(self) -> None:
        with open_log(self.log) as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=self.pass_fds,
                preexec_fn=bound_to_parent(),
            )
        self.started = time.monotonic()

    def tend(self) -> int | None:
        """Look after it; returns the exit status once after each crash, and starts it again when its time has come."""
        now = time.monotonic()
        if self.process is not None:
            status = self.process.poll()
            if status is None:
                return None
            self._end_group(signal.SIGKILL)
            self.crashes += 1
            if now - self.started > STEADY_S:
                self.back_off_s = FIRST_BACK_OFF_S
            self.again_at = now + self.back_off_s
            self.back_off_s = min(self.back_off_s * 2, MAX_BACK_OFF_S)
            self.process = None
            return status
        if now >= self.again_at:
            self.start()
        return None

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)

    def wait_or_kill(self, until: float) -> None:
        """Wait for the end until that moment (monotonic), then kill the whole group, grandchildren included."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, until - time.monotonic()))
        self._end_group(signal.SIGKILL)
        self.process.wait()

    def _end_group(self, number: int) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)
