"""The text of a document, for the search and for people: read in the worker's process, kept encrypted, or why not.

A scan has no text of its own (nothing here guesses letters from pictures): it gives the empty text.
"""

from __future__ import annotations

from dataclasses import dataclass

from xiaoshi.core.problems import Problem
from xiaoshi.desk.papers.blobs import BlobDamaged
from xiaoshi.desk.papers.models import Document
from xiaoshi.desk.papers.showing import kept
from xiaoshi.desk.papers.showing.running import NotShown

CHARACTERS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a document gives no text. `lasting`: trying again will not help."""

    problem: Problem
    lasting: bool


def text_of_document(document: Document) -> str | Unreadable:
    """At most a million characters of the document's text; takes up to half a minute the first time, outside of the desk."""
    try:
        answer = kept.made("text", document.sha256, document.content_type, characters_max=CHARACTERS_MAX)
    except NotShown as no:
        return Unreadable(no.problem, no.lasting)
    except BlobDamaged as damaged:
        return Unreadable(damaged.problem, lasting=False)
    return str(answer.told["text"]).replace("\x00", "")
