"""Signing in and out."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.organisation.forms import SignInForm


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("password")
@opens_to("anyone")
def sign_in(request: HttpRequest) -> HttpResponse:
    """One form; a wrong password does not say whether the name exists; too many tries wait (django-axes)."""
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = authenticate(
            request, login=form.cleaned_data["login"].strip(), password=form.cleaned_data["password"]
        )
        if person is not None:
            login(request, person)
            return redirect(_next(request))
        if getattr(request, "axes_locked_out", False):
            form.add_error(None, _("Too many tries. Wait a quarter of an hour, or ask your outlet head."))
        else:
            form.add_error(None, _("The sign-in name or the password is wrong."))
    status = 422 if form.errors else 200
    return render(
        request,
        "organisation/sign_in.html",
        {"form": form, "next": request.GET.get("next", "")},
        status=status,
    )


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if target and safe else "/desk/"


@require_POST
@opens_to("anyone")
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign_in")
