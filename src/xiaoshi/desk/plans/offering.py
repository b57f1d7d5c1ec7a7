"""A draft that is ready: its second people are told, and find it in a list of their own until one of them has decided.

Who may be the second is asked as `publish` asks it: somebody with the role who did not write on the draft, from the province
where no writer is. Saving again takes the offer back, because the second person would read another text.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.urls import reverse

from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import not_allowed, refuse
from xiaoshi.desk.kinds import kind_named
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.plans.checking import check_draft
from xiaoshi.desk.plans.models import PlanDraft
from xiaoshi.desk.plans.publishing import PLAN_ROLES, open_draft

TOLD_MAX = 100
SHOWN = 50


@act(
    "plan.offer_draft",
    "请人复核流程草稿",
    "Ask for a second person on a draft",
    roles=PLAN_ROLES,
    on_case=False,
)
def offer_draft(ctx: Context, *, draft: int, revision: int) -> dict[str, Any]:
    """The revision is ready to be read and published by another person. Gives `told`: the sign-in names of those."""
    row = open_draft(draft, revision)
    if ctx.person.login not in row.editors:
        raise not_allowed(
            "not_your_draft",
            "您没有写过这个草稿；您可以直接阅读并发布。",
            "You did not write on this draft: you can read and publish it yourself.",
        )
    if row.is_offered:
        raise refuse(
            "offered_already", "这一稿已在等待复核。", "This revision waits for a second person already."
        )
    problems = check_draft(row.kind, row.text).problems
    if problems:
        raise refuse(
            "draft_has_problems",
            f"草稿还有 {len(problems)} 处问题，改好后再请人复核。",
            f"The draft still has {len(problems)} problem(s): put them right first.",
        )
    told = second_people(row)
    if not told:
        raise refuse(
            "nobody_to_publish",
            "目前没有可以发布它的另一人：须有省分行专家参与，且没有写过这个草稿。",
            "There is nobody who could publish it: a province specialist has to take part, and the publisher must not have"
            " written on it.",
        )
    row.offered_revision, row.offered_by, row.offered_at = row.revision, ctx.person.login, ctx.now
    row.save(update_fields=["offered_revision", "offered_by", "offered_at"])
    kind = kind_named(row.kind).words
    words = Words(
        f"流程“{kind.zh}”草稿第 {row.revision} 稿待您阅读并发布",
        f"A draft of the plan “{kind.en}”, revision {row.revision}, waits for you to read and publish it",
    )
    tell_colleagues(told, None, "plan", words, ctx.now, reverse("plan_draft", args=[row.pk]))
    ctx.note(
        f"请人复核流程草稿：{row.kind} 第 {row.revision} 稿",
        f"Asked for a second person on a draft of the plan {row.kind}, revision {row.revision}",
        kind=row.kind, draft=row.pk, revision=row.revision, told=told,
    )  # fmt: skip
    return {"draft": row.pk, "revision": row.revision, "told": told}


def second_people(row: PlanDraft) -> list[str]:
    """Who could publish this draft, at most a hundred."""
    writers = Staff.objects.filter(login__in=row.editors)
    by_province = writers.filter(roles__contains=["province_specialist"]).exists()
    roles = sorted(PLAN_ROLES) if by_province else ["province_specialist"]
    found = Staff.objects.filter(is_active=True, roles__overlap=roles).exclude(login__in=row.editors)
    return list(found.order_by("login").values_list("login", flat=True)[:TOLD_MAX])


def waiting_for(person: Staff) -> list[PlanDraft]:
    """Drafts that wait for a second person and on which this one did not write, the longest waiting first."""
    if not PLAN_ROLES & set(person.roles):
        return []
    offered = PlanDraft.objects.filter(state="draft", offered_revision=F("revision"))
    rows = list(offered.exclude(editors__contains=[person.login]).order_by("offered_at", "id")[:SHOWN])
    if "province_specialist" in person.roles:
        return rows
    able = set(
        Staff.objects.filter(
            login__in={e for row in rows for e in row.editors}, roles__contains=["province_specialist"]
        ).values_list("login", flat=True)
    )
    return [row for row in rows if able & set(row.editors)]
