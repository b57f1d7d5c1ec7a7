"""Who is told what becomes of a payment: the two who recorded and checked it."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from xiaoshi.core.problems import Words
from xiaoshi.desk.bank.models import Dispatch
from xiaoshi.desk.money.models import MoneyOrder
from xiaoshi.desk.notices.telling import tell_colleagues


def tell(dispatch: Dispatch, words: Words, now: datetime) -> None:
    """Inside the transaction that moved the payment."""
    order = MoneyOrder.objects.select_related("case").get(id=dispatch.order_id)  # type: ignore[attr-defined]
    people = {order.maker, order.checker, order.endorser}
    href = reverse("bank_payment", args=[dispatch.pk])
    tell_colleagues(people, order.case, "bank", words, now, href)
