"""统计: what troubles come, where they wait, and how long; each chart with its table, each table as a file."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from xiaoshi.desk.figures.asked import Asked, asked
from xiaoshi.desk.figures.exporting import as_csv, as_xlsx
from xiaoshi.desk.figures.tables import tables
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.kinds import all_kinds
from xiaoshi.desk.organisation.models import Staff, Unit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@opens_to("signed_in")
def figures(request: HttpRequest) -> HttpResponse:
    """The page. The address holds everything that was chosen, so it can be kept and sent on."""
    person: Staff = request.user  # type: ignore[assignment]
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    now = timezone.now()
    want = asked(request, person, timezone.localdate(now))
    kept = request.GET.copy()
    context: dict[str, Any] = {
        "section": "figures",
        "asked": want,
        "tables": tables(want, language, now),
        "kinds": [(kind.name, kind.words) for kind in all_kinds()],
        "units": _units(want, person),
        "query": kept.urlencode(),
        "now": now,
    }
    return render(request, "figures/figures.html", context, status=422 if want.wrong else 200)


def _units(want: Asked, person: Staff) -> list[Unit]:
    """What one may go to from here: the reader's own unit, those above the one that is shown, and those just below it."""
    parts = want.unit.path.rstrip("/").split("/")
    above = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    below = Unit.objects.filter(path__startswith=want.unit.path, path__regex=rf"^{want.unit.path}[^/]+/$")[
        :200
    ]
    line = Unit.objects.filter(path__in=[path for path in above if path.startswith(person.unit.path)])
    return [*line, *below]


@opens_to("signed_in")
def export(request: HttpRequest, table: str, kind_of_file: str) -> HttpResponse:
    """One table of the page, with the same choices, as CSV or XLSX."""
    now = timezone.now()
    want = asked(request, request.user, timezone.localdate(now))  # type: ignore[arg-type]
    found = next((t for t in tables(want, request.LANGUAGE_CODE, now) if t.name == table), None)  # type: ignore[attr-defined]
    if found is None or kind_of_file not in {"csv", "xlsx"}:
        raise Http404("no_such_table")
    if kind_of_file == "csv":
        content, content_type = as_csv(found.head, found.rows), "text/csv; charset=utf-8"
    else:
        content, content_type = as_xlsx(found.caption, found.head, found.rows), XLSX
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = (
        f'attachment; filename="{table}-{want.first:%Y%m}-{want.last:%Y%m}.{kind_of_file}"'
    )
    return answer
