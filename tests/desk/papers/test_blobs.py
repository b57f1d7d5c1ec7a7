"""The blob store: tamper, duplicates, crashes between writing and committing."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from xiaoshi.desk.guard.crypto import seal
from xiaoshi.desk.papers import blobs

PHOTO = b"a photo of a tray " * 100


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    key = tmp_path / "master.key"
    key.write_bytes(os.urandom(32))
    with override_settings(BLOB_DIR=tmp_path / "有 空格" / "blobs", MASTER_KEY_FILE=str(key)):
        yield tmp_path / "有 空格" / "blobs"


def files(store: Path) -> list[Path]:
    return sorted(p for p in store.rglob("*") if p.is_file() and p.name != ".lock")


def test_what_is_put_is_got(store: Path) -> None:
    address = blobs.put(PHOTO)
    assert address == hashlib.sha256(PHOTO).hexdigest()
    assert blobs.get(address) == PHOTO
    assert blobs.get(blobs.put(b"")) == b""


def test_the_file_is_private_sealed_and_where_its_address_says(store: Path) -> None:
    address = blobs.put(PHOTO)
    (file,) = files(store)
    assert file == store / address[:2] / address[2:4] / address
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert b"photo" not in file.read_bytes()


def test_the_same_content_twice_is_one_blob(store: Path) -> None:
    blobs.put(PHOTO)
    before = files(store)[0].read_bytes()
    assert blobs.put(PHOTO) == blobs.address_of(PHOTO)
    assert [f.read_bytes() for f in files(store)] == [before]


@pytest.mark.parametrize("place", [0, 5, 40, -1])
def test_an_altered_byte_is_an_error_with_words(store: Path, place: int) -> None:
    address = blobs.put(PHOTO)
    (file,) = files(store)
    altered = bytearray(file.read_bytes())
    altered[place] ^= 1
    file.write_bytes(altered)
    with pytest.raises(blobs.BlobDamaged) as damaged:
        blobs.get(address)
    assert damaged.value.problem.code == "document_altered"
    assert "备份" in damaged.value.problem.words.zh


@pytest.mark.parametrize("kept_bytes", [0, 10, 28, 500])
def test_a_cut_off_blob_is_an_error(store: Path, kept_bytes: int) -> None:
    address = blobs.put(PHOTO)
    (file,) = files(store)
    file.write_bytes(file.read_bytes()[:kept_bytes])
    with pytest.raises(blobs.BlobDamaged):
        blobs.get(address)


def test_a_blob_put_at_another_address_does_not_open(store: Path) -> None:
    one, other = blobs.put(PHOTO), blobs.put(b"another")
    blobs.path_of(other).write_bytes(blobs.path_of(one).read_bytes())
    with pytest.raises(blobs.BlobDamaged):
        blobs.get(other)


def test_sealed_for_the_address_but_with_other_content_is_an_error(store: Path) -> None:
    """Somebody with the key, but without the content: the hash still tells."""
    address = blobs.put(PHOTO)
    blobs.path_of(address).write_bytes(seal(blobs.PURPOSE, b"forged", address))
    with pytest.raises(blobs.BlobDamaged):
        blobs.get(address)


def test_a_missing_blob_says_so(store: Path) -> None:
    with pytest.raises(blobs.BlobDamaged) as missing:
        blobs.get("ab" * 32)
    assert missing.value.problem.code == "document_missing"


def test_putting_a_damaged_blob_again_heals_it(store: Path) -> None:
    address = blobs.put(PHOTO)
    blobs.path_of(address).write_bytes(b"rubbish")
    blobs.put(PHOTO)
    assert blobs.get(address) == PHOTO


def test_a_crash_while_writing_leaves_no_blob(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def power_gone(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", power_gone)
    with pytest.raises(OSError, match="No space left"):
        blobs.put(PHOTO)
    assert files(store) == []


def test_sweep_takes_old_orphans_and_leftovers_and_nothing_else(store: Path) -> None:
    used, orphan, young = blobs.put(b"used"), blobs.put(b"orphan"), blobs.put(b"young orphan")
    leftover = blobs.path_of(used).parent / ".writing-x"
    leftover.write_bytes(b"half")
    for old in (blobs.path_of(used), blobs.path_of(orphan), leftover):
        os.utime(old, (1_000_000, 1_000_000))
    os.utime(blobs.path_of(young), (2_000_000, 2_000_000))
    removed = blobs.sweep({used}.__contains__, now_seconds=2_000_000 + 10)
    assert sorted(removed) == sorted([orphan, ".writing-x"])
    assert blobs.get(used) == b"used"
    assert blobs.get(young) == b"young orphan"


def test_a_blob_found_again_is_young_again(store: Path) -> None:
    """An act that puts an old orphan's content again must not lose it to a sweep before it commits."""
    address = blobs.put(PHOTO)
    os.utime(blobs.path_of(address), (1, 1))
    blobs.put(PHOTO)
    assert blobs.sweep(lambda _: False) == []


@pytest.mark.parametrize("address", ["../../etc/passwd", "", "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_no_path_is_smuggled_in(store: Path, address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        blobs.get(address)
