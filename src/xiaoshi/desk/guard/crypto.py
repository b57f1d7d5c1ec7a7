"""Encryption at rest: one master key, a key for each purpose derived from it, AES-256-GCM.

A ciphertext is `v1 || nonce (12 bytes) || ciphertext and tag`; the associated data binds it to its place (a document's
hash, a person's row), so that a blob copied to another row does not decrypt there. Equal numbers are found again by a
keyed hash. The derivation is HKDF-SHA256 with the purpose as info.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

FORMAT = b"\x01"


class Undecipherable(Exception):  # noqa: N818
    """The bytes were altered, cut off, or written under another master key."""


@lru_cache(maxsize=16)
def _key(path: str, purpose: str) -> bytes:
    if not path:
        raise ImproperlyConfigured("XIAOSHI_MASTER_KEY_FILE is not set: start through `xiaoshi`")
    master = Path(path).read_bytes()
    if len(master) < 32:
        raise ImproperlyConfigured("the master key is shorter than 32 bytes")
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"xiaoshi/{purpose}".encode()).derive(master)


def seal(purpose: str, plain: bytes, place: str) -> bytes:
    """Encrypt for a purpose ("documents", "people"), bound to its place."""
    nonce = os.urandom(12)
    key = _key(str(settings.MASTER_KEY_FILE), purpose)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(purpose: str, sealed: bytes, place: str) -> bytes:
    """Decrypt; raises `Undecipherable` when anything about it is not as it was written."""
    key = _key(str(settings.MASTER_KEY_FILE), purpose)
    sealed = bytes(sealed)
    if sealed[:1] != FORMAT or len(sealed) < 29:
        raise Undecipherable(place)
    try:
        return AESGCM(key).decrypt(sealed[1:13], sealed[13:], place.encode())
    except InvalidTag:
        raise Undecipherable(place) from None


def keyed_hash(purpose: str, value: str) -> str:
    """A hash by which equal values are found without being readable: HMAC-SHA256, hex."""
    return hmac.new(
        _key(str(settings.MASTER_KEY_FILE), purpose + "/hash"), value.encode(), hashlib.sha256
    ).hexdigest()
