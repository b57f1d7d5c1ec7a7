"""Reading what is not one case: oneself, reviews, notices, the bank's units and colleagues, kinds, plans, acts."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from xiaoshi.core.casework.roles import READS_ONLY
from xiaoshi.desk.api import desk_shapes as s
from xiaoshi.desk.api.act_calls import act_path, needs_version
from xiaoshi.desk.api.answers import Unprocessable, as_json, language, said
from xiaoshi.desk.api.asking import READ_PROBLEMS, bad_cursor, caller, plain, reads, whole_number
from xiaoshi.desk.api.reading_cases import Limit
from xiaoshi.desk.api.scopes import may_act, offered_acts
from xiaoshi.desk.cases.models import PlanVersion
from xiaoshi.desk.cases.plans import newest, plan_from_text
from xiaoshi.desk.cases.reviewing import page_of_reviews
from xiaoshi.desk.cases.views.found import find
from xiaoshi.desk.find.as_json import found_as_json
from xiaoshi.desk.find.searching import find_cases
from xiaoshi.desk.guard.standing_in import bank_day
from xiaoshi.desk.kinds import all_kinds
from xiaoshi.desk.notices.models import Notice
from xiaoshi.desk.organisation.models import Staff, Unit
from xiaoshi.desk.substitutes.models import Substitution

router = Router(tags=["desk"])


@router.get(
    "/me",
    response={200: s.Me},
    openapi_extra=READ_PROBLEMS,
    operation_id="get_me",
    summary="我是谁 · Who am I",
)
@reads
def get_me(request: HttpRequest) -> HttpResponse:
    """The person or machine account behind the token, with today's roles, and what the token is for."""
    who = caller(request)
    return as_json(
        s.Me(
            login=who.person.login,
            name=who.person.name(language()),
            machine=who.machine,
            unit_path=who.person.unit.path,
            roles=sorted(who.person.roles),
            scopes=who.token.scopes,
            token=who.token.id,
            expires_at=who.token.expires_at,
        )
    )


