"""Every request of somebody who is signed in: is the session still good, and is anything owed before the desk opens?"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from xiaoshi.desk.signing_in import sittings
from xiaoshi.desk.signing_in.door import NEEDS
from xiaoshi.desk.signing_in.drafts import ended_page

Next = Callable[[HttpRequest], HttpResponse]

# What a page fetches by itself says so in one of these headers, and does not keep a session alive. Browsers send the
# second one with everything that is not a person opening a page or sending a form.
BY_ITSELF = "HTTP_X_BY_ITSELF"
MODE = "HTTP_SEC_FETCH_MODE"
OPEN_WHILE_OWED = ("/sign-in/", "/sign-out/", "/look/", "/healthz")


class Sitting:
    """Ends what has ended, keeps what was typed, and leads to what is owed. One statement for each request."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        fetched = request.method == "GET" and request.META.get(MODE, "navigate") != "navigate"
        polls = fetched or BY_ITSELF in request.META
        standing = sittings.standing_of(request, request.user.get_username(), not polls)
        if not standing.good:
            return self._ended(request, standing.reason)
        owed = request.session.get(NEEDS)
        if owed and not request.path.startswith(OPEN_WHILE_OWED):
            return redirect("sign_in_password" if "password" in owed else "sign_in_totp")
        request.session_left_s = standing.left_s  # type: ignore[attr-defined]
        return self.get_response(request)

    def _ended(self, request: HttpRequest, reason: str) -> HttpResponse:
        """A page that was only to be read: to the sign-in and back. A form: what was typed is kept on the page."""
        login = request.user.get_username()
        logout(request)
        if request.path.startswith("/sign-"):
            return redirect("sign_in")
        if request.method == "POST":
            return ended_page(request, login, reason)
        query = urlencode({"next": request.get_full_path(), "ended": reason})
        target = f"{reverse('sign_in')}?{query}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return redirect(target)
