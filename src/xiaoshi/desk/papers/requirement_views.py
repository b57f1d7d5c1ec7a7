"""One requirement of a case: why it is asked for, what meets it, and the acts on it; and asking for one more paper."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from xiaoshi.core.casework.authority import RULES, allowed
from xiaoshi.core.casework.standing import Standing
from xiaoshi.desk.cases.recording import waive_need
from xiaoshi.desk.cases.views.conflict import what_changed
from xiaoshi.desk.cases.views.found import Found, find, frame
from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.posting import perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused, Stale
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.language import said
from xiaoshi.desk.papers import requirements
from xiaoshi.desk.papers.case_page import Names, state_of
from xiaoshi.desk.papers.keeping import OWN_PURPOSES
from xiaoshi.desk.papers.models import Document
from xiaoshi.desk.papers.requirements import HOW_ASKED, WORKS_ON_CASES, asked_of_client, called
from xiaoshi.desk.papers.scans.covers import cover_in_force
from xiaoshi.desk.papers.wanted import WantedPaper, wanted_named, wanted_papers
from xiaoshi.desk.papers.words import purpose_words

CHOICES_MAX = 200


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class AttachForm(forms.Form):
    """Which of the documents that the case holds meets the requirement."""

    document = forms.ChoiceField(label=gettext_lazy("Document on the case"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)

    def __init__(self, *args: Any, documents: list[Document] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["document"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose")),
            *((str(d.id), f"{said(purpose_words(d.purpose))} · {d.name}") for d in documents or []),
        ]


class AskForm(forms.Form):
    """One more paper, in words that the client understands."""

    title = forms.CharField(label=gettext_lazy("Which paper"), max_length=80)
    reason = forms.CharField(
        label=gettext_lazy("Why it is needed"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    blocks = forms.ChoiceField(
        label=gettext_lazy("Can the case be closed without it?"),
        choices=[
            ("yes", gettext_lazy("No, it must be there before the case is closed")),
            ("no", gettext_lazy("Yes, it only helps")),
        ],
        widget=forms.RadioSelect,
    )


class ToldForm(forms.Form):
    """How the client was told what is missing."""

    how = forms.ChoiceField(label=gettext_lazy("How"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["how"].choices = [(name, said(words)) for name, words in HOW_ASKED.items()]  # type: ignore[attr-defined]


# What the buttons of the page do: the act, the fields it takes from the form, and what is said when it is done.
DOES: dict[str, tuple[Act, str, Any]] = {
    "attach": (requirements.attach_document, "attach", gettext_lazy("The document is attached.")),
    "take_off": (
        requirements.take_off_document,
        "reason",
        gettext_lazy("It is taken off; the requirement is open again."),
    ),
    "waive": (waive_need, "reason", gettext_lazy("The requirement is waived.")),
    "withdraw": (requirements.withdraw_asked, "reason", gettext_lazy("It is no longer asked for.")),
    "told": (requirements.told_client, "told", gettext_lazy("It is kept that the client was asked.")),
}


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def requirement(request: HttpRequest, case_id: uuid.UUID, need: str) -> HttpResponse:
    """The page of one requirement; POST with `do` = attach, take_off, waive, withdraw or told."""
    if request.method == "GET":
        return _page(request, find(case_id), need)
    what = request.POST.get("do", "")
    if what not in DOES:
        raise Http404("no_such_button")
    act, form_name, done = DOES[what]
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        form = _form(form_name, found, request.POST)
        if not form.is_valid():
            return _page(request, found, need, form=(what, form), status=422)
    data = form.cleaned_data
    fields = {"how": data["how"], "needs": [need]} if what == "told" else {"need": need, **data}
    if what == "waive":
        fields["need"] = f"paper:{need.removeprefix('paper:')}"
    try:
        perform_posted(request, act, case_id=case_id, **fields)
    except Refused as refused:
        return _refused(request, case_id, need, refused, (what, form))
    messages.success(request, done, "ok")
    return (
        redirect("case_papers", case_id)
        if what == "withdraw"
        else redirect("case_requirement", case_id, need)
    )


def _form(name: str, found: Found, data: Any = None) -> forms.Form:
    if name == "attach":
        return AttachForm(data, documents=_attachable(found))
    return ToldForm(data) if name == "told" else ReasonForm(data)


def _attachable(found: Found) -> list[Document]:
    """The newest documents of the client's; with more than 200 the older ones are attached by uploading or scanning."""
    rows = Document.objects.filter(case=found.case).exclude(purpose__in=OWN_PURPOSES)
    return list(rows.order_by("-added_at", "-id")[:CHOICES_MAX])


