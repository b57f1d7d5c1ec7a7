"""Writing a letter: choose it, fill in what the case does not know, see the page, issue it."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.guard.posting import perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.fields import DatePartsField
from xiaoshi.desk.look.language import said
from xiaoshi.desk.look.templatetags.desk import yuan
from xiaoshi.desk.papers.acts import GIVES_OUT
from xiaoshi.desk.papers.letters.acts import draft, issue_letter, keeps_sums_from
from xiaoshi.desk.papers.letters.letter import TEXT_MAX, Letter, letters_of_kind
from xiaoshi.desk.papers.requirements import called
from xiaoshi.desk.papers.showing.running import NotShown, order
from xiaoshi.desk.papers.wanted import wanted_papers

PAGES_SHOWN = 4
TEXT_LABELS = {
    "more_time": gettext_lazy("Why we need more time, in plain words"),
    "done": gettext_lazy("What was done, in plain words"),
}


class LetterForm(forms.Form):
    """What a letter asks for beside the case: only the fields that it names are there."""

    papers = forms.MultipleChoiceField(
        label=gettext_lazy("Papers to bring"), required=False, widget=forms.CheckboxSelectMultiple
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    amount = forms.ChoiceField(label=gettext_lazy("Amount that the letter names"), required=False)
    by_on = DatePartsField(label=gettext_lazy("By when"), required=False)
    remark = forms.CharField(
        label=gettext_lazy("Anything else"),
        required=False,
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[("zh", "中文"), ("en", "English")],
        widget=forms.RadioSelect,
        initial="zh",
    )
    big_type = forms.BooleanField(label=gettext_lazy("Large type (18 pt)"), required=False)

    def __init__(self, data: Any, found: Found, name: str, letter: Letter, *, sums: bool) -> None:
        super().__init__(data)
        for field in ("papers", "text", "amount", "by_on", "remark"):
            if field not in letter.asks:
                del self.fields[field]
        if "papers" in self.fields:
            missing = [w for w in wanted_papers(found.plan, found.state) if not w.met]
            self.fields["papers"].choices = [(w.name, said(called(w))) for w in missing]  # type: ignore[attr-defined]
            self.fields["papers"].initial = [w.name for w in missing if w.required] or [
                w.name for w in missing
            ]
        if "text" in self.fields:
            self.fields["text"].label = TEXT_LABELS.get(name, self.fields["text"].label)
        if "amount" in self.fields:
            self.fields["amount"].choices = [("", _("No amount")), *(_amounts(found) if sums else [])]  # type: ignore[attr-defined]


def _amounts(found: Found) -> list[tuple[str, str]]:
    return [
        (name, f"{said(spec.words)} {yuan(value)}")
        for name, spec in found.plan.facts.items()
        if spec.type == "amount_fen" and isinstance(value := found.state.facts.get(name), int)
    ]


@require_GET
@opens_to(*sorted(GIVES_OUT))
def letters(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Which letter."""
    found = find(case_id)
    items = [(name, said(letter.template.title)) for name, letter in letters_of_kind(found.case.kind).items()]
    return render(request, "papers/letters.html", frame(request, found, "papers") | {"letters": items})


@require_http_methods(["GET", "POST"])
@opens_to(*sorted(GIVES_OUT))
def letter(request: HttpRequest, case_id: uuid.UUID, name: str) -> HttpResponse:
    """The form; POST with `do` = preview shows the pages, `do` = issue issues the letter."""
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        kinds = letters_of_kind(found.case.kind)
        if name not in kinds:
            raise Http404("letter_unknown")
        sums = not keeps_sums_from(found, request.user)  # type: ignore[arg-type]
        form = LetterForm(request.POST or None, found, name, kinds[name], sums=sums)
        valid = form.is_valid()
        if not valid or request.POST.get("do") != "issue":
            pages, status = (
                _preview(request, found, name, form) if valid else ([], 422 if request.POST else 200)
            )
            return _page(request, found, name, kinds[name], form, pages, status)
    return _issue(request, found, name, form)


def _fields(name: str, form: LetterForm) -> dict[str, Any]:
    data = dict(form.cleaned_data)
    language, big_type = data.pop("language"), data.pop("big_type")
    answers = {
        key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in data.items()
    }
    return {"letter": name, "answers": answers, "language": language, "big_type": big_type}


def _preview(request: HttpRequest, found: Found, name: str, form: LetterForm) -> tuple[list[str], int]:
    try:
        pdf = draft(found, request.user, **_fields(name, form))  # type: ignore[arg-type]
        pages = min(order("look", "application/pdf", pdf).told["pages"], PAGES_SHOWN)
        made = [order("page", "application/pdf", pdf, page=n, width_px=900).body for n in range(pages)]
    except Refused as refused:
        _say(form, refused)
        return [], refused.status
    except NotShown as no:
        form.add_error(None, said(no.problem))
        return [], 422
    return [f"data:image/png;base64,{base64.b64encode(picture).decode()}" for picture in made], 200


def _issue(request: HttpRequest, found: Found, name: str, form: LetterForm) -> HttpResponse:
    try:
        outcome = perform_posted(request, issue_letter, case_id=found.case.id, **_fields(name, form))
    except Refused as refused:
        _say(form, refused)
        kind = letters_of_kind(found.case.kind)[name]
        with visible_to(request.user):  # type: ignore[arg-type]
            return _page(request, find(found.case.id), name, kind, form, [], refused.status)
    messages.success(request, _("The letter %(number)s is issued. Print it.") % outcome.result, "ok")
    return redirect("document_look", outcome.result["document"])


def _say(form: LetterForm, refused: Refused) -> None:
    where = refused.problem.where
    form.add_error(where if where in form.fields else None, words_of(refused))


def _page(
    request: HttpRequest,
    found: Found,
    name: str,
    kind: Letter,
    form: LetterForm,
    pages: list[str],
    status: int,
) -> HttpResponse:
    context = frame(request, found, "papers") | {
        "title": said(kind.template.title),
        "form": form,
        "pages": pages,
        "name": name,
    }
    return render(request, "papers/letter.html", context, status=status)
