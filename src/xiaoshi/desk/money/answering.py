"""From a posted form of money to its act, and what is said afterwards. And at which terminal a person sits.

A terminal is known by a cookie that this browser got when something was recorded or checked on it. The books keep a keyed hash
of it: enough to refuse a check from the screen of the record, nothing to be followed by.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from xiaoshi.desk.guard.boundary import Act, Outcome
from xiaoshi.desk.guard.crypto import keyed_hash
from xiaoshi.desk.guard.fields import asked_fields
from xiaoshi.desk.guard.posting import perform_posted, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.money.forms import MoneyForm

Fields = Callable[[dict[str, Any]], dict[str, Any]]
Work = dict[str, tuple[type[MoneyForm], Act, Fields]]
View = Callable[..., HttpResponse]
TERMINAL = "xs_terminal"
TERMINAL_DAYS = 400


def keeps_terminal(view: View) -> View:
    """Give the browser its cookie with the answer to its first form of money."""

    @wraps(view)
    def kept(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        fresh = getattr(request, "xs_fresh_terminal", "")
        if fresh:
            response.set_cookie(
                TERMINAL,
                fresh,
                max_age=TERMINAL_DAYS * 86_400,
                httponly=True,
                samesite="Strict",
                secure=request.is_secure(),
            )
        return response

    return kept


def terminal_of(request: HttpRequest) -> str:
    """The keyed hash of this browser's mark."""
    mark = request.COOKIES.get(TERMINAL, "")
    if not 20 <= len(mark) <= 100:
        mark = secrets.token_urlsafe(24)
        request.xs_fresh_terminal = mark  # type: ignore[attr-defined]
    return keyed_hash("terminals", mark)


def do_posted(
    request: HttpRequest,
    work: Work,
    case_id: uuid.UUID | None,
    form_of: Callable[[str], MoneyForm] | None = None,
) -> tuple[MoneyForm, Refused | None, Outcome | None]:
    """The posted form, and the act's outcome or refusal. An unknown `do` counts as a form with nothing in it.

    `form_of`: makes the form named by `do` from the posted data, where it needs more than that.
    """
    named = request.POST.get("do", "")
    form_class, what, fields = work.get(named, next(iter(work.values())))
    form = form_of(named) if form_of is not None and named in work else form_class(request.POST)
    if not form.is_valid():
        return form, None, None
    given = fields(form.cleaned_data)
    if "terminal" in asked_fields(what):
        given["terminal"] = terminal_of(request)
    try:
        return form, None, perform_posted(request, what, case_id=case_id, **given)
    except Refused as refused:
        if refused.problem.where in form.fields:
            form.add_error(refused.problem.where, words_of(refused))
        return form, refused, None


def status_of(sent: MoneyForm | None, refused: Refused | None) -> int:
    if refused is not None:
        return refused.status
    return 422 if sent is not None and sent.errors else 200


def refused_words(sent: MoneyForm | None, refused: Refused | None) -> str:
    """What the page says on top when no field carries it."""
    return words_of(refused) if refused is not None and sent is not None and not sent.errors else ""


def say(request: HttpRequest, outcome: Outcome) -> None:
    match outcome.result.get("state"):
        case "approved":
            messages.success(request, _("Both sums agree: checked and booked."), "ok")
        case "endorsed":
            messages.success(
                request,
                _("Both sums agree. The sum is above your limit: a second head has to check it too."),
                "info",
            )
        case "mismatch":
            messages.error(
                request,
                _(
                    "Your sum differs from the recorded one. Nothing was paid; it goes back to be counted again."
                ),
                "error",
            )
        case "waiting":
            messages.success(request, _("Recorded. Another person has to check it now."), "ok")
        case "at_once":
            messages.success(request, _("Recorded, and in force at once."), "ok")
        case "agreed":
            messages.success(request, _("Agreed, and carried out."), "ok")
        case "rejected":
            messages.success(request, _("Sent back, with your reason."), "info")
        case "withdrawn":
            messages.success(request, _("Withdrawn."), "info")
        case _:
            messages.success(request, _("Saved."), "ok")
