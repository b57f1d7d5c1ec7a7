"""One's own way in: password, telephone, passkeys, recovery codes, and where one is signed in."""

from __future__ import annotations

import base64
import io
import json
import uuid
from datetime import timedelta
from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.crypto import Undecipherable, seal, unseal
from xiaoshi.desk.guard.posting import new_key, perform_posted, say_refused, words_of
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.bank_settings import setting
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.signing_in import acts, codes, door, passkeys, sittings
from xiaoshi.desk.signing_in.forms import ConfirmForm, PasskeyForm, PasswordForm, TotpForm
from xiaoshi.desk.signing_in.models import DoorEvent, Sitting
from xiaoshi.desk.signing_in.views.signing import _say

OFFERED = "totp_offered"
EVENTS_SHOWN = 30


def _me(request: HttpRequest) -> Staff:
    assert isinstance(request.user, Staff)
    return request.user


@never_cache
@opens_to("signed_in")
def overview(request: HttpRequest) -> HttpResponse:
    """Everything about the own sign-in on one page."""
    me = _me(request)
    own = door.own_factors(me, "totp", "passkey", "recovery")
    context = {
        "section": "my_sign_in",
        "totp": next((f for f in own if f.kind == "totp"), None),
        "passkeys": [f for f in own if f.kind == "passkey"],
        "recovery_left": sum(f.kind == "recovery" for f in own),
        # A browser that was closed says nothing: what has not been seen within the idle limit has ended.
        "sittings": Sitting.objects.filter(
            staff_login=me.login,
            ended_at=None,
            last_seen_at__gt=timezone.now() - timedelta(minutes=setting("idle_minutes")),
        ).order_by("-started_at")[:50],
        "here": sittings.sitting_of(request),
        "events": [
            (e, _event_words(e.what))
            for e in DoorEvent.objects.filter(staff_login=me.login).order_by("-id")[:EVENTS_SHOWN]
        ],
        "form": ConfirmForm(),
        "key": new_key(),
    }
    return render(request, "signing_in/overview.html", context)


