"""What the runtime role may do with the tables of figures: count days anew (the timer does) and read."""

from __future__ import annotations

GRANTS: dict[str, str] = {"figures_daycount": "SELECT, INSERT, UPDATE, DELETE"}
