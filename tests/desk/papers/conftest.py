"""Lets the tests of this folder import `files_for_tests` and `reading`, which stand beside them."""

import dataclasses
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def papers_filled_in_by_hand(request, monkeypatch):
    """As in a bank's own kind that lets people fill its papers in; the kinds of the house do not."""
    if request.node.get_closest_marker("database") is None:
        return
    from xiaoshi.desk.papers import acts, paper_template

    monkeypatch.setattr(
        acts,
        "papers_of_kind",
        lambda kind: {
            name: dataclasses.replace(paper, by_hand=True)
            for name, paper in paper_template.papers_of_kind(kind).items()
        },
    )
