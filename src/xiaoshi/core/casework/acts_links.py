"""Deciding about other cases: this case waits for another one, at a step or for closing.

A waits for B. While B runs, the step of A (or A's closing) is hindered, whoever asks and by whatever door. B is closed:
the house notes it on A and nothing waits any more. B is cancelled: its outcome will never come, so A goes on waiting
until a person says what to do instead. B is reopened: A waits again. Whether A and B wait for each other through any
number of cases is seen by the desk, which knows all of them; the engine knows one case and refuses only itself.
"""

from __future__ import annotations

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.authority import HOUSE
from xiaoshi.core.casework.model import CASE, Refused
from xiaoshi.core.casework.turn import Outcome, Turn, first_refusal, refused

OTHER_CASES_MAX = 20


def wait_for_case(turn: Turn, command: c.WaitForCase) -> Outcome:
    """Wait for the other case, with reason."""
    state = turn.state
    if command.other == state.case_number:
        return refused("waits_for_itself", "案件不能等待自己", "A case cannot wait for itself", "other")
    if command.other in state.other_cases and state.other_cases[command.other].outcome != "closed":
        return refused("waits_already", "本案已在等待该案件", "This case waits for it already", "other")
    if len(state.other_cases) >= OTHER_CASES_MAX:
        return refused(
            "too_many_others",
            f"一个案件最多等待{OTHER_CASES_MAX}个案件",
            f"A case waits for at most {OTHER_CASES_MAX} others",
            "other",
        )
    if command.step != CASE:
        step = turn.step(command.step)
        if isinstance(step, Refused):
            return step
        if turn.standing.settled(step):
            return refused("finished", "该环节无须再办，不必等待", "Nothing is left to do here", step.id)
    no = first_refusal(turn.may("wait_for_case"), turn.needs_reason(command.reason))
    if no is not None:
        return no
    return [turn.event(e.OtherCaseAwaited, other=command.other, step=command.step, reason=command.reason)]


def stop_waiting(turn: Turn, command: c.StopWaiting) -> Outcome:
    """A person decides that the other case is not waited for any longer."""
    if command.other not in turn.state.other_cases:
        return refused("does_not_wait", "本案没有等待该案件", "This case does not wait for it", "other")
    no = first_refusal(turn.may("wait_for_case"), turn.needs_reason(command.reason))
    return no if no is not None else [turn.event(e.OtherCaseLet, other=command.other, reason=command.reason)]


def note_other_case(turn: Turn, command: c.NoteOtherCase) -> Outcome:
    """The house notes how the other case ended."""
    if not turn.actor.id.startswith(HOUSE):
        return refused(
            "house_only",
            "另一案件的结果由系统登记，不能手工填写",
            "The desk itself notes how the other case ended",
            "other",
        )
    other = turn.state.other_cases.get(command.other)
    if other is None or other.outcome == command.outcome:
        return refused("nothing_new", "没有变化", "Nothing would change", "other")
    return [turn.event(e.OtherCaseEnded, other=command.other, outcome=command.outcome)]
