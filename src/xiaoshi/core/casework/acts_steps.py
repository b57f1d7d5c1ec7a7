"""Deciding about the work itself: doing, confirming, rejecting, skipping, adding, calling up, claiming, recording."""

from __future__ import annotations

from collections.abc import Mapping

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework import events as e
from xiaoshi.core.casework.authority import (
    confirmers,
    holds_any,
    is_among,
    role_used,
    words_of,
)
from xiaoshi.core.casework.facts import changed_facts, facts_problem
from xiaoshi.core.casework.model import FactValue, Refused, Step, StepState
from xiaoshi.core.casework.roles import READS_ONLY, ROLES, words_of_roles
from xiaoshi.core.casework.standing import PENDING
from xiaoshi.core.casework.turn import Outcome, Turn, first_refusal, phase_after, refused, refused_for


def do_step(turn: Turn, command: c.DoStep) -> Outcome:
    """Do: right person, nothing in the way, other hands than those the plan keeps apart, facts that fit."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    hindrances = turn.standing.hindrances(step)
    if hindrances:
        return refused_for(hindrances, step.id)
    no = first_refusal(
        _right_person(turn, step),
        kept_apart(turn, step, *turn.actor.names),
        facts_problem(turn.plan, command.facts),
    )
    if no is not None:
        return no
    own = turn.own(step)
    no = voters_fit(step, own, (*turn.actor.names, own.delegator))
    if no is not None:
        return no
    events: list[e.Event] = []
    changed = changed_facts(turn.state.facts, command.facts)
    if changed:
        events.append(turn.event(e.FactsSet, facts=changed))
    events.append(
        turn.event(
            e.StepDone,
            step=step.id,
            round=own.round + 1 if own.phase == "done" else own.round,
            result=dict(command.result),
            next_phase=phase_after(step, own),
        )
    )
    return events


def voters_fit(step: Step, own: StepState, makers: tuple[str, ...]) -> Refused | None:
    """Before work counts that is voted on: voters are named, and enough of them are left beside whoever made it."""
    if step.votes is not None and not own.signers:
        return refused(
            "voters_missing",
            "本环节须票签：请先用“票签”指定投票人，再办理",
            "This step is decided by votes: name who votes (“Put to the vote”) before it is done",
            step.id,
        )
    if own.pass_at_percent and len([s for s in own.signers if s.actor not in makers]) < own.voters_min:
        return too_few_voters(own.voters_min, step.id)
    return None


def too_few_voters(least: int, where: str) -> Refused:
    """The refusal of a vote that too few persons would decide."""
    return refused(
        "voters_too_few",
        f"票签至少须有{least}名投票人（经办人不计），请增加投票人",
        f"A vote needs at least {least} voters, not counting whoever did the work: name more",
        where,
    )


def _right_person(turn: Turn, step: Step) -> Refused | None:
    own = turn.own(step)
    if own.assignee and own.assignee not in turn.actor.names:
        return refused(
            "held_by_other",
            f"该环节由{own.assignee}承办；请其办理，或先退签、转办",
            f"{own.assignee} has this step; let that person do it, or release or hand it over first",
            step.id,
        )
    if is_among(turn.actor, step.by):
        return None
    who = words_of(step.by)
    return refused("wrong_role", f"该环节应由{who.zh}办理", f"This step is done by {who.en}", step.id)


def kept_apart(turn: Turn, step: Step, *persons: str) -> Refused | None:
    """`not_by`, seen from both ends: a repeated count must not be made by whoever rechecked the earlier one.

    `persons`: the doer and, if any, the absent person for whom he or she acts.
    """
    apart = [*step.not_by]
    for name in turn.plan.dependents.get(step.id, ()):
        if step.id in turn.plan.steps[name].not_by:
            apart.append(name)
    rivals = [(name, who) for name in apart for who in persons if who in turn.standing.of(name).makers]
    if not rivals:
        return None
    name, person = rivals[0]
    title = turn.plan.steps[name].title
    return refused(
        "same_hands",
        f"{person}已办理“{title.zh}”，本环节须由另一人办理",
        f"{person} did “{title.en}”; another person has to do this step",
        step.id,
    )


def confirm_step(turn: Turn, command: c.ConfirmStep) -> Outcome:
    """Confirm: another person than the makers, with the role for it."""
    no = _second_person(turn, command.step)
    return no if no is not None else [turn.event(e.StepConfirmed, step=command.step)]


def reject_step(turn: Turn, command: c.RejectStep) -> Outcome:
    """Reject: as confirming, with a reason that stays."""
    no = first_refusal(_second_person(turn, command.step), turn.needs_reason(command.reason, command.step))
    return no if no is not None else [turn.event(e.StepRejected, step=command.step, reason=command.reason)]


def _second_person(turn: Turn, step_id: str) -> Refused | None:
    step = turn.step(step_id)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if own.phase != "to_confirm":
        return refused(
            "nothing_to_confirm", "该环节没有待复核的内容", "Nothing here waits to be confirmed", step.id
        )
    if not set(turn.actor.names).isdisjoint(own.makers):
        return refused(
            "maker_is_checker",
            "经办人不能复核自己的工作，代岗也不行，请另一人复核",
            "Who did the work cannot confirm it, not as a substitute either; ask another person",
            step.id,
        )
    who = confirmers(step)
    if is_among(turn.actor, who):
        return None
    words = words_of(who)
    return refused(
        "wrong_role", f"该环节应由{words.zh}复核", f"This step is confirmed by {words.en}", step.id
    )


def skip_step(turn: Turn, command: c.SkipStep) -> Outcome:
    """Skip: only with the authority that the plan names for this step."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    if not step.skip_by:
        return refused("cannot_be_skipped", "该环节不可跳过", "This step cannot be skipped", step.id)
    if not holds_any(turn.actor, step.skip_by):
        who = words_of_roles(step.skip_by)
        return refused("wrong_role", f"可由{who.zh}决定跳过", f"{who.en} may skip it", step.id)
    own = turn.own(step)
    if own.phase in PENDING or own.phase in ("done", "skipped"):
        return refused(
            "already_worked_on", "该环节已有人办理，不能跳过", "Somebody did this step already", step.id
        )
    if step.optional and not own.called_up:
        return refused("not_called_up", "备选环节未启用，无须跳过", "Not called up: nothing to skip", step.id)
    if turn.standing.applies(step)[0] == "no":
        return refused("not_applicable", "本案不需要该环节", "This case does not need the step", step.id)
    no = turn.needs_reason(command.reason, step.id)
    if no is not None:
        return no
    authority = role_used(turn.actor, step.skip_by)
    return [turn.event(e.StepSkipped, step=step.id, reason=command.reason, authority=authority)]


