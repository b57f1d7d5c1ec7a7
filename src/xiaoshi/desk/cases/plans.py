"""Published plans: each version stays as it was published, and a running case keeps the one it was opened with.

Which one a new case gets is a question of its date: the newest version that was in force at the outlet on the day when
the case was opened. A version that came with the release is in force from the day it was installed, the first of a kind
always was; one that the bank published itself, from the day that its second person wrote down.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from xiaoshi.core.casework.model import Plan
from xiaoshi.core.casework.plan_load import load_plan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.cases.models import Case, PlanVersion
from xiaoshi.desk.guard.refusals import invalid
from xiaoshi.desk.kinds import all_kinds

log = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class DatedVersion:
    """A published version with its first day in force (`date.min`: always was) and who wrote and published it; both
    empty for a version that came with the release."""

    version: int
    in_force_from: date
    digest: str
    author: str = ""
    publisher: str = ""


def bank_zone() -> ZoneInfo:
    """The zone in which the bank's days begin."""
    return ZoneInfo(settings.TIME_ZONE)


def dated_versions(kind: str) -> list[DatedVersion]:
    """All published versions of the kind, newest first."""
    from xiaoshi.desk.plans.models import Publication

    own = Publication.objects.filter(kind=OuterRef("kind"), version=OuterRef("version"))
    rows = list(
        PlanVersion.objects.filter(kind=kind)
        .order_by("-version")
        .annotate(
            from_day=Subquery(own.values("in_force_from")),
            author=Subquery(own.values("author")),
            publisher=Subquery(own.values("publisher")),
        )
    )
    found = []
    for row in rows:
        shipped = date.min if row is rows[-1] else row.published_at.astimezone(bank_zone()).date()
        found.append(
            DatedVersion(
                row.version, row.from_day or shipped, row.digest, row.author or "", row.publisher or ""
            )
        )
    return found


def in_force(kind: str, day: date) -> Plan:
    """The plan with which a case opened on this day goes. Refused with words while the first version is still to come."""
    versions = dated_versions(kind)
    found = next((v for v in versions if v.in_force_from <= day), None)
    if found is not None:
        return published(kind, found.version)
    if not versions:
        raise PlanUnusable(kind, (Problem("never_published", Words("尚未发布", "never published")),))
    first = versions[-1].in_force_from
    raise invalid(
        "plan_not_in_force",
        f"该业务的流程自{first.isoformat()}起施行，{day.isoformat()}还不能受理。",
        f"The plan of this kind is in force from {first.isoformat()}: on {day.isoformat()} no case can be opened yet.",
        where="kind",
    )


def publish_shipped() -> list[PlanVersion]:
    """Publish the plans in the kinds' folders that are not published yet. Called after migrations; safe to run again.

    A text that changed under the same version number is refused: the cases that run on it were promised the old text.
    """
    new = []
    for kind in all_kinds():
        text = kind.plan_text
        plan = plan_from_text(kind.name, text)
        if plan.kind != kind.name:
            words = Words(
                f"业务种类 {kind.name} 带来的是“{plan.kind}”的流程。请核对 plan.toml 的 kind",
                f"The kind {kind.name} brings the plan of “{plan.kind}”: check `kind` in its plan.toml",
            )
            raise PlanUnusable(kind.name, (Problem("other_kind", words, f"{kind.name}/plan.toml"),))
        digest = hashlib.sha256(text.encode()).hexdigest()
        with transaction.atomic():
            row, made = PlanVersion.objects.get_or_create(
                kind=kind.name,
                version=plan.version,
                defaults={"text": text, "digest": digest, "published_at": timezone.now()},
            )
        if made:
            new.append(row)
        elif row.digest != digest and _published_by_the_bank(kind.name, plan.version):
            # The bank was first with this number: its own version stays in force, and the release does not stop for it.
            log.warning(
                "plan %s: the bank published its own version %s; the one of this release is not taken",
                kind.name,
                plan.version,
            )
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


def _published_by_the_bank(kind: str, version: int) -> bool:
    from xiaoshi.desk.plans.models import Publication

    return Publication.objects.filter(kind=kind, version=version).exists()
