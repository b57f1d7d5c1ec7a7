"""A plan carried from one installation to another: tried out in a test house, published in the one that works.

The package is JSON: the text as published, its digest, the digests of all versions before it, who wrote and published it
there. Taken in, it is a draft like any other: two people of this house still read and publish it. What is missing here is
told before anything is kept: the kind's program, versions that differ, steps without a form.
"""

from __future__ import annotations

import json
from typing import Any

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.cases.models import PlanVersion
from xiaoshi.desk.cases.plans import dated_versions
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid
from xiaoshi.desk.kinds import KINDS
from xiaoshi.desk.plans.checking import check_draft
from xiaoshi.desk.plans.models import PlanDraft
from xiaoshi.desk.plans.publishing import PLAN_ROLES, digest_of_text

FORMAT = "xiaoshi-plan/1"


def pack(kind: str, version: int) -> dict[str, Any] | None:
    """The package of a published version; None when there is none."""
    row = PlanVersion.objects.filter(kind=kind, version=version).first()
    if row is None:
        return None
    dated = dated_versions(kind)
    own = next(v for v in dated if v.version == version)
    return {
        "format": FORMAT,
        "kind": kind,
        "version": version,
        "digest": row.digest,
        "published_at": row.published_at.isoformat(),
        "author": own.author,
        "publisher": own.publisher,
        "earlier": [{"version": v.version, "digest": v.digest} for v in dated if v.version < version],
        "text": row.text,
    }


def package_text(package: dict[str, Any]) -> str:
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def check_package(package: Any) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """`(problems, warnings)`: what keeps the package out of this house, and what its people should know."""
    shape = _wrong_shape(package)
    if shape is not None:
        return (shape,), ()
    kind, text = package["kind"], package["text"]
    if digest_of_text(text) != package["digest"]:
        words = Words(
            "流程包的文本与其摘要不符，传送中可能被改动。请重新导出",
            "The text of the package does not fit its digest: it was altered on the way. Export it again",
        )
        return (Problem("package_altered", words, "digest"),), ()
    if kind not in KINDS:
        words = Words(
            f"本系统没有业务种类“{kind}”，请先安装它的程序包",
            f"This installation has no kind “{kind}”: install its package first",
        )
        return (Problem("unknown_kind", words, "kind"),), ()
    checked = check_draft(kind, text)
    here = {v.version: v.digest for v in dated_versions(kind)}
    warnings = list(checked.warnings)
    for earlier in package["earlier"]:
        found = here.get(earlier["version"])
        if found != earlier["digest"]:
            state_zh, state_en = ("没有", "is not here") if found is None else ("不同", "differs here")
            words = Words(
                f"来源系统的第 {earlier['version']} 版在本系统{state_zh}：在办案件改版前请看两版差异",
                f"Version {earlier['version']} of the source {state_en}: read the difference before cases are moved",
            )
            warnings.append(Problem("earlier_version_differs", words, f"earlier/{earlier['version']}"))
    return checked.problems, tuple(warnings)


def _wrong_shape(package: Any) -> Problem | None:
    wanted: dict[str, type] = {"kind": str, "text": str, "digest": str, "version": int, "earlier": list}
    fine = (
        isinstance(package, dict)
        and package.get("format") == FORMAT
        and all(isinstance(package.get(name), kind) for name, kind in wanted.items())
        and all(
            isinstance(e, dict) and isinstance(e.get("version"), int) and isinstance(e.get("digest"), str)
            for e in package["earlier"]
        )
    )
    if fine:
        return None
    words = Words(
        f"不是 {FORMAT} 流程包：应为 xiaoshi plan export 写出的 JSON 文件",
        f"This is no {FORMAT} package: it has to be the JSON that `xiaoshi plan export` wrote",
    )
    return Problem("package_shape", words)


@act("plan.import_draft", "导入流程包", "Import a plan", roles=PLAN_ROLES, on_case=False)
def import_draft(ctx: Context, *, package: dict[str, Any]) -> dict[str, Any]:
    """Take a package in as a draft. Whoever imports counts as its author: another person publishes it."""
    problems, warnings = check_package(package)
    if problems:
        raise Invalid(problems[0])
    login = ctx.person.login
    row = PlanDraft.objects.create(
        kind=package["kind"],
        text=package["text"],
        note=f"{package['publisher'] or '—'} · {package['digest'][:12]}" if package.get("publisher") else "",
        author=login,
        editors=[login],
        made_at=ctx.now,
        changed_at=ctx.now,
    )
    ctx.note(
        f"导入流程包：{row.kind} 第 {package['version']} 版",
        f"Imported a plan: {row.kind}, version {package['version']}",
        kind=row.kind,
        draft=row.pk,
        digest=package["digest"],
    )
    return {
        "draft": row.pk,
        "revision": 1,
        "kind": row.kind,
        "version": package["version"],
        "warnings": [
            {"code": w.code, "zh": w.words.zh, "en": w.words.en, "where": w.where} for w in warnings
        ],
    }
