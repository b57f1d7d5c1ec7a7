"""What pages draw: progress on the plan map, why each step waits, what is next, and what this person may do now.

Nothing here decides. `available` asks the decider itself, with a harmless probe for each act, so a button never promises
what the act would refuse; `tests/core/casework/` holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.authority import confirmers
from xiaoshi.core.casework.decide import judge
from xiaoshi.core.casework.model import CASE, Actor, FactSpec, FactValue, Plan, Refused, State, Step, Who
from xiaoshi.core.casework.roles import LEVELS, ROLES
from xiaoshi.core.casework.standing import PENDING, Hindrance, Standing
from xiaoshi.core.casework.turn import Turn
from xiaoshi.core.casework.votes import voters_min
from xiaoshi.core.problems import Words

Place = Literal["done", "skipped", "here", "waiting", "not_applicable", "optional"]
NextAct = Literal["do", "confirm", "accept", "sign", "vote", "close"]

ACT_WORDS: dict[str, Words] = {
    "OpenCase": Words("受理", "Open"),
    "SetFacts": Words("登记情况", "Set facts"),
    "DoStep": Words("办理", "Do"),
    "ConfirmStep": Words("复核通过", "Confirm"),
    "RejectStep": Words("复核不通过", "Reject"),
    "SkipStep": Words("跳过", "Skip"),
    "AddStep": Words("增加环节", "Add a step"),
    "CallUp": Words("启用", "Call up"),
    "CallOff": Words("取消启用", "Call off"),
    "RecordPaper": Words("登记资料", "Record a paper"),
    "RecordCheck": Words("登记检查", "Record a check"),
    "RecordDecision": Words("登记决定", "Record a decision"),
    "WaiveNeed": Words("免除要件", "Waive a need"),
    "AskForPaper": Words("另要资料", "Ask for a paper"),
    "WithdrawAsked": Words("撤销另要的资料", "Withdraw a paper asked for"),
    "TakeOff": Words("撤下资料", "Take a paper off"),
    "Claim": Words("签收", "Claim"),
    "Release": Words("退签", "Release"),
    "HandOver": Words("转办", "Hand over"),
    "MoveCase": Words("移交", "Move to another unit"),
    "Delegate": Words("委派", "Delegate"),
    "LapseDelegation": Words("委派到期", "Time to report is over"),
    "AcceptReport": Words("验收", "Accept the report"),
    "ReturnReport": Words("退回", "Return the report"),
    "AllSign": Words("会签", "Ask all to sign"),
    "AnySign": Words("或签", "Ask any one to sign"),
    "AskToVote": Words("票签", "Put to the vote"),
    "CastVote": Words("投票", "Vote"),
    "AddSigner": Words("加签", "Add a signer"),
    "RemoveSigner": Words("减签", "Remove a signer"),
    "Sign": Words("签署", "Sign"),
    "RefuseToSign": Words("拒签", "Refuse to sign"),
    "Copy": Words("抄送", "Copy"),
    "MarkRead": Words("已阅", "Read"),
    "Remind": Words("催办", "Remind"),
    "TakeBack": Words("撤回", "Take back"),
    "SendBack": Words("驳回", "Send back"),
    "Suspend": Words("挂起", "Suspend"),
    "Resume": Words("恢复", "Resume"),
    "Cancel": Words("作废", "Cancel"),
    "Reopen": Words("重开", "Reopen"),
    "CloseCase": Words("办结", "Close"),
    "Ask": Words("请示", "Ask upwards"),
    "Answer": Words("批复", "Answer"),
    "HandUpQuestion": Words("转请上级", "Hand the question up"),
    "WithdrawQuestion": Words("撤销请示", "Withdraw the question"),
    "WaitForCase": Words("等待另一案件", "Wait for another case"),
    "StopWaiting": Words("解除等待", "Wait no longer"),
    "NoteOtherCase": Words("登记另一案件的结果", "Note how another case ended"),
    "MoveToPlan": Words("改用新版流程", "Move to a newer plan"),
    "MoveBack": Words("改回原版流程", "Move back to the plan before"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """An act that is open to a person now. `act`: name of the command; `step` empty: the case; `about`: need, question
    or signer that it is about."""

    act: str
    words: Words
    step: str = CASE
    about: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An unfinished step that nobody can do now, and every reason."""

    step: str
    title: Words
    reasons: tuple[Hindrance, ...]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What can be done next: by a role (`who`), or by these persons only (`persons`)."""

    step: str
    title: Words
    act: NextAct
    who: Who | None
    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One step on the plan map. `here`: somebody can act on it now."""

    step: str
    title: Words
    client_words: Words | None
    place: Place
    round: int
    sent_back: int
    assignee: str
    makers: tuple[str, ...]
    checker: str
    at: datetime | None
    reason: str
    reasons: tuple[Hindrance, ...]


