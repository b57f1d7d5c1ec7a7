"""The papers of a damaged-note case, filled from what was measured and decided."""

from __future__ import annotations

from collections import Counter

from xiaoshi.core.casework.model import State
from xiaoshi.core.problems import Words
from xiaoshi.core.rules.note_rules import RuleSet, rule_set
from xiaoshi.desk.guard.boundary import Context
from xiaoshi.desk.guard.refusals import refuse
from xiaoshi.desk.kinds.burnt_notes.models import Note
from xiaoshi.desk.kinds.burnt_notes.papers import PAPERS
from xiaoshi.desk.kinds.burnt_notes.papers.facts import (
    BagLabel,
    BagRow,
    DeterminationSlip,
    DeterminedNote,
    ExchangeRow,
    ExchangeSlip,
    Receipt,
)
from xiaoshi.desk.kinds.burnt_notes.settling import settle
from xiaoshi.desk.kinds.burnt_notes.standing import Tin, answers_of, current_notes, proposal_of, tin_of
from xiaoshi.desk.money.orders import paid_entry
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.issuing import issue
from xiaoshi.desk.papers.models import Paper
from xiaoshi.desk.people.models import Client

RULES_ID = "cny-2026"
CAUSES = {
    "fire": Words("火烧", "Fire"),
    "mould": Words("霉烂", "Mould or rot"),
    "insects": Words("虫蛀鼠咬", "Insects or mice"),
    "water": Words("水浸", "Water"),
    "torn": Words("撕裂", "Torn"),
    "other": Words("其他", "Other"),
}


def rows_of(tin: Tin) -> tuple[ExchangeRow, ...]:
    """One row for each denomination and edition, as slip and report print it."""
    return tuple(
        ExchangeRow(
            line.denomination_fen,
            f"{line.edition} 年版" if line.edition else "版别不明",
            line.edition or "edition not told",
            line.pieces,
            line.full,
            line.half,
            line.none,
            line.amount_fen,
        )
        for line in tin.lines
    )


def exchange_slip(ctx: Context, tin: Tin) -> Paper:
    """特殊残损人民币兑换单: one row for each denomination and edition."""
    state, rules = state_of(ctx), rules_of_desk()
    counted, rechecked = state.steps["count"], state.steps["recheck"]
    cause = CAUSES[str(state.facts.get("cause", "other"))]
    rows = rows_of(tin)
    assert counted.at is not None
    assert rechecked.at is not None
    facts = ExchangeSlip(
        holder_name=ctx.the_case.client_name,
        holder_id_masked=holder_of(ctx).id_number_masked,
        cause_zh=cause.zh,
        cause_en=cause.en,
        rows=rows,
        pieces=tin.notes,
        full=tin.verdicts.get("full", 0),
        half=tin.verdicts.get("half", 0),
        none=tin.verdicts.get("none", 0),
        amount_fen=tin.amount_fen,
        rule_zh=rules.source.zh,
        rule_en=rules.source.en,
        rule_in_force_from=rules.in_force_from,
        determined_by=name_of(counted.makers[0]),
        determined_at=counted.at,
        checked_by=name_of(rechecked.makers[0]),
        checked_at=rechecked.at,
        bag_number=str(state.steps["bag"].result.get("bag", "")),
        proof_zh="火灾证明" if state.facts.get("fire_paper") else "",
        proof_en="Paper about the fire" if state.facts.get("fire_paper") else "",
    )
    return issue(ctx, template=PAPERS["exchange_slip"], facts=facts)


