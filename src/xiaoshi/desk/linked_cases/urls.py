"""No addresses of their own: links between cases are made with the desk's verbs and shown on the case."""

from __future__ import annotations

from typing import Any

from xiaoshi.desk.linked_cases import acts

ACTS = (acts.wait_for_case, acts.stop_waiting, acts.note_other_case)
urlpatterns: list[Any] = []
