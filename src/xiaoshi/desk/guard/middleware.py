"""Reading pages as the person who reads them."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from xiaoshi.desk.guard.visibility import visible_to

Next = Callable[[HttpRequest], HttpResponse]


class SeeAsReader:
    """GET and HEAD run in one transaction in which row-level security knows the reader.

    Other methods perform acts, which open their own transactions; what such a view reads beside that is wrapped in
    `visible_to(request.user)` by the view.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} or not request.user.is_authenticated:
            return self.get_response(request)
        with visible_to(request.user):
            return self.get_response(request)
