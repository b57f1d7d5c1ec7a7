"""Reading cases: lists, one case, its timeline, papers, money, and the bytes of a document."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Router
from pydantic import Field

from xiaoshi.core.casework.authority import is_among
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.casework.views import NextStep, next_steps, progress
from xiaoshi.core.casework.votes import tally
from xiaoshi.desk.api import shapes as s
from xiaoshi.desk.api.answers import as_json, language, not_modified, said
from xiaoshi.desk.api.asking import PAGE_MAX, READ_PROBLEMS, caller, reads, unchanged, whole_number
from xiaoshi.desk.api.case_lists import case_fields, case_rows, page_of_cases
from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.listing import Wanted
from xiaoshi.desk.cases.timeline import tell
from xiaoshi.desk.cases.views.found import Found, find
from xiaoshi.desk.cases.views.pages import hides_sums
from xiaoshi.desk.money.models import Entry
from xiaoshi.desk.money.standing import money_of_case, sums_hidden
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.keeping import ISSUED
from xiaoshi.desk.papers.models import Document, Paper
from xiaoshi.desk.papers.views import given_out
from xiaoshi.desk.papers.wanted import wanted_papers
from xiaoshi.desk.papers.words import purpose_words

router = Router(tags=["cases"])
Limit = Annotated[int, Field(ge=1, le=PAGE_MAX)]


@router.get(
    "/cases",
    response={200: s.CasePage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_cases",
    summary="案件列表 · Cases",
)
@reads
def list_cases(
    request: HttpRequest,
    view: str = "mine",
    kind: str = "",
    step: str = "",
    due: str = "",
    urgency: str = "",
    owner: str = "",
    outlet: str = "",
    since: str = "",
    status: str = "",
    q: str = "",
    sort: str = "",
    after: str = "",
    limit: Limit = 50,
) -> HttpResponse:
    """One page. `view`: mine, unclaimed, client, asked, late, all, or any (closed ones too); `due`: late, today; `outlet`: a
    path below one's own; `since`: opened on that day or later; `sort`: newest, due."""
    wanted = Wanted(view, kind, step, due, urgency, owner, outlet, since, status, q, sort, after)
    rows, following, whole = page_of_cases(caller(request).person, wanted, limit)
    return as_json(s.CasePage(items=rows, next=following, whole=whole))


@router.get(
    "/cases/{uuid:case_id}",
    response={200: s.CaseShape, 304: None},
    openapi_extra=READ_PROBLEMS,
    operation_id="get_case",
    summary="一个案件 · One case",
)
@reads
def get_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Facts, steps, what is next, what is left before it can be closed. The ETag is the version for If-Match."""
    found = find(case_id)
    version = found.case.version
    if unchanged(request, version):
        return not_modified(version)
    row = case_rows([found.case])[0]
    left = Standing(found.plan, found.state).close_hindrances()
    body = s.CaseShape(
        **case_fields(found.case),
        kind_words=row.kind_words,
        step_words=row.step_words,
        plan_version=found.case.plan_version,
        facts=facts_for(found, caller(request).person),
        steps=_steps(found),
        next=[_next(step, caller(request).person) for step in next_steps(found.plan, found.state)],
        left=[s.LeftShape(code=h.code, about=h.about, words=said(h.words)) for h in left],
        questions=[
            s.QuestionShape(
                question=q.id,
                text=q.text,
                to_level=q.to_level,
                field=q.field,
                asked_by=q.asked_by,
                at=q.at,
                step=q.step,
            )
            for q in found.state.questions.values()
        ],
    )
    return as_json(body, version=version)


def facts_for(found: Found, person: Staff) -> dict[str, object]:
    """The facts as the page shows them: no sum for a second person who has yet to count."""
    hidden = hides_sums(found, person.as_actor()) or sums_hidden(found.case, person)
    return {
        name: None
        if hidden and name in found.plan.facts and found.plan.facts[name].type == "amount_fen"
        else value
        for name, value in found.state.facts.items()
    }


def _steps(found: Found) -> list[s.StepShape]:
    return [
        s.StepShape(
            stage=stage.stage,
            step=step.step,
            words=said(step.title),
            place=step.place,
            sent_back=step.sent_back,
            assignee=step.assignee,
            waits_for=[said(reason.words) for reason in step.reasons],
            signers=_signers(found, step.step),
            vote=_vote(found, step.step),
        )
        for stage in progress(found.plan, found.state)
        for step in stage.steps
    ]


def _signers(found: Found, step: str) -> list[s.SignerShape]:
    own = found.state.steps.get(step)
    return [
        s.SignerShape(
            login=one.actor, signed=one.signed, weight=one.weight, vote=one.vote, reason=one.reason,
            by=one.by if one.by != one.actor else "",
        )
        for one in (own.signers if own else ())
    ]  # fmt: skip


def _vote(found: Found, step: str) -> s.VoteShape | None:
    own = found.state.steps.get(step)
    if own is None or not own.pass_at_percent:
        return None
    t = tally(own)
    return s.VoteShape(
        pass_at_percent=own.pass_at_percent, total=t.total, needed=t.needed, for_it=t.for_it, against=t.against,
        missing=t.missing,
    )  # fmt: skip


def _next(step: NextStep, person: Staff) -> s.NextShape:
    mine = is_among(person.as_actor(), step.who) if step.who else person.login in step.persons
    return s.NextShape(
        step=step.step,
        act=step.act,
        words=said(step.title),
        roles=list(step.who.roles) if step.who else [],
        level=(step.who.level or "") if step.who else "",
        persons=list(step.persons),
        mine=mine,
    )


@router.get(
    "/cases/{uuid:case_id}/timeline",
    response={200: s.EntryPage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_timeline",
    summary="时间线 · Timeline",
)
@reads
def list_timeline(request: HttpRequest, case_id: UUID, after: str = "", limit: Limit = 50) -> HttpResponse:
    """What happened, newest first, told as the page tells it."""
    found = find(case_id)
    entries = TimelineEntry.objects.filter(case=found.case).order_by("-seq")
    before = whole_number(after, "after")
    if before is not None:
        entries = entries.filter(seq__lt=min(before, 2**31 - 1))
    rows = list(entries[: limit + 1])
    told = tell(rows[:limit])
    items = [
        s.EntryShape(
            seq=e.seq,
            at=e.at,
            actor=e.login,
            actor_name=said(e.who),
            channel=e.channel,
            visible_to_client=e.visible == "customer",
            words=said(e.words),
            reason=e.reason,
        )
        for e in told
    ]
    return as_json(s.EntryPage(items=items, next=str(items[-1].seq) if len(rows) > limit else None))


@router.get(
    "/cases/{uuid:case_id}/papers",
    response={200: s.PapersShape},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_papers",
    summary="材料与单据 · Papers",
)
@reads
def list_papers(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Papers that the case wants, documents held, papers issued. `href` gives the bytes."""
    found = find(case_id)
    wanted = [
        s.WantedShape(
            name=w.name,
            words=said(purpose_words(w.name)),
            step=w.step,
            required=w.required,
            met=w.met,
            waived=w.waived,
        )
        for w in wanted_papers(found.plan, found.state)
    ]
    documents = [_document(d) for d in Document.objects.filter(case=found.case).exclude(purpose=ISSUED)]
    papers = [_paper(p) for p in Paper.objects.filter(case=found.case)]
    return as_json(s.PapersShape(wanted=wanted, documents=documents, papers=papers))


