"""The papers of an urgent case, filled from what was seen, worked out, answered and booked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xiaoshi.core.problems import Words
from xiaoshi.core.rules.deposit_rate_table import per_cent
from xiaoshi.desk.consulting.models import Question
from xiaoshi.desk.deposits.sheet import li_text
from xiaoshi.desk.deposits.words import PRODUCT_WORDS
from xiaoshi.desk.guard.boundary import Context
from xiaoshi.desk.kinds.urgent_payment.papers import PAPERS
from xiaoshi.desk.kinds.urgent_payment.papers.facts import (
    AnswerFromAbove,
    CalculationSheet,
    ClosingLetter,
    Decision,
    InterestLine,
    Undertaking,
    VisitRecord,
)
from xiaoshi.desk.kinds.urgent_payment.standing import (
    facts_of,
    own_account_of,
    paid_on,
    paper_of,
    result_of,
    state_of,
)
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.issuing import issue
from xiaoshi.desk.papers.models import Paper
from xiaoshi.desk.people.models import masked

if TYPE_CHECKING:
    from xiaoshi.desk.kinds.urgent_payment.acts.deciding import Worked


def visit_record(ctx: Context, told: Mapping[str, str], companion: Staff) -> Paper:
    from xiaoshi.desk.kinds.urgent_payment.acts.receiving import PATIENT, WAYS

    assert ctx.state is not None
    way, patient = WAYS[told["way"]], PATIENT[told["patient"]]
    facts = VisitRecord(
        depositor=ctx.the_case.client_name,
        way_zh=way.zh,
        way_en=way.en,
        ward=str(result_of(ctx.state, "first_contact").get("ward", "")),
        patient_zh=patient.zh,
        patient_en=patient.en,
        spoke_to=told["spoke_to"],
        record=told["record"],
        visited_at=ctx.now,
        visitors=(ctx.person.name_zh, companion.name_zh),
    )
    return issue(ctx, template=PAPERS["visit_record"], facts=facts)


def undertaking(ctx: Context, heirs: tuple[str, ...]) -> Paper:
    known = facts_of(ctx)
    facts = Undertaking(
        depositor=ctx.the_case.client_name,
        heirs=heirs,
        hospital=known["hospital_name"],
        hospital_account=known["hospital_number"],
        amount_fen=known["need_fen"],
    )
    return issue(ctx, template=PAPERS["undertaking"], facts=facts)


def calculation_sheet(ctx: Context, done: Worked) -> Paper:
    product, paper = PRODUCT_WORDS[done.deposit.product], paper_of(state_of(ctx))
    notes: Sequence[Words] = [p.words for p in (*done.found.problems, *done.found.unconfirmed)]
    facts = CalculationSheet(
        depositor=ctx.the_case.client_name,
        product_zh=product.zh,
        product_en=product.en,
        certificate_tail=paper.number[-4:],
        opened_on=done.deposit.opened_on,
        withdrawn_on=done.deposit.withdrawn_on,
        principal_fen=done.deposit.principal_fen,
        moved_fen=done.moved_fen,
        rest_fen=done.rest_fen,
        interest_fen=done.found.interest_fen,
        tax_fen=done.found.tax_fen,
        amount_fen=done.moved_fen + done.found.net_fen,
        agreed_fen=done.cost.agreed_fen if done.cost else done.found.net_fen,
        lost_fen=done.lost_fen,
        lines=tuple(_lines(done)),
        notes_zh=tuple(w.zh for w in notes),
        notes_en=tuple(w.en for w in notes),
    )
    return issue(ctx, template=PAPERS["calculation_sheet"], facts=facts)


def _lines(done: Worked) -> Any:
    for payment in done.found.payments or ():
        for s in payment.segments:
            yield InterestLine(
                s.begin.isoformat(),
                s.end.isoformat(),
                s.days,
                f"{s.base_yuan:,}" if s.base_yuan is not None else "—",
                per_cent(s.ppm),
                li_text(s.interest_li),
                s.rule.text("zh"),
                s.rule.text("en"),
                s.rule.status == "confirmed",
            )


def decision_paper(ctx: Context, told: Mapping[str, Any], answers: Sequence[Question]) -> Paper:
    assert ctx.state is not None
    known = facts_of(ctx)
    facts = Decision(
        depositor=ctx.the_case.client_name,
        withdraw_fen=told["withdraw_fen"],
        amount_fen=told["need_fen"],
        hospital=known["hospital_name"],
        hospital_account=known["hospital_number"],
        authority=told["authority"],
        reason=told["reason"],
        lost_fen=known.get("lost_fen", 0),
        decided_by=ctx.person.name_zh,
        decided_at=ctx.now,
        answers=tuple(
            AnswerFromAbove(a.to_level, a.answer, a.source, a.authority)  # type: ignore[arg-type]
            for a in answers
        ),
        own_wish=str(result_of(ctx.state, "own_wish").get("wish", "")),
    )
    return issue(ctx, template=PAPERS["decision"], facts=facts)


def closing_letter(ctx: Context, *, big_type: bool) -> Paper:
    known, paid = facts_of(ctx), paid_on(ctx.the_case)
    paper, own = paper_of(state_of(ctx)), own_account_of(state_of(ctx))
    rest_fen = -paper.account.balance.balance_fen
    facts = ClosingLetter(
        depositor=ctx.the_case.client_name,
        withdrawn_fen=paid.withdrawn_fen - known["interest_fen"],
        interest_fen=known["interest_fen"],
        amount_fen=paid.hospital_fen - paid.refund_fen,
        returned_fen=known.get("surplus_fen", 0),
        hospital=known["hospital_name"],
        account_masked=masked(own.local_code.partition("/")[2], 4, 4),
        rest_fen=rest_fen,
        rest_from=paper.issued_on if rest_fen else None,
        own_wish="wish" in result_of(state_of(ctx), "own_wish"),
    )
    return issue(ctx, template=PAPERS["closing_letter"], facts=facts, big_type=big_type)
