"""Check codes of papers: 80 random bits in Crockford's base 32, written in four groups of four.

`7Q4M-0K9T-ZX2C-H1VB`. The letters I, L, O and U are not used; what people type for them is read as they meant it
(I, L -> 1, O -> 0), in small letters, with or without hyphens, in full width. Eighty bits: at a million papers, somebody
who tries a thousand codes a second for a year has a chance of about 3 in 10^8 to meet one.
"""

from __future__ import annotations

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BYTES = 10
SYMBOLS = 16
GROUP = 4

_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


def code_of(random_bytes: bytes) -> str:
    """The code for 10 random bytes, in groups. Raises ValueError for another length."""
    if len(random_bytes) != BYTES:
        raise ValueError(f"a check code is made of {BYTES} bytes, not {len(random_bytes)}")
    number = int.from_bytes(random_bytes)
    symbols = "".join(ALPHABET[number >> 5 * place & 31] for place in range(SYMBOLS - 1, -1, -1))
    return in_groups(symbols)


def in_groups(symbols: str) -> str:
    return "-".join(symbols[i : i + GROUP] for i in range(0, len(symbols), GROUP))


def read_code(typed: str) -> str | None:
    """What a person typed, as the code it means; None when it cannot be one (wrong length, other characters)."""
    plain = unicodedata.normalize("NFKC", typed[:200]).upper()
    symbols = "".join(c for c in plain if c.isalnum()).translate(_MEANT)
    if len(symbols) != SYMBOLS or any(c not in ALPHABET for c in symbols):
        return None
    return in_groups(symbols)