@dataclass(frozen=True, slots=True)
class StageProgress:
    """One stage with its steps; steps that people added stand under the last one, in a stage without id."""

    stage: str
    title: Words
    place: Literal["done", "here", "waiting", "not_applicable"]
    steps: tuple[StepProgress, ...]


def progress(plan: Plan, state: State) -> tuple[StageProgress, ...]:
    """The plan map."""
    standing = Standing(plan, state)
    stages = [(stage.id, stage.title) for stage in plan.stages]
    if state.added:
        stages.append(("", Words("临时环节", "Added steps")))
    return tuple(_stage(standing, stage, title) for stage, title in stages)


def _stage(standing: Standing, stage: str, title: Words) -> StageProgress:
    steps = tuple(_step(standing, step) for step in standing.all_steps() if step.stage == stage)
    places = {step.place for step in steps} - {"optional"}
    if "here" in places:
        place: Literal["done", "here", "waiting", "not_applicable"] = "here"
    elif places <= {"not_applicable"}:
        place = "not_applicable"
    else:
        place = "waiting" if "waiting" in places else "done"
    return StageProgress(stage, title, place, steps)


def _step(standing: Standing, step: Step) -> StepProgress:
    own = standing.of(step.id)
    reasons: tuple[Hindrance, ...] = ()
    place: Place
    if own.phase == "done":
        place = "done"
    elif own.phase == "skipped":
        place = "skipped"
    elif own.phase in PENDING:
        place, reasons = "here", standing.hindrances(step)
    elif step.optional and not own.called_up:
        place = "optional"
    elif standing.applies(step)[0] == "no":
        place = "not_applicable"
    else:
        reasons = standing.hindrances(step)
        place = "waiting" if reasons else "here"
    return StepProgress(
        step.id,
        step.title,
        step.client_words,
        place,
        own.round,
        own.sent_back,
        own.assignee,
        own.makers,
        own.checker,
        own.at,
        own.reason,
        reasons,
    )


def waiting(plan: Plan, state: State) -> tuple[Waiting, ...]:
    """Each unfinished step that waits, with why. Steps that are finished, not applicable or ready are left out."""
    standing = Standing(plan, state)
    found = []
    for step in standing.all_steps():
        if not standing.settled(step):
            reasons = standing.hindrances(step)
            if reasons:
                found.append(Waiting(step.id, step.title, reasons))
    return tuple(found)


def next_steps(plan: Plan, state: State) -> tuple[NextStep, ...]:
    """What can go on now, and by whom; closing when nothing else is left."""
    if state.phase != "open":
        return ()
    standing = Standing(plan, state)
    found = [n for step in standing.all_steps() if (n := _next(standing, step)) is not None]
    if not standing.close_hindrances():
        found.append(NextStep(CASE, Words("办结", "Close"), "close", Who(plan.close.by)))
    return tuple(found)


def _next(standing: Standing, step: Step) -> NextStep | None:
    own = standing.of(step.id)
    if own.phase == "reported":
        return NextStep(step.id, step.title, "accept", None, (own.delegator,))
    if own.phase == "signing":
        unsigned = {s.actor for s in own.signers if not s.signed}
        ready = tuple(
            s.actor
            for s in own.signers
            if not s.signed and not s.after & unsigned and s.actor not in own.makers
        )
        return NextStep(step.id, step.title, "vote" if own.pass_at_percent else "sign", None, ready)
    if own.phase == "to_confirm":
        return NextStep(step.id, step.title, "confirm", confirmers(step))
    if own.phase != "open" or standing.hindrances(step):
        return None
    if own.assignee:
        return NextStep(step.id, step.title, "do", None, (own.assignee,))
    return NextStep(step.id, step.title, "do", step.by)


