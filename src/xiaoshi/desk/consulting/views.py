"""Pages of the questions: my lists, one question with what is done on it, asking, and a shared answer."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_http_methods

from xiaoshi.core.casework.authority import ANSWERERS
from xiaoshi.core.casework.roles import level_rank
from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.consulting import acts, answer_paper, sharing
from xiaoshi.desk.consulting.asking_whom import specialists_over
from xiaoshi.desk.consulting.fields import field_words
from xiaoshi.desk.consulting.forms import AnswerForm, AskForm, PaperForm, ShareForm, TextForm
from xiaoshi.desk.consulting.likes import answered_before, like_closed_cases, standing_of
from xiaoshi.desk.consulting.lists import PAGE, STATE_WORDS, VIEWS, as_rows, questions_of
from xiaoshi.desk.consulting.models import Question, SharedAnswer
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.posting import new_key, perform_posted, say_refused, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.models import Document

TURN_WORDS = {
    "asked_back": gettext_noop("asked back"),
    "replied": gettext_noop("replied"),
    "passed": gettext_noop("passed on"),
    "handed_up": gettext_noop("handed up"),
    "withdrawn": gettext_noop("withdrawn"),
}


def _language(request: HttpRequest) -> str:
    return str(request.LANGUAGE_CODE)  # type: ignore[attr-defined]


@require_GET
@opens_to("signed_in")
def questions(request: HttpRequest) -> HttpResponse:
    """`?view=of_me|by_me|of_field|answered`."""
    person: Staff = request.user  # type: ignore[assignment]
    view = request.GET.get("view", "of_me")
    view = view if view in VIEWS else "of_me"
    found, following = questions_of(person, view, request.GET.get("after", ""))
    tabs = [
        {"label": words.in_language(_language(request)), "href": f"?view={key}", "current": key == view}
        for key, words in VIEWS.items()
    ]
    context = {
        "section": "questions",
        "tabs": tabs,
        "rows": as_rows(found, _language(request), timezone.now()),
        "next_query": "?" + urlencode({"view": view, "after": following}) if following else "",
        "page": PAGE,
        "now": timezone.now(),
    }
    return render(request, "consulting/questions.html", context)


def _question(ident: uuid.UUID) -> Question:
    row = Question.objects.filter(id=ident).select_related("case").first()
    if row is None:
        raise Http404("question_not_found")
    return row


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def question(request: HttpRequest, ident: uuid.UUID) -> HttpResponse:
    """One question: its documents, what went to and fro, what was answered before, and what this reader may do."""
    if request.method == "GET":
        return _question_page(request, _question(ident))
    with visible_to(request.user):  # type: ignore[arg-type]
        row = _question(ident)
        what = request.POST.get("do", "")
        bound = _forms(request, row).get(what)
        if bound is None:
            raise Http404
        if not bound.is_valid():
            return _question_page(request, row, {what: bound}, status=422)
    act, fields = _act_of(what, row, bound.cleaned_data)
    try:
        perform_posted(request, act, case_id=row.case_id, **fields)
        messages.success(request, _("Saved."), "ok")
        return redirect("question", ident)
    except Refused as refused:
        bound.add_error(
            refused.problem.where if refused.problem.where in bound.fields else None, words_of(refused)
        )
        with visible_to(request.user):  # type: ignore[arg-type]
            return _question_page(request, _question(ident), {what: bound}, status=refused.status)


def _act_of(what: str, row: Question, given: dict[str, Any]) -> tuple[Act, dict[str, Any]]:
    match what:
        case "answer":
            day = given.pop("valid_until")
            return acts.answer, {
                **given,
                "question": row.question,
                "valid_until": day.isoformat() if day else "",
            }
        case "ask_back":
            return acts.ask_back, {"question": row.question, "text": given["text"]}
        case "reply":
            return acts.reply, {"question": row.question, "text": given["text"]}
        case "pass_on":
            return acts.pass_on, {"question": row.question, "to": given["to"], "reason": given["text"]}
        case "hand_up":
            return acts.hand_up, {"question": row.question, "reason": given["text"]}
        case "share":
            return sharing.share, {"question": row.question, **given}
        case "paper":
            return answer_paper.issue_answer, {"question": row.question, **given}
        case _:
            return acts.withdraw_question, {"question": row.question, "reason": given["text"]}


def _forms(request: HttpRequest, row: Question) -> dict[str, forms.Form]:
    """The forms of what this reader may do with the question now; bound to what was posted, each only for its own."""
    person: Staff = request.user  # type: ignore[assignment]
    able: dict[str, Any] = {}
    if row.is_open and _may_answer(person, row):
        able["answer"] = lambda data: AnswerForm(data, _language(request))
        able["ask_back"] = lambda data: TextForm(_("What has to be known first"), "ask_back", data)
        if others := _others(person, row, _language(request)):
            able["pass_on"] = lambda data: TextForm(_("Reason"), "pass_on", data, others)
        if row.to_level != "province":
            able["hand_up"] = lambda data: TextForm(_("Why the level above has to decide"), "hand_up", data)
    if row.state == "asked_back" and _asks(person, row):
        able["reply"] = lambda data: TextForm(_("Reply"), "reply", data)
    if row.is_open and _asks(person, row):
        able["withdraw"] = lambda data: TextForm(_("Reason"), "withdraw", data)
    if (
        row.state == "answered"
        and (person.login == row.answered_by or _may_answer(person, row))
        and not sharing.is_shared(row)
    ):
        able["share"] = lambda data: ShareForm(data, row)
    if row.state == "answered" and answer_paper.issue_answer.roles & set(person.roles):
        able["paper"] = PaperForm
    posted = request.POST.get("do") if request.method == "POST" else None
    return {name: make(request.POST if name == posted else None) for name, make in able.items()}


def _may_answer(person: Staff, row: Question) -> bool:
    at_level = person.unit.level == row.to_level and row.case.unit_path.startswith(person.unit.path)
    return at_level and bool(set(person.roles) & set(ANSWERERS.get(row.to_level, ())))  # type: ignore[call-overload]


def _asks(person: Staff, row: Question) -> bool:
    return person.login in (row.asked_by, row.case.owner) or bool(
        {"supervisor", "outlet_head"} & set(person.roles)
    )


def _others(person: Staff, row: Question, language: str) -> list[tuple[str, str]]:
    people = specialists_over(row.case.unit_path, row.case.kind, timezone.now())
    return [
        (p.login, p.name.in_language(language))
        for p in people
        if p.level == row.to_level and p.login not in (person.login, row.asked_by) and not p.substitute
    ]


DOING = {
    "answer": gettext_noop("Answer"),
    "ask_back": gettext_noop("Ask back"),
    "reply": gettext_noop("Reply"),
    "pass_on": gettext_noop("Pass on to a colleague of the same level"),
    "hand_up": gettext_noop("Hand up to the level above"),
    "withdraw": gettext_noop("Withdraw the question"),
    "share": gettext_noop("Share with the whole bank"),
    "paper": gettext_noop("Issue the answer as a paper"),
}


def _question_page(
    request: HttpRequest, row: Question, bound: dict[str, forms.Form] | None = None, status: int = 200
) -> HttpResponse:
    person: Staff = request.user  # type: ignore[assignment]
    language = _language(request)
    found = find(row.case_id)
    turns = list(row.turns.all())
    logins = {t.by for t in turns} | {row.asked_by, row.assigned_to, row.answered_by}
    names = {s.login: s.name(language) for s in Staff.objects.filter(login__in=logins)}
    able = _forms(request, row) | (bound or {})
    context = frame(request, found, "questions") | {
        "row": row,
        "field": field_words(row.field),
        "state_words": STATE_WORDS[row.state],
        "standing": standing_of(row, timezone.localdate()) if row.state == "answered" else None,
        "names": {
            "asker": names.get(row.asked_by, row.asked_by),
            "whom": names.get(row.assigned_to, row.assigned_to),
            "answerer": names.get(row.answered_by, row.answered_by),
        },
        "documents": list(Document.objects.filter(case_id=row.case_id, id__in=row.documents)),
        "turns": [
            {"at": t.at, "who": names.get(t.by, t.by), "what": _(TURN_WORDS[t.what]), "text": t.text}
            for t in turns
        ],
        "doing": [
            {"name": name, "words": _(DOING[name]), "form": form, "key": new_key(), "open": bool(form.errors)}
            for name, form in able.items()
        ],
        "error_form": next(iter((bound or {}).values()), None),
        "likes": _likes(person, row.text, found) if row.is_open else [],
        "shared": SharedAnswer.objects.filter(origin=row).first(),
        "now": timezone.now(),
    }
    return render(request, "consulting/question.html", context, status=status)


def _likes(person: Staff, text: str, found: Found) -> list[dict[str, Any]]:
    today = timezone.localdate()
    return [
        {"one": one, "row": one.of, "standing": one.standing(today), "shared": bool(one.shared)}
        for one in answered_before(person, text, found.case)
    ]


@require_GET
@opens_to("signed_in")
def of_case(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """The questions of one case, and closed cases like it."""
    found = find(case_id)
    rows = list(Question.objects.filter(case=found.case).select_related("case").order_by("-id")[:100])
    context = frame(request, found, "questions") | {
        "rows": as_rows(rows, _language(request), timezone.now()),
        "may_ask": found.state.phase in ("open", "suspended"),
        "like_cases": like_closed_cases(found.case),
        "now": timezone.now(),
    }
    return render(request, "consulting/of_case.html", context)


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def ask_above(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Write a question; `do=look` shows what was answered before and keeps what was typed, `do=ask` asks."""
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        form = _ask_form(request, found)
        asks = request.method == "POST" and request.POST.get("do") != "look"
        if not asks or not form.is_valid():
            return _ask_page(request, found, form, 422 if asks else 200)
    given = dict(form.cleaned_data)
    due = given.pop("due", None)
    fields = {
        **given,
        "due": timezone.localtime(due).isoformat() if due else "",
        "documents": given.get("documents", []),
    }
    try:
        outcome = perform_posted(request, acts.ask, case_id=case_id, **fields)
    except Refused as refused:
        form.add_error(
            refused.problem.where if refused.problem.where in form.fields else None, words_of(refused)
        )
        with visible_to(request.user):  # type: ignore[arg-type]
            return _ask_page(request, find(case_id), form, refused.status)
    messages.success(request, _("The question was sent."), "ok")
    return redirect("question", outcome.result["id"])


