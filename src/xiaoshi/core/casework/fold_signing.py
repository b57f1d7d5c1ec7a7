"""What signatures and votes make of a step's state, and how a change of the state is written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.model import Signer, State, StepPhase, StepState
from xiaoshi.core.casework.votes import afresh, with_vote

V = TypeVar("V")
Change = dict[str, Any]
"""Fields of `State` with their new values."""


def with_key(mapping: Mapping[str, V], key: str, value: V) -> dict[str, V]:
    return {**mapping, key: value}


def without_keys(mapping: Mapping[str, V], keys: Iterable[str]) -> dict[str, V]:
    gone = set(keys)
    return {key: value for key, value in mapping.items() if key not in gone}


def step_change(state: State, step_id: str, **fields: Any) -> Change:
    own = state.steps.get(step_id, StepState())
    return {"steps": with_key(state.steps, step_id, replace(own, **fields))}


def came_back(state: State, event: e.StepRejected | e.SigningRefused | e.ReportReturned) -> Change:
    return _open_again(state, event, event.step, event.reason, state.steps[event.step].signers)


def _open_again(state: State, event: e.Event, step: str, reason: str, signers: tuple[Signer, ...]) -> Change:
    return step_change(
        state,
        step,
        phase="open",
        sent_back=state.steps[step].sent_back + 1,
        makers=(),
        checker="",
        at=event.at,
        result={},
        reason=reason,
        signers=afresh(signers),
    )


def signing(state: State, event: e.SigningAsked) -> Change:
    signers = tuple(Signer(actor) for actor in event.signers)
    return step_change(state, event.step, signers=signers, any_one=event.any_one)


def votes_asked(state: State, event: e.VotesAsked) -> Change:
    return step_change(
        state,
        event.step,
        signers=event.voters,
        any_one=False,
        pass_at_percent=event.pass_at_percent,
        voters_min=event.voters_min,
    )


def voted(state: State, event: e.VoteCast) -> Change:
    own = state.steps[event.step]
    signers = with_vote(own.signers, event.voter, event.vote, event.reason, event.actor)
    return _after_votes(state, event, event.step, signers, event.next_phase)


def _after_votes(
    state: State, event: e.Event, step: str, signers: tuple[Signer, ...], phase: StepPhase
) -> Change:
    """A vote that failed opens the step again, with the reasons of those against, in the order of the voters."""
    if phase == "open" and state.steps[step].phase == "signing":
        reason = "；".join(s.reason for s in signers if s.vote == "against")
        return _open_again(state, event, step, reason, signers)
    return step_change(state, step, signers=signers, phase=phase, at=event.at)


def signers_changed(state: State, event: e.SignersChanged) -> Change:
    own = state.steps.get(event.step)
    if own is not None and own.pass_at_percent:
        return _after_votes(state, event, event.step, event.signers, event.next_phase)
    return step_change(state, event.step, signers=event.signers, phase=event.next_phase)


def signed(state: State, event: e.StepSigned) -> Change:
    signers = tuple(
        replace(s, signed=True) if s.actor == signer_of(state.steps[event.step].signers, event.names) else s
        for s in state.steps[event.step].signers
    )
    return step_change(state, event.step, signers=signers, phase=event.next_phase, at=event.at)


def signer_of(signers: tuple[Signer, ...], names: tuple[str, ...]) -> str:
    """Whose signature this is: the first of the names that has yet to sign, the actor's own before the absent's."""
    waiting = [s.actor for s in signers if not s.signed]
    return next((name for name in names if name in waiting), "")
