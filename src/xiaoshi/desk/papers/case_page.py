"""What page D4 shows: requirements with how each stands, documents fifty at a time, papers issued. Its queries are constant in rows."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from xiaoshi.desk.cases.views.found import Found
from xiaoshi.desk.guard.posting import new_key
from xiaoshi.desk.look.language import said
from xiaoshi.desk.look.templatetags.desk import day
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.forms import VoidForm
from xiaoshi.desk.papers.keeping import ISSUED, OWN_PURPOSES, REPRINT, VOIDED
from xiaoshi.desk.papers.models import AskedOfClient, Document, Paper
from xiaoshi.desk.papers.requirements import HOW_ASKED, asked_of_client, called
from xiaoshi.desk.papers.wanted import WantedCheck, WantedPaper, wanted_checks, wanted_papers
from xiaoshi.desk.papers.words import purpose_words

PAGE = 50
PAPERS_SHOWN = 100


class Names:
    """Names of staff by login; all of a page are asked for together."""

    def __init__(self, request: HttpRequest) -> None:
        self.language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
        self.known: dict[str, str] = {"": ""}

    def ask_for(self, logins: set[str]) -> Names:
        missing = logins - set(self.known)
        if missing:
            for person in Staff.objects.filter(login__in=missing):
                self.known[person.login] = person.name(self.language)
        return self

    def of(self, login: str) -> str:
        return self.known.get(login, login)


def documents_page(found: Found, after: str) -> tuple[list[Document], str]:
    """Fifty documents, newest first, and the query of the next fifty ("" at the end)."""
    rows = (
        Document.objects.filter(case=found.case)
        .exclude(purpose__in=(ISSUED, VOIDED))
        .order_by("-added_at", "-id")
    )
    last = _document(found, after)
    if last is not None:
        rows = rows.filter(Q(added_at__lt=last.added_at) | Q(added_at=last.added_at, id__lt=last.id))
    page = list(rows[: PAGE + 1])
    return page[:PAGE], f"?after={page[PAGE - 1].id}" if len(page) > PAGE else ""


def _document(found: Found, ident: str) -> Document | None:
    try:
        return Document.objects.filter(case=found.case, id=uuid.UUID(ident)).first() if ident else None
    except ValueError:
        return None


def papers_shown(
    request: HttpRequest, found: Found, names: Names, voiding: tuple[str, VoidForm] | None
) -> list[Any]:
    """The papers issued, newest first, with their copies (who printed which, when) by one query for all."""
    papers = list(
        Paper.objects.filter(case=found.case)
        .select_related("document")
        .order_by("-issued_at", "-id")[:PAPERS_SHOWN]
    )
    copies: dict[str, list[Document]] = defaultdict(list)
    if papers:
        for copy in Document.objects.filter(case=found.case, purpose=REPRINT).order_by("added_at", "id")[
            :1000
        ]:
            copies[copy.name.rpartition("-copy")[0]].append(copy)
    names.ask_for(
        {p.issued_by for p in papers}
        | {p.voided_by for p in papers}
        | {c.added_by for own in copies.values() for c in own}
    )
    return [
        {
            "paper": paper,
            "copies": [{"document": c, "who": names.of(c.added_by)} for c in copies[paper.number]],
            "void_form": voiding[1]
            if voiding and voiding[0] == str(paper.id)
            else VoidForm(auto_id=f"id_{paper.number}_%s"),
            "keys": (new_key(), new_key()),
            "issued_by": names.of(paper.issued_by),
            "voided_by": names.of(paper.voided_by),
        }
        for paper in papers
    ]


def requirement_items(request: HttpRequest, found: Found) -> list[dict[str, str]]:
    """The requirements as a task list: what, for which steps, since when it is missing, when the client was asked."""
    wanted = wanted_papers(found.plan, found.state)
    told = asked_of_client(found.case.id) if wanted else {}
    return [_item(found, w, told.get(w.key, [])) for w in wanted]


def check_items(found: Found, names: Names) -> list[dict[str, str]]:
    """Checks and decisions that steps need, as a task list without links: each is recorded where its step is done."""
    wanted = wanted_checks(found.plan, found.state)
    names.ask_for({w.record.by for w in wanted if w.record is not None})
    return [_check_item(w, names) for w in wanted]


def _check_item(wanted: WantedCheck, names: Names) -> dict[str, str]:
    record = wanted.record
    if record is None:
        state, word = (
            ("waiting", _("Still to be made")) if wanted.required else ("info", _("If it is needed"))
        )
    elif record.waived:
        state, word = "ok", _("Waived")
    elif wanted.kind == "decision":
        state, word = "ok", _("Decided")
    else:
        state, word = ("ok", _("Passed")) if record.meets else ("error", _("Did not pass"))
    hints = [_("for: %(step)s") % {"step": " · ".join(said(s) for s in wanted.all_steps)}]
    if record is not None:
        hints.append(f"{names.of(record.by)} {day(record.at)}")
        hints += [record.note] if record.note else []
    return {
        "label": capfirst(said(wanted.title)),
        "hint": " · ".join(hints),
        "href": "",
        "state": state,
        "word": word,
    }


def _item(found: Found, wanted: WantedPaper, told: list[AskedOfClient]) -> dict[str, str]:
    state, word = state_of(wanted)
    steps = "、".join if said(wanted.step_title) == wanted.step_title.zh else ", ".join
    hints = [_("for: %(step)s") % {"step": steps([said(s) for s in wanted.all_steps])}]
    if wanted.met and wanted.at is not None:
        hints.append(_("since %(day)s") % {"day": day(wanted.at)})
    elif wanted.missing_since is not None:
        hints.append(_("missing since %(day)s") % {"day": day(wanted.missing_since)})
    if told and not wanted.met:
        hints.append(
            _("client asked %(day)s (%(how)s)")
            % {"day": day(told[-1].at), "how": said(HOW_ASKED[told[-1].how])}
        )
    return {
        "label": capfirst(said(called(wanted))),
        "hint": " · ".join(hints),
        "href": reverse("case_requirement", args=[found.case.id, wanted.name]),
        "state": state,
        "word": word,
    }


def state_of(wanted: WantedPaper) -> tuple[str, str]:
    """The tag of a requirement: colour and word."""
    if wanted.met:
        return "ok", _("Waived") if wanted.waived else _("Held")
    return ("waiting", _("Wanted")) if wanted.required else ("info", _("If there is one"))


def document_rows(found: Found, documents: list[Document], names: Names) -> list[dict[str, Any]]:
    """Documents with what they are, who added them, and which requirements they meet."""
    meets: dict[str, list[str]] = defaultdict(list)
    for wanted in wanted_papers(found.plan, found.state):
        if wanted.reference:
            meets[wanted.reference].append(said(called(wanted)))
    names.ask_for({d.added_by for d in documents})
    asked = found.state.asked_needs
    return [
        {
            "document": d,
            "purpose": asked[key].title
            if (key := f"paper:{d.purpose}") in asked
            else said(purpose_words(d.purpose)),
            "who": names.of(d.added_by),
            "meets": meets.get(str(d.id), []),
            "ours": d.purpose in OWN_PURPOSES,
        }
        for d in documents
    ]
