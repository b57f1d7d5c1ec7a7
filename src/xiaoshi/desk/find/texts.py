"""What can be found of a case: its texts, in the words of the desk. From rows to text, nothing is asked of the database.

Of the timeline only what somebody wrote or what names a thing: an entry that says no more than which act it was (签收环节)
is in the timeline of every case and would be a hit for everybody. Sums stand in the facts and papers, where a reader who has
yet to count is not told of them (`searching.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xiaoshi.core.casework.model import FactSpec, Plan
from xiaoshi.core.money import yuan
from xiaoshi.core.problems import Words
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.kinds import KINDS, kind_named
from xiaoshi.desk.papers.models import Document, Paper
from xiaoshi.desk.papers.words import purpose_words
from xiaoshi.desk.people.models import NUMBERS, Client

# Fields of events in which people write.
WRITTEN = frozenset({"text", "reason", "note", "source", "authority", "title", "outcome", "result", "remark"})


@dataclass(frozen=True, slots=True)
class Findable:
    """One row of the index to be. `numbers`: identity and telephone numbers that belong to it and stand in no text."""

    kind: str
    ref: str
    at: datetime
    text: str
    part: int = 0
    numbers: tuple[str, ...] = ()


def heading(case: Case) -> str:
    """What every row of a case can be found by beside its own text."""
    return f"{case.number} {case.client_name}"


def of_case(case: Case, plan: Plan) -> Iterator[Findable]:
    """The case itself, and its facts apart: they may hold sums."""
    kind = kind_named(case.kind) if case.kind in KINDS else None
    words = kind.words if kind else Words(case.kind, case.kind)
    named = [case.number, case.client_name, case.title, words.zh, words.en]
    yield Findable("case", "", case.opened_at, " · ".join(filter(None, named)))
    choices: Mapping[str, Words] = kind.choices if kind else {}
    facts = (case.snapshot or {}).get("facts") or {}
    lines = [
        f"{spec.words.zh}：{said}"
        for name, spec in plan.facts.items()
        if name in facts and (said := _said(spec, facts[name], choices))
    ]
    if lines:
        yield Findable("facts", "", case.opened_at, "；".join(lines))


def _said(spec: FactSpec, value: Any, choices: Mapping[str, Words]) -> str:
    match spec.type:
        case "bool":
            return "是" if value else ""
        case "amount_fen":
            return f"{yuan(value)}元" if isinstance(value, int) else ""
        case "choice":
            return choices[value].zh if value in choices else str(value)
        case "list":
            return "、".join(map(str, value)) if isinstance(value, list | tuple) else ""
        case _:
            return str(value)


def of_person(case: Case, client: Client) -> Findable | None:
    """Somebody of the case: a name that is not the case's own, the account as pages show it (found by its last four figures
    too), and the numbers that are only found whole."""
    numbers = tuple(filter(None, map(client.number, NUMBERS)))
    texts = [client.name if client.name != case.client_name else "", client.account_number_masked]
    if not any((*texts, *numbers)):
        return None
    return Findable("person", str(client.pk), case.opened_at, " ".join(filter(None, texts)), 0, numbers)


def of_entry(entry: TimelineEntry) -> Findable | None:
    """What somebody wrote in an act; None for an entry that says only which act it was."""
    words = (entry.body.get("words") or {}).get("zh", "")
    written = [text for text in _written(entry.body.get("events") or []) if text not in words]
    if "：" not in words and not written:
        return None
    return Findable("entry", str(entry.seq), entry.at, "\n".join(dict.fromkeys((words, *written))))


def _written(events: list[Any]) -> Iterator[str]:
    for event in events:
        for name, value in event.items() if isinstance(event, dict) else ():
            if name in WRITTEN:
                yield from _texts_in(value)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)


def of_paper(paper: Paper) -> Findable:
    """A paper that was given out: number, title, and what was filled in, sums in yuan."""
    filled = "\n".join(_filled(paper.facts))
    return Findable("paper", str(paper.pk), paper.issued_at, f"{paper.title_zh} {paper.number}\n{filled}")


def _filled(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _filled(inner, inner_name)
    elif isinstance(value, list):
        for inner in value:
            yield from _filled(inner, name)
    elif isinstance(value, str) and value.strip():
        yield value
    elif isinstance(value, int) and not isinstance(value, bool) and name.endswith("_fen"):
        yield f"{yuan(value)}元"


def of_document(document: Document) -> Findable:
    """What a document is called; its own text comes when the worker has read it (parts from 1)."""
    return Findable(
        "document",
        str(document.pk),
        document.added_at,
        f"{purpose_words(document.purpose).zh} {document.name}",
    )