def _document(document: Document) -> s.DocumentShape:
    names = ("id", "purpose", "name", "sha256", "content_type", "bytes", "added_by", "added_at")
    fields = {name: getattr(document, name) for name in names}
    return s.DocumentShape(**fields, href=_content_href(document.id))


def _content_href(document_id: UUID) -> str:
    return reverse("api-1:get_document_content", args=[document_id])


def _paper(paper: Paper) -> s.PaperShape:
    names = ("id", "number", "language", "pages", "issued_by", "issued_at", "voided_at", "void_reason")
    fields = {name: getattr(paper, name) for name in names}
    title = paper.title_en if language().startswith("en") else paper.title_zh
    return s.PaperShape(
        **fields, title=title, document=paper.document_id, href=_content_href(paper.document_id)
    )


@router.get(
    "/documents/{uuid:document_id}/content",
    response={200: None},
    operation_id="get_document_content",
    url_name="get_document_content",
    summary="材料的内容 · The bytes of a document",
    openapi_extra={
        **READ_PROBLEMS,
        "responses": {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}},
    },
)
@reads
def get_document_content(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The file, for those who see its case. A voided paper comes with its stamp."""
    document = Document.objects.select_related("case").filter(id=document_id).first()
    if document is None:
        raise Http404("document_not_found")
    return given_out(document)


@router.get(
    "/cases/{uuid:case_id}/money",
    response={200: s.MoneyShape},
    openapi_extra=READ_PROBLEMS,
    operation_id="get_money",
    summary="款项 · Orders and postings of a case",
)
@reads
def get_money(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Orders with the sums that this caller may know, and what was booked."""
    found = find(case_id)
    money = money_of_case(found.case, found.plan, found.state, caller(request).person, language())
    orders = [
        s.OrderShape(
            id=o.order.id,
            kind=o.order.kind,
            state=o.order.state,
            maker=o.order.maker,
            checker=o.order.checker,
            made_at=o.order.made_at,
            checked_at=o.order.checked_at,
            amount_fen=o.amount_fen,
        )
        for o in money.orders
    ]
    entries = Entry.objects.filter(case=found.case).prefetch_related("postings__account").order_by("at", "id")
    booked = [
        s.LedgerEntryShape(
            id=e.id,
            words=said(e.words),
            maker=e.maker,
            checker=e.checker,
            at=e.at,
            amount_fen=e.amount_fen,
            order=e.order_id,
            reverses=e.reverses_id,
            postings=[
                s.PostingShape(account=p.account.code, amount_fen=p.amount_fen) for p in e.postings.all()
            ],
        )
        for e in entries
    ]
    return as_json(
        s.MoneyShape(due_fen=money.due_fen, paid_fen=money.paid_fen, orders=orders, entries=booked)
    )
