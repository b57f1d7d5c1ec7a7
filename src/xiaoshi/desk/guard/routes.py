"""Every route states who may use it. A test walks the address table and refuses a route that does not."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def opens_to(*who: str) -> Callable[[View], View]:
    """`opens_to("anyone")`, `opens_to("signed_in")`, or role names: the route's stated permission, and its check.

    Row-level security and the acts check again; this only decides whether the page is shown at all.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if "anyone" in who:
                return view(request, *args, **kwargs)
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if "signed_in" not in who and not set(who) & set(request.user.roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        checked.opens_to = who  # type: ignore[attr-defined]
        return checked

    return mark
