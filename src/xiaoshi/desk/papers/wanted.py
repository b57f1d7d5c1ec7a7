"""The requirements of a case in papers: what its plan's steps need, what a person asked for beside it, and how each stands.

Read from plan and state; the desk's rows (when the client was asked, which documents carry the name) are joined in
`requirements.py`. The rule behind a requirement is the step that needs it, or the reason that a person gave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from xiaoshi.core.casework.model import NeedRecord, Plan, State, Step
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.problems import Words

FOR_THE_CASE = Words("整个案件", "the case as a whole")


@dataclass(frozen=True, slots=True)
class WantedPaper:
    """One paper that a step of the case, or a person, asks for.

    `reference`: the document that meets it, when there is one; `by`, `at`, `note`: who recorded (or waived) it, when, with
    which words. `title`: what the plan or the person calls it, None when neither does. `asked_by`: the person who asked for
    it beside the plan, with `reason`. `blocks`: the step (or closing) waits for it. `missing_since`: None once it is met.
    """

    name: str
    step: str
    step_title: Words
    required: bool
    reference: str = ""
    waived: bool = False
    by: str = ""
    at: datetime | None = None
    note: str = ""
    title: Words | None = None
    asked_by: str = ""
    reason: str = ""
    missing_since: datetime | None = None
    taken_off: str = ""
    all_steps: tuple[Words, ...] = ()

    @property
    def met(self) -> bool:
        return bool(self.reference) or self.waived

    @property
    def key(self) -> str:
        return f"paper:{self.name}"


def is_wanted(plan: Plan | None, state: State | None, paper: str) -> bool:
    """Whether the plan, an added step or a person asks for this paper at all, so that it must be recorded on the case."""
    if plan is None or state is None:
        return False
    if f"paper:{paper}" in state.asked_needs:
        return True
    return any(
        need.kind == "paper" and need.name == paper
        for step in Standing(plan, state).all_steps()
        for need in step.needs
    )


def wanted_papers(plan: Plan, state: State) -> tuple[WantedPaper, ...]:
    """The papers of all steps that belong to the case and are not finished, or that were met or taken off; then those that
    a person asked for. Each name once, with all steps that need it."""
    standing = Standing(plan, state)
    found: dict[str, WantedPaper] = {}
    for step, name, required in _needs(standing):
        key = f"paper:{name}"
        if key not in state.records and key not in state.taken_off and standing.settled(step):
            continue
        known = found.get(name)
        steps = (*known.all_steps, step.title) if known else (step.title,)
        if known is not None and (known.required or not required):
            found[name] = _with_steps(known, steps)
        else:
            found[name] = _wanted(plan, state, name, step, required, steps)
    return (*found.values(), *_asked(plan, state))


@dataclass(frozen=True, slots=True)
class WantedCheck:
    """A check or decision that a step needs: `kind` check or decision; `record`: what was recorded, None when nothing."""

    kind: str
    title: Words
    all_steps: tuple[Words, ...]
    required: bool
    record: NeedRecord | None


def wanted_checks(plan: Plan, state: State) -> tuple[WantedCheck, ...]:
    """The checks and decisions of the steps that belong to the case, in the plan's order; each once."""
    standing = Standing(plan, state)
    found: dict[str, WantedCheck] = {}
    for step in standing.all_steps():
        if standing.applies(step)[0] == "no":
            continue
        for need in step.needs:
            if need.kind not in ("check", "decision"):
                continue
            known = found.get(need.key)
            found[need.key] = WantedCheck(
                need.kind,
                plan.need_words.get(need.name, Words(need.name, need.name)),
                (*(known.all_steps if known else ()), step.title),
                need.required or (known is not None and known.required),
                state.records.get(need.key),
            )
    return tuple(found.values())


def wanted_named(plan: Plan, state: State, name: str) -> WantedPaper | None:
    """The requirement with this name, when the case has it."""
    return next((w for w in wanted_papers(plan, state) if w.name == name), None)


def _needs(standing: Standing) -> Iterator[tuple[Step, str, bool]]:
    for step in standing.all_steps():
        for need in step.needs:
            if need.kind == "paper":
                yield step, need.name, need.required


def _wanted(
    plan: Plan, state: State, name: str, step: Step, required: bool, steps: tuple[Words, ...]
) -> WantedPaper:
    record, off = state.records.get(f"paper:{name}"), state.taken_off.get(f"paper:{name}")
    return WantedPaper(
        name,
        step.id,
        step.title,
        required,
        reference=record.value if record is not None and not record.waived else "",
        waived=record.waived if record is not None else False,
        by=record.by if record is not None else "",
        at=record.at if record is not None else None,
        note=record.note if record is not None else "",
        title=plan.need_words.get(name),
        missing_since=None if record is not None else off.at if off is not None else state.opened_at,
        taken_off=off.reason if off is not None else "",
        all_steps=steps,
    )


def _asked(plan: Plan, state: State) -> Iterator[WantedPaper]:
    standing = Standing(plan, state)
    for key, asked in state.asked_needs.items():
        record, off = state.records.get(key), state.taken_off.get(key)
        step = standing.step(asked.step) if asked.step else None
        title = step.title if step is not None else FOR_THE_CASE
        yield WantedPaper(
            key.partition(":")[2],
            asked.step,
            title,
            asked.blocks_close,
            reference=record.value if record is not None and not record.waived else "",
            waived=record.waived if record is not None else False,
            by=record.by if record is not None else "",
            at=record.at if record is not None else None,
            note=record.note if record is not None else "",
            title=Words(asked.title, asked.title),
            asked_by=asked.by,
            reason=asked.reason,
            missing_since=None if record is not None else off.at if off is not None else asked.at,
            taken_off=off.reason if off is not None else "",
            all_steps=(title,),
        )


def _with_steps(wanted: WantedPaper, steps: tuple[Words, ...]) -> WantedPaper:
    return replace(wanted, all_steps=steps)
