"""Machine accounts: programs that act under a name of their own, and what they may never be.

A machine proposes, people decide. A program may open cases, hand in papers, do steps that are only a form; it is never
the second pair of eyes, whatever its roles say: not by an act that is for people only, and not by any command of the
case engine that confirms, rejects, signs, waives, answers with authority, or does a step that somebody other than an
earlier doer must do. The database says the same about money (`api/migrations`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xiaoshi.core.casework import events as e
from xiaoshi.desk.guard.refusals import not_allowed

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Context

MACHINE = "machine:"
"""How the sign-in name of a machine account begins; no person's may (a constraint of the database)."""

OF_A_SECOND_PERSON = (
    e.StepConfirmed,
    e.StepRejected,
    e.StepSkipped,
    e.NeedWaived,
    e.ReportAccepted,
    e.ReportReturned,
    e.StepSigned,
    e.SigningRefused,
    e.VoteCast,
    e.QuestionAnswered,
)


def is_machine(login: str) -> bool:
    return login.startswith(MACHINE)


def refuse_machine(ctx: Context) -> None:
    """Before the act: one that is for people only."""
    if ctx.act.people_only and is_machine(ctx.person.login):
        raise not_allowed(
            "people_only",
            f"“{ctx.act.words.zh}”须由人判断，机器账户不能办理。",
            f"“{ctx.act.words.en}” is for a person to decide; a machine account may not.",
        )


def refuse_machine_as_second(ctx: Context) -> None:
    """After the act, before anything is kept: what it told the engine must not have been a second person's part."""
    if not is_machine(ctx.person.login) or ctx.plan is None:
        return
    for event in ctx.events:
        second = isinstance(event, e.StepDone) and (
            event.step in ctx.plan.steps and bool(ctx.plan.steps[event.step].not_by)
        )
        if second or isinstance(event, OF_A_SECOND_PERSON):
            raise not_allowed(
                "machine_is_no_checker",
                "复核、签署、批复和须换人办理的环节只能由人办理，机器账户不能代替。",
                "Confirming, signing, answering and steps that need another pair of eyes are for people, not for a machine account.",
            )
