"""Which papers a kind can issue: each a typst file, a facts form and a title.

A kind lists them in the literal `PAPERS` of `<kind>/papers/__init__.py`, in the order in which a case meets them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path

from xiaoshi.core.problems import Words


@dataclass(frozen=True)
class PaperTemplate:
    """`name` is `<kind>/<paper>`; `source` the typst file; `facts` the dataclass that fills it.

    `by_hand`: a person may fill it in (`papers.issue`). Whatever states what the desk knows (sums, decisions, receipts) is not:
    only the kind's own acts issue it, from the case, or anybody could print a receipt with a number and a check code.
    """

    name: str
    title: Words
    source: Path
    facts: type
    by_hand: bool = False

    @cached_property
    def text(self) -> str:
        return self.source.read_text(encoding="utf-8")


def papers_of_kind(kind: str) -> Mapping[str, PaperTemplate]:
    """Paper name -> template. Empty for a kind that issues none. Raises KeyError for a kind that is not registered."""
    from xiaoshi.desk.kinds import KINDS  # here: a kind's module may import the papers

    place = f"{KINDS[kind]}.papers"
    try:
        module = import_module(place)
    except ModuleNotFoundError as error:
        if error.name != place:
            raise
        return {}
    if module.__file__ is None:  # an empty folder is a package too, of nothing
        return {}
    papers: Mapping[str, PaperTemplate] = module.PAPERS
    return papers
