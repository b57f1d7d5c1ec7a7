"""The father in intensive care, from the daughter's first word to the closing letter, with sums of its own for each seed.

The people do what the procedure asks, and try what it forbids: another payee, a name with one wrong character, cash, the
release by the wrong role, a check by the maker. Each must be refused. The seed changes people, sums, dates, the hospital's name,
what is left over, and whether the counting goes wrong once.
"""

from __future__ import annotations

import random
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from xiaoshi.core.deposits import Deposit, cost_of_haste, value
from xiaoshi.desk.bank.configured import connected
from xiaoshi.desk.cases.opening import open_case
from xiaoshi.desk.cases.steps import close_case, do_step
from xiaoshi.desk.consulting.acts import answer, ask, hand_up
from xiaoshi.desk.guard.boundary import Act, perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.urgent_payment import demo
from xiaoshi.desk.kinds.urgent_payment.acts import deciding, ending, paying, receiving
from xiaoshi.desk.kinds.urgent_payment.at_core import AtCore
from xiaoshi.desk.kinds.urgent_payment.demo import HOSPITAL, HOSPITAL_NUMBER, Family
from xiaoshi.desk.kinds.urgent_payment.paper_rules import papers_for
from xiaoshi.desk.money.acts import check_move
from xiaoshi.desk.money.acts_decided import agree, client_cash, transfer
from xiaoshi.desk.money.models import Account, Hold
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.acts import add_document
from xiaoshi.desk.stories import Progress, Told

SURNAMES = "卢苗汤尹黎易常武乔贺"
GIVEN = ("长河", "明远", "守仁", "望舒", "知秋", "若兰")
DAUGHTER = "3300000009"


@dataclass
class Cast:
    teller: Staff
    colleague: Staff
    lobby: Staff
    supervisor: Staff
    head: Staff
    city: Staff
    province: Staff


@dataclass(frozen=True)
class Sums:
    """What the seed decided. `need_fen`: what the hospital asks; `first_fen` and `second_fen`: paid in two; `refund_fen`: it gives back."""

    family: Family
    need_fen: int
    withdraw_fen: int
    first_fen: int
    second_fen: int
    refund_fen: int

    @property
    def daughter_number(self) -> str:
        return DAUGHTER + self.family.own_number[-10:]


def run(seed: int, say: Progress) -> dict[str, Any]:
    """Walk the case; the answer is the story's JSON form."""
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    told, cast = Told("urgent_payment", seed, say), _cast(chance)
    told.walk(lambda: _walk(told, cast, chance))
    return told.as_json(cast.head)


def _cast(chance: random.Random) -> Cast:
    staff = Staff.objects.select_related("unit")
    people = list(staff.filter(unit__path=demo.OUTLET).order_by("login"))
    tellers = [p for p in people if "teller" in p.roles]
    chance.shuffle(tellers)

    def one(role: str) -> Staff:
        return next(p for p in people if role in p.roles)

    city = staff.get(unit__path="jn/lz/", roles__contains=["city_specialist"])
    province = staff.get(unit__path="jn/", roles__contains=["province_specialist"])
    return Cast(*tellers[:2], one("lobby_manager"), one("supervisor"), one("outlet_head"), city, province)


