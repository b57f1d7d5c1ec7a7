"""The papers of a damaged-note case, filled from what was measured and decided."""

from __future__ import annotations
