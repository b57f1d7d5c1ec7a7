"""What a case is to pay, and whether it may pay yet: read from its plan and state, for acts and pages alike."""

from __future__ import annotations

from collections.abc import Mapping

from xiaoshi.core.casework.model import FactValue, Plan, State, Step
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.problems import Words

DUE_FACT = "sum_fen"
# A step of a plan that needs `check:payment_approved` waits for an approved order.
APPROVED_CHECK = "payment_approved"
_NEED = f"check:{APPROVED_CHECK}"


def due_fen_of(facts: Mapping[str, FactValue]) -> int:
    """The sum that the case settled (fact `sum_fen`); 0 while it is not known."""
    value = facts.get(DUE_FACT)
    return value if isinstance(value, int) else 0


def pay_step(plan: Plan) -> Step | None:
    """The step of the plan that needs an approved payment."""
    return next((step for step in plan.steps.values() if any(n.key == _NEED for n in step.needs)), None)


def too_early(plan: Plan, state: State) -> Words | None:
    """Why this case may not pay yet: what its pay step waits for beside the approval itself. None when it may.

    A plan without such a step leaves that to the kind's own act. A pay step that is done may be paid for again (after a
    reversal): `already_paid` guards that.
    """
    step = pay_step(plan)
    if step is None:
        return None
    left = [h for h in Standing(plan, state).hindrances(step) if h.about != _NEED and h.code != "finished"]
    return left[0].words if left else None
