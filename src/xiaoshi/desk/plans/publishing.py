"""From a draft to a version in force: one person writes, another publishes, both names stay with the version.

A plan binds every branch of the bank, so one of the two stands at the province. The publisher says which revision he or
she read; a draft that was changed meanwhile is not published.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from django.db import connection

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.cases.models import PlanVersion
from xiaoshi.desk.cases.plans import bank_zone
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid, NotFound, Stale, invalid, not_allowed, refuse
from xiaoshi.desk.kinds import KINDS
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.plans.checking import check_draft, date_problem
from xiaoshi.desk.plans.models import PlanDraft, Publication

PLAN_ROLES = frozenset({"city_specialist", "province_specialist"})
"""Who writes and publishes plans."""
TEXT_MAX = 200_000


def the_kind(kind: str) -> str:
    """The kind's name, or the refusal that there is none of that name."""
    if kind not in KINDS:
        raise invalid(
            "unknown_kind",
            f"本系统没有业务种类“{kind}”，请先安装它的程序包。",
            f"This installation has no kind “{kind}”: install its package first.",
            where="kind",
        )
    return kind


@act("plan.save_draft", "保存流程草稿", "Save a draft of a plan", roles=PLAN_ROLES, on_case=False)
def save_draft(
    ctx: Context, *, kind: str, lines: list[str], draft: int = 0, revision: int = 0, note: str = ""
) -> dict[str, Any]:
    """Keep a text, right or wrong, as a new draft or as the next revision of `draft`. `lines`: the text, line by line.

    Gives `draft`, `revision`, how many `problems` it has, and its `warnings`. Refused when somebody else saved meanwhile.
    """
    the_kind(kind)
    text = "\n".join(lines).replace("\r", "").rstrip("\n") + "\n"
    if not text.strip() or len(text) > TEXT_MAX:
        raise invalid(
            "draft_size",
            f"流程文本应为1到{TEXT_MAX}字。",
            f"The text of a plan has 1 to {TEXT_MAX} characters.",
            where="text",
        )
    row = _new_draft(ctx, kind, text, note) if not draft else _next_revision(ctx, draft, revision, text, note)
    checked = check_draft(kind, text)
    ctx.note(
        f"保存流程草稿：{kind} 第 {row.revision} 稿",
        f"Saved a draft of the plan {kind}, revision {row.revision}",
        kind=kind,
        draft=row.pk,
        revision=row.revision,
        digest=digest_of_text(text),
    )
    return {
        "draft": row.pk,
        "revision": row.revision,
        "problems": len(checked.problems),
        "warnings": [
            {"code": w.code, "where": w.where, "zh": w.words.zh, "en": w.words.en} for w in checked.warnings
        ],
    }


def digest_of_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _new_draft(ctx: Context, kind: str, text: str, note: str) -> PlanDraft:
    login = ctx.person.login
    return PlanDraft.objects.create(
        kind=kind, text=text, note=note, author=login, editors=[login], made_at=ctx.now, changed_at=ctx.now
    )


def _next_revision(ctx: Context, draft: int, revision: int, text: str, note: str) -> PlanDraft:
    row = open_draft(draft, revision)
    row.text, row.note, row.changed_at = text, note or row.note, ctx.now
    row.revision += 1
    if ctx.person.login not in row.editors:
        row.editors = [*row.editors, ctx.person.login]
    row.save()
    return row


def open_draft(draft: int, revision: int) -> PlanDraft:
    """The draft, locked. Refused when it is not there, no longer a draft, or not the revision that was read."""
    row = PlanDraft.objects.select_for_update().filter(pk=draft).first()
    if row is None:
        words = Words("没有这个草稿。", "There is no such draft.")
        raise NotFound(Problem("draft_not_found", words, "draft"))
    if row.state != "draft":
        raise refuse(
            "draft_settled",
            "这个草稿已发布或已作废，不能再改。请新建草稿。",
            "This draft was published or discarded: make a new one.",
            where="draft",
        )
    if row.revision != revision:
        words = Words(
            f"您看的是第 {revision} 稿，{row.editors[-1]}等人已存为第 {row.revision} 稿。请看过新稿再决定；您填的内容已保留。",
            f"You read revision {revision}; it is revision {row.revision} by now. Read that one, then decide; what you typed is kept.",
        )
        raise Stale(Problem("draft_changed", words, "revision"))
    return row


