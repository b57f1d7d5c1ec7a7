"""A family's case at the main outlet, walked to where a test begins. Each test has its own deposit."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

_numbers = itertools.count(1)
NEED_FEN = 80_000_00
PRINCIPAL_FEN = 300_000_00
PART_FEN = 100_000_00


def total_of(part_fen: int) -> int:
    """The part with its interest of today, as `core/deposits` says (its own tests check that by hand)."""
    from django.utils import timezone

    from xiaoshi.core.deposits import Deposit, value

    today = timezone.localdate()
    deposit = Deposit("call_7d", PRINCIPAL_FEN, today - timedelta(days=59), today, withdraw_fen=part_fen)
    return part_fen + value(deposit).interest_fen


TOTAL_FEN = total_of(PART_FEN)


class Urgent:
    """One case and the acts on it; `refused` gives the code of a refusal that speaks both languages."""

    def __init__(self, people: Any, **facts: Any) -> None:
        from xiaoshi.desk.kinds.urgent_payment import demo

        number = f"{next(_numbers):010d}"
        self.people, self.demo = people, demo
        self.family = demo.Family(
            "何长河", f"TZ{number}", f"3300000001{number}", f"3300000002{number}", PRINCIPAL_FEN, 59
        )
        demo.bring_into_books(people.teller.unit, self.family, people.teller)
        self.case_id: Any = None
        self.open(**facts)

    def open(self, **facts: Any) -> None:
        from xiaoshi.desk.cases.opening import open_case

        self.case_id = self._perform(
            open_case,
            self.people.lobby,
            kind="urgent_payment",
            client_name=self.family.depositor,
            facts=self.demo.facts(NEED_FEN, **facts),
            urgency="urgent",
        ).case_id

    def _perform(self, act: Any, person: Any, **fields: Any) -> Any:
        from xiaoshi.desk.guard.boundary import perform

        on_case = {"case_id": self.case_id} if act.on_case else {}
        return perform(act, person, str(uuid.uuid4()), **on_case, **fields)

    def do(self, act: Any, person: Any, **fields: Any) -> dict[str, Any]:
        return dict(self._perform(act, person, **fields).result)

    def refused(self, act: Any, person: Any, **fields: Any) -> str:
        from xiaoshi.desk.guard.refusals import Refused

        with pytest.raises(Refused) as caught:
            self._perform(act, person, **fields)
        words = caught.value.problem.words
        assert words.zh
        assert words.en
        return caught.value.problem.code

    # ---- the stages ------------------------------------------------------------------------------------------------

    def visited(self, patient: str = "unconscious") -> Urgent:
        from xiaoshi.desk.kinds.urgent_payment.acts import receiving as r

        self.do(r.first_contact, self.people.lobby, condition="昏迷", ward="3 床", contact_name="何小满",
                contact_phone="00000000000", how="counter")  # fmt: skip
        self.do(r.look_up_deposit, self.people.teller, **self.deposit())
        self.do(r.visit, self.people.lobby, **self.seen(patient=patient))
        return self

    def deposit(self) -> dict[str, str]:
        return {
            "certificate_number": self.family.certificate,
            "own_account_number": self.family.own_number,
            "product": "call_7d",
        }

    def seen(self, **other: str) -> dict[str, str]:
        told = {"way": "ward", "companion": self.people.colleague.login, "patient": "unconscious"}
        return {**told, "spoke_to": "主治医生", "record": "不能应答", **other}

    def hand_in(self) -> None:
        """All papers that the facts ask for."""
        from xiaoshi.desk.cases.models import Case
        from xiaoshi.desk.guard.visibility import visible_to
        from xiaoshi.desk.kinds.urgent_payment.acts.receiving import papers_complete
        from xiaoshi.desk.kinds.urgent_payment.paper_rules import papers_for
        from xiaoshi.desk.kinds.urgent_payment.story import _scan
        from xiaoshi.desk.papers.acts import add_document

        with visible_to(self.people.teller):
            facts = Case.objects.get(id=self.case_id).snapshot["facts"]
        for rule in papers_for(facts):
            self.do(add_document, self.people.teller, purpose=rule.name, name="a.png", content=_scan())
        self.do(papers_complete, self.people.teller)

    def decided(self) -> Urgent:
        from xiaoshi.desk.consulting.acts import answer, ask
        from xiaoshi.desk.kinds.urgent_payment.acts import deciding as d

        self.visited()
        self.hand_in()
        self.do(d.compute, self.people.teller, withdraw_fen=PART_FEN)
        asked = self.do(
            ask, self.people.outlet_head, text="可否直付医院？", field="deposits", to_level="province"
        )
        self.do(answer, self.people.province_specialist, question=asked["question"], text="同意", source="通知",
                source_kind="document", authority="授权")  # fmt: skip
        self.do(d.decide, self.people.outlet_head, authority="省分行批复", reason="病危")
        return self

    def payee(self, **other: str) -> dict[str, str]:
        return {"payee_number": self.demo.HOSPITAL_NUMBER, "payee_name": self.demo.HOSPITAL, **other}

    def withdrawal(self, **other: Any) -> dict[str, Any]:
        from django.utils import timezone

        until = (timezone.localdate() + timedelta(days=30)).isoformat()
        return {"amount_fen": TOTAL_FEN, "until": until, **self.payee(), **other}

    def withdrawn(self) -> Urgent:
        from xiaoshi.desk.kinds.urgent_payment.acts import paying as p

        self.decided()
        self.do(p.record_withdrawal, self.people.teller, **self.withdrawal())
        assert (
            self.do(p.check_withdrawal, self.people.outlet_head, amount_fen=TOTAL_FEN)["state"] == "approved"
        )
        return self

    def balance_fen(self, number: str) -> int:
        """What lies on an account of the outlet, in the holder's favour."""
        from xiaoshi.desk.money.models import Balance

        row = Balance.objects.using("owner").get(account__code__endswith=f"/{number}")
        return -int(row.balance_fen)

    def hold(self) -> Any:
        from xiaoshi.desk.money.models import Hold

        return Hold.objects.using("owner").get(account__code__endswith=f"/{self.family.own_number}")


@pytest.fixture
def urgent(desk: Any, people: Any) -> Callable[..., Urgent]:
    """`urgent()` opens a case; `urgent(patient="awake")` with other facts."""

    def make(**facts: Any) -> Urgent:
        return Urgent(people, **facts)

    return make