@router.get(
    "/reviews",
    response={200: s.ReviewPage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_reviews",
    summary="复核 · Reviews",
)
@reads
def list_reviews(request: HttpRequest, after: str = "") -> HttpResponse:
    """What waits for this caller as the second person, the longest waiting first; money stands on the first page."""
    if after and not re.fullmatch(r"[0-9T:. +-]{19,40}~[0-9]{1,18}", after):
        raise bad_cursor()
    found, following = page_of_reviews(caller(request).person, after)
    items = [
        s.ReviewShape(
            case_id=r.case.id, number=r.case.number, version=r.case.version, words=said(r.what), since=r.since
        )
        for r in found
    ]
    return as_json(s.ReviewPage(items=items, next=following or None))


@router.get(
    "/search",
    response={200: s.FoundPage},
    openapi_extra=READ_PROBLEMS,
    operation_id="search",
    summary="查找 · Find",
)
@reads
def search(request: HttpRequest, q: str, after: str = "") -> HttpResponse:
    """Cases, papers, documents and timeline by words in mid-sentence, names in other signs, numbers in any writing."""
    found = find_cases(caller(request).person, plain(q, "q"), plain(after, "after"))
    if found.problem is not None:
        raise Unprocessable([replace(found.problem, where=f"/query/{found.problem.where or 'q'}")])
    told = found_as_json(found, language())
    body = s.FoundPage(
        cases=told["cases"], complete=told["complete"], notes=told["notes"], next=told["after"] or None
    )
    return as_json(body)


@router.get(
    "/notices",
    response={200: s.NoticePage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_notices",
    summary="通知 · Notices",
)
@reads
def list_notices(request: HttpRequest, after: str = "", limit: Limit = 50) -> HttpResponse:
    """One's own notices, newest first."""
    own = Notice.objects.filter(staff_login=caller(request).person.login).order_by("-id")
    before = whole_number(after, "after")
    if before is not None:
        own = own.filter(id__lt=before)
    rows = list(own[: limit + 1])
    items = [
        s.NoticeShape(
            id=n.id, topic=n.topic, words=said(n.words), case_id=n.case_id, at=n.at, read_at=n.read_at
        )
        for n in rows[:limit]
    ]
    return as_json(s.NoticePage(items=items, next=str(items[-1].id) if len(rows) > limit else None))


@router.get(
    "/substitutes",
    response={200: s.SubstitutePage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_substitutes",
    summary="代岗 · Who stands in for whom",
)
@reads
def list_substitutes(request: HttpRequest, after: str = "", limit: Limit = 50) -> HttpResponse:
    """Arrangements of one's own line that have not ended, those that nobody has answered too; why somebody is away is not told."""
    rows_of = Substitution.objects.filter(ended_at=None, last_day__gte=bank_day(timezone.now())).order_by(
        "id"
    )
    begin = whole_number(after, "after")
    rows = list(rows_of.filter(id__gt=begin or 0)[: limit + 1])
    items = [
        s.SubstituteShape(
            id=row.id, absent=row.absent, substitute=row.substitute, first_day=row.first_day, last_day=row.last_day,
            from_time=f"{row.from_time:%H:%M}" if row.from_time else "",
            until_time=f"{row.until_time:%H:%M}" if row.until_time else "",
            kinds=list(row.kinds), agreement=row.agreement,
        )
        for row in rows[:limit]
    ]  # fmt: skip
    return as_json(s.SubstitutePage(items=items, next=str(items[-1].id) if len(rows) > limit else None))


@router.get(
    "/units",
    response={200: s.UnitPage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_units",
    summary="机构 · Units",
)
@reads
def list_units(request: HttpRequest, below: str = "", after: str = "", limit: Limit = 50) -> HttpResponse:
    """The tree of the bank by path; `below`: a path to begin with."""
    query = Unit.objects.filter(path__startswith=plain(below, "below"), path__gt=plain(after, "after"))
    rows = list(query.order_by("path")[: limit + 1])
    items = [s.UnitShape(path=u.path, level=u.level, name=u.name(language())) for u in rows[:limit]]
    return as_json(s.UnitPage(items=items, next=items[-1].path if len(rows) > limit else None))


@router.get(
    "/staff",
    response={200: s.StaffPage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_staff",
    summary="同事 · Colleagues",
)
@reads
def list_staff(
    request: HttpRequest, case_id: UUID | None = None, after: str = "", limit: Limit = 50
) -> HttpResponse:
    """Those to whom work may be handed: in service, no auditors; with `case_id` along that case's line of the tree, else
    along one's own line and below."""
    own = caller(request).person.unit.path
    path = find(case_id).case.unit_path if case_id else own
    line = Q(unit__path__in=[path[: i + 1] for i, sign in enumerate(path) if sign == "/"])
    query = Staff.objects.filter(line if case_id else line | Q(unit__path__startswith=own), is_active=True)
    query = query.exclude(roles__contains=[READS_ONLY]).filter(login__gt=plain(after, "after"))
    rows = list(query.select_related("unit").order_by("login")[: limit + 1])
    items = [
        s.StaffShape(login=p.login, name=p.name(language()), unit_path=p.unit.path, roles=sorted(p.roles))
        for p in rows[:limit]
    ]
    return as_json(s.StaffPage(items=items, next=items[-1].login if len(rows) > limit else None))


@router.get(
    "/kinds",
    response={200: s.KindPage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_kinds",
    summary="业务种类 · Kinds",
)
@reads
def list_kinds(request: HttpRequest) -> HttpResponse:
    """The kinds of casework with the facts that opening one asks for."""
    items = []
    for kind in all_kinds():
        plan = newest(kind.name)
        facts = [
            s.FactShape(name=f, type=spec.type, words=said(spec.words)) for f, spec in plan.facts.items()
        ]
        items.append(
            s.KindShape(
                kind=kind.name,
                words=said(kind.words),
                plan_version=plan.version,
                opens=list(plan.opens),
                facts=facts,
                steps=list(plan.steps),
            )
        )
    return as_json(s.KindPage(items=items))


@router.get(
    "/plans",
    response={200: s.PlanPage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_plans",
    summary="流程 · Plans",
)
@reads
def list_plans(request: HttpRequest) -> HttpResponse:
    """Every published version."""
    rows = PlanVersion.objects.order_by("kind", "-version")[:500]
    return as_json(s.PlanPage(items=[s.PlanRow(**_plan_row(row)) for row in rows]))


@router.get(
    "/plans/{slug:kind}/{int:version}",
    response={200: s.PlanShape},
    openapi_extra=READ_PROBLEMS,
    operation_id="get_plan",
    summary="一个版本的流程 · One version of a plan",
)
@reads
def get_plan(request: HttpRequest, kind: str, version: int) -> HttpResponse:
    """The text as it was published."""
    row = PlanVersion.objects.filter(kind=kind, version=version).first() if version < 2**31 else None
    if row is None:
        raise Http404("plan_not_found")
    return as_json(s.PlanShape(**_plan_row(row), text=row.text))


def _plan_row(row: PlanVersion) -> dict[str, object]:
    title = said(plan_from_text(row.kind, row.text).title)
    return {"kind": row.kind, "version": row.version, "title": title, "published_at": row.published_at}


@router.get(
    "/acts",
    response={200: s.ActPage},
    openapi_extra=READ_PROBLEMS,
    operation_id="list_acts",
    summary="操作 · Acts",
)
@reads
def list_acts(request: HttpRequest) -> HttpResponse:
    """Every act that programs may do, and whether this token would be let in with it."""
    who = caller(request)
    items = [
        s.ActShape(
            act=act.name,
            words=said(act.words),
            on_case=act.on_case,
            roles=sorted(act.roles),
            people_only=act.people_only,
            needs_version=needs_version(act),
            allowed=may_act(act, who.person, who.token.scopes, machine=who.machine),
            href="/api/v1" + act_path(act).replace("uuid:", ""),
        )
        for act in offered_acts()
    ]
    return as_json(s.ActPage(items=items))