def _ask_form(request: HttpRequest, found: Found) -> AskForm:
    person: Staff = request.user  # type: ignore[assignment]
    people = [
        p
        for p in specialists_over(found.case.unit_path, found.case.kind, timezone.now())
        if level_rank(p.level) > level_rank(person.unit.level)  # type: ignore[arg-type]
    ]
    documents = list(
        Document.objects.filter(case=found.case).order_by("-added_at", "-id")[: acts.DOCUMENTS_MAX]
    )
    looking = request.method == "POST" and request.POST.get("do") == "look"
    form = AskForm(
        request.POST if request.method == "POST" and not looking else None,
        level=person.unit.level, people=people, documents=documents, language=_language(request),
    )  # fmt: skip
    if looking:
        form.initial = {
            n: request.POST.getlist(n) if n == "documents" else request.POST.get(n, "") for n in form.fields
        }
    return form


def _ask_page(request: HttpRequest, found: Found, form: AskForm, status: int) -> HttpResponse:
    person: Staff = request.user  # type: ignore[assignment]
    text = request.POST.get("text", "")[:4000].replace("\x00", "")
    context = frame(request, found, "questions") | {
        "form": form,
        "looked": bool(text.strip()),
        "likes": _likes(person, text, found) if text.strip() else [],
        "like_cases": like_closed_cases(found.case),
    }
    if request.POST.get("key"):
        context["key"] = request.POST["key"]
    return render(request, "consulting/ask.html", context, status=status)


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def shared(request: HttpRequest, ident: uuid.UUID) -> HttpResponse:
    """A shared answer: opened with a button, which is on record; then its text for twelve hours."""
    person: Staff = request.user  # type: ignore[assignment]
    if request.method == "POST":
        try:
            if request.POST.get("do") == "end":
                perform_posted(
                    request, sharing.end_answer, answer=str(ident), reason=request.POST.get("reason", "")
                )
            else:
                perform_posted(
                    request, sharing.open_answer, answer=str(ident), for_case=request.POST.get("for_case", "")
                )
        except Refused as refused:
            say_refused(request, refused)
            if refused.status == 404:
                raise Http404 from None
        return redirect(reverse("shared_answer", args=[ident]))
    row = SharedAnswer.objects.filter(id=ident).first()
    if row is None:
        raise Http404("answer_not_found")
    opened = sharing.opened_lately(person, row, timezone.now())
    people = {
        s.login: s.name(_language(request))
        for s in Staff.objects.filter(login__in=[row.shared_by, row.ended_by])
    }
    context = {
        "section": "questions",
        "row": row if opened else None,
        "ident": ident,
        "field": field_words(row.field),
        "standing": standing_of(row, timezone.localdate()),
        "shared_by": people.get(row.shared_by, row.shared_by),
        "for_case": request.GET.get("for_case", ""),
        "key": new_key(),
        "may_end": row.ended_at is None and (person.login == row.shared_by or _answers_above(person, row)),
    }
    return render(request, "consulting/shared.html", context)


def _answers_above(person: Staff, row: SharedAnswer) -> bool:
    level = person.unit.level
    return level in (row.level, "province") and bool(set(person.roles) & set(ANSWERERS.get(level, ())))  # type: ignore[call-overload]
