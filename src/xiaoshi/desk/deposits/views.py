"""存款计息: a deposit typed, valued and explained; the sheet of it to print. Reads nothing and writes nothing of the desk.

Everything that was typed stands in the address, so the page can be kept and the sheet is exactly what was seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from xiaoshi.core.deposits import Valuation, cost_of_haste, value
from xiaoshi.desk.deposits.forms import DepositForm
from xiaoshi.desk.deposits.own_rates import own_rates
from xiaoshi.desk.deposits.sheet import Line, lines_of, sheet_data
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.downloads import as_response
from xiaoshi.desk.papers.typesetting import typeset

TYP = Path(__file__).resolve().parent / "typ"
LINES_SHOWN = 200


@require_GET
@opens_to("signed_in")
def deposits(request: HttpRequest) -> HttpResponse:
    """The form, and below it the answer to what was typed."""
    form, found = _asked(request)
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    context: dict[str, Any] = {"section": "deposits", "form": form, "query": request.GET.urlencode()}
    context["broken"] = own_rates()[2]
    if found is not None and form.deposit is not None:
        lines: list[Line] = lines_of(found, language)
        context |= {
            "deposit": form.deposit,
            "found": found,
            "lines": lines[:LINES_SHOWN],
            "more_lines": max(0, len(lines) - LINES_SHOWN),
            "odd": [form.said(problem) for problem in (*form.odd, *found.problems)],
            "cost": cost_of_haste(form.deposit, own_rates()[0]),
        }
    return render(request, "deposits/deposits.html", context, status=422 if form.errors else 200)


@require_GET
@opens_to("signed_in")
def sheet(request: HttpRequest) -> HttpResponse:
    """利息计算清单 as a PDF; the page with what is wrong when there is nothing to print."""
    form, found = _asked(request)
    if found is None or form.deposit is None:
        return deposits(request)
    person: Staff = request.user  # type: ignore[assignment]
    now = timezone.now()
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    odd = [form.said(problem) for problem in (*form.odd, *found.problems)]
    data = sheet_data(form.deposit, found, odd, language, cost_of_haste(form.deposit, own_rates()[0]))
    data |= {
        "unit": person.unit.name(language),
        "made_by": person.name(language),
        "made_at": timezone.localtime(now).strftime("%Y-%m-%d %H:%M"),
    }
    pdf = typeset((TYP / "sheet.typ").read_text(encoding="utf-8"), data, qr_svg="", now=now, bare=True).pdf
    return as_response(pdf, "application/pdf", "deposit-interest.pdf")


def _asked(request: HttpRequest) -> tuple[DepositForm, Valuation | None]:
    """The form bound to the address, and the valuation where it makes sense."""
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    books, own, _broken = own_rates()
    if "product" not in request.GET:
        return DepositForm(language=language, own_tables=own), None
    cleaned = request.GET.copy()
    for name in cleaned:
        cleaned[name] = cleaned[name].replace("\x00", "")
    form = DepositForm(cleaned, language=language, own_tables=own)
    if not form.is_valid() or form.deposit is None:
        return form, None
    found = value(form.deposit, books)
    if found.payments is None:
        for problem in found.problems:
            form.tell(problem)
        return form, None
    return form, found
