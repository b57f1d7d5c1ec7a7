"""A browser, a live server that knows the runtime role alone, and people who signed in on the page itself.

`XIAOSHI_SCREENSHOTS=DIR` keeps the pictures that the tests take; without it they go to a temporary folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

import chromium  # noqa: E402
import walked_cases  # noqa: E402
from desk_pages import Desk, Visitor  # noqa: E402

from desk_fixtures import LOGINS, PASSWORD, Server, fresh_database, server, the_people  # noqa: E402, F401

READY_LIMIT_S = 60.0
NOT_FOR_THE_SERVER = {"XIAOSHI_DB_OWNER", "DATABASE_URL", "DJANGO_ALLOW_ASYNC_UNSAFE"}
BUILT = Path(__file__).parents[2] / "src" / "xiaoshi" / "desk" / "static" / "built"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder share one server and one browser; `tests/conftest.py` keeps them in one process."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    try:
        path, arguments = chromium.executable()
    except chromium.NoBrowserError as error:
        pytest.skip(f"no browser starts here: {error}")
    # Playwright keeps an event loop in this thread, and Django then refuses the database to it; our own use of the
    # database is plain and of one thread. The server's process does not get this variable.
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        found = playwright.chromium.launch(
            executable_path=path,
            args=arguments,
            env=chromium.environment(),  # type: ignore[arg-type]
        )
        yield found
        found.close()


@pytest.fixture(scope="session")
def library(server: Server) -> Path:  # noqa: F811
    """The specimen currency, drawn and enrolled."""
    from django.conf import settings

    from xiaoshi.library import make_specimen_library

    if not any(settings.LIBRARY_DIR.glob("references/*")):
        make_specimen_library(settings.LIBRARY_DIR)
    return Path(settings.LIBRARY_DIR)


@pytest.fixture(scope="session")
def site(server: Server) -> Iterator[str]:  # noqa: F811
    """The address of a running desk on a database of its own. Its process never learns of the owner's connection."""
    if not (BUILT / "theme.css").is_file():
        pytest.fail("the pages' assets are not built; run make setup")
    with fresh_database(server), socket.socket() as listener, tempfile.TemporaryFile() as log:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = {k: v for k, v in os.environ.items() if k not in NOT_FOR_THE_SERVER}
        environment |= {
            "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
            "XIAOSHI_PUBLIC_ADDRESS": address,
        }
        assert json.loads(environment["XIAOSHI_DB_APP"])["user"] == "xiaoshi_app"
        command = [
            sys.executable, "-m", "gunicorn", "xiaoshi.desk.wsgi:application", "--bind", f"fd://{listener.fileno()}",
            "--workers", "1", "--worker-class", "gthread", "--threads", "4", "--no-control-socket", "--log-level", "warning",
        ]  # fmt: skip
        process = subprocess.Popen(
            command, env=environment, pass_fds=[listener.fileno()], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_ready(address, process, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_ready(address: str, process: subprocess.Popen[bytes], log: Any) -> None:
    end = time.monotonic() + READY_LIMIT_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/healthz", timeout=20) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    log.seek(0)
    pytest.fail("the desk did not come up: " + log.read().decode("utf-8", "replace")[-2000:])


@pytest.fixture(scope="session")
def staff(site: str) -> Any:
    """The demo's people (see `LOGINS` of `desk_fixtures`)."""
    return the_people()


@pytest.fixture(scope="session")
def tray_photo(library: Path, site: str) -> walked_cases.TrayPhoto:
    """One small tray, simulated and measured by the real engine once for the whole run."""
    return walked_cases.measured_tray(library)


@pytest.fixture(scope="session")
def walked(staff: Any, tray_photo: walked_cases.TrayPhoto) -> Callable[..., walked_cases.Walk]:
    """`walked("determine")`: a new case that stands before this step."""

    def make(until: str, name: str = "何采薇") -> walked_cases.Walk:
        return walked_cases.walk(staff, tray_photo, until, name)

    return make


@pytest.fixture(scope="session")
def pictures() -> Path:
    chosen = os.environ.get("XIAOSHI_SCREENSHOTS")
    folder = Path(chosen) if chosen else Path(tempfile.mkdtemp(prefix="xs-pictures-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def signed_in(browser: Any, site: str) -> Callable[[str], Any]:
    """What the browser keeps of a person who signed in on the page; each person signs in once."""
    kept: dict[str, Any] = {}

    def state(person: str) -> Any:
        if person not in kept:
            context = browser.new_context(base_url=site)
            page = context.new_page()
            page.goto("/sign-in/")
            page.fill("#id_login", LOGINS[person])
            page.fill("#id_password", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url("**/desk/")
            kept[person] = context.storage_state()
            context.close()
        return kept[person]

    return state


@pytest.fixture
def desk(browser: Any, site: str, signed_in: Callable[[str], Any], pictures: Path) -> Iterator[Desk]:
    """`desk.visit("teller")` opens a page as a person. At the end no page may have broken the content policy."""
    made = Desk(browser, site, signed_in, pictures)
    yield made
    made.close()


@pytest.fixture
def teller(desk: Desk) -> Visitor:
    return desk.visit("teller")
