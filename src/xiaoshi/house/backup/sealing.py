"""A file encrypted with a passphrase while it is written: 1 MiB pieces, AES-256-GCM, the key by scrypt.

Each piece is bound to its number and to whether it is the last one, so pieces cannot be swapped, doubled or cut off
without being noticed. Layout: magic, salt (16), then for each piece its length (4 bytes) and its ciphertext.
"""

from __future__ import annotations

import io
import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"XSBACKUP1\n"
PIECE = 1 << 20
SALT = 16


class WrongPassphrase(Exception):  # noqa: N818
    """The passphrase is another one, or the file was altered or cut off."""


def _cipher(passphrase: bytes, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=1 << 15, r=8, p=1).derive(passphrase))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


class SealingWriter(io.RawIOBase):
    """Write plain bytes, the file below gets sealed ones. `close` writes the last piece (not the file's own close)."""

    def __init__(self, below: BinaryIO, passphrase: bytes) -> None:
        salt = os.urandom(SALT)
        below.write(MAGIC + salt)
        self._below, self._cipher = below, _cipher(passphrase, salt)
        self._number, self._waiting = 0, bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._waiting += data
        while len(self._waiting) > PIECE:
            self._seal(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
        super().close()

    def _seal(self, plain: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number), plain, b"last" if last else b"more")
        self._below.write(struct.pack(">I", len(sealed)) + sealed)
        self._number += 1


class SealedReader(io.RawIOBase):
    """Read the plain bytes of a sealed file. Raises `WrongPassphrase` for anything that does not fit."""

    def __init__(self, below: BinaryIO, passphrase: bytes) -> None:
        if below.read(len(MAGIC)) != MAGIC:
            raise WrongPassphrase
        self._below, self._cipher = below, _cipher(passphrase, below.read(SALT))
        self._number, self._plain, self._ended = 0, b"", False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._ended and (size < 0 or len(self._plain) < size):
            self._plain += self._open()
        if size < 0:
            size = len(self._plain)
        found, self._plain = self._plain[:size], self._plain[size:]
        return found

    def _open(self) -> bytes:
        head = self._below.read(4)
        if len(head) < 4:
            raise WrongPassphrase
        length = struct.unpack(">I", head)[0]
        if length > PIECE + 16:
            raise WrongPassphrase
        sealed = self._below.read(length)
        for mark in (b"more", b"last"):
            try:
                plain = self._cipher.decrypt(_nonce(self._number), sealed, mark)
            except InvalidTag:
                continue
            self._number += 1
            self._ended = mark == b"last"
            return plain
        raise WrongPassphrase


def is_sealed(path: str | os.PathLike[str]) -> bool:
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC
