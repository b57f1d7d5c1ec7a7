"""Six figures from a telephone (RFC 6238, by `cryptography`) and recovery codes on paper."""

from __future__ import annotations

import base64
import secrets
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from xiaoshi.desk.guard.crypto import keyed_hash

PERIOD_S = 30
DIGITS = 6
# A telephone's clock may be one period off, either way.
DRIFT_STEPS = 1
RECOVERY_COUNT = 10
# No 0 O 1 I L: read from paper, typed by hand.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_secret() -> bytes:
    return secrets.token_bytes(20)


def spelled(secret: bytes) -> str:
    """The secret as telephones take it: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def address_of(secret: bytes, login: str, bank: str) -> str:
    """The `otpauth://` address that the QR code holds."""
    plain = spelled(secret).replace(" ", "")
    return f"otpauth://totp/{quote(bank)}:{quote(login)}?secret={plain}&issuer={quote(bank)}&digits={DIGITS}&period={PERIOD_S}"


def code_at(secret: bytes, step: int) -> str:
    """The code of one period (seconds since 1970 divided by thirty)."""
    return HOTP(secret, DIGITS, SHA1(), enforce_key_length=False).generate(step).decode()  # noqa: S303


def step_of_code(secret: bytes, code: str, epoch_s: float, after_step: int) -> int | None:
    """The period whose code this is, if it is now or one beside it and later than `after_step`; else None."""
    text = "".join(code.split())
    if len(text) != DIGITS or not text.isascii() or not text.isdigit():
        return None
    here = int(epoch_s // PERIOD_S)
    found = None
    for step in range(here - DRIFT_STEPS, here + DRIFT_STEPS + 1):
        # All are compared, whichever fits: how long it takes says nothing.
        if secrets.compare_digest(code_at(secret, step), text) and step > after_step:
            found = step
    return found


def pronounceable(seed: str, groups: int = 4) -> str:
    """A password or code of groups of four, the same for the same seed (a doubled click shows it again). 4 groups: 79 bits."""
    number = int(keyed_hash("shown_once", seed), 16)
    letters = []
    for _ in range(groups * 4):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "-".join("".join(letters[i : i + 4]) for i in range(0, len(letters), 4))


def recovery_codes(seed: str) -> list[str]:
    """Ten codes of 39 bits each."""
    return [pronounceable(f"{seed}/{n}", groups=2) for n in range(RECOVERY_COUNT)]


def recovery_hash(login: str, code: str) -> str:
    """How a recovery code is kept. Keyed, so that a copy of the database alone cannot be searched through."""
    plain = "".join(c for c in code.upper() if c in ALPHABET)
    return keyed_hash("sign_in", f"{login}/recovery/{plain}")