def determination_slip(ctx: Context, tin: Tin) -> Paper:
    """认定书, for a holder who disagrees: every note that is not exchanged at full value, with the reason."""
    state, rules = state_of(ctx), rules_of_desk()
    notes = []
    for number, note in enumerate(current_notes(ctx.the_case), start=1):
        settled = settle(proposal_of(note), answers_of(note))
        if settled.answer is None or settled.answer.verdict == "full":
            continue
        share = "—" if note.area_ratio is None else f"{note.area_ratio_low:.1%}–{note.area_ratio_high:.1%}"
        reason_zh, reason_en = reason_of(note)
        notes.append(
            DeterminedNote(
                number,
                settled.answer.denomination_fen or 0,
                f"{note.edition} 年版" if note.edition else "版别不明",
                note.edition or "edition not told",
                share,
                settled.answer.verdict,  # type: ignore[arg-type]
                settled.amount_fen,
                reason_zh,
                reason_en,
            )
        )
    if not notes:
        raise refuse(
            "nothing_to_object",
            "全部按全额兑换，没有可出具认定书的券。",
            "Every note is exchanged at full value: there is nothing to issue a determination for.",
        )
    cause = CAUSES[str(state.facts.get("cause", "other"))]
    facts = DeterminationSlip(
        holder_name=ctx.the_case.client_name,
        holder_id_masked=holder_of(ctx).id_number_masked,
        cause_zh=cause.zh,
        cause_en=cause.en,
        notes=tuple(notes),
        amount_fen=sum(n.amount_fen for n in notes),
        rule_zh=rules.source.zh,
        rule_en=rules.source.en,
        objection="持有人不同意认定结果",
        pieces_returned=len(notes),
        appraisal_office="当地中国人民银行分支机构",
        determined_by=name_of(state.steps["count"].makers[0]),
        checked_by=name_of(state.steps["recheck"].makers[0]),
    )
    return issue(ctx, template=PAPERS["determination_slip"], facts=facts)


def reason_of(note: Note) -> tuple[str, str]:
    """Why the note was determined so: what was measured where people agreed with it, else the words of who settled it.

    The engine gives its deciding reason first; remarks follow.
    """
    settled = settle(proposal_of(note), answers_of(note)).answer
    if settled is not None and settled.same_as(proposal_of(note)) and note.reasons:
        return str(note.reasons[0]["text"]), str(note.reasons[0].get("text_en", note.reasons[0]["text"]))
    rows = [
        j
        for j in note.judgements.all()
        if not j.withdrawn and settled is not None and j.person == settled.person
    ]
    words = rows[-1].reason if rows else ""
    return words or "人工认定", words or "decided by people"


def bag_label(ctx: Context, bag_number: str, witness: Staff) -> Paper:
    """专用袋封签: what lies in the bag, who sealed it and who saw it."""
    tin = tin_of(ctx.the_case)
    pieces: Counter[int] = Counter()
    for line in tin.lines:
        pieces[line.denomination_fen] += line.full + line.half
    rows = tuple(BagRow(fen, count) for fen, count in sorted(pieces.items(), reverse=True) if count)
    facts = BagLabel(
        bag_number=bag_number,
        holder_name=ctx.the_case.client_name,
        rows=rows,
        pieces=sum(row.pieces for row in rows),
        amount_fen=tin.amount_fen,
        sealed_by=ctx.person.name_zh,
        witnessed_by=witness.name_zh,
        sealed_at=ctx.now,
    )
    return issue(ctx, template=PAPERS["bag_label"], facts=facts)


def receipt(ctx: Context) -> Paper:
    """业务回执 for the holder."""
    tin, paid = tin_of(ctx.the_case), paid_entry(ctx.the_case.id)
    way = (
        "account"
        if paid is not None and paid.order is not None and paid.order.kind == "pay_account"
        else "cash"
    )
    number = (
        str(paid.order.destination.get("account_number", ""))
        if way == "account" and paid and paid.order
        else ""
    )
    facts = Receipt(
        holder_name=ctx.the_case.client_name,
        matter_zh="残损人民币兑换",
        matter_en="Exchange of damaged banknotes",
        pieces=tin.notes,
        amount_fen=paid.amount_fen if paid is not None else 0,
        way=way,  # type: ignore[arg-type]
        paid_at=paid.at if paid is not None else ctx.now,
        account_masked=f"{number[:4]}****{number[-4:]}" if number else "",
    )
    return issue(ctx, template=PAPERS["receipt"], facts=facts)


def rules_of_desk() -> RuleSet:
    rules = rule_set(RULES_ID)
    assert rules is not None, "the rule set of the desk ships with it"
    return rules


def state_of(ctx: Context) -> State:
    assert ctx.state is not None
    return ctx.state


def holder_of(ctx: Context) -> Client:
    holder = ctx.the_case.people.filter(part="holder").first()
    assert holder is not None, "a case is opened with its holder"
    return holder


def name_of(login: str) -> str:
    return Staff.objects.get(login=login).name_zh
