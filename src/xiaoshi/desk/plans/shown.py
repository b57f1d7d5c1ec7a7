"""A plan as its page shows it: stages and steps with conditions in words, and where how many cases stand.

Cases are counted in the reader's own part of the bank, by an index that holds nothing else, and no further than
`COUNTED_MAX`: a page that a province opens every morning may not walk a million rows. Beyond it says "at least".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from xiaoshi.core.casework.authority import confirmers, words_of
from xiaoshi.core.casework.model import Plan, Step
from xiaoshi.core.casework.plan_diff import clock_words, need_title
from xiaoshi.core.casework.plan_words import condition_words
from xiaoshi.core.casework.roles import words_of_roles
from xiaoshi.core.casework.votes import rule_words
from xiaoshi.core.problems import Words
from xiaoshi.desk.look.plan_map import PlanStage, PlanStep
from xiaoshi.desk.organisation.models import Staff

COUNTED_MAX = 20_000


@dataclass(frozen=True, slots=True)
class StandingCases:
    """Running cases by version and step. `capped`: there are more than were counted."""

    by_step: Mapping[tuple[int, str], int] = field(default_factory=dict)
    capped: bool = False

    def of_version(self, version: int) -> int:
        return sum(count for (own, _), count in self.by_step.items() if own == version)


def standing_cases(kind: str, person: Staff) -> StandingCases:
    """Running cases of the kind in the reader's part of the bank (row-level security applies as everywhere). One query."""
    reach = person.unit.path
    # The path ends with a slash; whatever lies below it sorts before the same path with the next character.
    beyond = reach[:-1] + chr(ord("/") + 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT plan_version, step, count(*) FROM (SELECT plan_version, step FROM cases_case"
            " WHERE kind = %s AND status IN ('open', 'suspended') AND unit_path >= %s AND unit_path < %s"
            " LIMIT %s) AS counted GROUP BY plan_version, step",
            [kind, reach, beyond, COUNTED_MAX + 1],
        )
        rows = {(version, step): count for version, step, count in cursor.fetchall()}
    return StandingCases(rows, sum(rows.values()) > COUNTED_MAX)


def count_words(count: int) -> str:
    return _("%(n)d cases") % {"n": count} if count else ""


def drawing(plan: Plan, cases: StandingCases, language: str) -> list[PlanStage]:
    """The stages for `<c-plan-map>`: a step says how many cases of this version stand there."""
    return [
        PlanStage(
            stage.title.in_language(language),
            tuple(
                PlanStep(
                    step.title.in_language(language),
                    "here" if (count := cases.by_step.get((plan.version, step.id), 0)) else "todo",
                    href=f"#step-{step.id}",
                    note=count_words(count) or _("no case here"),
                )
                for step in plan.steps.values()
                if step.stage == stage.id
            ),
        )
        for stage in plan.stages
    ]


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step in words. `told`: pairs of what and how, in the reader's language."""

    id: str
    title: str
    stage: str
    count: int
    told: tuple[tuple[str, str], ...]


def steps_in_words(
    plan: Plan, cases: StandingCases, choices: Mapping[str, Words], language: str
) -> list[ShownStep]:
    """Every step of the plan, for people who never read TOML or CEL."""
    stages = {stage.id: stage.title.in_language(language) for stage in plan.stages}
    return [
        ShownStep(
            step.id,
            step.title.in_language(language),
            stages.get(step.stage, ""),
            cases.by_step.get((plan.version, step.id), 0),
            tuple(_told(plan, step, choices, language)),
        )
        for step in plan.steps.values()
    ]


def _told(plan: Plan, step: Step, choices: Mapping[str, Words], language: str) -> list[tuple[str, str]]:
    def titles(names: tuple[str, ...]) -> str:
        return _(", ").join(plan.steps[name].title.in_language(language) for name in names)

    told = [(_("Who does it"), words_of(step.by).in_language(language))]
    if step.after:
        told.append((_("Comes after"), titles(step.after)))
    if step.when is not None:
        told.append((_("Only if"), condition_words(step.when, plan, choices).in_language(language)))
    if step.needs:
        needs = [need_title(need, plan).in_language(language) for need in step.needs]
        told.append((_("Needs"), _("; ").join(needs)))
    if step.four_eyes:
        told.append((_("Second person"), words_of(confirmers(step)).in_language(language)))
    if step.votes is not None:
        told.append((_("Decided by votes"), rule_words(step.votes).in_language(language)))
    if step.not_by:
        told.append((_("Not by whoever did"), titles(step.not_by)))
    if step.clock is not None:
        told.append((_("Time limit"), clock_words(step.clock).in_language(language)))
    if step.skip_by:
        told.append((_("May be skipped by"), words_of_roles(step.skip_by).in_language(language)))
    if step.client_words is not None:
        told.append((_("Told to the client"), step.client_words.in_language(language)))
    flags = [
        (step.optional, _("optional: a person calls it up")),
        (step.repeats, _("may be done again")),
        (step.irreversible, _("cannot be taken back")),
    ]
    said = [words for holds, words in flags if holds]
    if said:
        told.append((_("Also"), _("; ").join(said)))
    return told


def plan_in_words(plan: Plan, choices: Mapping[str, Words], language: str) -> list[dict[str, str]]:
    """What holds for the whole plan: rows for a summary card."""
    rows = [{"key": _("Who opens a case"), "value": words_of_roles(plan.opens).in_language(language)}]
    for milestone in plan.milestones:
        said = condition_words(milestone.when, plan, choices).in_language(language)
        rows.append(
            {
                "key": milestone.title.in_language(language),
                "value": _("reached when %(words)s") % {"words": said},
            }
        )
    closing = words_of_roles(plan.close.by).in_language(language)
    rows.append({"key": _("Who closes it"), "value": closing})
    if plan.close.when is not None:
        said = condition_words(plan.close.when, plan, choices).in_language(language)
        rows.append({"key": _("Closed only if"), "value": said})
    return rows
