"""An account of a client: what stands on it, the paper behind it, what is held, its statement; and the list to find it by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from xiaoshi.core.ledger.instruments import KIND_WORDS, STATE_WORDS
from xiaoshi.core.money import yuan
from xiaoshi.desk.guard.posting import new_key
from xiaoshi.desk.guard.refusals import Refused, refuse
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.money import acts_decided, acts_exchange, asked, forms_accounts
from xiaoshi.desk.money.account_statement import (
    LINES_MAX,
    PAGE,
    Statement,
    all_lines,
    as_csv,
    as_facts,
    figures,
    statement,
)
from xiaoshi.desk.money.answering import (
    Work,
    do_posted,
    keeps_terminal,
    refused_words,
    say,
    status_of,
)
from xiaoshi.desk.money.authority import CHECKERS, MAKERS
from xiaoshi.desk.money.chart import FOREIGN
from xiaoshi.desk.money.deciding import figures_of
from xiaoshi.desk.money.forms import MoneyForm
from xiaoshi.desk.money.models import Account, Hold, Instrument
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.typesetting import typeset
from xiaoshi.desk.people.models import masked

TYP = Path(__file__).resolve().parent / "typ"
PDF_LINES_MAX = 2_000


PAY_IN: Work = {
    "pay_in": (
        forms_accounts.PayInForm,
        acts_decided.client_cash,
        lambda c: {
            "direction": "pay_in",
            "account_number": c["account_number"],
            "holder": c["holder"],
            "amount_fen": c["amount"],
        },
    )
}


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
@keeps_terminal
def accounts(request: HttpRequest) -> HttpResponse:
    """Accounts of clients and payees below the reader's unit, by code; `?q=` finds a number by its end or a whole name."""
    reader: Staff = request.user  # type: ignore[assignment]
    sent: MoneyForm | None = None
    refused: Refused | None = None
    if request.method == "POST":
        sent, refused, outcome = do_posted(request, PAY_IN, None)
        if outcome is not None:
            say(request, outcome)
            return redirect("money")
    wanted = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    after = request.GET.get("after", "").replace("\x00", "")[:300]
    with visible_to(reader):
        rows = Account.objects.filter(unit_path__startswith=reader.unit.path, code__gt=after).exclude(
            holder=""
        )
        if wanted:
            rows = rows.filter(code__endswith=wanted) if wanted.isdecimal() else rows.filter(holder=wanted)
        found = list(rows.select_related("unit", "balance").order_by("code")[: PAGE + 1])
        shown = [(a, _sum(a, -a.balance.balance_fen)) for a in found[:PAGE]]
        may = "teller" in reader.roles
        return render(
            request,
            "money/accounts.html",
            {
                "pay_in": (sent or forms_accounts.PayInForm()) if may else None,
                "sent": sent,
                "refused": refused_words(sent, refused),
                "key": new_key(),
                "section": "money",
                "place": "accounts",
                "q": wanted,
                "accounts": shown,
                "next": f"?q={wanted}&after={found[PAGE - 1].code}" if len(found) > PAGE else "",
            },
            status=status_of(sent, refused),
        )


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
@keeps_terminal
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account. A POST names a form with `do`; a refused act shows the page again with what was typed."""
    reader: Staff = request.user  # type: ignore[assignment]
    sent: MoneyForm | None = None
    refused: Refused | None = None
    if request.method == "POST":
        with visible_to(reader):
            makers = _forms_of(_found(account_id))
            paper = Instrument.objects.filter(account_id=account_id).exclude(state="closed").first()
        work = _work(account_id, str(paper.pk) if paper else "")
        sent, refused, outcome = do_posted(
            request, work, None, lambda do: makers.get(do, forms_accounts.GoneForm)(request.POST)
        )
        if outcome is not None:
            say(request, outcome)
            return redirect("money_account", account_id)
    with visible_to(reader):
        row = _found(account_id)
        first, last, bad = _period(request)
        made = statement(row, first, last, after=_number(request.GET.get("after", "")))
        context = {
            **_standing(row, request.LANGUAGE_CODE),
            "statement": made,
            "lines": [
                (line, _sum(row, line.out_fen), _sum(row, line.in_fen), _sum(row, line.balance_fen))
                for line in made.lines
            ],
            "opening": _sum(row, made.opening_fen),
            "closing": _sum(row, made.closing_fen),
            "next": f"?from={first}&to={last}&after={made.after}" if made.after else "",
            "query": f"?from={first}&to={last}",
            "bad_period": bad,
            "forms": _open_forms(row, reader, sent),
            "makes": bool(set(reader.roles) & set(MAKERS)),
            "sent": sent,
            "refused": refused_words(sent, refused),
            "key": new_key(),
            "section": "money",
            "place": "accounts",
        }
        return render(request, "money/account.html", context, status=422 if bad else status_of(sent, refused))


@require_GET
@opens_to("signed_in")
def statement_csv(request: HttpRequest, account_id: int) -> HttpResponse:
    """The statement as a table; refused with words when the period is longer than a file should be."""
    made, lines = _whole(request, account_id, LINES_MAX)
    answer = HttpResponse(as_csv(made, lines, request.LANGUAGE_CODE), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="statement-{made.first}-{made.last}.csv"'
    return answer


@require_GET
@opens_to("signed_in")
def statement_pdf(request: HttpRequest, account_id: int) -> HttpResponse:
    """The statement as a printed sheet."""
    made, lines = _whole(request, account_id, PDF_LINES_MAX)
    data = as_facts(made, lines, request.LANGUAGE_CODE)
    data["unit"] = made.account.unit.name(request.LANGUAGE_CODE)
    data["number"] = masked(made.account.local_code.rpartition("/")[2], 4, 4)
    data["zh"] = not request.LANGUAGE_CODE.startswith("en")
    source = (TYP / "statement.typ").read_text(encoding="utf-8")
    pdf = typeset(source, data, qr_svg="", now=timezone.now(), bare=True).pdf
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="statement-{made.first}-{made.last}.pdf"'
    return answer


def _whole(request: HttpRequest, account_id: int, most: int) -> tuple[Statement, list[Any]]:
    reader: Staff = request.user  # type: ignore[assignment]
    with visible_to(reader):
        row = _found(account_id)
        first, last, bad = _period(request)
        if bad:
            raise refuse(
                "day_unreadable",
                "日期不存在，请按年-月-日填写。",
                "There is no such day; write it as 2026-11-25.",
            )
        made = statement(row, first, last, limit=1)
        lines = []
        for line in all_lines(row, first, last):
            lines.append(line)
            if len(lines) > most:
                raise refuse(
                    "period_too_long",
                    f"这段时间超过 {most} 笔，请分段下载。",
                    f"More than {most} lines in this period: ask for it in parts.",
                )
        return made, lines


def _found(account_id: int) -> Account:
    row = Account.objects.filter(pk=account_id).exclude(holder="").select_related("unit", "balance").first()
    if row is None:
        raise Http404
    return row


def _period(request: HttpRequest) -> tuple[date, date, str]:
    """`?from=` and `?to=` (default the last 90 days), and what is wrong with them."""
    today = timezone.localdate()
    first, last = today - timedelta(days=90), today
    try:
        first = date.fromisoformat(request.GET.get("from") or first.isoformat())
        last = date.fromisoformat(request.GET.get("to") or last.isoformat())
    except ValueError:
        return today - timedelta(days=90), today, _("There is no such day; write it as 2026-11-25.")
    return (first, last, "") if first <= last else (first, last, _("The first day lies after the last."))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _sum(row: Account, amount: int) -> str:
    return figures_of(amount, row.currency) if amount or row.currency == "CNY" else figures(0, row.currency)


def _standing(row: Account, language: str) -> dict[str, Any]:
    paper = Instrument.objects.filter(account=row).exclude(state="closed").first()
    holds = list(Hold.objects.filter(account=row).select_related("payee").order_by("-placed_at")[:20])
    there = -row.balance.balance_fen
    return {
        "account": row,
        "number": row.local_code.rpartition("/")[2],
        "there": _sum(row, there),
        "held": _sum(row, row.balance.held_fen) if row.balance.held_fen else "",
        "free": _sum(row, there - row.balance.held_fen),
        "paper": paper,
        "paper_kind": KIND_WORDS[paper.kind] if paper else None,
        "paper_state": STATE_WORDS[paper.state] if paper else None,
        "paper_tag": {"live": "ok", "lost": "error", "frozen": "error"}.get(paper.state, "none")
        if paper
        else "",
        "holds": [(h, yuan(h.amount_fen), yuan(h.used_fen), yuan(h.left_fen)) for h in holds],
        "asked": asked.of_account(row.pk, language),
        "today": timezone.localdate(),
    }


def _holds(row: Account) -> list[tuple[str, str]]:
    live = [h for h in Hold.objects.filter(account=row).select_related("payee") if h.left_fen]
    return [(str(h.id), f"{h.purpose} · {h.payee.holder} · {yuan(h.left_fen)}") for h in live]


def _forms_of(row: Account) -> dict[str, Callable[[Any], MoneyForm]]:
    """How each form of this account is made, with or without what was typed."""
    paper = Instrument.objects.filter(account=row).exclude(state="closed").first()
    holds = _holds(row)
    f = forms_accounts
    made: dict[str, Callable[[Any], MoneyForm]] = {}
    if row.local_code.startswith(FOREIGN):
        made["remit"] = lambda data: f.RemitForm(data, currency=row.currency)
        return made
    if paper is None:
        made["register"] = lambda data: f.PaperForm(data)
    else:
        made["move"] = lambda data: f.PaperMoveForm(data, state=paper.state)
    made["cash"] = lambda data: f.ClientCashForm(data)
    made["transfer"] = lambda data: f.TransferForm(data, holds=holds)
    made["hold"] = lambda data: f.HoldForm(data)
    if holds:
        made["release"] = lambda data: f.ReleaseForm(data, holds=holds)
    made["exchange"] = lambda data: f.ExchangeForm(data)
    return made


def _open_forms(row: Account, reader: Staff, sent: MoneyForm | None) -> dict[str, MoneyForm]:
    """The forms that this reader may send, empty or as they were sent."""
    if not set(reader.roles) & {*MAKERS, *CHECKERS, "contact_centre"}:
        return {}
    makes = bool(set(reader.roles) & set(MAKERS))
    outlet = bool(set(reader.roles) & {*MAKERS, *CHECKERS})
    names = (
        {"move"}
        | ({"hold", "release"} if outlet else set())
        | ({"register", "cash", "transfer", "exchange", "remit"} if makes else set())
    )
    made = {do: make(None) for do, make in _forms_of(row).items() if do in names}
    if sent is not None and sent.do in made:
        made[sent.do] = sent
    return made


def _work(account_id: int, paper_id: str) -> Work:
    on = {"account_id": str(account_id)}
    f, d, x = forms_accounts, acts_decided, acts_exchange

    def day(value: date | None) -> str:
        return value.isoformat() if value else ""

    payee = ("payee_name", "payee_number")
    return {
        "transfer": (
            f.TransferForm,
            d.transfer,
            lambda c: {**on, "amount_fen": c["amount"], "hold_id": c["hold"], **{k: c[k] for k in payee}},
        ),
        "cash": (
            f.ClientCashForm,
            d.client_cash,
            lambda c: {**on, "direction": c["direction"], "amount_fen": c["amount"]},
        ),
        "register": (
            f.PaperForm,
            d.register_paper,
            lambda c: {**on, "kind": c["kind"], "number": c["number"], "issued_on": day(c["issued_on"])},
        ),
        "move": (
            f.PaperMoveForm,
            d.move_paper,
            lambda c: {
                "instrument_id": paper_id,
                "day": day(c["day"]),
                **{k: c[k] for k in ("move", "reason", "new_number")},
            },
        ),
        "hold": (
            f.HoldForm,
            d.place_hold,
            lambda c: {
                **on,
                "amount_fen": c["amount"],
                "until": day(c["until"]),
                "purpose": c["purpose"],
                **{k: c[k] for k in payee},
            },
        ),
        "release": (f.ReleaseForm, d.release_hold, lambda c: {"hold_id": c["hold"], "reason": c["reason"]}),
        "exchange": (
            f.ExchangeForm,
            x.exchange,
            lambda c: {
                **on,
                "direction": c["direction"],
                "currency": c["currency"],
                "foreign_minor": c["minor"],
            },
        ),
        "remit": (
            f.RemitForm,
            x.remit,
            lambda c: {
                **on,
                "foreign_minor": c["minor"],
                **{k: c[k] for k in ("beneficiary", "beneficiary_account", "bank_bic", "purpose")},
            },
        ),
    }
