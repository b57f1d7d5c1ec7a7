"""日终 of an outlet: what is counted, what is still to be counted or checked, the closing, and the printed sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from xiaoshi.core.ledger.cash_count import PIECES
from xiaoshi.core.money import yuan
from xiaoshi.desk.guard.posting import new_key
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.language import said
from xiaoshi.desk.money import acts_day, asked, forms_day
from xiaoshi.desk.money.answering import Work, do_posted, keeps_terminal, refused_words, say, status_of
from xiaoshi.desk.money.authority import CHECKERS, MAKERS
from xiaoshi.desk.money.counting import Place, closed_until, places_of
from xiaoshi.desk.money.forms import MoneyForm
from xiaoshi.desk.money.models import Request
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.typesetting import typeset

TYP = Path(__file__).resolve().parent / "typ"
WORK: Work = {
    "count": (
        forms_day.CountForm,
        acts_day.count_cash,
        lambda d: {"pieces": d["pieces"], "place": d["place"], "reason": d["reason"]},
    ),
    "check_count": (
        forms_day.SecondCountForm,
        acts_day.check_count,
        lambda d: {"count_id": d["count"], "total_fen": d["total"]},
    ),
    "withdraw_count": (
        forms_day.WithdrawCountForm,
        acts_day.withdraw_count,
        lambda d: {"count_id": d["count"]},
    ),
    "hand_over": (forms_day.HandOverForm, acts_day.hand_over, lambda d: {"receiver": d["receiver"]}),
    "close": (forms_day.CloseForm, acts_day.close_day, lambda d: {}),
    "reopen": (forms_day.ReopenForm, acts_day.reopen_day, lambda d: {"reason": d["reason"]}),
}


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
@keeps_terminal
def day(request: HttpRequest) -> HttpResponse:
    """Today of the reader's outlet. `?check=ID` opens the second count of one drawer."""
    reader: Staff = request.user  # type: ignore[assignment]
    sent: MoneyForm | None = None
    refused: Refused | None = None
    if request.method == "POST":
        with visible_to(reader):
            makers = {
                "count": lambda: forms_day.CountForm(request.POST, places=_places(reader)),
                "hand_over": lambda: forms_day.HandOverForm(request.POST, tellers=_tellers(reader)),
            }
            made = makers[request.POST["do"]]() if request.POST.get("do") in makers else None
        sent, refused, outcome = do_posted(
            request, WORK, None, lambda do: made if made is not None else WORK[do][0](request.POST)
        )
        if outcome is not None:
            say(request, outcome)
            return redirect("money_day")
    with visible_to(reader):
        today = timezone.localdate()
        shown = [_shown(place, reader, request.LANGUAGE_CODE) for place in places_of(reader.unit, today)]
        context = {
            "section": "money",
            "place": "day",
            "today": today,
            "outlet": reader.unit.level == "outlet",
            "closed": closed_until(reader.unit),
            "closing": asked.show(
                list(
                    Request.objects.filter(
                        unit=reader.unit, kind__in=["day_close", "day_reopen"], state="waiting"
                    ).select_related("instrument", "hold", "account", "payee")
                ),
                request.LANGUAGE_CODE,
            ),
            "places": shown,
            "forms": _forms(request, reader, sent),
            "sent": sent,
            "refused": refused_words(sent, refused),
            "key": new_key(),
        }
        return render(request, "money/day.html", context, status=status_of(sent, refused))


@require_GET
@opens_to("signed_in")
def day_sheet(request: HttpRequest) -> HttpResponse:
    """The sheet that is signed and kept: each drawer as it was counted today."""
    reader: Staff = request.user  # type: ignore[assignment]
    language = request.LANGUAGE_CODE
    with visible_to(reader):
        places = [
            p for p in places_of(reader.unit, timezone.localdate()) if p.count and p.count.state == "agreed"
        ]
        closed = closed_until(reader.unit) == timezone.localdate()
        names = {s.login: s.name(language) for s in Staff.objects.filter(unit=reader.unit)}
        data = {
            "title": _("Cash counted at the end of the day"),
            "unit": reader.unit.name(language),
            "day": timezone.localdate().isoformat(),
            "state": _("The day is closed.") if closed else _("The day is not closed yet."),
            "heads": [pgettext("cash", "Kind"), pgettext("cash", "Pieces"), _("Sum")],
            "places": [_on_sheet(p, names, language) for p in places],
            "signatures": [f"{_('Counted by')}: ________________", f"{_('Checked by')}: ________________"],
        }
    source = (TYP / "day_sheet.typ").read_text(encoding="utf-8")
    pdf = typeset(source, data, qr_svg="", now=timezone.now(), bare=True).pdf
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="cash-{data["day"]}.pdf"'
    return answer


