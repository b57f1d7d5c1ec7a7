"""Papers that the bank gives out: issuing, voiding, and copies. Plain functions for use inside any act.

A paper's number is the case's number and a running figure (`XS-0417-02`); the case is locked by the act, so no two get
the same. What was issued is kept as a document and never set again: a copy and a voided paper are the same pages with a
stamp over them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from xiaoshi.core.casework.commands import RecordPaper
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.refusals import Invalid, NotFound, refuse
from xiaoshi.desk.organisation.models import Unit
from xiaoshi.desk.papers import facts as facts_forms
from xiaoshi.desk.papers.check_codes import BYTES, code_of
from xiaoshi.desk.papers.frame import Frame
from xiaoshi.desk.papers.keeping import ISSUED, REPRINT, VOIDED, content_of, keep_document
from xiaoshi.desk.papers.models import Document, Paper
from xiaoshi.desk.papers.paper_template import PaperTemplate
from xiaoshi.desk.papers.typesetting import NotTypeset, stamp, typeset, written_out
from xiaoshi.desk.papers.wanted import is_wanted

if TYPE_CHECKING:
    from datetime import datetime

    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.boundary import Context


def issue(
    ctx: Context,
    *,
    template: PaperTemplate,
    facts: Any,
    title: Words | None = None,
    language: str = "zh",
    big_type: bool = False,
    pictures: Mapping[str, str] | None = None,
) -> Paper:
    """Issue a paper on the act's case: check that it adds up, typeset, keep, and record it where the plan waits for it.

    `facts`: the template's dataclass. `title`: when it differs from the template's. `pictures`: SVG
    texts that the template shows, by name. Raises `Invalid` for facts that do not
    add up and `typesetting.NotTypeset` when it cannot be set; then nothing is issued.
    """
    if not isinstance(facts, template.facts):
        raise TypeError(
            f"{template.name} is filled with {template.facts.__name__}, not {type(facts).__name__}"
        )
    for problem in facts_forms.problems_of(facts):
        raise Invalid(problem)
    case, title = ctx.the_case, title or template.title
    number = f"{case.number}-{Paper.objects.filter(case=case).count() + 1:02d}"
    frame = _frame(ctx, number, title, language, big_type)
    stored = facts_forms.to_json(facts)
    zone = timezone.get_default_timezone_name()
    data = {"frame": frame.as_data(zone), "facts": written_out(stored, language, zone)}
    done = typeset(template.text, data, qr_svg=frame.qr_svg(), now=ctx.now, pictures=pictures)
    document = keep_document(ctx, purpose=ISSUED, name=f"{number}.pdf", content=done.pdf)
    paper = Paper.objects.create(
        case=case,
        template=template.name,
        number=number,
        title_zh=title.zh,
        title_en=title.en,
        document=document,
        facts=stored,
        pages=done.pages,
        check_code=frame.check_code,
        language=language,
        issued_by=ctx.person.login,
        issued_at=ctx.now,
    )
    wanted_as = template.name.rpartition("/")[2]
    if is_wanted(ctx.plan, ctx.state, wanted_as):
        ctx.command(
            RecordPaper(
                command_id=ctx.next_command_id(), paper=wanted_as, reference=str(document.id), note=number
            )
        )
    ctx.note(f"出具{title.zh}，编号 {number}", f"Issued: {title.en}, {number}", papers=[*_noted(ctx), number])
    return paper


def void(ctx: Context, paper: Paper, reason: str) -> None:
    """作废: the paper stays, with the reason; the check page says so from now on."""
    reason = reason.strip()
    if not reason:
        raise Invalid(
            Problem("reason_missing", Words("请写明作废原因。", "Say why the paper is voided."), "reason")
        )
    if len(reason) > 500:
        raise Invalid(
            Problem(
                "reason_too_long",
                Words("作废原因请在 500 字以内。", "Keep the reason under 500 characters."),
                "reason",
            )
        )
    _refuse_void(paper)
    paper.voided_at, paper.voided_by, paper.void_reason = ctx.now, ctx.person.login, reason
    paper.voided_document = _stamped_once(ctx, paper)
    paper.save(update_fields=["voided_at", "voided_by", "void_reason", "voided_document"])
    ctx.note(
        f"作废{paper.title_zh} {paper.number}：{reason}",
        f"Voided: {paper.title_en} {paper.number}: {reason}",
        paper=paper.number,
    )


def reprint(ctx: Context, paper: Paper) -> tuple[Document, int]:
    """A further copy for somebody who lost the first: the same pages, stamped 副本 COPY with its number (given back) and day."""
    _refuse_void(paper)
    number = copies_of(paper) + 1
    day = timezone.localtime(ctx.now).date().isoformat()
    pdf = stamp(
        content_of(paper.document),
        f"副本 COPY {number}",
        f"第 {number} 次重打  {day}  {ctx.person.name_zh}",
        now=ctx.now,
    ).pdf
    copy = keep_document(ctx, purpose=REPRINT, name=f"{paper.number}-copy{number}.pdf", content=pdf)
    ctx.note(
        f"重打{paper.title_zh} {paper.number}（第 {number} 次）",
        f"Reprinted: {paper.title_en} {paper.number} (copy {number})",
        paper=paper.number,
        copy=number,
    )
    return copy, number


def copies_of(paper: Paper) -> int:
    """How many copies were given out: they are counted by what was kept, so nothing has to be altered."""
    return Document.objects.filter(
        case_id=paper.case_id, purpose=REPRINT, name__startswith=f"{paper.number}-copy"
    ).count()


def paper_on_case(ctx: Context, paper_id: str) -> Paper:
    """The paper of this case, locked; `NotFound` for one of another case."""
    from uuid import UUID

    try:
        found = Paper.objects.select_for_update().get(id=UUID(str(paper_id)), case=ctx.the_case)
    except (ValueError, Paper.DoesNotExist):
        words = Words(
            "本案没有这份单据。请回到“材料”页重新选择。",
            "This case has no such paper. Go back to its papers.",
        )
        raise NotFound(Problem("paper_not_found", words)) from None
    return found


def _stamped_once(ctx: Context, paper: Paper) -> Document | None:
    """The paper with its stamp, kept as a document; None when it cannot be set now: a paper must be voidable even then."""
    try:
        pdf = _stamp_void(paper)
    except NotTypeset:
        return None
    return keep_document(ctx, purpose=VOIDED, name=f"{paper.number}-void.pdf", content=pdf)


def void_stamped(paper: Paper) -> bytes:
    """The pages of a voided paper with the stamp over them, so that nobody prints it as good."""
    return content_of(paper.voided_document) if paper.voided_document is not None else _stamp_void(paper)


def _stamp_void(paper: Paper) -> bytes:
    assert paper.voided_at is not None
    day = timezone.localtime(paper.voided_at).date().isoformat()
    return stamp(
        content_of(paper.document), "作废 VOID", f"{day}  {paper.void_reason[:60]}", now=paper.voided_at
    ).pdf


def _refuse_void(paper: Paper) -> None:
    if paper.voided_at is not None:
        raise refuse(
            "paper_voided",
            f"单据 {paper.number} 已作废，不能再操作。需要时请重新出具一份。",
            f"Paper {paper.number} is void. Issue a new one where one is needed.",
        )


def _frame(ctx: Context, number: str, title: Words, language: str, big_type: bool) -> Frame:
    return frame_of(
        ctx.the_case,
        number,
        title,
        code_of(secrets.token_bytes(BYTES)),
        now=ctx.now,
        issued_by=ctx.person.name(language),
        language=language,
        big_type=big_type,
    )


def frame_of(
    case: Case,
    number: str,
    title: Words,
    check_code: str,
    *,
    now: datetime,
    issued_by: str,
    language: str,
    big_type: bool,
) -> Frame:
    """The letterhead of the case's outlet."""
    unit = case.unit
    return Frame(
        bank=_bank(unit),
        outlet=Words(unit.name_zh, unit.name_en),
        outlet_phone=unit.phone,
        case_number=case.number,
        number=number,
        title=title,
        check_code=check_code,
        public_address=settings.PUBLIC_ADDRESS,
        issued_at=now,
        issued_by=issued_by,
        language=language,
        big_type=big_type,
    )


def _bank(unit: Unit) -> Words:
    """The bank's name (setting `BANK_NAME`, Chinese and English, when there is one) before the top unit of the tree."""
    top = Unit.objects.filter(path=unit.path.split("/", 1)[0] + "/").first() or unit
    zh, en = getattr(settings, "BANK_NAME", ("", ""))
    return Words(f"{zh}{top.name_zh}", f"{en}, {top.name_en}" if en else top.name_en)


def _noted(ctx: Context) -> list[str]:
    """Numbers of papers that the same act issued before."""
    return list(ctx.body.get("papers", []))
