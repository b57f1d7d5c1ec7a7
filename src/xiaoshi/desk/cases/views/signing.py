"""What a page shows of signatures and votes: who signed or voted what and why, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from xiaoshi.core.casework.model import Signer, Step, StepState
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.casework.votes import tally
from xiaoshi.desk.cases.views.found import Found
from xiaoshi.desk.cases.views.verbs import options_for
from xiaoshi.desk.organisation.models import Staff


def signings_of(found: Found, person: Staff, language: str, only: str = "") -> list[dict[str, Any]]:
    """Each step for which signers or voters are named and that is not finished. Two queries, or none.

    `take_off`: this reader may take the maker, whose signature will never come, off those who sign.
    """
    steps = [
        (step, own)
        for step in Standing(found.plan, found.state).all_steps()
        if (own := found.state.steps.get(step.id)) is not None
        and own.signers
        and own.phase in ("open", "reported", "signing")
        and only in ("", step.id)
    ]
    if not steps or found.closed:
        return []
    names = _names((s for _step, own in steps for s in own.signers), language)
    options = options_for(found, person, timezone.now())
    removable = {(o.step, o.about) for o in options if o.act == "RemoveSigner"}
    return [_shown(step, own, names, removable, language) for step, own in steps]


def _names(signers: Iterable[Signer], language: str) -> dict[str, str]:
    logins = {name for s in signers for name in (s.actor, s.by) if name}
    return {s.login: s.name(language) for s in Staff.objects.filter(login__in=logins)}


def _shown(
    step: Step, own: StepState, names: dict[str, str], removable: set[tuple[str, str]], language: str
) -> dict[str, Any]:
    return {
        "step": step.id,
        "title": step.title.in_language(language),
        "now": own.phase == "signing",
        "tally": tally(own) if own.pass_at_percent else None,
        "share": own.pass_at_percent,
        "rows": [
            {
                "login": s.actor,
                "name": names.get(s.actor, s.actor),
                "weight": s.weight,
                "vote": s.vote,
                "signed": s.signed,
                "by": names.get(s.by, s.by) if s.by and s.by != s.actor else "",
                "reason": s.reason,
                "made_it": s.actor in own.makers,
                "take_off": s.actor in own.makers and not s.signed and (step.id, s.actor) in removable,
            }
            for s in own.signers
        ],
    }
