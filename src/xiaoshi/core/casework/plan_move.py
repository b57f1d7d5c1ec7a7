"""A running case and another version of its plan: what the move would do to this case, and why it may not move now.

Problem. A rule changes while ten thousand cases run. Each of them was promised the procedure that was in force when it was
opened; some should nevertheless go on by the new one. A move must not happen while somebody has a step in hand, must not
lose work that was done, and must be undone when it was a mistake.

Worked example. Version 1: intake, photos, determine. Version 2 renames `photos` to `trays` (`renamed_from = ["photos"]`)
and puts `weigh` between. A case that has done intake and photos moves: both stay done with their people, times and
results (photos under its new id), `weigh` opens, determine still waits. A case whose determination waits for its
second person does not move: confirm or reject it first. If version 3 drops `weigh`, a case that has weighed names the step
that takes its place, or gives the work up in so many words; paid money (`irreversible`) is never given up.

Choice. The difference is a value (`CaseDifference`), worked out from two plans and one state; the dry run, the page, the
bulk job and the act all read the same one. What the new plan does not know stays in the state under its old id: nothing
looks at it, and going back finds it. Milestones are remembered by the move and restored by undoing it. Left out: moving to
an older version in any other way than undoing the newest move; changing a case to another kind (open a new case).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from xiaoshi.core.casework.events import PlanMoved
from xiaoshi.core.casework.facts import fits
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.casework.model import Plan, State
from xiaoshi.core.casework.standing import PENDING, Standing
from xiaoshi.core.problems import Problem, Words

FINISHED = ("done", "skipped")
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CaseDifference:
    """What a move does to one case. Step ids: `stays`, `opens` and the values of `renamed` are the target plan's, the others
    the present plan's.

    `problems`: why the case cannot move now (empty: it can). `stays`: finished and still finished. `opens`: work that comes
    up. `gone`: unfinished and no longer asked for. `lost`: finished, without a place (a mapping is needed). `given_up`:
    finished and dropped on purpose. `facts_kept`: known facts that the target plan does not ask for; `facts_asked`:
    facts that only the target plan knows.
    """

    from_version: int
    to_version: int
    problems: tuple[Problem, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    stays: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()
    facts_kept: tuple[str, ...] = ()
    facts_asked: tuple[str, ...] = ()

    @property
    def movable(self) -> bool:
        return not self.problems


def forward(old: Plan, new: Plan, state: State, renamed: Mapping[str, str] | None = None) -> CaseDifference:
    """Moving a case of `old` on to the newer `new`. `renamed`: see `MoveToPlan`."""
    given = dict(renamed or {})
    problems = [*_wrong_plan(old, new), *_half_way(old, state), *_wrong_mapping(old, new, given)]
    places = {name: _place(name, new, given) for name in (*old.steps, *state.steps)}
    touched = [name for name in state.steps if name not in state.added]
    finished = [name for name in touched if state.steps[name].phase in FINISHED]
    done = [name for name in finished if state.steps[name].phase == "done" and name in old.steps]
    lost = [name for name in done if not places[name] and name not in given]
    given_up = [name for name in done if not places[name] and given.get(name) == ""]
    problems += [_lost(old, name) for name in lost]
    problems += [_paid(old, name) for name in given_up if old.steps[name].irreversible]
    problems += _two_into_one(places, touched)
    problems += _misfits(new, state)
    problems += [
        _question(question.step, old)
        for question in state.questions.values()
        if question.step and question.step not in state.added and not places.get(question.step)
    ]
    problems += [
        _awaited(other.number, other.step, old)
        for other in state.other_cases.values()
        if other.step
        and other.outcome != "closed"
        and other.step not in state.added
        and not places.get(other.step)
    ]
    changed = {name: place for name, place in places.items() if place and place != name}
    return _described(old, new, state, changed, problems, lost=lost, given_up=given_up, places=places)


def back(plan: Plan, before: Plan, state: State) -> CaseDifference:
    """Undoing the newest move: from `plan` to the version `before` it."""
    problems = list(_half_way(plan, state))
    move = state.moves[-1] if state.moves else None
    if move is None or before.kind != plan.kind or move.from_version != before.version:
        words = Words(
            f"案件没有从第 {before.version} 版改用过来，不能改回；旧版只能通过撤销改版回到",
            f"The case did not come from version {before.version}: an older version is reached only by undoing a move",
        )
        return CaseDifference(plan.version, before.version, (Problem("no_move_to_undo", words, "version"),))
    names = {new: old for old, new in move.renamed.items()}
    for step in plan.steps.values():
        own = state.steps.get(step.id)
        known = names.get(step.id, step.id) in before.steps
        if own is not None and not known and (own.phase in FINISHED or own.called_up or own.round > 1):
            words = Words(
                f"改版后已办理“{step.title.zh}”，第 {before.version} 版没有该环节",
                f"“{step.title.en}” was worked on since, and version {before.version} has no such step",
            )
            problems.append(Problem("done_since", words, step.id))
    for name in state.facts:
        if name in plan.facts and name not in before.facts:
            title = plan.facts[name].words
            words = Words(
                f"改版后已登记“{title.zh}”，第 {before.version} 版没有这一情况",
                f"“{title.en}” was recorded since, and version {before.version} has no such fact",
            )
            problems.append(Problem("done_since", words, name))
    only_here = _needs(plan) - _needs(before)
    for need in state.records:
        if need in only_here:
            called = plan.need_words.get(need.partition(":")[2], Words(need, need))
            words = Words(
                f"改版后已登记要件“{called.zh}”，第 {before.version} 版没有该要件",
                f"The need “{called.en}” was recorded since, and version {before.version} does not ask for it",
            )
            problems.append(Problem("done_since", words, need))
    problems += _misfits(before, state)
    changed = {new: old for new, old in names.items() if new in plan.steps}
    places = {
        name: changed.get(name, name) if changed.get(name, name) in before.steps else ""
        for name in plan.steps
    }
    return _described(plan, before, state, changed, problems, lost=[], given_up=[], places=places)


def _described(
    old: Plan,
    new: Plan,
    state: State,
    changed: Mapping[str, str],
    problems: list[Problem],
    *,
    lost: list[str],
    given_up: list[str],
    places: Mapping[str, str],
) -> CaseDifference:
    before = Standing(old, state)
    after = Standing(new, moved_state(state, new.version, changed))
    came_from = {place: name for name, place in places.items() if place}
    opens = []
    for step in new.steps.values():
        source = old.steps.get(came_from.get(step.id, ""))
        if not after.settled(step) and (source is None or before.settled(source)):
            opens.append(step.id)
    gone = [step.id for step in old.steps.values() if not places.get(step.id) and not before.settled(step)]
    return CaseDifference(
        old.version,
        new.version,
        tuple(problems),
        dict(changed),
        tuple(s for s in new.steps if after.of(s).phase in FINISHED),
        tuple(opens),
        tuple(gone),
        tuple(lost),
        tuple(given_up),
        tuple(name for name in state.facts if name in old.facts and name not in new.facts),
        tuple(name for name in new.facts if name not in old.facts and name not in state.facts),
    )


def moved_state(state: State, version: int, renamed: Mapping[str, str]) -> State:
    """The state as a move would leave it; for showing only, no such event exists."""
    event = PlanMoved(
        seq=state.seq + 1, at=_ANY_TIME, actor="", command_id="shown only", from_version=state.plan_version,
        to_version=version, renamed=renamed, reason="", authority="", back=False,
    )  # fmt: skip
    return fold([event], state)


def _place(name: str, new: Plan, given: Mapping[str, str]) -> str:
    """The step of the new plan in which this one goes on; empty: none."""
    if name in new.steps:
        return name
    if name in given:
        return given[name]
    return next((step.id for step in new.steps.values() if name in step.renamed_from), "")


def _needs(plan: Plan) -> set[str]:
    return {need.key for step in plan.steps.values() for need in step.needs}


def _wrong_plan(old: Plan, new: Plan) -> Iterator[Problem]:
    if new.kind != old.kind:
        words = Words(
            f"案件是“{old.title.zh}”，不能改用“{new.title.zh}”的流程",
            f"The case is of the kind “{old.title.en}”; it cannot go on by the plan of “{new.title.en}”",
        )
        yield Problem("other_kind", words, "plan")
    elif new.version <= old.version:
        words = Words(
            f"案件现用第 {old.version} 版，只能改用更新的版本；第 {new.version} 版不是",
            f"The case is on version {old.version}; it moves to a newer one, and version {new.version} is not",
        )
        yield Problem("not_newer", words, "version")


def _half_way(plan: Plan, state: State) -> Iterator[Problem]:
    """Only between steps: nobody has one in hand, no report, signing or confirmation is open."""
    standing = Standing(plan, state)
    for name, own in state.steps.items():
        step = standing.step(name)
        if step is None:
            continue
        if own.phase == "reported":
            tell = Words("委派结果待验收", "the delegate's report waits to be accepted")
        elif own.phase == "signing":
            tell = Words("会签尚未完成", "the signing is not complete")
        elif own.phase in PENDING:
            tell = Words("待第二人复核", "it waits for the second person")
        elif own.phase == "open" and own.assignee:
            tell = Words(f"{own.assignee} 正在办理", f"{own.assignee} has it in hand")
        else:
            continue
        words = Words(
            f"“{step.title.zh}”办到一半：{tell.zh}。请先办完或退回，再改用另一版流程",
            f"“{step.title.en}” is half done: {tell.en}. Finish or release it first, then move the case",
        )
        yield Problem("step_half_way", words, name)


def _wrong_mapping(old: Plan, new: Plan, given: Mapping[str, str]) -> Iterator[Problem]:
    for name, target in given.items():
        if name not in old.steps or name in new.steps or (target and target not in new.steps):
            words = Words(
                f"环节对应“{name} → {target or '（放弃）'}”用不上：左边应为旧版有而新版没有的环节，右边应为新版的环节或留空",
                f"The mapping “{name} → {target or '(given up)'}” cannot be used: on the left a step that only the present"
                " version has, on the right a step of the new one, or nothing",
            )
            yield Problem("mapping_unknown", words, name)


def _lost(old: Plan, name: str) -> Problem:
    title = old.steps[name].title
    words = Words(
        f"已办结的“{title.zh}”（{name}）在新版中没有位置：请指明由哪个环节接续，或明确放弃",
        f"The finished step “{title.en}” ({name}) has no place in the new version: name the step that takes its place, or"
        " give it up",
    )
    return Problem("step_lost", words, name)


def _paid(old: Plan, name: str) -> Problem:
    title = old.steps[name].title
    words = Words(
        f"“{title.zh}”已产生不可撤回的结果（如付款），不能放弃",
        f"“{title.en}” has done what cannot be taken back (a payment): it cannot be given up",
    )
    return Problem("irreversible_lost", words, name)


def _two_into_one(places: Mapping[str, str], touched: list[str]) -> Iterator[Problem]:
    counts = Counter(places[name] for name in touched if places.get(name))
    for target, count in counts.items():
        if count > 1:
            names = "、".join(name for name in touched if places.get(name) == target)
            words = Words(
                f"{names} 都要并入“{target}”：一个环节只能接续一个",
                f"{names} would all go on as “{target}”: one step goes on as one",
            )
            yield Problem("two_into_one", words, target)


def _misfits(new: Plan, state: State) -> Iterator[Problem]:
    for name, value in state.facts.items():
        spec = new.facts.get(name)
        if spec is not None and not fits(spec, value):
            words = Words(
                f"已登记的“{spec.words.zh}”在第 {new.version} 版中类型或选项不同，请先更正",
                f"“{spec.words.en}” as recorded does not fit its type or choices in version {new.version}: correct it first",
            )
            yield Problem("fact_does_not_fit", words, name)


def _question(step: str, old: Plan) -> Problem:
    title = old.steps[step].title if step in old.steps else Words(step, step)
    words = Words(
        f"有请示挂在“{title.zh}”上，新版没有该环节：请先等批复或撤销请示",
        f"A question is asked for “{title.en}”, which the new version does not have: wait for the answer or withdraw it",
    )
    return Problem("question_on_lost_step", words, step)


def _awaited(number: str, step: str, old: Plan) -> Problem:
    title = old.steps[step].title if step in old.steps else Words(step, step)
    words = Words(
        f"“{title.zh}”在等案件 {number}，新版没有该环节：请先解除等待",
        f"“{title.en}” waits for the case {number}, and the new version does not have it: let it go first",
    )
    return Problem("waits_on_lost_step", words, step)
