"""急难付款: one page with the patient, the papers, what it costs, and each movement of money for whoever's turn it is."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from xiaoshi.desk.cases.views.conflict import what_changed
from xiaoshi.desk.cases.views.found import find, frame
from xiaoshi.desk.guard.refusals import Refused, Stale
from xiaoshi.desk.guard.routes import opens_to
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.urgent_payment import forms, shown
from xiaoshi.desk.kinds.urgent_payment.acts import paying, receiving
from xiaoshi.desk.money.answering import Work, do_posted, keeps_terminal, refused_words, say, status_of
from xiaoshi.desk.money.forms import MoneyForm
from xiaoshi.desk.organisation.models import Staff

WORK: Work = {
    "patient": (
        forms.PatientForm,
        receiving.patient_news,
        lambda d: {"patient": d["patient"], "told_by": d["told_by"]},
    ),
    "heirs": (forms.HeirsForm, receiving.print_undertaking, lambda d: {"heirs": d["heirs"].splitlines()}),
    "withdrawal": (
        forms.WithdrawalForm,
        paying.record_withdrawal,
        lambda d: {
            "amount_fen": d["amount"],
            "payee_number": d["payee_number"],
            "payee_name": d["payee_name"],
            "until": d["until"].isoformat(),
        },
    ),
    "check_withdrawal": (
        forms.CountedForm,
        paying.check_withdrawal,
        lambda d: {"amount_fen": d["counted"]},
    ),
    "transfer": (
        forms.TransferForm,
        paying.record_transfer,
        lambda d: {
            "amount_fen": d["amount"],
            "payee_number": d["payee_number"],
            "payee_name": d["payee_name"],
        },
    ),
    "check_transfer": (
        forms.CheckTransferForm,
        paying.check_transfer,
        lambda d: {"amount_fen": d["counted"]},
    ),
    "surplus": (
        forms.SurplusForm,
        paying.record_surplus,
        lambda d: {"refund_fen": d["refund"], "reason": d["reason"]},
    ),
    "check_surplus": (
        forms.CheckSurplusForm,
        paying.check_surplus,
        lambda d: {"amount_fen": d["counted"]},
    ),
}


@require_http_methods(["GET", "POST"])
@opens_to("signed_in")
@keeps_terminal
def urgent(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """A POST names its form with `do`; refused, the page comes again with the words and what was typed."""
    reader: Staff = request.user  # type: ignore[assignment]
    sent: MoneyForm | None = None
    refused: Refused | None = None
    if request.method == "POST":
        with visible_to(reader):
            find(case_id)
        sent, refused, outcome = do_posted(request, WORK, case_id)
        if outcome is not None:
            say(request, outcome)
            return redirect("urgent_payment_money", case_id)
    with visible_to(reader):
        found = find(case_id)
        language = request.LANGUAGE_CODE  # type: ignore[attr-defined]
        context: dict[str, Any] = frame(request, found, "urgent")
        context |= {
            "sent": sent,
            "refused": refused_words(sent, refused),
            "changes": what_changed(found.case, refused.details["expected_version"])
            if isinstance(refused, Stale)
            else [],
            **shown.page(found, reader, language, sent),
        }
        return render(request, "urgent_payment/urgent.html", context, status=status_of(sent, refused))