def _sums(chance: random.Random) -> Sums:
    need = chance.randint(6, 30) * 10_000_00
    principal = need + chance.randint(6, 40) * 10_000_00
    number = f"{secrets.randbelow(10**10):010d}"  # not of the seed: a story may be told twice in one home
    family = Family(
        chance.choice(SURNAMES) + chance.choice(GIVEN),
        f"TZ{number}",
        f"3300000001{number}",
        f"3300000002{number}",
        principal,
        chance.randint(8, 700),
    )
    first = chance.randint(3, 5) * need // 10 // 100 * 100
    second = chance.randint(2, 4) * need // 10 // 100 * 100
    refund = chance.choice((0, chance.randint(1, second // 2)))
    return Sums(family, need, need, first, second, refund)


def _walk(told: Told, cast: Cast, chance: random.Random) -> None:
    sums = _sums(chance)
    demo.bring_into_books(cast.teller.unit, sums.family, cast.teller)
    AtCore(sums.family).open()
    _receive(told, cast, sums)
    _papers(told, cast, sums)
    _decide(told, cast, chance, sums)
    _withdraw(told, cast, chance, sums)
    _pay(told, cast, sums)
    _after(told, cast, sums)
    _figures(told, cast, sums)


def _receive(told: Told, cast: Cast, sums: Sums) -> None:
    told.do(
        "open",
        open_case,
        cast.lobby,
        kind="urgent_payment",
        client_name=sums.family.depositor,
        id_number="000000195001010000",
        facts=demo.facts(sums.need_fen),
        urgency="urgent",
    )
    told.do(
        "first_contact",
        receiving.first_contact,
        cast.lobby,
        condition="脑出血，昏迷，在重症监护室",
        ward="重症监护室 3 床",
        contact_name=f"{sums.family.depositor[0]}小满",
        contact_phone="00000000000",
        how="counter",
    )
    told.do(
        "deposit",
        receiving.look_up_deposit,
        cast.teller,
        certificate_number=sums.family.certificate,
        own_account_number=sums.family.own_number,
        product="call_7d",
    )
    told.do(
        "visit",
        receiving.visit,
        cast.lobby,
        way="ward",
        companion=cast.colleague.login,
        patient="unconscious",
        spoke_to="主治医生",
        record="储户插管昏迷，不能应答；医生出示病历，说明须立即缴费。",
    )


def _papers(told: Told, cast: Cast, sums: Sums) -> None:
    assert told.case is not None
    name = sums.family.depositor
    told.do("papers", receiving.print_undertaking, cast.teller, heirs=[f"{name[0]}小满", f"{name[0]}小雪"])
    told.checks["papers_missing_said_at_once"] = (
        _refused(told, receiving.papers_complete, cast.teller) == "papers_missing"
    )
    for rule in papers_for(demo.facts(sums.need_fen)):
        told.do(
            "papers",
            add_document,
            cast.teller,
            purpose=rule.name,
            name=f"{rule.name}.png",
            content=_scan(),
        )
    told.do("papers", receiving.papers_complete, cast.teller)


def _scan() -> bytes:
    """A small picture, another one each time, as a scanned page."""
    import cv2
    import numpy as np

    page = np.random.default_rng().integers(200, 255, (64, 48), dtype=np.uint8)
    return bytes(cv2.imencode(".png", page)[1])


def _decide(told: Told, cast: Cast, chance: random.Random, sums: Sums) -> None:
    rest = sums.family.principal_fen - 40_000_00
    code = _refused(told, deciding.compute, cast.teller, withdraw_fen=rest)
    told.checks["small_remainder_said_before"] = code == "remainder_below_minimum"
    told.do("compute", deciding.compute, cast.teller, withdraw_fen=sums.withdraw_fen)
    code = _refused(told, deciding.decide, cast.head, authority="网点权限", reason="急")
    told.checks["no_decision_without_answer"] = code == "no_answer_yet"
    asked = told.do(
        "consult",
        ask,
        cast.head,
        text="储户昏迷、密码不明，子女请求从通知存款部分支取直接付医院对公账户，可否办理？",
        field="deposits",
        to=cast.city.login,
    )
    question, said = asked.result["question"], asked.result["to_level"]
    if said == "city" and chance.random() < 0.7:
        told.do("consult", hand_up, cast.city, question=question, reason="超出市分行授权")
        said = "province"
    told.do(
        "consult",
        answer,
        cast.province if said == "province" else cast.city,
        question=question,
        text="同意。款项只付医院对公账户，全体第一顺序继承人签署承诺书，余款退回储户本人账户。",
        source="银监办发〔2013〕289号",
        source_kind="document",
        authority="分行特殊客群服务授权",
    )
    told.do(
        "decide",
        deciding.decide,
        cast.head,
        authority="上级批复",
        reason="储户病危，医院催缴，资料齐全，款项直付医院。",
    )


def _withdraw(told: Told, cast: Cast, chance: random.Random, sums: Sums) -> None:
    payee = {"payee_number": HOSPITAL_NUMBER, "payee_name": HOSPITAL}
    until = (timezone.localdate() + timedelta(days=30)).isoformat()
    valued = value(_deposit(sums))
    total = sums.withdraw_fen + valued.interest_fen
    given = {"amount_fen": total, "until": until}
    wrong = HOSPITAL.replace("第", "笫")
    code = _refused(
        told, paying.record_withdrawal, cast.teller, **given, payee_number=HOSPITAL_NUMBER, payee_name=wrong
    )
    told.checks["one_wrong_character_refused"] = code == "payee_name_differs"
    told.do("record_withdrawal", paying.record_withdrawal, cast.teller, **given, **payee)
    told.checks["maker_refused_as_checker"] = _refused(
        told, paying.check_withdrawal, cast.teller, amount_fen=total
    ) in {
        "maker_is_checker",
        "same_hands",
    }
    if chance.random() < 0.3:
        wrong_sum = told.do(
            "check_withdrawal", paying.check_withdrawal, cast.supervisor, amount_fen=total + 100
        )
        told.checks["wrong_sum_noticed"] = wrong_sum.result["state"] == "mismatch"
        told.do("record_withdrawal", paying.record_withdrawal, cast.teller, **given, **payee)
    _checked(told, cast, "check_withdrawal", paying.check_withdrawal, total)
    AtCore(sums.family).withdraw(sums.withdraw_fen, valued.net_fen)


def _checked(told: Told, cast: Cast, step: str, what: Act, amount_fen: int) -> None:
    """By the supervisor, and above his limit by the head as the second."""
    if told.do(step, what, cast.supervisor, amount_fen=amount_fen).result["state"] == "endorsed":
        told.do(step, what, cast.head, amount_fen=amount_fen)


def _pay(told: Told, cast: Cast, sums: Sums) -> None:
    payee = {"payee_number": HOSPITAL_NUMBER, "payee_name": HOSPITAL}
    _forbidden(told, cast, sums)
    for amount_fen in (sums.first_fen, sums.second_fen):
        told.do("record_transfer", paying.record_transfer, cast.teller, amount_fen=amount_fen, **payee)
        _checked(told, cast, "check_transfer", paying.check_transfer, amount_fen)
    told.do(
        "follow_up",
        do_step,
        cast.lobby,
        step="follow_up",
        result={"spoke_to": "女儿", "told": "手术顺利；已告知付款金额和余款去向。"},
    )


def _forbidden(told: Told, cast: Cast, sums: Sums) -> None:
    """The daughter's account, the same without naming the hold, and cash: the books themselves say no."""
    with visible_to(cast.teller):
        own = Account.objects.get(code=f"{demo.OUTLET}2011/{sums.family.own_number}")
        hold = Hold.objects.get(account=own)
    daughter = {
        "payee_number": sums.daughter_number,
        "payee_name": f"{sums.family.depositor[0]}小满",
    }
    tries = (
        (
            "other_payee_refused_by_ledger",
            transfer,
            {**daughter, "hold_id": str(hold.id)},
            "hold_other_payee",
        ),
        ("free_transfer_refused_by_ledger", transfer, daughter, "held_for_purpose"),
        ("cash_refused_by_ledger", client_cash, {"direction": "draw"}, "held_for_purpose"),
    )
    for check, what, fields, code in tries:
        given = {"account_id": str(own.pk), "amount_fen": sums.need_fen, **fields}
        order = perform(what, cast.teller, f"story/{uuid.uuid4()}", **given).result["order"]
        said = _code_of(check_move, cast.head, order_id=order, amount_fen=sums.need_fen)
        told.checks[check] = said in {code, "second_head_missing"} and said == code


def _after(told: Told, cast: Cast, sums: Sums) -> None:
    surplus = told.do(
        "surplus",
        paying.record_surplus,
        cast.teller,
        refund_fen=sums.refund_fen,
        reason="医院结算单：预缴有余",
    )
    code = _refused(told, paying.check_surplus, cast.supervisor, amount_fen=sums.refund_fen)
    told.checks["release_by_wrong_role_refused"] = code == "not_your_role"
    if surplus.result.get("request"):
        said = _code_of(agree, cast.supervisor, request_id=surplus.result["request"])
        told.checks["release_by_wrong_role_refused"] &= said == "not_your_role"
    told.do("check_surplus", paying.check_surplus, cast.head, amount_fen=sums.refund_fen)
    _at_core(told, cast, sums)
    told.do("letter", ending.issue_letter, cast.lobby, big_type=True)
    told.do("close", close_case, cast.lobby)


def _at_core(told: Told, cast: Cast, sums: Sums) -> None:
    """Where a core bank is connected: each transfer was carried out there once, and its balances are those of our books."""
    if not connected():
        return
    assert told.case is not None
    at_core, family = AtCore(sums.family), sums.family
    states = at_core.sent(told.case.id, cast.head)
    with visible_to(cast.head):
        own = Account.objects.select_related("balance").get(code=f"{demo.OUTLET}2011/{family.own_number}")
    told.figures["payments_at_core"] = states
    told.checks |= {
        "settled_at_core": len(states) == 2 + bool(sums.refund_fen) and set(states) == {"settled"},
        "own_account_equal_at_core": at_core.balance_fen(family.own_number, family.depositor)
        == -own.balance.balance_fen,
        "hospital_paid_at_core": at_core.balance_fen(HOSPITAL_NUMBER, HOSPITAL)
        == sums.first_fen + sums.second_fen - sums.refund_fen,
    }


def _figures(told: Told, cast: Cast, sums: Sums) -> None:
    """What the engine says beside what the books say."""
    assert told.case is not None
    deposit = _deposit(sums)
    valued, cost = value(deposit), cost_of_haste(deposit)
    with visible_to(cast.head):
        told.case.refresh_from_db()
        balances = {
            name: -Account.objects.select_related("balance")
            .get(code=f"{demo.OUTLET}{code}")
            .balance.balance_fen
            for name, code in (
                ("certificate", f"2011/{sums.family.deposit_number}"),
                ("own", f"2011/{sums.family.own_number}"),
            )
        }
        daughter = (
            Account.objects.select_related("balance")
            .filter(code=f"{demo.OUTLET}2012/{sums.daughter_number}")
            .first()
        )
        hold = Hold.objects.get(account__code=f"{demo.OUTLET}2011/{sums.family.own_number}")
    to_hospital = sums.first_fen + sums.second_fen - sums.refund_fen
    told.figures |= {
        "principal_fen": sums.family.principal_fen,
        "withdrawn_fen": sums.withdraw_fen,
        "interest_fen": valued.interest_fen,
        "lost_fen": cost.lost_fen if cost else 0,
        "hospital_fen": to_hospital,
        "returned_fen": balances["own"],
        "left_on_certificate_fen": balances["certificate"],
    }
    told.checks |= {
        "certificate_keeps_the_rest": balances["certificate"]
        == sums.family.principal_fen - sums.withdraw_fen,
        "surplus_on_own_account": balances["own"] == sums.withdraw_fen + valued.net_fen - to_hospital,
        "nothing_held_any_more": hold.left_fen == 0,
        "daughter_got_nothing": daughter is None or daughter.balance.balance_fen == 0,
        "case_closed": told.case.status == "closed",
    }


def _deposit(sums: Sums) -> Deposit:
    today = timezone.localdate()
    opened = today - timedelta(days=sums.family.opened_days_ago)
    part = None if sums.withdraw_fen == sums.family.principal_fen else sums.withdraw_fen
    return Deposit("call_7d", sums.family.principal_fen, opened, today, withdraw_fen=part)


def _refused(told: Told, what: Act, person: Staff, **fields: Any) -> str:
    """The code with which this act on the case is refused; empty when it was done."""
    assert told.case is not None
    return _code_of(what, person, case_id=told.case.id, **fields)


def _code_of(what: Act, person: Staff, **fields: Any) -> str:
    try:
        perform(what, person, f"story/{uuid.uuid4()}", **fields)
    except Refused as refused:
        return refused.problem.code
    return ""
