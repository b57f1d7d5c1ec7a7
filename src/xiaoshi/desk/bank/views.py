"""The pages of payments at the core bank: what is out, one payment with what may be done about it, a day beside the bank's."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from xiaoshi.core.problems import Words
from xiaoshi.desk.bank import acts
from xiaoshi.desk.bank.configured import connected
from xiaoshi.desk.bank.models import OPEN_STATES, DayCompared, DayDifference, Decision, Dispatch
from xiaoshi.desk.guard.posting import new_key
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.fields import DatePartsField
from xiaoshi.desk.look.language import said
from xiaoshi.desk.money.answering import Work, do_posted, keeps_terminal, refused_words, status_of
from xiaoshi.desk.money.authority import APPROVERS, MAKERS
from xiaoshi.desk.money.forms import MoneyForm
from xiaoshi.desk.organisation.models import Staff

PAGE = 50
STATES: dict[str, tuple[Words, str]] = {
    "queued": (Words("待发送", "To be sent"), "info"),
    "sent": (Words("已发送，待结果", "Sent, no result yet"), "waiting"),
    "settled": (Words("已入账", "Carried out"), "ok"),
    "rejected": (Words("被拒绝", "Rejected"), "error"),
    "stopped": (Words("已停止，待核实", "Stopped, to be looked at"), "error"),
    "recalling": (Words("撤回中", "Being recalled"), "waiting"),
    "returned": (Words("已退回", "Returned"), "info"),
}
DIFFERENCES: dict[str, Words] = {
    "only_ours": Words("本系统记为已付，核心没有", "Carried out here, unknown to the bank"),
    "only_theirs": Words("核心有，不是本系统送出的", "Booked by the bank, not sent from here"),
    "amount": Words("金额不同", "Another sum"),
    "twice": Words("核心记了不止一次", "Booked more than once"),
    "still_open": Words("核心已记账，本系统尚无结果", "Booked by the bank, still open here"),
}
STUCK_AFTER = timedelta(minutes=15)


class AskForm(MoneyForm):
    do = "ask"


class ProposeForm(MoneyForm):
    do = "propose"
    kind = forms.ChoiceField(label=_("What is to be done"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason, or what it rests on"), max_length=500, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, data: Any = None, *, state: str = "", **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = [(kind, said(words)) for kind, (words, states) in acts.DECISIONS.items() if state in states]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]


class AgreeForm(MoneyForm):
    do = "agree"


class DeclineForm(MoneyForm):
    do = "decline"
    reason = forms.CharField(
        label=_("Reason for sending it back"), max_length=500, widget=forms.Textarea({"rows": 3})
    )


class WithdrawForm(MoneyForm):
    do = "withdraw"


class DayForm(MoneyForm):
    do = "day"
    day = DatePartsField(label=_("Day to compare"))


@require_GET
@opens_to("signed_in")
def payments(request: HttpRequest) -> HttpResponse:
    """What is out (or, with `all`, everything), newest first, by keyset."""
    reader: Staff = request.user  # type: ignore[assignment]
    everything = request.GET.get("all") == "1"
    with visible_to(reader):
        found = Dispatch.objects.filter(unit_path__startswith=reader.unit.path)
        if not everything:
            found = found.filter(state__in=OPEN_STATES)
        after = _cursor(request.GET.get("after", ""))
        if after is not None:
            found = found.filter(id__lt=after)
        rows = list(found.order_by("-id")[: PAGE + 1])
        waiting = Decision.objects.filter(dispatch__in=rows, state="waiting")
        proposed = set(waiting.values_list("dispatch_id", flat=True))
    more = rows[PAGE - 1].pk if len(rows) > PAGE else None
    late = timezone.now() - STUCK_AFTER
    shown = [
        {
            "row": row,
            "state": STATES[row.state],
            "proposed": row.pk in proposed,
            "stuck": row.state in {"queued", "sent"} and row.made_at < late,
        }
        for row in rows[:PAGE]
    ]
    context = {
        "section": "money",
        "place": "bank",
        "rows": shown,
        "everything": everything,
        "more": more,
        "connected": connected(),
    }
    return render(request, "bank/payments.html", context)


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
@keeps_terminal
def payment(request: HttpRequest, payment_id: uuid.UUID) -> HttpResponse:
    """One payment: what the bank said, and what may be done."""
    reader: Staff = request.user  # type: ignore[assignment]
    row, waiting = _read(reader, payment_id)
    ident, decision = {"payment_id": str(payment_id)}, {"decision_id": str(waiting.pk) if waiting else ""}
    work: Work = {
        "ask": (AskForm, acts.ask_now, lambda d: ident),
        "propose": (ProposeForm, acts.propose, lambda d: {**ident, "kind": d["kind"], "reason": d["reason"]}),
        "agree": (AgreeForm, acts.agree, lambda d: decision),
        "decline": (DeclineForm, acts.decline, lambda d: {**decision, "reason": d["reason"]}),
        "withdraw": (WithdrawForm, acts.withdraw, lambda d: decision),
    }
    sent, refused = None, None
    if request.method == "POST":
        sent, refused, outcome = do_posted(request, work, None, lambda do: _form(do, request.POST, row))
        if outcome is not None:
            messages.success(request, _said(outcome.result.get("state", "")), "ok")
            return redirect("bank_payment", payment_id)
        row, waiting = _read(reader, payment_id)
    made = _forms(reader, row, waiting)
    if sent is not None and sent.do in made:
        made[sent.do] = sent
    with visible_to(reader):
        received = list(row.received.order_by("-at", "-id")[:PAGE])
        decisions = [(d, acts.DECISIONS[d.kind][0]) for d in row.decisions.order_by("-made_at")[:PAGE]]
    context = {
        "section": "money",
        "place": "bank",
        "row": row,
        "state": STATES[row.state],
        "received": received,
        "decisions": decisions,
        "waiting": waiting,
        "waiting_words": acts.DECISIONS[waiting.kind][0] if waiting else None,
        "forms": made,
        "sent": sent,
        "refused": refused_words(sent, refused),
        "key": new_key(),
    }
    return render(request, "bank/payment.html", context, status=status_of(sent, refused))


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
def day(request: HttpRequest) -> HttpResponse:
    """The differences of a day, and asking for it to be compared again."""
    reader: Staff = request.user  # type: ignore[assignment]
    sent, refused = None, None
    work: Work = {"day": (DayForm, acts.compare_day, lambda d: {"day": d["day"].isoformat()})}
    if request.method == "POST":
        sent, refused, outcome = do_posted(request, work, None)
        if outcome is not None:
            messages.success(
                request, gettext("The day is being compared; reload the page in a moment."), "ok"
            )
            response = redirect("bank_day")
            response["Location"] += f"?day={outcome.result['day']}"
            return response
    chosen = _day(request.GET.get("day", ""))
    with visible_to(reader):
        compared = DayCompared.objects.filter(day=chosen).first()
        found = DayDifference.objects.filter(day=chosen).select_related("dispatch").order_by("kind", "id")
        rows = [(d, DIFFERENCES[d.kind]) for d in found[:500]]
        last = list(DayCompared.objects.order_by("-day")[:10])
    context = {
        "section": "money",
        "place": "bank_day",
        "day": chosen,
        "compared": compared,
        "rows": rows,
        "last": last,
        "form": (sent or DayForm()) if set(reader.roles) & {*MAKERS, *APPROVERS} else None,
        "sent": sent,
        "refused": refused_words(sent, refused),
        "key": new_key(),
        "connected": connected(),
    }
    return render(request, "bank/day.html", context, status=status_of(sent, refused))


def _read(reader: Staff, payment_id: uuid.UUID) -> tuple[Dispatch, Decision | None]:
    with visible_to(reader):
        row = Dispatch.objects.select_related("order__case").filter(id=payment_id).first()
        if row is None:
            raise Http404
        return row, row.decisions.filter(state="waiting").first()


def _form(do: str, data: Any, row: Dispatch) -> MoneyForm:
    if do == "propose":
        return ProposeForm(data, state=row.state)
    return {"ask": AskForm, "agree": AgreeForm, "decline": DeclineForm, "withdraw": WithdrawForm}[do](data)


def _forms(reader: Staff, row: Dispatch, waiting: Decision | None) -> dict[str, MoneyForm]:
    """The forms that this person may use now."""
    made: dict[str, MoneyForm] = {}
    roles = set(reader.roles)
    if not roles & {*MAKERS, *APPROVERS}:
        return made
    if row.state in {"queued", "sent", "recalling"}:
        made["ask"] = AskForm()
    if waiting is None:
        if any(row.state in states for _words, states in acts.DECISIONS.values()):
            made["propose"] = ProposeForm(state=row.state)
    elif waiting.maker == reader.login:
        made["withdraw"] = WithdrawForm()
    elif roles & set(APPROVERS):
        made |= {"agree": AgreeForm(), "decline": DeclineForm()}
    return made


def _said(state: str) -> str:
    match state:
        case "waiting":
            return gettext("Recorded. Another person has to check it now.")
        case "agreed":
            return gettext("Agreed, and carried out.")
        case "rejected":
            return gettext("Sent back, with your reason.")
        case "withdrawn":
            return gettext("Withdrawn.")
        case _:
            return gettext("The core bank is being asked; reload the page in a moment.")


def _cursor(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()