# ---- what this person may do ----------------------------------------------------------------------------------------

PROBE_ID = "probe"
PROBE = "?"


def available(plan: Plan, state: State, actor: Actor, now: datetime) -> tuple[Option, ...]:
    """Every act that the decider would accept from this person now, given a fitting receiver, reason and fact."""
    standing = Standing(plan, state)
    found: list[Option] = []
    for command, step, about in _probes(plan, state, actor, now, standing):
        turn = Turn(plan, state, actor, now, PROBE_ID, standing)
        if not isinstance(judge(turn, command), Refused):
            name = type(command).__name__
            found.append(Option(name, ACT_WORDS[name], step, about))
    return tuple(dict.fromkeys(found))


Probe = tuple[c.Command, str, str]


def _probes(plan: Plan, state: State, actor: Actor, now: datetime, standing: Standing) -> Iterator[Probe]:
    if state.phase == "new":
        yield c.OpenCase(command_id=PROBE_ID, case_number=PROBE, unit_path=actor.unit_path), CASE, ""
        return
    for step in standing.all_steps():
        yield from ((command, step.id, about) for command, about in _step_probes(state, step, standing))
    yield from ((command, CASE, about) for command, about in _case_probes(plan, state, actor, now))


def _step_probes(state: State, step: Step, standing: Standing) -> Iterator[tuple[c.Command, str]]:
    name, to = step.id, somebody(step.by, state.unit_path)
    yield c.DoStep(command_id=PROBE_ID, step=name), ""
    yield c.ConfirmStep(command_id=PROBE_ID, step=name), ""
    yield c.RejectStep(command_id=PROBE_ID, step=name, reason=PROBE), ""
    yield c.SkipStep(command_id=PROBE_ID, step=name, reason=PROBE), ""
    yield c.CallUp(command_id=PROBE_ID, step=name), ""
    yield c.CallOff(command_id=PROBE_ID, step=name, reason=PROBE), ""
    yield c.Claim(command_id=PROBE_ID, step=name), ""
    yield c.Release(command_id=PROBE_ID, step=name), ""
    yield c.HandOver(command_id=PROBE_ID, step=name, to=to, reason=PROBE), ""
    yield c.Delegate(command_id=PROBE_ID, step=name, to=to, reason=PROBE), ""
    yield c.AcceptReport(command_id=PROBE_ID, step=name), ""
    yield c.ReturnReport(command_id=PROBE_ID, step=name, reason=PROBE), ""
    yield c.AllSign(command_id=PROBE_ID, step=name, signers=(to,)), ""
    yield c.AnySign(command_id=PROBE_ID, step=name, signers=(to,)), ""
    voters = _voters(step, state.unit_path, to)
    share = 0 if step.votes else 50
    yield c.AskToVote(command_id=PROBE_ID, step=name, voters=voters, pass_at_percent=share), ""
    yield c.CastVote(command_id=PROBE_ID, step=name, vote="for", reason=PROBE), ""
    yield c.CastVote(command_id=PROBE_ID, step=name, vote="against", reason=PROBE), ""
    one_more = voters[0] if standing.of(name).pass_at_percent else to
    yield c.AddSigner(command_id=PROBE_ID, step=name, signer=one_more, place="after"), ""
    for signer in standing.of(name).signers:
        yield c.RemoveSigner(command_id=PROBE_ID, step=name, signer=signer.actor, reason=PROBE), signer.actor
    yield c.Sign(command_id=PROBE_ID, step=name), ""
    yield c.RefuseToSign(command_id=PROBE_ID, step=name, reason=PROBE), ""
    yield c.Remind(command_id=PROBE_ID, step=name, to=PROBE), ""
    yield c.SendBack(command_id=PROBE_ID, step=name, reason=PROBE), ""
    yield c.WaitForCase(command_id=PROBE_ID, other=PROBE, reason=PROBE, step=name), ""