def add_step(turn: Turn, command: c.AddStep) -> Outcome:
    """Add a step to this one case."""
    no = turn.may("add_step")
    if no is not None:
        return no
    if not command.title.strip():
        return refused("title_missing", "请填写环节名称", "Give the step a title")
    wrong = [role for role in command.roles if role not in ROLES or role == READS_ONLY]
    if wrong or not command.roles:
        name = wrong[0] if wrong else ""
        return refused(
            "unknown_role", f"没有可办理的岗位“{name}”", f"No role “{name}” that could do a step", "roles"
        )
    step_id = f"added_{len(turn.state.added) + 1}"
    return [
        turn.event(
            e.StepAdded,
            step=step_id,
            title=command.title.strip(),
            roles=tuple(command.roles),
            blocks_close=command.blocks_close,
        )
    ]


def call_up(turn: Turn, command: c.CallUp) -> Outcome:
    """Call up an optional step, once."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    if not step.optional:
        return refused("not_optional", "该环节不是备选环节，无须启用", "Not an optional step", step.id)
    if turn.own(step).called_up:
        return refused("called_up_already", "该环节已启用", "Called up already", step.id)
    no = turn.may("call_up", step.id)
    return no if no is not None else [turn.event(e.StepCalledUp, step=step.id)]


def call_off(turn: Turn, command: c.CallOff) -> Outcome:
    """Undo a calling up while the step is open, so that nothing waits for a step that nobody wants."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if not step.optional or not own.called_up or own.phase != "open":
        return refused("not_called_up", "该环节未启用或已办理", "Not called up, or done already", step.id)
    no = first_refusal(turn.may("call_up", step.id), turn.needs_reason(command.reason, step.id))
    return no if no is not None else [turn.event(e.StepCalledOff, step=step.id, reason=command.reason)]


def no_work_left(step: Step) -> Refused:
    """The refusal for a step that does not apply, or that nobody has called up."""
    return refused("not_applicable", "本案目前不需要该环节", "This case does not need the step now", step.id)


