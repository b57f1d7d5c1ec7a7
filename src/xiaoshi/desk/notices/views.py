"""The page of one's own notices; opening it does not mark them read, a button does."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.posting import new_key, say_refused
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.notices.acts import mark_read
from xiaoshi.desk.notices.models import Notice

PAGE = 50


@opens_to("signed_in")
def notices(request: HttpRequest) -> HttpResponse:
    """Newest first, fifty at a time; POST says that all shown up to the newest one have been read."""
    if request.method == "POST":
        newest = request.POST.get("newest", "")
        if newest.isdecimal() and len(newest) < 16:
            try:
                perform(
                    mark_read,
                    request.user,  # type: ignore[arg-type]
                    request.POST.get("key", "") or new_key(),
                    channel="counter",
                    newest=int(newest),
                )
            except Refused as refused:
                say_refused(request, refused)
        return redirect("notices")
    own = (
        Notice.objects.filter(staff_login=request.user.get_username()).select_related("case").order_by("-id")
    )
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) < 16:
        own = own.filter(id__lt=int(after))
    rows = list(own[: PAGE + 1])
    shown = rows[:PAGE]
    context = {
        "section": "notices",
        "rows": shown,
        "unread": any(n.read_at is None for n in shown),
        "key": new_key(),
        "newest": shown[0].id if shown else 0,
        "next_query": f"?after={shown[-1].id}" if len(rows) > PAGE else "",
    }
    return render(request, "notices/notices.html", context)
