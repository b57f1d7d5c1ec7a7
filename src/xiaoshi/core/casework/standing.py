"""Where each step of a case stands, worked out from plan and state. One `Standing` serves one act or one page.

Everything is asked for by step and remembered, so an act pays for the steps that its own step leans on, not for the
history and not for the whole plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from xiaoshi.core.casework.conditions import Truth, evaluate
from xiaoshi.core.casework.model import CASE, Condition, Plan, State, Step, StepState
from xiaoshi.core.casework.votes import standing_words
from xiaoshi.core.problems import Words

Applies = Literal["yes", "no", "unknown"]

UNTOUCHED = StepState()
PENDING = ("reported", "signing", "to_confirm")
"""The work is made, but somebody else has not yet agreed."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One reason why a step (or closing) waits. `about`: the step, fact, need or question that it waits for."""

    code: str
    words: Words
    about: str = ""


class Standing:
    """Lazy answers about one plan and one state."""

    def __init__(self, plan: Plan, state: State) -> None:
        self.plan = plan
        self.state = state
        self._applies: dict[str, tuple[Applies, Truth]] = {}

    def step(self, step_id: str) -> Step | None:
        """The step of the plan, or one that a person added."""
        return self.plan.steps.get(step_id) or self.state.added.get(step_id)

    def all_steps(self) -> Iterator[Step]:
        """The plan's steps in their order, then the added ones."""
        yield from self.plan.steps.values()
        yield from self.state.added.values()

    def of(self, step_id: str) -> StepState:
        """What happened to the step in its current round."""
        return self.state.steps.get(step_id, UNTOUCHED)

    def applies(self, step: Step) -> tuple[Applies, Truth]:
        """Whether the step belongs to this case: `no` only when nothing that is still under way can change it."""
        known = self._applies.get(step.id)
        if known is None:
            known = self._applies[step.id] = self._work_out(step)
        return known

    def _work_out(self, step: Step) -> tuple[Applies, Truth]:
        if step.when is None:
            return "yes", Truth(True)
        now = self.truth(step.when)
        if now.value:
            return "yes", now
        settled = tuple(
            name for name in step.when.steps if (other := self.step(name)) is not None and self.settled(other)
        )
        if len(settled) < len(step.when.steps):
            later = self._truth(step.when, settled)
            return ("no" if later.value is False else "unknown"), later
        return ("no" if now.value is False else "unknown"), now

    def truth(self, condition: Condition) -> Truth:
        """The condition's answer on the case as it is."""
        return self._truth(condition, condition.steps)

    def _truth(self, condition: Condition, steps: tuple[str, ...]) -> Truth:
        return evaluate(
            condition, self.plan.facts, self.state.facts, {name: _fields(self.of(name)) for name in steps}
        )

    def settled(self, step: Step) -> bool:
        """Nothing is waited for here: done, skipped, not applicable, or optional and not called up."""
        own = self.of(step.id)
        if own.phase in ("done", "skipped"):
            return True
        if own.phase in PENDING:
            return False
        if step.optional and not own.called_up:
            return True
        return self.applies(step)[0] == "no"

    def hindrances(self, step: Step) -> tuple[Hindrance, ...]:
        """Why nobody can do this step now; empty when somebody can. Says nothing about who."""
        own = self.of(step.id)
        if self.state.phase != "open":
            return (case_phase_hindrance(self.state),)
        if own.phase in PENDING:
            return (self._pending(own),)
        if own.phase == "skipped" or (own.phase == "done" and not step.repeats):
            return (Hindrance("finished", Words("该环节已办结", "This step is finished")),)
        if step.optional and not own.called_up:
            return (
                Hindrance(
                    "not_called_up",
                    Words("备选环节，需要时由人启用", "Optional; a person calls it up when needed"),
                ),
            )
        return (
            *self._condition(step),
            *self._after(step),
            *self._needs(step),
            *self._questions(step),
            *self._other_cases(step.id),
        )

    def _pending(self, own: StepState) -> Hindrance:
        if own.phase == "reported":
            return Hindrance(
                "to_accept",
                Words("待委派人验收", "Waits for the delegator to accept the report"),
                own.delegator,
            )
        if own.phase == "signing":
            waiting = [signer.actor for signer in own.signers if not signer.signed]
            if own.pass_at_percent:
                voters = [name for name in waiting if name not in own.makers]
                return Hindrance("to_vote", standing_words(own), ",".join(voters))
            zh, en = f"待会签，还差{len(waiting)}人", f"Waits for {len(waiting)} signature(s)"
            makers = [name for name in waiting if name in own.makers]
            if makers and not own.any_one:
                zh += f"；{'、'.join(makers)}是经办人，不能签自己的工作，请减签"
                en += f"; {', '.join(makers)} made it and cannot sign it: take that person off those who sign"
            return Hindrance("to_sign", Words(zh, en), ",".join(waiting))
        return Hindrance("to_confirm", Words("待另一人复核", "Waits for a second person to confirm"))

    def _condition(self, step: Step) -> Iterator[Hindrance]:
        applies, truth = self.applies(step)
        if applies == "yes":
            return
        if applies == "no":
            yield Hindrance("not_applicable", Words("本案不需要该环节", "This case does not need the step"))
        elif truth.missing:
            for name in truth.missing:
                words = self.plan.facts[name].words
                yield Hindrance(
                    "missing_fact",
                    Words(f"尚未登记：{words.zh}", f"Not known yet: {words.en}"),
                    name,
                )
        elif truth.error:
            yield Hindrance(
                "condition_failed",
                Words(f"条件无法计算：{truth.error}", f"The condition cannot be worked out: {truth.error}"),
            )
        else:
            for name in self._unsettled(step.when.steps if step.when else ()):
                yield self._wait_for(name)

    def _after(self, step: Step) -> Iterator[Hindrance]:
        for name in self._unsettled(step.after):
            yield self._wait_for(name)

    def _unsettled(self, names: tuple[str, ...]) -> Iterator[str]:
        for name in names:
            other = self.step(name)
            if other is not None and not self.settled(other):
                yield name

    def _wait_for(self, name: str) -> Hindrance:
        other = self.step(name)
        title = other.title if other else Words(name, name)
        return Hindrance("after", Words(f"先办：{title.zh}", f"First: {title.en}"), name)

    def _needs(self, step: Step) -> Iterator[Hindrance]:
        for need in step.needs:
            record = self.state.records.get(need.key)
            if need.kind == "answer" or not need.required or (record is not None and record.meets):
                continue
            called = self.plan.need_words.get(need.name, Words(need.name, need.name))
            if record is None:
                words = Words(
                    f"缺{NEED_WORDS[need.kind].zh}：{called.zh}",
                    f"Missing {NEED_WORDS[need.kind].en}: {called.en}",
                )
            else:
                words = Words(f"检查未通过：{called.zh}", f"The check did not pass: {called.en}")
            yield Hindrance("missing_need", words, need.key)

    def _questions(self, step: Step) -> Iterator[Hindrance]:
        waits_for_any = any(need.kind == "answer" and need.required for need in step.needs)
        for question in self.state.questions.values():
            if waits_for_any or question.step == step.id:
                yield Hindrance(
                    "to_answer", Words("待上级批复", "Waits for the answer from above"), question.id
                )

    def _other_cases(self, step_id: str) -> Iterator[Hindrance]:
        """The other cases that this step, or (with the case's own empty id) closing, waits for."""
        for other in self.state.other_cases.values():
            if other.step != step_id or other.outcome == "closed":
                continue
            if other.outcome == "cancelled":
                words = Words(
                    f"所等案件{other.number}已作废，请决定解除等待或改等其他案件",
                    f"Case {other.number}, which is waited for, was cancelled: decide what to do instead",
                )
                yield Hindrance("other_case_cancelled", words, other.number)
            else:
                words = Words(f"等待案件{other.number}办结", f"Waits until case {other.number} is closed")
                yield Hindrance("other_case", words, other.number)

    def close_hindrances(self) -> tuple[Hindrance, ...]:
        """Why the case cannot be closed now; empty when it can."""
        if self.state.phase != "open":
            return (case_phase_hindrance(self.state),)
        return tuple(self._close_hindrances())

    def _close_hindrances(self) -> Iterator[Hindrance]:
        for step in self.all_steps():
            if self.of(step.id).phase in PENDING or (not step.optional and not self.settled(step)):
                title = step.title
                yield Hindrance(
                    "step_open", Words(f"尚未办结：{title.zh}", f"Not finished: {title.en}"), step.id
                )
        for question in self.state.questions:
            yield Hindrance(
                "question_open",
                Words("还有请示未批复，可先撤销该请示", "A question is open; wait for it or withdraw it"),
                question,
            )
        yield from self._papers_missing()
        yield from self._other_cases(CASE)
        rule = self.plan.close.when
        if rule is None:
            return
        truth = self.truth(rule)
        for name in truth.missing if truth.value is None else ():
            words = self.plan.facts[name].words
            yield Hindrance(
                "missing_fact", Words(f"尚未登记：{words.zh}", f"Not known yet: {words.en}"), name
            )
        if not truth.value and not truth.missing:
            yield Hindrance(
                "close_condition",
                self.plan.close.words
                or Words(
                    f"结案条件未满足：{rule.source}",
                    f"The condition for closing does not hold: {rule.source}",
                ),
            )

    def _papers_missing(self) -> Iterator[Hindrance]:
        """Papers asked for by hand, and those of finished steps that were taken off again. An unfinished step says its own."""
        for key, asked in self.state.asked_needs.items():
            if asked.blocks_close and not self._met(key):
                words = Words(f"缺资料：{asked.title}", f"Missing paper: {asked.title}")
                yield Hindrance("missing_need", words, key)
        for key in self.state.taken_off:
            finished = (s for s in self.all_steps() if self.of(s.id).phase == "done")
            if not self._met(key) and any(n.key == key and n.required for s in finished for n in s.needs):
                name = key.partition(":")[2]
                called = self.plan.need_words.get(name, Words(name, name))
                words = Words(f"缺资料：{called.zh}", f"Missing paper: {called.en}")
                yield Hindrance("missing_need", words, key)

    def _met(self, key: str) -> bool:
        record = self.state.records.get(key)
        return record is not None and record.meets


NEED_WORDS: dict[str, Words] = {
    "paper": Words("资料", "paper"),
    "check": Words("检查", "check"),
    "decision": Words("决定", "decision"),
    "answer": Words("批复", "answer"),
}


def case_phase_hindrance(state: State) -> Hindrance:
    """Why nothing is done on a case that is not open, with the way out."""
    words = {
        "new": Words("案件尚未受理，请先受理", "The case is not open yet; open it first"),
        "suspended": Words("案件已挂起，请先恢复", "The case is suspended; resume it first"),
        "closed": Words(
            "案件已办结；确需续办，请有权人重开", "The case is closed; somebody with authority can reopen it"
        ),
        "cancelled": Words(
            "案件已作废；确需续办，请有权人重开",
            "The case is cancelled; somebody with authority can reopen it",
        ),
        "open": Words("案件办理中", "The case is open"),
    }[state.phase]
    return Hindrance(f"case_{state.phase}", words)


def _fields(own: StepState) -> dict[str, object]:
    return {
        "done": own.phase == "done",
        "skipped": own.phase == "skipped",
        "result": own.result,
        "round": own.round,
        "sent_back": own.sent_back,
    }
