"""A backup comes back whole, is tried out, and what is not one is refused with words. Over the command line, as it is used."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from xiaoshi.house.backup.sealing import PIECE, SealedReader, SealingWriter, WrongPassphrase
from xiaoshi.house.backup.workplace import PREFIX, workplace

PASSPHRASE = "correct horse battery"
ADD_A_DOCUMENT = """
import django; django.setup()
from django.utils import timezone
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.models import Document
case = Case.objects.using("owner").first()
content = "火灾证明".encode()
Document.objects.using("owner").create(case_id=case.id, purpose="fire_report", name="证明.txt", sha256=blobs.put(content),
    content_type="text/plain", bytes=len(content), added_by="o0000.t1", added_at=timezone.now())
"""


def xiaoshi(*words: str, **more: str) -> tuple[int, dict[str, Any]]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XIAOSHI_", "DJANGO_", "DATABASE_URL"))}
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "xiaoshi.cli", *words, "--json"],
        env={**kept, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout, ran.stderr
    return ran.returncode, json.loads(ran.stdout)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("备份 backup")


@pytest.fixture(scope="module")
def backup(place: Path) -> Path:
    """A sealed backup of a small province with one document."""
    from xiaoshi.house.django import child_environment
    from xiaoshi.house.home import Home
    from xiaoshi.house.postgres import database

    home = place / "home"
    assert xiaoshi("simulate", "province", "--cases", "30", "--home", str(home))[0] == 0
    with database(Home(home)) as info:
        environment = child_environment(Home(home), info, owner=True)
        subprocess.run([sys.executable, "-P", "-c", ADD_A_DOCUMENT], env=environment, check=True)
    file = place / "day.xsb"
    code, told = xiaoshi(
        "backup", "create", "--home", str(home), "--out", str(file), XIAOSHI_BACKUP_PASSPHRASE=PASSPHRASE
    )
    assert (code, told["cases"], told["documents"], told["encrypted"]) == (0, 30, 1, True)
    assert file.stat().st_mode & 0o077 == 0
    return file


def test_it_is_tried_out_in_a_home_of_its_own(backup: Path):
    code, told = xiaoshi("backup", "verify", str(backup), XIAOSHI_BACKUP_PASSPHRASE=PASSPHRASE)
    assert (code, told["ok"], told["failed"]) == (0, True, [])
    assert told["checks"]["audit"]["chains"] == 30
    assert told["checks"]["documents"]["documents"] == 1


def test_it_is_restored_whole_into_an_empty_home_and_only_there(backup: Path, place: Path):
    new = place / "new home"
    secret = place / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    words = ("backup", "restore", str(backup), "--home", str(new), "--passphrase-file", str(secret))
    code, told = xiaoshi(*words)
    assert (code, told["cases"]) == (0, 30)
    # Whoever was signed in when the backup was made signs in anew, and tokens are made anew.
    assert {"sessions_ended", "tokens_ended"} <= told.keys()
    assert (new / "secrets" / "master.key").read_bytes() == (
        place / "home" / "secrets" / "master.key"
    ).read_bytes()
    code, told = xiaoshi(*words)
    assert (code, told["problems"][0]["code"]) == (1, "home_in_use")
    assert not list(place.glob(".xiaoshi*"))


def test_what_is_no_backup_is_refused_and_leaves_nothing(backup: Path, place: Path):
    content = backup.read_bytes()
    altered = bytearray(content)
    altered[len(altered) // 2] ^= 1
    plain = place / "plain.tar"
    with tarfile.open(plain, "w") as tar:
        tar.addfile(tarfile.TarInfo("../way/out"))
    cases = {
        "cut.xsb": (content[:-40], PASSPHRASE, "backup_damaged"),
        "altered.xsb": (bytes(altered), PASSPHRASE, "backup_damaged"),
        "other.xsb": (content, "another passphrase", "backup_damaged"),
        "none.xsb": (content, "", "passphrase_missing"),
        "short.xsb": (content, "short", "passphrase_short"),
        "text.tar": (b"no tar at all", "", "backup_damaged"),
        "empty.tar": (b"", "", "backup_damaged"),
        "way_out.tar": (plain.read_bytes(), "", "backup_damaged"),
    }
    for name, (bad, passphrase, code) in cases.items():
        (place / name).write_bytes(bad)
        more = {"XIAOSHI_BACKUP_PASSPHRASE": passphrase} if passphrase else {}
        exit_code, told = xiaoshi(
            "backup", "restore", str(place / name), "--home", str(place / "never"), **more
        )
        assert (exit_code, told["problems"][0]["code"]) == (1, code), name
    assert not (place / "never").exists()
    assert not (place / "way").exists()
    assert xiaoshi("backup", "verify", str(place / "gone.tar"))[1]["problems"][0]["code"] == "backup_missing"


def test_a_backup_is_never_overwritten_and_a_wrong_home_is_named(backup: Path, place: Path):
    code, told = xiaoshi("backup", "create", "--home", str(place / "home"), "--out", str(backup))
    assert (code, told["problems"][0]["code"]) == (1, "backup_exists")
    code, told = xiaoshi("backup", "create", "--home", str(place / "no home"))
    assert (code, told["problems"][0]["code"]) == (3, "no_home")


def starts_a_backup(home: Path, file: Path) -> subprocess.Popen[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XIAOSHI_", "DJANGO_", "DATABASE_URL"))}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "xiaoshi.cli", "backup", "create", "--home", str(home), "--out", str(file)],
        env=kept, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def in_the_middle(folder: Path, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        if any(p.stat().st_size for p in folder.glob(f"{PREFIX}*/archive")):
            return
        time.sleep(0.005)
    pytest.fail(str(process.stderr and process.stderr.read()))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_backup_create_killed_in_the_middle_leaves_no_half_archive_and_the_next_run_works(
    backup: Path, place: Path, tmp_path: Path, end: signal.Signals
):
    home, file = place / "home", tmp_path / "night.tar"
    long = home / "library" / "long"
    long.parent.mkdir(exist_ok=True)
    with long.open("wb") as hole:
        hole.truncate(8 << 30)  # takes no disk, and seconds to read: the middle is easy to meet
    process = starts_a_backup(home, file)
    try:
        in_the_middle(tmp_path, process)
        process.send_signal(end)
        assert process.wait() == (-signal.SIGKILL if end == signal.SIGKILL else 130)
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
        long.unlink()
    assert not file.exists()
    left = [p.name for p in tmp_path.iterdir()]
    # Nobody can clean up after a SIGKILL: the next run does.
    assert all(name.startswith(PREFIX) for name in left) if end == signal.SIGKILL else not left
    code, told = xiaoshi("backup", "create", "--home", str(home), "--out", str(file))
    assert (code, told["cases"], told["documents"]) == (0, 30, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["night.tar"]
    with tarfile.open(file) as tar:
        assert "manifest.json" in tar.getnames()


def test_the_workplace_of_a_run_that_works_is_not_taken_for_a_left_one(tmp_path: Path):
    with workplace(tmp_path / "one") as mine:
        (mine / "dump").write_text("x")
        with workplace(tmp_path / "other") as other:
            assert other != mine
        assert (mine / "dump").exists()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_sealed_pieces_open_again_and_notice_a_missing_end(tmp_path: Path, length: int):
    plain, file = os.urandom(length), tmp_path / "sealed"
    with file.open("wb") as below:
        writer = SealingWriter(below, b"passphrase of tests")
        writer.write(plain)
        writer.close()
    with file.open("rb") as below:
        assert SealedReader(below, b"passphrase of tests").read() == plain
    if length > PIECE:
        # The first piece alone is a whole piece, but says that more follows.
        whole = file.read_bytes()
        file.write_bytes(whole[: 10 + 16 + 4 + PIECE + 16])
        with file.open("rb") as below, pytest.raises(WrongPassphrase):
            SealedReader(below, b"passphrase of tests").read()
