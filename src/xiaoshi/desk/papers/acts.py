"""The acts on documents and papers. Kinds compose the plain functions of `keeping` and `issuing` in acts of their own."""

from __future__ import annotations

from typing import Any

from xiaoshi.core.casework.commands import RecordPaper
from xiaoshi.core.casework.roles import READS_ONLY, ROLES
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid, invalid, not_allowed
from xiaoshi.desk.papers import facts as facts_forms
from xiaoshi.desk.papers.issuing import issue, paper_on_case, reprint, void
from xiaoshi.desk.papers.keeping import OWN_PURPOSES, keep_document
from xiaoshi.desk.papers.paper_template import papers_of_kind
from xiaoshi.desk.papers.wanted import is_wanted
from xiaoshi.desk.papers.words import purpose_words

WORKS_ON_CASES = frozenset(ROLES) - {READS_ONLY}
GIVES_OUT = frozenset({"teller", "supervisor", "outlet_head"})
VOIDS = frozenset({"supervisor", "outlet_head"})


@act("papers.add_document", "收材料", "Add a document", roles=WORKS_ON_CASES)
def add_document(ctx: Context, *, purpose: str, name: str, content: bytes, note: str = "") -> dict[str, Any]:
    """Keep a file on the case; where the plan waits for a paper of this name, the need is met by it."""
    purpose = purpose.strip()
    if not purpose or len(purpose) > 80 or purpose in OWN_PURPOSES:
        raise invalid(
            "purpose_missing", "请选择这份材料的用途。", "Say what this document is for.", where="purpose"
        )
    _refuse_when_over(ctx)
    document = keep_document(ctx, purpose=purpose, name=name, content=content)
    if is_wanted(ctx.plan, ctx.state, purpose):
        ctx.command(
            RecordPaper(
                command_id=ctx.next_command_id(), paper=purpose, reference=str(document.id), note=note[:500]
            )
        )
    called = ctx.plan.need_words.get(purpose) if ctx.plan is not None else None
    what = called or purpose_words(purpose)
    ctx.note(
        f"收到{what.zh}：{document.name}",
        f"Received: {what.en} ({document.name})",
        document=str(document.id),
        sha256=document.sha256,
    )
    return {"document": str(document.id), "sha256": document.sha256, "content_type": document.content_type}


@act("papers.issue", "出具单据", "Issue a paper", roles=GIVES_OUT)
def issue_paper(
    ctx: Context, *, template: str, facts: dict[str, Any], language: str = "zh", big_type: bool = False
) -> dict[str, Any]:
    """Issue a paper that people fill in (`by_hand`); `facts` in the form of the template (`papers/facts.py` of the kind)."""
    papers = papers_of_kind(ctx.the_case.kind)
    if template not in papers:
        raise invalid(
            "paper_unknown",
            f"这类业务没有名为“{template[:60]}”的单据。可用：{'、'.join(papers) or '无'}。",
            f"This kind of case has no paper called {template[:60]!r}. It has: {', '.join(papers) or 'none'}.",
            where="template",
        )
    if not papers[template].by_hand:
        title = papers[template].title
        raise not_allowed(
            "made_by_its_step",
            f"“{title.zh}”由办理步骤按案件内容生成，不能手工填写。请办理相应步骤。",
            f"“{title.en}” is made by the step that it belongs to, from what the case says: it is not filled in by hand.",
        )
    if language not in ("zh", "en"):
        raise invalid(
            "language_unknown", "语言只能是 zh 或 en。", "The language is zh or en.", where="language"
        )
    _refuse_when_over(ctx)
    filled = facts_forms.from_json(papers[template].facts, facts)
    if isinstance(filled, Problem):
        raise Invalid(filled)
    paper = issue(ctx, template=papers[template], facts=filled, language=language, big_type=big_type)
    return {
        "paper": str(paper.id),
        "number": paper.number,
        "document": str(paper.document_id),
        "check_code": paper.check_code,
        "pages": paper.pages,
    }


@act("papers.void", "作废单据", "Void a paper", roles=VOIDS)
def void_paper(ctx: Context, *, paper: str, reason: str) -> dict[str, Any]:
    """Void a paper with a reason; it stays on the case."""
    found = paper_on_case(ctx, paper)
    void(ctx, found, reason)
    return {"paper": str(found.id), "number": found.number}


@act("papers.reprint", "重打单据", "Reprint a paper", roles=GIVES_OUT)
def reprint_paper(ctx: Context, *, paper: str) -> dict[str, Any]:
    """Give out a further copy, marked as such."""
    found = paper_on_case(ctx, paper)
    copy, count = reprint(ctx, found)
    return {"paper": str(found.id), "number": found.number, "document": str(copy.id), "copy": count}


def _refuse_when_over(ctx: Context) -> None:
    """Nothing is added to a case that is over; reopening it (重开) is an act of its own."""
    assert ctx.state is not None
    if ctx.state.phase in ("closed", "cancelled"):
        words = Words(
            "案件已办结或作废，不能再加材料或单据。确有需要请先由网点负责人重开案件。",
            "The case is closed or cancelled; nothing can be added. If it must be, the outlet head reopens it first.",
        )
        raise Invalid(Problem("case_over", words))
