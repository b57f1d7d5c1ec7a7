"""D7: the money of a case, and the cash of the desk. The pages parse and show; what is done is done by the acts.

Each page takes its own forms: a POST names one with `do`. When the act is refused, the page comes again with the words,
with what was typed, and with the refusal's status (422 what was typed, 403 who, 409 somebody else was first).
"""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from xiaoshi.desk.cases.views.conflict import what_changed
from xiaoshi.desk.cases.views.found import find, frame
from xiaoshi.desk.guard.posting import new_key, words_of
from xiaoshi.desk.guard.refusals import Refused, Stale
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.money import acts, asked, forms, standing
from xiaoshi.desk.money.answering import Work, do_posted, keeps_terminal, say, status_of
from xiaoshi.desk.money.authority import MAKERS
from xiaoshi.desk.money.models import MoneyOrder
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.people.models import Client

PAGE = 50
# What a form of the page does: the form, the act, and the act's fields from the cleaned form.
ON_CASE: Work = {
    "record": (
        forms.RecordForm,
        acts.record_payment,
        lambda d: {
            "amount_fen": d["amount"],
            "way": d["way"],
            "account_number": d["account_number"] if d["way"] == "account" else "",
        },
    ),
    "check": (
        forms.CheckForm,
        acts.check_payment,
        lambda d: {"order_id": d["order"], "amount_fen": d["counted"]},
    ),
    "reject": (
        forms.RejectForm,
        acts.reject_payment,
        lambda d: {"order_id": d["order"], "reason": d["reason"]},
    ),
    "withdraw": (forms.WithdrawForm, acts.withdraw_payment, lambda d: {"order_id": d["order"]}),
    "reverse": (
        forms.ReverseForm,
        acts.reverse_entry,
        lambda d: {"entry_id": d["entry"], "reason": d["reason"]},
    ),
    "pay_out": (forms.PayOutForm, acts.pay_out, lambda d: {}),
    "appraised": (
        forms.AppraisedForm,
        acts.record_appraised,
        lambda d: {
            "number": d["number"],
            "issued_on": d["issued_on"].isoformat(),
            "rows": d["rows"],
            "amount_fen": d["amount"],
            "way": d["way"],
            "account_number": d["account_number"] if d["way"] == "account" else "",
        },
    ),
}
ON_DESK: Work = {
    "move": (
        forms.MoveForm,
        acts.move_cash,
        lambda d: {"direction": d["direction"], "amount_fen": d["amount"]},
    ),
    "check": (
        forms.CheckForm,
        acts.check_move,
        lambda d: {"order_id": d["order"], "amount_fen": d["counted"]},
    ),
    "reject": (forms.RejectForm, acts.reject_move, lambda d: {"order_id": d["order"], "reason": d["reason"]}),
    "withdraw": (forms.WithdrawForm, acts.withdraw_move, lambda d: {"order_id": d["order"]}),
    "reverse": (
        forms.ReverseForm,
        acts.reverse_move,
        lambda d: {"entry_id": d["entry"], "reason": d["reason"]},
    ),
}


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
@keeps_terminal
def case_money(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """What the case owes, who recorded it, who checks it; the forms of each for those who may."""
    reader: Staff = request.user  # type: ignore[assignment]
    sent: forms.MoneyForm | None = None
    refused: Refused | None = None
    if request.method == "POST":
        with visible_to(reader):
            find(case_id)
        sent, refused, outcome = do_posted(request, ON_CASE, case_id)
        if outcome is not None:
            say(request, outcome)
            return redirect("case_money", case_id)
    with visible_to(reader):
        found = find(case_id)
        money = standing.money_of_case(found.case, found.plan, found.state, reader, request.LANGUAGE_CODE)  # type: ignore[attr-defined]
        context = frame(request, found, "money") | {
            "money": money,
            "forms": _case_forms(found.case.id, found.state.facts, money, sent),
            "sent": sent,
            "refused": words_of(refused)
            if refused is not None and sent is not None and not sent.errors
            else "",
            "changes": what_changed(found.case, refused.details["expected_version"])
            if isinstance(refused, Stale)
            else [],
        }
        return render(request, "money/case.html", context, status=status_of(sent, refused))


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
@keeps_terminal
def money(request: HttpRequest) -> HttpResponse:
    """Vault and drawers, what waits for a check, and today's entries. `?check=ID` opens the blind form of a move."""
    reader: Staff = request.user  # type: ignore[assignment]
    sent: forms.MoneyForm | None = None
    refused: Refused | None = None
    if request.method == "POST":
        sent, refused, outcome = do_posted(request, ON_DESK, None)
        if outcome is not None:
            say(request, outcome)
            return redirect("money")
    with visible_to(reader):
        context = _desk_context(request, reader, sent) | {
            "sent": sent,
            "refused": words_of(refused)
            if refused is not None and sent is not None and not sent.errors
            else "",
        }
        return render(request, "money/desk.html", context, status=status_of(sent, refused))


def _case_forms(
    case_id: uuid.UUID, facts: Any, money: standing.CaseMoney, sent: forms.MoneyForm | None
) -> dict[str, forms.MoneyForm]:
    """The forms that this reader may send, empty or as they were sent."""
    made: dict[str, forms.MoneyForm] = {}
    if money.may_record:
        holder = Client.objects.filter(case_id=case_id, part="holder").first()
        made["record"] = forms.RecordForm(initial={"way": facts.get("payout", "")})
        if holder is not None and (account := holder.account_number_masked):
            hint = _("Empty: the account on file, %(account)s.") % {"account": account}
            made["record"].fields["account_number"].help_text = hint
    if money.current is not None and money.may_check:
        made["check"] = forms.CheckForm(initial={"order": money.current.order.id})
        made["reject"] = forms.RejectForm(initial={"order": money.current.order.id})
    if money.current is not None and money.may_withdraw:
        made["withdraw"] = forms.WithdrawForm(initial={"order": money.current.order.id})
    if money.may_pay_out:
        made["pay_out"] = forms.PayOutForm()
    if money.may_appraise:
        made["appraised"] = forms.AppraisedForm()
    if money.reversible is not None:
        made["reverse"] = forms.ReverseForm(initial={"entry": money.reversible.id})
    if sent is not None and sent.do in made:
        made[sent.do] = sent
    return made


def _desk_context(request: HttpRequest, reader: Staff, sent: forms.MoneyForm | None) -> dict[str, Any]:
    language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    after = request.GET.get("after", "").replace("\x00", "")[:300]
    cash = standing.cash_of(reader, after, PAGE)
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    entries = standing.entries_since(reader, today, PAGE)
    names = standing.names_of(entries, language)
    waiting = standing.waiting_for(reader, language, PAGE)
    mine = MoneyOrder.objects.filter(case=None, maker=reader.login).order_by("-made_at", "-id")[:5]
    chosen = request.POST.get("order") if sent is not None else request.GET.get("check", "")
    current = next((w for w in waiting if str(w.order.id) == chosen and w.order.case_id is None), None)
    made: dict[str, forms.MoneyForm] = {}
    if set(reader.roles) & set(MAKERS) and reader.unit.level == "outlet":
        made["move"] = forms.MoveForm()
    if current is not None:
        made["check"] = forms.CheckForm(initial={"order": current.order.id})
        made["reject"] = forms.RejectForm(initial={"order": current.order.id})
    taken_back = request.GET.get("reverse", "") or (
        sent.data.get("entry", "") if sent and sent.do == "reverse" else ""
    )
    reversing = standing.reversible(reader, taken_back)
    if reversing is not None:
        made["reverse"] = forms.ReverseForm(initial={"entry": reversing.pk})
    if sent is not None and sent.do in made:
        made[sent.do] = sent
    return {
        "section": "money",
        "place": "desk",
        "reversing": reversing,
        "makes": bool(set(reader.roles) & set(MAKERS)),
        "key": new_key(),
        "cash": cash[:PAGE],
        "cash_next": f"?after={cash[PAGE - 1].code}" if len(cash) > PAGE else "",
        "entries": [
            (e, names.get(e.maker, e.maker), names.get(e.checker, e.checker)) for e in entries[:PAGE]
        ],
        "more_entries": len(entries) > PAGE,
        "waiting": [(w, _href_of(w)) for w in waiting],
        "mine": standing.show_orders(list(mine), reader, language),
        "current": current,
        "forms": made,
        "asked": asked.waiting_for(reader, language, PAGE),
        "my_requests": asked.mine(reader, language),
    }


def _href_of(shown: standing.Shown) -> str:
    order = shown.order
    return (
        reverse("case_money", args=[order.case_id])
        if order.case_id
        else f"{reverse('money')}?check={order.id}"
    )