def claim(turn: Turn, command: c.Claim) -> Outcome:
    """Claim a step that nobody has, so that two people do not do it twice."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if own.phase != "open":
        return refused("already_worked_on", "该环节已有人办理", "Somebody did this step already", step.id)
    if turn.standing.settled(step):
        return no_work_left(step)
    if own.assignee in turn.actor.names:
        return refused("yours_already", "该环节已由您签收", "You have this step already", step.id)
    no = first_refusal(_right_person(turn, step), kept_apart(turn, step, *turn.actor.names))
    return no if no is not None else [turn.event(e.StepClaimed, step=step.id)]


def release(turn: Turn, command: c.Release) -> Outcome:
    """Give it back to all who may do it."""
    step = turn.step(command.step)
    if isinstance(step, Refused):
        return step
    own = turn.own(step)
    if not own.assignee or own.phase != "open":
        return refused("nobody_has_it", "该环节没有承办人，无须退签", "Nobody has this step", step.id)
    no = turn.may("release", step.id)
    if no is not None:
        return no
    back_to = own.delegator if own.assignee in turn.actor.names else ""
    return [turn.event(e.StepReleased, step=step.id, to=back_to)]


def set_facts(turn: Turn, command: c.SetFacts) -> Outcome:
    """Set or correct facts that persons set; those that already are so change nothing."""
    no = first_refusal(
        turn.may("set_facts"), facts_problem(turn.plan, command.facts), _set_by_act(turn, command.facts)
    )
    if no is not None:
        return no
    changed = changed_facts(turn.state.facts, command.facts)
    if not changed:
        return refused("nothing_new", "所登记的情况没有变化", "Nothing would change")
    return [turn.event(e.FactsSet, facts=changed, reason=command.reason.strip())]


def _set_by_act(turn: Turn, facts: Mapping[str, FactValue | None]) -> Refused | None:
    """The refusal to overwrite by hand what an act of the kind has worked out, or None."""
    specs = [turn.plan.facts[name] for name in facts if name in turn.plan.facts]
    spec = next((spec for spec in specs if spec.set_by == "act"), None)
    if spec is None:
        return None
    words = spec.words
    return refused(
        "fact_set_by_act",
        f"“{words.zh}”由办理环节得出，不能手工更正；请驳回到相应环节重新办理",
        f"“{words.en}” comes out of a step and is not corrected by hand; send the case back to that step",
        spec.name,
    )


def record_paper(turn: Turn, command: c.RecordPaper) -> Outcome:
    """A paper is there."""
    if not command.reference.strip():
        return refused("reference_missing", "请填写资料编号", "Give the paper's reference", command.paper)
    return _record(turn, f"paper:{command.paper}", command.reference, command.note)


def record_check(turn: Turn, command: c.RecordCheck) -> Outcome:
    """A check was made; a failed one says why."""
    if not command.passed and not command.note.strip():
        return refused("reason_missing", "检查未通过，请写明情况", "The check failed: say how", command.check)
    return _record(turn, f"check:{command.check}", "passed" if command.passed else "failed", command.note)


def record_decision(turn: Turn, command: c.RecordDecision) -> Outcome:
    """A person decided."""
    if not command.value.strip():
        return refused("decision_missing", "请填写决定内容", "Say what was decided", command.decision)
    return _record(turn, f"decision:{command.decision}", command.value, command.note)


def _record(turn: Turn, need: str, value: str, note: str) -> Outcome:
    no = first_refusal(turn.may("record"), _known_need(turn, need))
    return no if no is not None else [turn.event(e.NeedRecorded, need=need, value=value, note=note)]


def _known_need(turn: Turn, need: str) -> Refused | None:
    known = tuple(n.key for step in turn.plan.steps.values() for n in step.needs if n.kind != "answer")
    if need in known or need in turn.state.asked_needs:
        return None
    listed = "、".join(dict.fromkeys(known)) or "—"
    return refused(
        "unknown_need",
        f"流程中没有要件“{need}”；有：{listed}",
        f"The plan has no need “{need}”; it has: {listed}",
        need,
    )


def waive_need(turn: Turn, command: c.WaiveNeed) -> Outcome:
    """Do without it, with authority and reason."""
    no = first_refusal(
        turn.may("waive_need"),
        _known_need(turn, command.need),
        _by_act_only(turn, command.need),
        turn.needs_reason(command.reason, command.need),
    )
    if no is not None:
        return no
    record = turn.state.records.get(command.need)
    if record is not None and record.meets:
        return refused("need_met_already", "该要件已具备", "This need is met already", command.need)
    authority = role_used(turn.actor, ("supervisor", "outlet_head", "city_specialist", "province_specialist"))
    return [turn.event(e.NeedWaived, need=command.need, reason=command.reason, authority=authority)]


def _by_act_only(turn: Turn, need: str) -> Refused | None:
    """The refusal to do without what only an act of the kind may establish, or None."""
    if need.partition(":")[2] not in turn.plan.needs_by_act:
        return None
    return refused(
        "need_by_act_only",
        "该要件只能由相应的办理操作形成，不能免除",
        "This need is met by its own act only and cannot be waived",
        need,
    )
