"""Writing the index: text in, keyed grams and sealed text out, each row once."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import opencc
from django.conf import settings
from django.db import connections

from xiaoshi.core.find.folding import Folding
from xiaoshi.core.find.grams import grams_of, grams_of_numbers
from xiaoshi.core.find.personal import hide_personal, whole_number
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.find.texts import Findable, heading
from xiaoshi.desk.guard.crypto import keyed_hash, seal, unseal

PURPOSE = "find"
FORM = "1"
"""Goes up when grams or folding change: rows of another form are written anew by `xiaoshi find rebuild`."""
GRAMS_KNOWN_MAX = 300_000

FOLDING = Folding(opencc.OpenCC("t2s").convert)

UPSERT = (
    "INSERT INTO find_indexrow (case_id, paths, kind, ref, part, at, grams, sealed, digest)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (case_id, kind, ref, part) DO UPDATE SET"
    " paths = EXCLUDED.paths, at = EXCLUDED.at, grams = EXCLUDED.grams, sealed = EXCLUDED.sealed, digest = EXCLUDED.digest"
    " WHERE find_indexrow.digest <> EXCLUDED.digest OR find_indexrow.paths <> EXCLUDED.paths"
)


@lru_cache(maxsize=4)
def _key(master_key_file: str) -> bytes:
    return bytes.fromhex(keyed_hash(PURPOSE, "grams"))


@lru_cache(maxsize=4)
def _known(master_key_file: str) -> dict[str, int]:
    return {}


def hash_of(gram: str) -> int:
    """A gram as the index holds it: 32 bits that tell nothing without the master key."""
    place = str(settings.MASTER_KEY_FILE)
    known = _known(place)
    found = known.get(gram)
    if found is None:
        digest = hmac.digest(_key(place), gram.encode("utf-8", "surrogatepass"), "sha256")
        found = int.from_bytes(digest[:4], "big", signed=True)
        if len(known) >= GRAMS_KNOWN_MAX:
            known.clear()
        known[gram] = found
    return found


def hashes_of(grams: Iterable[str]) -> list[int]:
    return sorted({hash_of(gram) for gram in grams})


def paths_of(unit_path: str) -> list[str]:
    """The units above a case, its own included: `jn/`, `jn/lz/`, ..."""
    return [unit_path[: i + 1] for i, sign in enumerate(unit_path) if sign == "/"]


@lru_cache(maxsize=5000)
def _cut(master_key_file: str, text: str) -> tuple[str, tuple[str, ...], frozenset[int]]:
    """The text as it is shown, the numbers hidden in it, and its grams' hashes. Desks write the same sentence many times."""
    shown, hidden = hide_personal(text, FOLDING)
    return shown, hidden, frozenset(map(hash_of, grams_of(FOLDING.text(shown))))


def as_row(case: Case, thing: Findable, heading_grams: frozenset[int]) -> tuple[Any, ...]:
    """The values of one row, in the order of `UPSERT`."""
    shown, hidden, own = _cut(str(settings.MASTER_KEY_FILE), thing.text)
    numbers = (*hidden, *(whole_number(FOLDING.text(number)) for number in thing.numbers))
    grams = own | heading_grams | set(map(hash_of, grams_of_numbers(numbers)))
    # Keyed: an identity number that a plain hash had seen could be found by trying.
    digest = keyed_hash(
        PURPOSE, f"{FORM}\n{thing.at.isoformat()}\n{' '.join(numbers)}\n{shown}\n{heading(case)}"
    )[:32]
    place = place_of(case.id, thing.kind, thing.ref, thing.part)
    return (
        case.id, paths_of(case.unit_path), thing.kind, thing.ref, thing.part, thing.at, sorted(grams),
        seal(PURPOSE, shown.encode("utf-8", "replace"), place), digest,
    )  # fmt: skip


def place_of(case_id: Any, kind: str, ref: str, part: int) -> str:
    return f"{case_id}/{kind}/{ref}/{part}"


def opened(case_id: Any, kind: str, ref: str, part: int, sealed: bytes) -> str:
    """The text of a row. Raises `Undecipherable` when it was altered or written under another master key."""
    return unseal(PURPOSE, sealed, place_of(case_id, kind, ref, part)).decode()


def rows_for(case: Case, things: Iterable[Findable]) -> list[tuple[Any, ...]]:
    """Rows of one case, each carrying the case's heading."""
    own = frozenset(map(hash_of, grams_of(FOLDING.text(heading(case)))))
    return [as_row(case, thing, own) for thing in things]


def keep(rows: list[tuple[Any, ...]], using: str = "default") -> None:
    """Write the rows; one that says the same already is left alone. In the order of their key, so that two do not wait for each other."""
    if rows:
        ordered = sorted(rows, key=lambda r: (str(r[0]), *r[2:5]))
        with connections[using].cursor() as cursor:
            cursor.executemany(UPSERT, ordered)