def _case_probes(plan: Plan, state: State, actor: Actor, now: datetime) -> Iterator[tuple[c.Command, str]]:
    for spec in plan.facts.values():
        yield c.SetFacts(command_id=PROBE_ID, facts={spec.name: _other_value(spec, state)}), spec.name
    for need in {n.key: n for step in plan.steps.values() for n in step.needs}.values():
        if need.kind == "paper":
            yield c.RecordPaper(command_id=PROBE_ID, paper=need.name, reference=PROBE), need.key
        elif need.kind == "check":
            yield c.RecordCheck(command_id=PROBE_ID, check=need.name, passed=True), need.key
        elif need.kind == "decision":
            yield c.RecordDecision(command_id=PROBE_ID, decision=need.name, value=PROBE), need.key
        yield c.WaiveNeed(command_id=PROBE_ID, need=need.key, reason=PROBE), need.key
    for key in state.asked_needs:
        name = key.partition(":")[2]
        yield c.RecordPaper(command_id=PROBE_ID, paper=name, reference=PROBE), key
        yield c.WaiveNeed(command_id=PROBE_ID, need=key, reason=PROBE), key
        yield c.WithdrawAsked(command_id=PROBE_ID, need=key, reason=PROBE), key
    for key in state.records:
        yield c.TakeOff(command_id=PROBE_ID, need=key, reason=PROBE), key
    yield c.AskForPaper(command_id=PROBE_ID, title=PROBE, reason=PROBE), ""
    yield c.AddStep(command_id=PROBE_ID, title=PROBE, roles=("teller",)), ""
    to = somebody(Who(plan.close.by), state.unit_path)
    yield c.HandOver(command_id=PROBE_ID, to=to, reason=PROBE), ""
    yield c.Copy(command_id=PROBE_ID, to=PROBE), ""
    yield c.MarkRead(command_id=PROBE_ID), ""
    yield c.WaitForCase(command_id=PROBE_ID, other=PROBE, reason=PROBE), ""
    for other in state.other_cases:
        yield c.StopWaiting(command_id=PROBE_ID, other=other, reason=PROBE), other
    yield c.Remind(command_id=PROBE_ID, to=PROBE), ""
    yield c.TakeBack(command_id=PROBE_ID), ""
    later = now + timedelta(days=1)
    yield c.Suspend(command_id=PROBE_ID, reason=PROBE, until=later, waiting_for="client"), ""
    yield c.Resume(command_id=PROBE_ID), ""
    yield c.Cancel(command_id=PROBE_ID, reason=PROBE), ""
    yield c.Reopen(command_id=PROBE_ID, reason=PROBE), ""
    yield c.CloseCase(command_id=PROBE_ID), ""
    yield c.Ask(command_id=PROBE_ID, text=PROBE, to_level="province", field=PROBE), ""
    for question in state.questions:
        yield (
            c.Answer(command_id=PROBE_ID, question=question, text=PROBE, source=PROBE, authority=PROBE),
            question,
        )
        yield (
            c.HandUpQuestion(command_id=PROBE_ID, question=question, to_level="province", reason=PROBE),
            question,
        )
        yield c.WithdrawQuestion(command_id=PROBE_ID, question=question, reason=PROBE), question


def somebody(who: Who, unit_path: str) -> Actor:
    """A person that nobody is, with a role that fits, in the unit of that level over the case."""
    role = who.roles[0]
    level = who.level or ROLES[role].levels[0]
    depth = len(LEVELS) - tuple(LEVELS).index(level)
    path = "/".join(unit_path.split("/")[:depth])
    return Actor(PROBE, frozenset((role,)), level, path)


def _voters(step: Step, unit_path: str, to: Actor) -> tuple[Actor, ...]:
    """Persons that nobody is, as many as a vote asks for, who have a vote by the plan's rule."""
    rule = step.votes
    if rule is not None and rule.weights:
        to = somebody(Who((next(iter(rule.weights)),)), unit_path)
    elif rule is not None and rule.person_weights:
        return tuple(replace(to, id=name) for name in rule.person_weights)
    return tuple(replace(to, id=f"{PROBE}{i}") for i in range(voters_min(step)))


def _other_value(spec: FactSpec, state: State) -> FactValue | None:
    return None if spec.name in state.facts else SAMPLE_VALUES.get(spec.type, (*spec.choices, "")[0])


SAMPLE_VALUES: dict[str, FactValue] = {
    "bool": True,
    "int": 1,
    "text": PROBE,
    "date": "2026-03-01",
    "amount_fen": 1,
    "list": (PROBE,),
}