@act("plan.discard_draft", "作废流程草稿", "Discard a draft of a plan", roles=PLAN_ROLES, on_case=False)
def discard_draft(ctx: Context, *, draft: int, revision: int, reason: str) -> dict[str, Any]:
    """The draft goes no further; it stays readable, with the reason in the timeline."""
    if not reason.strip():
        raise invalid("reason_missing", "请写明原因。", "Give the reason.", where="reason")
    row = open_draft(draft, revision)
    row.state, row.changed_at = "discarded", ctx.now
    row.save()
    ctx.note(
        f"作废流程草稿：{row.kind}（{reason}）",
        f"Discarded a draft of the plan {row.kind}: {reason}",
        kind=row.kind,
        draft=row.pk,
        reason=reason,
    )
    return {"draft": row.pk}


@act("plan.publish", "发布流程", "Publish a plan", roles=PLAN_ROLES, on_case=False)
def publish(ctx: Context, *, draft: int, revision: int, in_force_from: str) -> dict[str, Any]:
    """Publish the revision that was read, in force from a day on (ISO). By somebody who did not write on it."""
    day = _day(in_force_from)
    row = open_draft(draft, revision)
    with connection.cursor() as cursor:
        # Two drafts of one kind may not become the same version.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"plan:{row.kind}"])
    _two_people(ctx, row)
    checked = check_draft(row.kind, row.text)
    if checked.problems or checked.plan is None:
        first = checked.problems[0]
        count = len(checked.problems)
        words = Words(
            f"草稿有 {count} 处问题，不能发布。{first.where}：{first.words.zh}",
            f"The draft has {count} problem(s) and is not published. {first.where}: {first.words.en}",
        )
        raise Invalid(Problem(first.code, words, first.where))
    problem = date_problem(row.kind, day, ctx.now.astimezone(bank_zone()).date())
    if problem is not None:
        raise Invalid(problem)
    version = checked.plan.version
    digest = digest_of_text(row.text)
    PlanVersion.objects.create(
        kind=row.kind, version=version, text=row.text, digest=digest, published_at=ctx.now
    )
    Publication.objects.create(
        kind=row.kind,
        version=version,
        in_force_from=day,
        draft=row,
        author=row.author,
        publisher=ctx.person.login,
        at=ctx.now,
    )
    row.state, row.published_version, row.changed_at = "published", version, ctx.now
    row.save()
    title = checked.plan.title
    words = Words(
        f"流程“{title.zh}”第 {version} 版已发布，自 {day.isoformat()} 起施行",
        f"Version {version} of the plan “{title.en}” is published, in force from {day.isoformat()}",
    )
    tell_colleagues(
        [e for e in row.editors if e != ctx.person.login],
        None,
        "plan",
        words,
        ctx.now,
        href=f"/desk/plans/{row.kind}/",
    )
    ctx.note(
        f"发布流程：{row.kind} 第 {version} 版，自 {day.isoformat()} 起施行",
        f"Published the plan {row.kind}, version {version}, in force from {day.isoformat()}",
        kind=row.kind,
        version=version,
        digest=digest,
        draft=row.pk,
        author=row.author,
        in_force_from=day.isoformat(),
    )
    return {"kind": row.kind, "version": version, "in_force_from": day.isoformat(), "digest": digest}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(
            "date_unreadable",
            "请填写施行日期（YYYY-MM-DD）。",
            "Enter the day on which it comes into force (YYYY-MM-DD).",
            where="in_force_from",
        ) from None


def _two_people(ctx: Context, row: PlanDraft) -> None:
    if ctx.person.login in row.editors:
        raise not_allowed(
            "maker_is_checker",
            "您写过这个草稿，要由另一人发布。",
            "You wrote on this draft: another person publishes it.",
        )
    roles = set(ctx.person.roles)
    for person in Staff.objects.filter(login__in=row.editors):
        roles |= set(person.roles)
    if "province_specialist" not in roles:
        raise not_allowed(
            "province_needed",
            "流程对全省网点生效，起草人和发布人中至少一人应为省分行专家。",
            "A plan binds every branch: the author or the publisher has to be a province specialist.",
        )
