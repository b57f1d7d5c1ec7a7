"""What the runtime role may do with the tables of the search: keep the index up to date, in the name of whoever reads or acts."""

from __future__ import annotations

GRANTS: dict[str, str] = {
    "find_indexrow": "SELECT, INSERT, UPDATE, DELETE",
    "find_indexedcase": "SELECT, INSERT, UPDATE",
    "find_documenttext": "SELECT, INSERT, UPDATE",
    "find_due": "SELECT, INSERT, UPDATE, DELETE",
}
