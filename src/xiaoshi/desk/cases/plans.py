"""Published plans: each version stays as it was published, and a running case keeps the one it was opened with."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.db import transaction
from django.utils import timezone

from xiaoshi.core.casework.model import Plan
from xiaoshi.core.casework.plan_load import load_plan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.cases.models import Case, PlanVersion
from xiaoshi.desk.kinds import all_kinds


class PlanUnusable(Exception):  # noqa: N818
    """A stored or shipped plan does not load: an installation's fault, with all problems."""

    def __init__(self, kind: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{kind}: " + "; ".join(f"{p.where} {p.words.en}" for p in problems))
        self.problems = problems


@lru_cache(maxsize=256)
def plan_from_text(kind: str, text: str) -> Plan:
    """The plan, loaded once for each process. Raises PlanUnusable with line and reason."""
    loaded = load_plan(text, source=f"{kind}/plan.toml")
    if loaded.plan is None:
        raise PlanUnusable(kind, loaded.problems)
    return loaded.plan


@lru_cache(maxsize=256)
def published(kind: str, version: int) -> Plan:
    """A published version. It never changes, so it is read once for each process."""
    return plan_from_text(kind, PlanVersion.objects.get(kind=kind, version=version).text)


def plan_of(case: Case) -> Plan:
    """The plan in the version that this case was opened with."""
    return published(case.kind, case.plan_version)


def newest(kind: str) -> Plan:
    """The newest published version of a kind."""
    row = PlanVersion.objects.filter(kind=kind).order_by("-version").first()
    if row is None:
        raise PlanUnusable(kind, (Problem("never_published", Words("尚未发布", "never published")),))
    return published(kind, row.version)


def publish_shipped() -> list[PlanVersion]:
    """Publish the plans in the kinds' folders that are not published yet. Called after migrations; safe to run again.

    A text that changed under the same version number is refused: the cases that run on it were promised the old text.
    """
    new = []
    for kind in all_kinds():
        text = kind.plan_text
        plan = plan_from_text(kind.name, text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        with transaction.atomic():
            row, made = PlanVersion.objects.get_or_create(
                kind=kind.name,
                version=plan.version,
                defaults={"text": text, "digest": digest, "published_at": timezone.now()},
            )
        if made:
            new.append(row)
        elif row.digest != digest:
            raise PlanUnusable(
                kind.name,
                (
                    Problem(
                        "changed_without_new_version",
                        Words(
                            f"流程 {kind.name} 第 {plan.version} 版已发布，内容却变了。请把 plan.toml 的 version 加一后再发布。",
                            f"Version {plan.version} of {kind.name} is published, but its text has changed. Raise `version` in"
                            " plan.toml and publish again.",
                        ),
                        f"{kind.name}/plan.toml",
                    ),
                ),
            )
    return new
