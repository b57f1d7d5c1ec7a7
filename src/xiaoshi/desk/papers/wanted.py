"""Which papers a case still wants: the `paper:` needs of its plan, read from plan and state."""

from __future__ import annotations

from dataclasses import dataclass

from xiaoshi.core.casework.model import Plan, State, Step
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.problems import Words


@dataclass(frozen=True, slots=True)
class WantedPaper:
    """One paper that a step of the case asks for. `reference`: the document that meets it, when there is one."""

    name: str
    step: str
    step_title: Words
    required: bool
    reference: str = ""
    waived: bool = False

    @property
    def met(self) -> bool:
        return bool(self.reference) or self.waived


def is_wanted(plan: Plan | None, state: State | None, paper: str) -> bool:
    """Whether the plan (or an added step) asks for this paper at all, so that it must be recorded on the case."""
    if plan is None or state is None:
        return False
    return any(
        need.kind == "paper" and need.name == paper
        for step in Standing(plan, state).all_steps()
        for need in step.needs
    )


def wanted_papers(plan: Plan, state: State) -> tuple[WantedPaper, ...]:
    """The papers of all steps that belong to the case and are not finished, or that are met already; each name once."""
    standing = Standing(plan, state)
    found: dict[str, WantedPaper] = {}
    for step in standing.all_steps():
        for need in step.needs:
            if need.kind != "paper":
                continue
            record = state.records.get(need.key)
            if record is None and not _asks_now(standing, step):
                continue
            known = found.get(need.name)
            if known is None or (need.required and not known.required):
                found[need.name] = WantedPaper(
                    need.name,
                    step.id,
                    step.title,
                    need.required,
                    reference=record.value if record is not None and not record.waived else "",
                    waived=record.waived if record is not None else False,
                )
    return tuple(found.values())


def _asks_now(standing: Standing, step: Step) -> bool:
    """A step asks unless it is finished, does not belong to this case, or is optional and was not called up."""
    return not standing.settled(step)
