"""Signing in: password, second factor, passkey alone; signing out; once more with what was typed."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.bank_settings import setting
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.signing_in import door, drafts, passkeys
from xiaoshi.desk.signing_in.forms import AgainForm, CodeForm, SignInForm
from xiaoshi.desk.signing_in.sittings import END_REASONS

NEXT = "after_sign_in"


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
@opens_to("anyone")
def sign_in(request: HttpRequest) -> HttpResponse:
    """A wrong password does not say whether the name exists; too many tries wait, here and not elsewhere."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        tried = door.try_password(
            request, form.cleaned_data["login"].strip()[: door.USERNAME_MAX], form.cleaned_data["password"]
        )
        if tried.person is not None:
            return _password_was_right(request, tried.person)
        status = _say(form, tried, _("The sign-in name or the password is wrong."))
    elif form.errors:
        status = 422
    context = {
        "form": form,
        "next": request.POST.get("next", request.GET.get("next", "")),
        "ended": END_REASONS.get(request.GET.get("ended", "")),
        "passkey_alone": setting("passkey_alone"),
    }
    return render(request, "signing_in/sign_in.html", context, status=status)


def _password_was_right(request: HttpRequest, person: Staff) -> HttpResponse:
    target = _next(request)
    with visible_to(person):
        second = door.has_second_factor(person)
    if second:
        request.session.flush()
        door.go_half(request, person)
        request.session[NEXT] = target
        return redirect("sign_in_second")
    return _in(request, person, target, "password")


def _in(request: HttpRequest, person: Staff, target: str, method: str) -> HttpResponse:
    before = person.last_login
    answer = door.let_in(request, redirect(target), person, method)
    if before is not None:
        with visible_to(person):
            failed = door.failures_since(person, before)
        if failed:
            words = ngettext(
                "Somebody failed %(count)s time to sign in with your name since you last did.",
                "Somebody failed %(count)s times to sign in with your name since you last did.",
                failed,
            )
            messages.warning(request, words % {"count": failed}, "doubt")
    return answer


def _say(form: forms.Form, tried: door.Try, wrong: str) -> int:
    """Put the answer at the head of the form; gives the status of the page."""
    if tried.wait_until is not None:
        seconds = door.soon(tried.wait_until)
        form.add_error(
            None,
            ngettext(
                "Too many wrong tries from here. Wait %(count)s second, then try again; other computers are not held up.",
                "Too many wrong tries from here. Wait %(count)s seconds, then try again; other computers are not held up.",
                seconds,
            )
            % {"count": seconds},
        )
        return 429
    form.add_error(None, wrong)
    return 422


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if target and safe else "/desk/"


@never_cache
@require_http_methods(["GET", "POST"])
@opens_to("anyone")
def second(request: HttpRequest) -> HttpResponse:
    """The second factor, within five minutes of the right password."""
    person = door.half_signed_in(request)
    if person is None:
        messages.info(request, _("Please sign in again: the second step took too long."), "info")
        return redirect("sign_in")
    form = CodeForm(request.POST if request.method == "POST" and not request.POST.get("answer") else None)
    status, target = 200, request.session.get(NEXT, "/desk/")
    if request.method == "POST":
        tried, method = door.Try(), "passkey"
        if request.POST.get("answer"):
            form = CodeForm({})
            form.is_valid()
            form.errors.clear()
            tried = door.try_passkey(request, person, request.POST["answer"])
            wrong = _("The passkey was not accepted. Try again, or use a code.")
        elif form.is_valid():
            tried, method = door.try_code(request, person, form.cleaned_data["code"])
            wrong = _("The code is wrong or was used before. Wait for the next one, or use a recovery code.")
        else:
            return _second_page(request, person, form, 422)
        if tried.person is not None:
            return _in(request, tried.person, target, method)
        status = _say(form, tried, wrong)
    return _second_page(request, person, form, status)


def _second_page(request: HttpRequest, person: Staff, form: forms.Form, status: int) -> HttpResponse:
    with visible_to(person):
        keys = door.own_factors(person, "passkey")
        codes = bool(door.own_factors(person, "totp", "recovery"))
    options = json.dumps(passkeys.ask_to_prove(request, keys)) if keys else ""
    context = {"form": form, "options": options, "codes": codes, "bare": True}
    return render(request, "signing_in/second.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@opens_to("anyone")
def with_passkey(request: HttpRequest) -> HttpResponse:
    """With a passkey alone, where the bank allows it: the key proves both that it is there and who holds it."""
    if not setting("passkey_alone"):
        return redirect("sign_in")
    form, status = forms.Form(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        form.is_valid()
        answer = request.POST.get("answer", "")
        ident = passkeys.claimed(answer)
        person = (
            Staff.objects.select_related("unit").filter(pk=ident, is_active=True).first() if ident else None
        )
        tried = door.try_passkey(request, person, answer) if person is not None else door.Try()
        if tried.person is not None:
            return _in(request, tried.person, _next(request), "passkey")
        status = _say(form, tried, _("The passkey was not accepted. Sign in with your password."))
    context: dict[str, Any] = {
        "form": form,
        "options": json.dumps(passkeys.ask_to_prove(request, None)),
        "next": request.POST.get("next", request.GET.get("next", "")),
    }
    return render(request, "signing_in/passkey.html", context, status=status)


@never_cache
@require_POST
@sensitive_post_parameters("password")
@opens_to("anyone")
def again(request: HttpRequest) -> HttpResponse:
    """After a session had ended under a form: the same person signs in, and gets a page that sends the form once more."""
    draft = drafts.opened(request.POST.get("draft", ""))
    if draft is None:
        return redirect("sign_in")
    form = AgainForm(request.POST)
    if not form.is_valid():
        return drafts.again_page(request, request.POST["draft"], draft, form, status=422)
    tried = door.try_password(request, draft["login"], form.cleaned_data["password"])
    method = "password"
    if tried.person is not None:
        with visible_to(tried.person):
            needs_code = door.has_second_factor(tried.person)
        if needs_code:
            tried, method = door.try_code(request, tried.person, form.cleaned_data["code"])
    if tried.person is None:
        status = _say(form, tried, _("The password or the code is wrong."))
        return drafts.again_page(request, request.POST["draft"], draft, form, status=status)
    context = {"path": draft["path"], "fields": draft["fields"], "files": draft["files"], "bare": True}
    # Rendered after the sign-in, so that the page carries the new session's token.
    answer = door.let_in(request, HttpResponse(), tried.person, method)
    answer.content = render(request, "signing_in/send_again.html", context).content
    return answer


@require_POST
@opens_to("anyone")
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign_in")