def _event_words(what: str) -> str:
    return {
        "signed_in": _("signed in"),
        "failed": _("wrong password"),
        "second_failed": _("wrong code or passkey"),
    }.get(what, what)


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("old", "new", "again")
@opens_to("signed_in")
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password; all other sessions end. After one that somebody else gave, this page comes first."""
    form, me, status = PasswordForm(request.POST if request.method == "POST" else None), _me(request), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            tried = door.try_password_again(request, me, form.cleaned_data["old"])
            if tried.person is None:
                status = _say(form, tried, _("The present password is wrong."))
            elif _do(
                request, form, acts.change_password, old=form.cleaned_data["old"], new=form.cleaned_data["new"],
                sitting=request.session.get(sittings.KEY, ""),
            ):  # fmt: skip
                _stay_signed_in(request, me)
                messages.success(request, _("The password was changed. Other sessions have ended."), "ok")
                return _go_on(request, "password")
    context = {"form": form, "key": request.POST.get("key") or new_key(), "owed": _owed(request)}
    return render(request, "signing_in/password.html", context, status=status)


def _stay_signed_in(request: HttpRequest, me: Staff) -> None:
    """The session holds a mark of the old password; without the new one it would end as the others do."""
    from django.contrib.auth import HASH_SESSION_KEY

    me.refresh_from_db()
    request.session.cycle_key()
    request.session[HASH_SESSION_KEY] = me.get_session_auth_hash()


def _owed(request: HttpRequest) -> list[str]:
    return list(request.session.get(door.NEEDS) or [])


def _go_on(request: HttpRequest, done: str) -> HttpResponse:
    """To what is owed next, else to the overview."""
    before = _owed(request)
    left = [n for n in before if n != done]
    request.session[door.NEEDS] = left
    if left:
        return redirect("sign_in_password" if "password" in left else "sign_in_totp")
    return redirect("queue" if before else "my_sign_in")


def _do(request: HttpRequest, form: forms.Form, act: Act, **fields: Any) -> bool:
    """Perform the act; a refusal goes to its field of the form."""
    try:
        perform_posted(request, act, **fields)
    except Refused as refused:
        where = refused.problem.where if refused.problem.where in form.fields else None
        form.add_error(where, words_of(refused))
        return False
    return True


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
@opens_to("signed_in")
def totp(request: HttpRequest) -> HttpResponse:
    """A secret as a QR code and in letters; kept when the telephone shows the right code."""
    form, me, status = TotpForm(request.POST if request.method == "POST" else None), _me(request), 200
    secret = _offered(request, me) or _offer(request, me)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            tried = door.try_password_again(request, me, form.cleaned_data["password"])
            if tried.person is None:
                status = _say(form, tried, _("The password is wrong."))
            elif _do(
                request, form, acts.add_totp, secret=codes.spelled(secret), code=form.cleaned_data["code"]
            ):  # fmt: skip
                request.session.pop(OFFERED, None)
                messages.success(request, _("From now on you sign in with a code from this telephone."), "ok")
                return _go_on(request, "factor")
    address = codes.address_of(secret, me.login, settings.BANK_NAME[0])
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=6, border=4, xmldecl=False)
    context = {
        "form": form,
        "key": request.POST.get("key") or new_key(),
        "qr": "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode(),
        "letters": codes.spelled(secret),
        "owed": _owed(request),
    }
    return render(request, "signing_in/totp.html", context, status=status)


def _offer(request: HttpRequest, me: Staff) -> bytes:
    """A new secret, in the session until it is confirmed; encrypted there too."""
    secret = codes.new_secret()
    request.session[OFFERED] = seal("sign_in", secret, f"{me.login}/offered").hex()
    return secret


def _offered(request: HttpRequest, me: Staff) -> bytes | None:
    if request.method != "POST" or not request.session.get(OFFERED):
        return None
    try:
        return unseal("sign_in", bytes.fromhex(request.session[OFFERED]), f"{me.login}/offered")
    except Undecipherable:
        return None


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
@opens_to("signed_in")
def new_passkey(request: HttpRequest) -> HttpResponse:
    """The browser makes a key; what it answers is proven here before the act keeps it."""
    form, me, status = PasskeyForm(request.POST if request.method == "POST" else None), _me(request), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            tried = door.try_password_again(request, me, form.cleaned_data["password"])
            if tried.person is None:
                status = _say(form, tried, _("The password is wrong."))
            else:
                try:
                    ident, public = passkeys.made(request, request.POST.get("answer", ""))
                except passkeys.NotProven:
                    form.add_error(
                        None, _("The browser made no passkey. Press the button again and follow it.")
                    )
                else:
                    if _do(
                        request, form, acts.add_passkey, credential_id=ident, public=public.hex(),
                        name=form.cleaned_data["name"],
                    ):  # fmt: skip
                        messages.success(request, _("The passkey was added."), "ok")
                        return _go_on(request, "factor")
    with visible_to(me):
        own = door.own_factors(me, "passkey")
    context = {
        "form": form,
        "key": request.POST.get("key") or new_key(),
        "options": json.dumps(passkeys.ask_to_make(request, me, own)),
        # Browsers make passkeys for a name, not for an address of figures.
        "by_figures": not any(
            c.isalpha() for c in request.get_host().rpartition(":")[0] or request.get_host()
        ),
        "owed": _owed(request),
    }
    return render(request, "signing_in/new_passkey.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
@opens_to("signed_in")
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Ten codes, shown once, to be printed; making them anew ends the older ones."""
    form, me, status = ConfirmForm(request.POST if request.method == "POST" else None), _me(request), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            tried = door.try_password_again(request, me, form.cleaned_data["password"])
            shown = codes.recovery_codes(f"{me.login}/{request.POST.get('key', '')}")
            if tried.person is None:
                status = _say(form, tried, _("The password is wrong."))
            elif _do(request, form, acts.make_recovery_codes, codes_shown=shown):
                context = {"codes": shown, "login": me.login}
                return render(request, "signing_in/recovery_codes_shown.html", context)
    context = {"form": form, "key": request.POST.get("key") or new_key()}
    return render(request, "signing_in/recovery_codes.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
@opens_to("signed_in")
def factor(request: HttpRequest, factor: uuid.UUID) -> HttpResponse:
    """Rename or remove one."""
    me = _me(request)
    with visible_to(me):
        found = next((f for f in door.own_factors(me, "totp", "passkey") if f.id == factor), None)
    if found is None:
        return redirect("my_sign_in")
    form, status = ConfirmForm(request.POST if request.POST.get("do") == "remove" else None), 200
    if request.method == "POST" and request.POST.get("do") == "rename":
        try:
            perform_posted(
                request, acts.rename_passkey, factor=str(factor), name=request.POST.get("name", "")[:200]
            )
            messages.success(request, _("Saved."), "ok")
        except Refused as refused:
            say_refused(request, refused)
        return redirect("my_sign_in")
    if request.method == "POST":
        status = 422
        if form.is_valid():
            tried = door.try_password_again(request, me, form.cleaned_data["password"])
            if tried.person is None:
                status = _say(form, tried, _("The password is wrong."))
            elif _do(request, form, acts.remove_factor, factor=str(factor)):
                messages.success(request, _("Removed."), "ok")
                return redirect("my_sign_in")
    context = {"form": form, "factor": found, "key": request.POST.get("key") or new_key()}
    return render(request, "signing_in/factor.html", context, status=status)


@never_cache
@require_POST
@opens_to("signed_in")
def still_here(request: HttpRequest) -> JsonResponse:
    """The button of the warning: how many seconds the session has from now on."""
    return JsonResponse({"left_s": getattr(request, "session_left_s", 0)})
