"""The look's own pages: type size and keys, and the page of patterns."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from xiaoshi.desk.guard.routes import opens_to

from .context import KEYS_COOKIE, SIZE_COOKIE, chosen_size, keys_on
from .forms import PreferencesForm
from .samples import SampleForm, sample_context

YEAR_SECONDS = 365 * 24 * 60 * 60


@opens_to("anyone")
def preferences(request: HttpRequest) -> HttpResponse:
    """Type size and single-letter keys, kept in two cookies of this browser."""
    if request.method != "POST":
        given = {"size": chosen_size(request), "keys": "on" if keys_on(request) else "off"}
        return render(request, "look/preferences.html", {"form": PreferencesForm(initial=given)})
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return render(request, "look/preferences.html", {"form": form}, status=422)
    messages.success(request, _("Saved for this browser."))
    answer = HttpResponseRedirect(reverse("look:preferences"))
    for cookie, value in ((SIZE_COOKIE, form.cleaned_data["size"]), (KEYS_COOKIE, form.cleaned_data["keys"])):
        answer.set_cookie(
            cookie, value, max_age=YEAR_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return answer


@opens_to("anyone")
def patterns(request: HttpRequest) -> HttpResponse:
    """Every component once, with invented data. `?errors=1` shows the form as it looks after a refused post."""
    context = sample_context()
    if request.method == "POST" or request.GET.get("errors"):
        context["form"] = SampleForm(
            request.POST if request.method == "POST" else {"amount": "12,34", "opened_on_year": "1998"}
        )
        return render(
            request, "look/patterns.html", context, status=200 if context["form"].is_valid() else 422
        )
    return render(request, "look/patterns.html", context)
