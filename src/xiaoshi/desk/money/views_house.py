"""What holds for the house: limits of authority and rates of exchange; and one request with its decision."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms as dj
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from xiaoshi.core.casework.roles import LEVELS, ROLES
from xiaoshi.core.ledger.authority import WORKS
from xiaoshi.core.ledger.exchange import DECIMALS
from xiaoshi.desk.guard.posting import new_key
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.look.fields import DatePartsField, MoneyField
from xiaoshi.desk.look.language import said
from xiaoshi.desk.money import acts_decided, acts_exchange, asked
from xiaoshi.desk.money.answering import Work, do_posted, keeps_terminal, refused_words, say, status_of
from xiaoshi.desk.money.authority import HEADS_ABOVE
from xiaoshi.desk.money.forms import MoneyForm
from xiaoshi.desk.money.models import AuthorityLimit, FxRate
from xiaoshi.desk.money.requests import KINDS
from xiaoshi.desk.organisation.models import Staff


class LimitForm(MoneyForm):
    do = "limit"
    work = dj.ChoiceField(label=_("For"))
    role = dj.ChoiceField(label=_("Role"))
    level = dj.ChoiceField(label=_("Level of the unit"))
    alone = MoneyField(label=_("Alone up to"))
    joint = MoneyField(label=_("As one of two up to"))
    from_day = DatePartsField(label=_("In force from"))
    reason = dj.CharField(label=_("Rule that it rests on"), max_length=200)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = {
            "work": [(name, said(words)) for name, words in WORKS.items()],
            "role": [(role.id, said(role.words)) for role in ROLES.values()],
            "level": [(level, said(words)) for level, words in LEVELS.items()],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]


class RateField(dj.CharField):
    """`712.16` yuan for 100 units; cleaned to ten-thousandths."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        whole, _dot, rest = text.partition(".")
        if not (whole.isdecimal() and whole.isascii() and len(whole) < 9 and len(rest) <= 4):
            raise dj.ValidationError(_("Write the rate as 712.16, with four decimals at most."))
        if rest and not (rest.isdecimal() and rest.isascii()):
            raise dj.ValidationError(_("Write the rate as 712.16, with four decimals at most."))
        return int(whole) * 10_000 + int(rest.ljust(4, "0") or 0)


class RateForm(MoneyForm):
    do = "rate"
    currency = dj.ChoiceField(label=_("Currency"), choices=[(code, code) for code in DECIMALS])
    buy = RateField(label=_("The bank buys 100 at"), max_length=14)
    sell = RateField(label=_("The bank sells 100 at"), max_length=14)
    source = dj.CharField(label=_("Source"), max_length=200)


class AgreeForm(MoneyForm):
    do = "agree"


class DeclineForm(MoneyForm):
    do = "decline"
    reason = dj.CharField(
        label=_("Reason for sending it back"), max_length=500, widget=dj.Textarea({"rows": 3})
    )


class WithdrawForm(MoneyForm):
    do = "withdraw"


LIMITS: Work = {
    "limit": (
        LimitForm,
        acts_decided.set_limit,
        lambda d: {
            "work": d["work"],
            "role": d["role"],
            "level": d["level"],
            "alone_fen": d["alone"],
            "joint_fen": d["joint"],
            "from_day": d["from_day"].isoformat(),
            "source": d["reason"],
        },
    )
}
RATES: Work = {
    "rate": (
        RateForm,
        acts_exchange.set_rate,
        lambda d: {
            "currency": d["currency"],
            "buy_e4": d["buy"],
            "sell_e4": d["sell"],
            "source": d["source"],
        },
    )
}


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
@keeps_terminal
def limits(request: HttpRequest) -> HttpResponse:
    """The limits of authority that hold for the reader's unit, the newest of each first, with where they come from."""
    reader: Staff = request.user  # type: ignore[assignment]
    sent, refused, done = _post(request, LIMITS, "money_limits")
    if done is not None:
        return done
    with visible_to(reader):
        rows = AuthorityLimit.objects.order_by("work", "level", "role", "-in_force_from", "-id")[:200]
        shown = [
            (row, WORKS.get(row.work), LEVELS.get(row.level), ROLES[row.role].words)  # type: ignore[call-overload]
            for row in rows
        ]
        return _page(
            request, "limits", {"rows": shown, "today": timezone.localdate()}, LimitForm, sent, refused
        )


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
@keeps_terminal
def rates(request: HttpRequest) -> HttpResponse:
    """The newest rates of exchange, with the moment from which each holds."""
    reader: Staff = request.user  # type: ignore[assignment]
    sent, refused, done = _post(request, RATES, "money_rates")
    if done is not None:
        return done
    with visible_to(reader):
        rows = [
            (r, asked.e4(r.buy_e4), asked.e4(r.sell_e4)) for r in FxRate.objects.order_by("-valid_from")[:100]
        ]
        return _page(request, "rates", {"rows": rows}, RateForm, sent, refused)


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
@keeps_terminal
def one_request(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """What was asked, and the forms of the second person (or of the maker, who may take it back)."""
    reader: Staff = request.user  # type: ignore[assignment]
    ident = {"request_id": str(request_id)}
    work: Work = {
        "agree": (AgreeForm, acts_decided.agree, lambda d: ident),
        "decline": (DeclineForm, acts_decided.decline, lambda d: {**ident, "reason": d["reason"]}),
        "withdraw": (WithdrawForm, acts_decided.withdraw_request, lambda d: ident),
    }
    with visible_to(reader):
        if asked.one(request_id, request.LANGUAGE_CODE) is None:
            raise Http404
    sent, refused, done = _post(request, work, "money")
    if done is not None:
        return done
    with visible_to(reader):
        shown = asked.one(request_id, request.LANGUAGE_CODE)
        if shown is None:
            raise Http404
        waiting, mine = shown.request.state == "waiting", shown.request.maker == reader.login
        may = waiting and not mine and bool(set(reader.roles) & set(KINDS[shown.request.kind].checkers))
        made: dict[str, MoneyForm] = {}
        if may:
            made |= {"agree": AgreeForm(), "decline": DeclineForm()}
        if waiting and mine:
            made["withdraw"] = WithdrawForm()
        if sent is not None and sent.do in made:
            made[sent.do] = sent
        context = {
            "section": "money",
            "place": "desk",
            "asked": shown,
            "rows": [{"key": label, "value": text} for label, text in shown.facts],
            "mine": mine,
            "forms": made,
            "sent": sent,
            "refused": refused_words(sent, refused),
            "key": new_key(),
        }
        return render(request, "money/request.html", context, status=status_of(sent, refused))


def _post(
    request: HttpRequest, work: Work, back: str
) -> tuple[MoneyForm | None, Refused | None, HttpResponse | None]:
    if request.method != "POST":
        return None, None, None
    sent, refused, outcome = do_posted(request, work, None)
    if outcome is None:
        return sent, refused, None
    say(request, outcome)
    return sent, None, redirect(back)


def _page(
    request: HttpRequest,
    name: str,
    more: dict[str, Any],
    form: type[MoneyForm],
    sent: MoneyForm | None,
    refused: Refused | None,
) -> HttpResponse:
    may = bool(set(request.user.roles) & set(HEADS_ABOVE))  # type: ignore[union-attr]
    context = {
        "section": "money",
        "place": name,
        "form": (sent or form()) if may else None,
        "sent": sent,
        "refused": refused_words(sent, refused),
        "key": new_key(),
        **more,
    }
    return render(request, f"money/{name}.html", context, status=status_of(sent, refused))
