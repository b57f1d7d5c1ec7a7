"""The desk itself as an actor: for what follows from an act by itself, which no person did.

`perform(act, house("linked_cases"), key, case_id=…)` runs through the same boundary: one transaction, one entry, whose
actor is `house:linked_cases`, a name that no person can have. The engine gives it no role; an act that the house does must
be one that asks for none.
"""

from __future__ import annotations

from xiaoshi.core.casework.authority import HOUSE
from xiaoshi.desk.organisation.models import Staff, Unit


def house(part: str) -> Staff:
    """Who a part of the desk is when it acts: not stored, signs in nowhere, holds no role."""
    everywhere = Unit(path="", level="province", name_zh="系统", name_en="the desk")
    return Staff(
        login=f"{HOUSE}{part}", name_zh="系统", name_en="the desk", unit=everywhere, roles=[], is_active=True
    )