def _refused(
    request: HttpRequest, case_id: uuid.UUID, need: str, refused: Refused, form: tuple[str, forms.Form]
) -> HttpResponse:
    stale = isinstance(refused, Stale)
    if not stale:
        where = refused.problem.where
        form[1].add_error(where if where in form[1].fields else None, words_of(refused))
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        more: dict[str, Any] = {}
        if stale:
            more = {
                "refused": words_of(refused),
                "changes": what_changed(found.case, refused.details.get("expected_version", 0)),
            }
        return _page(request, found, need, form=form, status=refused.status, more=more)


def _page(
    request: HttpRequest,
    found: Found,
    need: str,
    *,
    form: tuple[str, forms.Form] | None = None,
    status: int = 200,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    wanted = wanted_named(found.plan, found.state, need)
    if wanted is None:
        raise Http404("requirement_unknown")
    told = asked_of_client(found.case.id).get(wanted.key, [])
    document = (
        Document.objects.filter(case=found.case, id=wanted.reference).first() if wanted.reference else None
    )
    logins = {wanted.by, wanted.asked_by, *(t.by for t in told)} | (
        {document.added_by} if document else set()
    )
    names = Names(request).ask_for(logins)
    forms_by_button = {
        what: form[1] if form and form[0] == what else _form(form_name, found)
        for what, (_act, form_name, _done) in DOES.items()
        if what in _may(request, found, wanted)
    }
    for what, own in forms_by_button.items():
        own.auto_id = f"id_{what}_%s"
    state, word = state_of(wanted)
    context = frame(request, found, "papers") | {
        "wanted": wanted,
        "called": said(called(wanted)),
        "state_tag": state,
        "state_word": word,
        "document": document,
        "names": {"by": names.of(wanted.by), "asked_by": names.of(wanted.asked_by)},
        "told": [{"row": t, "who": names.of(t.by), "how": said(HOW_ASKED[t.how])} for t in told],
        "forms": forms_by_button,
        "error_form": form[1] if form and form[1].errors else None,
        "opened": form[0] if form else "",
        "cover": cover_in_force(found.case.id, wanted.key) if not wanted.met else None,
        **(more or {}),
    }
    return render(request, "papers/requirement.html", context, status=status)


def _may(request: HttpRequest, found: Found, wanted: WantedPaper) -> set[str]:
    """The buttons that make sense for this person now; the acts and the engine check again."""
    actor = request.user.as_actor()  # type: ignore[union-attr]
    if found.closed or not set(request.user.roles) & WORKS_ON_CASES:  # type: ignore[union-attr]
        return set()
    standing = Standing(found.plan, found.state)
    may = {"told"} if not wanted.met else {"take_off"}
    if not wanted.met:
        may.add("attach")
        if wanted.name not in found.plan.needs_by_act and set(RULES["waive_need"].roles) & actor.roles:
            may.add("waive")
    elif wanted.waived and not set(RULES["waive_need"].roles) & actor.roles:
        may.discard("take_off")
    if wanted.asked_by and allowed(standing, actor, "withdraw_paper", wanted.key):
        may.add("withdraw")
    return may


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def ask(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Ask for one more paper than the procedure does."""
    form = AskForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                outcome = perform_posted(
                    request,
                    requirements.ask_for_paper,
                    case_id=case_id,
                    title=data["title"],
                    reason=data["reason"],
                    blocks_close=data["blocks"] == "yes",
                )
                messages.success(request, _("The paper is asked for. Tell the client."), "ok")
                return redirect("case_requirement", case_id, outcome.result["need"].removeprefix("paper:"))
            except Refused as refused:
                where = refused.problem.where
                form.add_error(where if where in form.fields else None, words_of(refused))
                status = refused.status
    with visible_to(request.user):  # type: ignore[arg-type]
        found = find(case_id)
        return render(
            request, "papers/ask.html", frame(request, found, "papers") | {"form": form}, status=status
        )


def missing_names(found: Found) -> list[WantedPaper]:
    """The requirements that are open, for letters, cover sheets and the list for the client."""
    return [w for w in wanted_papers(found.plan, found.state) if not w.met]
