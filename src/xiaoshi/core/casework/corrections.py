"""What a correction of facts does to steps: told before it is made, and kept in the entry.

A fact that is corrected can pull the ground from under work that was done: the notes were not burnt after all, so handing
the case to a designated outlet was not needed. The engine undoes nothing on its own account; a person has to see it,
and sends the step back or leaves it. The other direction is told too: work that was not needed is needed now.

    before  special_damage = true   `hand_in` done      after  special_damage = false   -> no longer needed: hand_in
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from xiaoshi.core.casework.model import FactValue, Plan, State
from xiaoshi.core.casework.standing import PENDING, Standing


@dataclass(frozen=True, slots=True)
class Effects:
    """Step ids in the order of the plan. `unneeded`: made or finished, and by its condition not needed any more.
    `needed`: was settled without work (not applicable), and is to be done now."""

    unneeded: tuple[str, ...]
    needed: tuple[str, ...]


def effects_of(plan: Plan, state: State, facts: Mapping[str, FactValue | None]) -> Effects:
    """What setting these facts (None: no longer known) would do to the steps whose conditions read them."""
    kept = {name: value for name, value in state.facts.items() if name not in facts}
    after = Standing(
        plan, replace(state, facts=kept | {n: value for n, value in facts.items() if value is not None})
    )
    before = Standing(plan, state)
    unneeded, needed = [], []
    for step in before.all_steps():
        if step.when is None or step.when.facts == () or not set(step.when.facts) & set(facts):
            continue
        worked = before.of(step.id).phase in (*PENDING, "done")
        was, now = before.truth(step.when), after.truth(step.when)
        if worked and was.value and not now.value:
            unneeded.append(step.id)
        elif not worked and before.applies(step)[0] == "no" and after.applies(step)[0] == "yes":
            needed.append(step.id)
    return Effects(tuple(unneeded), tuple(needed))
