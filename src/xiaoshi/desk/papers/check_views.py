"""The check page: whether a paper is genuine. Open to anyone, so it says little, and the same little to everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.papers.check_codes import read_code
from xiaoshi.desk.papers.forms import CheckForm

ASKS_A_MINUTE = 30


@dataclass(frozen=True, slots=True)
class PublicPaper:
    """What anyone with the code may know. `amount_shown`: `46,***`-like, None for a paper without a sum."""

    number: str
    title: Words
    outlet: Words
    outlet_phone: str
    issued_at: datetime
    voided_at: datetime | None
    pages: int
    amount_shown: str | None


def paper_by_code(code: str) -> PublicPaper | None:
    """The paper with this code (in groups, as `read_code` gives it), through the owner's function."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, title_zh, title_en, outlet_zh, outlet_en, outlet_phone, issued_at, voided_at, pages,"
            " amount_shown FROM paper_by_check_code(%s)",
            [code],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    number, title_zh, title_en, outlet_zh, outlet_en, phone, issued_at, voided_at, pages, amount = row
    return PublicPaper(
        number,
        Words(title_zh, title_en),
        Words(outlet_zh, outlet_en),
        phone,
        issued_at,
        voided_at,
        pages,
        amount,
    )


@require_GET
@never_cache
@opens_to("anyone")
def check(request: HttpRequest) -> HttpResponse:
    """The form; with `?code=` it goes on to the answer's own address."""
    typed = request.GET.get("code", "").strip()
    if not typed:
        return render(request, "papers/check.html", {"form": CheckForm(), "state": "ask"})
    code = read_code(typed)
    if code is None:
        return _answer(request, typed, None, "not_a_code", 422)
    return redirect("check_code", code)


@require_GET
@never_cache
@opens_to("anyone")
def check_code(request: HttpRequest, code: str) -> HttpResponse:
    """Genuine, void, or not ours."""
    if _asks_too_often(request):
        return _answer(request, code, None, "too_often", 429)
    known = read_code(code)
    if known is None:
        return _answer(request, code, None, "not_a_code", 422)
    found = paper_by_code(known)
    if found is None:
        return _answer(request, known, None, "unknown", 404)
    return _answer(request, known, found, "voided" if found.voided_at else "valid", 200)


def _answer(
    request: HttpRequest, code: str, found: PublicPaper | None, state: str, status: int
) -> HttpResponse:
    context = {
        "form": CheckForm(initial={"code": code[:60]}),
        "paper": found,
        "code": code[:60],
        "state": state,
    }
    response = render(request, "papers/check.html", context, status=status)
    if status == 429:
        response["Retry-After"] = "60"
    return response


def _asks_too_often(request: HttpRequest) -> bool:
    """More than 30 questions a minute from one address. Eighty bits cannot be guessed; this only spares the database."""
    key = f"check:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, timeout=60)
    try:
        return int(cache.incr(key)) > ASKS_A_MINUTE
    except ValueError:  # it ran out between the two lines
        return False
