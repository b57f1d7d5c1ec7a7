"""What people told about a tray, as the engine takes it."""

from __future__ import annotations

from typing import Any

from xiaoshi.desk.kinds.burnt_notes.models import Hint, Tray


def holding(tray: Tray) -> list[Hint]:
    """The hints that hold, in the order in which they were given."""
    return [hint for hint in tray.hints.all() if not hint.withdrawn]


def for_the_engine(tray: Tray) -> dict[str, Any]:
    """Further arguments of `assess`; none where nobody told anything. A later name of a piece replaces an earlier one."""
    told: dict[str, Any] = {}
    for hint in holding(tray):
        match hint.kind:
            case "named":
                named = told.setdefault("named_by_person", {})
                named.update(
                    dict.fromkeys(hint.pieces, ((hint.denomination_fen or 0) / 100, hint.edition or None))
                )
            case "joined":
                told.setdefault("joined_by_person", []).append(list(hint.pieces))
            case "apart":
                told.setdefault("kept_apart", []).append(list(hint.pieces))
    return told
