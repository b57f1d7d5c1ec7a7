"""What is wrong with a draft, beside what the engine finds in its text: the version's number, its date, its place in this house.

Problems keep it from being published; warnings do not, both people read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from xiaoshi.core.casework.model import Plan
from xiaoshi.core.casework.plan_load import load_plan
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.cases.plans import dated_versions
from xiaoshi.desk.kinds import KINDS, kind_named


@dataclass(frozen=True, slots=True)
class DraftCheck:
    """`plan` when the text itself is a plan, also while other problems keep it from being published."""

    plan: Plan | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_draft(kind: str, text: str) -> DraftCheck:
    """Everything that is known to be wrong with this text as the next version of the kind's plan, with lines."""
    loaded = load_plan(text, source="plan.toml")
    if loaded.plan is None:
        return DraftCheck(None, loaded.problems, loaded.warnings)
    plan = loaded.plan
    problems = (*_another_kind(kind, plan), *_not_higher(kind, plan))
    return DraftCheck(plan, tuple(problems), (*loaded.warnings, *_fit_with_the_house(kind, plan)))


def _another_kind(kind: str, plan: Plan) -> Iterator[Problem]:
    if plan.kind != kind:
        words = Words(
            f"这是“{plan.kind}”的流程，不能作为“{kind}”发布。请核对 kind 一行",
            f"This is the plan of “{plan.kind}” and cannot be published as “{kind}”: check the line `kind`",
        )
        yield Problem("other_kind", words, "plan.toml:kind")


def _not_higher(kind: str, plan: Plan) -> Iterator[Problem]:
    newest = next(iter(dated_versions(kind)), None)
    if newest is not None and plan.version <= newest.version:
        words = Words(
            f"版本号应高于已发布的第 {newest.version} 版，现为 {plan.version}。请修改 version 一行",
            f"The version has to be higher than the published {newest.version}, not {plan.version}: change the line `version`",
        )
        yield Problem("version_not_higher", words, "plan.toml:version")


def date_problem(kind: str, wanted: date, today: date) -> Problem | None:
    """Why a version cannot come into force on this day: it is past, or an earlier version would come after it."""
    if wanted < today:
        words = Words(
            f"施行日期 {wanted.isoformat()} 已过去：已按旧版受理的案件得到的是旧版的承诺。请选今天或以后",
            f"{wanted.isoformat()} is in the past, and cases opened since were promised the old version: choose today or later",
        )
        return Problem("date_in_the_past", words, "in_force_from")
    newest = next(iter(dated_versions(kind)), None)
    if newest is not None and wanted < newest.in_force_from:
        day = newest.in_force_from.isoformat()
        words = Words(
            f"第 {newest.version} 版自 {day} 起施行，更高的版本不能早于它",
            f"Version {newest.version} comes into force on {day}; a higher one cannot come before it",
        )
        return Problem("date_before_earlier_version", words, "in_force_from")
    return None


def _fit_with_the_house(kind: str, plan: Plan) -> Iterator[Problem]:
    """Steps that this installation has no form for, and forms whose step is gone."""
    if kind not in KINDS:
        return
    known = kind_named(kind).steps
    for step in plan.steps.values():
        if step.id not in known and (step.form or step.renamed_from):
            words = Words(
                f"本系统没有环节“{step.title.zh}”（{step.id}）的表单，只能以备注办理",
                f"This installation has no form for the step “{step.title.en}” ({step.id}): it is done with a note only",
            )
            yield Problem("form_missing", words, f"plan.toml:{step.line}")
    for name, work in known.items():
        if name not in plan.steps and not work.by_form_alone:
            words = Words(
                f"环节 {name} 在本系统有专门的操作，新版却没有它，该操作将用不上",
                f"The step {name} has an act of its own in this installation, but the new version does not have the step",
            )
            yield Problem("act_without_step", words, "plan.toml:steps")
