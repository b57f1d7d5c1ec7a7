"""What it costs and who decides: the calculation before anybody agrees to it, and the decision with its authority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from xiaoshi.core.casework.model import State
from xiaoshi.core.deposits import Cost, Deposit, Valuation, cost_of_haste, value
from xiaoshi.core.money import yuan
from xiaoshi.desk.cases.steps import finish_step
from xiaoshi.desk.consulting.models import Question
from xiaoshi.desk.deposits.own_rates import own_rates
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid, invalid, refuse
from xiaoshi.desk.kinds.urgent_payment.slips import calculation_sheet, decision_paper
from xiaoshi.desk.kinds.urgent_payment.standing import (
    MINIMUM_FEN,
    deposit_for,
    facts_of,
    paper_of,
    require_turn,
    state_of,
)
from xiaoshi.desk.money.authority import day_of

DECIDED = ("need_fen", "hospital_name", "hospital_number")
"""Facts that a decision fixes beside the part: corrected afterwards, they want a new decision."""


@dataclass(frozen=True, slots=True)
class Worked:
    """A withdrawal as the engine sees it. `moved_fen`: principal that leaves the certificate, the small rest included."""

    deposit: Deposit
    found: Valuation
    cost: Cost | None
    moved_fen: int

    @property
    def rest_fen(self) -> int:
        return self.deposit.principal_fen - self.moved_fen

    @property
    def lost_fen(self) -> int:
        return self.cost.lost_fen if self.cost else 0


def work_out(state: State, day: date, withdraw_fen: int, *, close_rest: bool) -> Worked:
    """Value the part; refuse what the certificate cannot give. Sums are shown in the words before anything is done."""
    facts, paper = state.facts, paper_of(state)
    principal_fen = -paper.account.balance.balance_fen
    need_fen = _fen(facts.get("need_fen"))
    if withdraw_fen > principal_fen:
        raise invalid(
            "above_principal",
            f"存单余额 {yuan(principal_fen)} 元，不足支取 {yuan(withdraw_fen)} 元。",
            f"The certificate holds {yuan(principal_fen)} yuan, less than {yuan(withdraw_fen)}.",
            where="withdraw",
        )
    if withdraw_fen < need_fen:
        raise invalid(
            "less_than_needed",
            f"医院要求缴纳 {yuan(need_fen)} 元，支取本金不能少于这个数。金额有变的，请先更正。",
            f"The hospital asks for {yuan(need_fen)} yuan; the part cannot be less. If the sum changed, correct it first.",
            where="withdraw",
        )
    rest_fen = principal_fen - withdraw_fen
    if 0 < rest_fen < MINIMUM_FEN and not close_rest:
        most = max(0, principal_fen - MINIMUM_FEN)
        raise invalid(
            "remainder_below_minimum",
            f"支取后余 {yuan(rest_fen)} 元，低于通知存款起存 {yuan(MINIMUM_FEN)} 元。可选：①支取不超过 {yuan(most)} 元，"
            "余款保留原开户日；②全部清户，余款连同按活期计的利息转入储户本人活期账户。请选定后再测算。",
            f"{yuan(rest_fen)} yuan would be left, under the minimum of {yuan(MINIMUM_FEN)}. Either withdraw at most {yuan(most)},"
            " so that the rest keeps its day; or close the certificate, and the rest goes into his own demand account with"
            " interest at the demand rate. Choose, then work it out again.",
            where="close_rest",
        )
    deposit = deposit_for(facts, paper, day, withdraw_fen)
    books = own_rates()[0]
    found = value(deposit, books)
    if found.payments is None:
        raise Invalid(found.problems[0])
    stays = found.remaining.principal_fen if found.remaining else 0
    return Worked(deposit, found, cost_of_haste(deposit, books), principal_fen - stays)


def _fen(value: object) -> int:
    return value if isinstance(value, int) else 0


@act("urgent_payment.compute", "测算提前支取", "Work out the withdrawal")
def compute(ctx: Context, *, withdraw_fen: int, close_rest: bool = False) -> dict[str, Any]:
    """What the part costs in interest and what stays; the sheet is printed. Answers the sums in fen."""
    require_turn(ctx, "compute")
    done = work_out(state_of(ctx), day_of(ctx.now), withdraw_fen, close_rest=close_rest)
    sums = {
        "withdraw_fen": withdraw_fen,
        "interest_fen": done.found.interest_fen,
        "tax_fen": done.found.tax_fen,
        "lost_fen": done.lost_fen,
    }
    facts = {**sums, "principal_fen": done.deposit.principal_fen}
    told = {
        "moved_fen": done.moved_fen,
        "rest_fen": done.rest_fen,
        "close_rest": close_rest,
        "day": day_of(ctx.now).isoformat(),
    }
    finish_step(ctx, "compute", {**sums, **told}, facts)
    paper = calculation_sheet(ctx, done)
    return {**sums, **told, "paper": str(paper.id)}


@act("urgent_payment.decide", "作出决定", "Decide", roles={"outlet_head"}, people_only=True)
def decide(ctx: Context, *, authority: str, reason: str) -> dict[str, Any]:
    """The head decides, with whose authority and why. For one who cannot speak it rests on an answer from above."""
    require_turn(ctx, "decide")
    assert ctx.state is not None
    for where, text in (("authority", authority), ("reason", reason)):
        if not text.strip():
            raise invalid(
                f"{where}_missing",
                "请写明依据的授权和理由。",
                "Say with whose authority, and why.",
                where=where,
            )
    answers = list(Question.objects.filter(case=ctx.the_case, state="answered").order_by("answered_at"))
    if facts_of(ctx).get("patient") == "unconscious" and not answers:
        raise refuse(
            "no_answer_yet",
            "储户不能表达意愿，须先请示市分行或省分行并得到批复，再作决定。请点“请示”，一次说清事由、金额、收款医院。",
            "He cannot speak for himself: ask the city or the province and have their answer first. Ask one question with the"
            " matter, the sum and the hospital in it.",
        )
    worked = ctx.state.steps["compute"].result
    told = {
        "authority": authority.strip(),
        "reason": reason.strip(),
        "withdraw_fen": worked["withdraw_fen"],
        "close_rest": worked["close_rest"],
        **{name: facts_of(ctx)[name] for name in DECIDED},
        "answers": [str(a.id) for a in answers],
    }
    finish_step(ctx, "decide", told)
    paper = decision_paper(ctx, told, answers)
    return {"paper": str(paper.id), "answers": len(answers)}