def _on_sheet(place: Place, names: dict[str, str], language: str) -> dict[str, Any]:
    count = place.count
    assert count is not None
    rows = [
        [words.in_language(language), str(count.pieces.get(name, 0)), yuan(count.pieces.get(name, 0) * face)]
        for name, (face, words) in PIECES.items()
    ]
    fen = count.difference_fen
    side = _("as the books say") if not fen else _("too much") if fen > 0 else _("too little")
    return {
        "name": place.account.words.in_language(language),
        "pieces": rows,
        "sums": [
            f"{_('Counted')}: {yuan(count.counted_fen)}",
            f"{_('In the books')}: {yuan(count.book_fen)}",
            f"{_('Difference')}: {yuan(abs(fen))} {side}",
        ],
        "people": [
            f"{_('Counted by')}: {names.get(count.counted_by, count.counted_by)}",
            f"{_('Checked by')}: {names.get(count.checker, count.checker)}",
        ],
        "reason": f"{_('Reason')}: {count.order.made_reason}" if count.order else "",
    }


def _shown(place: Place, reader: Staff, language: str) -> dict[str, Any]:
    """A drawer for one reader: sums only once two people have counted, so that both counts stay blind."""
    count = place.count
    state = count.state if count else ""
    tag, word = {
        "waiting": ("waiting", _("counted, waits for the second count")),
        "mismatch": ("error", _("the two counts differ: count again")),
        "agreed": ("ok", _("counted by two")),
    }.get(state, ("none", _("not counted")))
    if state == "agreed" and not place.good:
        tag, word = "doubt", _("cash moved since: count again")
    if not state and not place.wanted:
        word = _("empty and unused today")
    mine = count is not None and count.counted_by == reader.login
    return {
        "name": place.account.words,
        "tag": tag,
        "word": word,
        "count": count,
        "sums": count if state == "agreed" else None,
        "difference_fen": abs(count.difference_fen) if count and state == "agreed" else 0,
        "over": bool(count and count.difference_fen > 0),
        "may_check": state == "waiting" and not mine and bool(set(reader.roles) & set(CHECKERS)),
        "may_withdraw": state == "waiting" and mine,
    }


def _forms(request: HttpRequest, reader: Staff, sent: MoneyForm | None) -> dict[str, MoneyForm]:
    roles = set(reader.roles)
    made: dict[str, MoneyForm] = {}
    if reader.unit.level != "outlet" or not roles & {*MAKERS, *CHECKERS}:
        return made
    places = _places(reader)
    if places:
        made["count"] = forms_day.CountForm(places=places)
    if "teller" in roles:
        made["hand_over"] = forms_day.HandOverForm(tellers=_tellers(reader))
    made["close"] = forms_day.CloseForm()
    if roles & set(CHECKERS) and closed_until(reader.unit) is not None:
        made["reopen"] = forms_day.ReopenForm()
    chosen = request.GET.get("check") or (
        request.POST.get("count") if sent and sent.do == "check_count" else ""
    )
    if chosen and roles & set(CHECKERS):
        made["check_count"] = forms_day.SecondCountForm(initial={"count": chosen})
    if sent is not None and sent.do in made:
        made[sent.do] = sent
    return made


def _places(reader: Staff) -> list[tuple[str, str]]:
    """What this person may count: the own drawer, the vault, and for a supervisor every drawer of the outlet."""
    rows = [p.account for p in places_of(reader.unit, timezone.localdate())]
    checks = bool(set(reader.roles) & set(CHECKERS))
    own = [("", said(a.words)) for a in rows if a.staff_login == reader.login]
    rest = [(a.staff_login or "vault", said(a.words)) for a in rows if a.staff_login != reader.login]
    return own + [(value, label) for value, label in rest if value == "vault" or checks]


def _tellers(reader: Staff) -> list[tuple[str, str]]:
    rows = Staff.objects.filter(unit=reader.unit, roles__contains=["teller"], is_active=True)
    return [(s.login, s.name("en" if said_in_english() else "zh")) for s in rows.exclude(login=reader.login)]


def said_in_english() -> bool:
    from django.utils.translation import get_language

    return (get_language() or "zh").startswith("en")
