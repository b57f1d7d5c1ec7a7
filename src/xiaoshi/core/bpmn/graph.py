"""A plan as nodes and flows, before any XML: what follows what, where flows part and meet.

BPMN waits at a parallel gateway; a plan waits by `after`. So a node with several predecessors gets a joining gateway, one
with several successors a forking one, and a step with a condition an exclusive pair around it, whose second way goes past
the step. What waits for an optional step does not wait in BPMN: an optional step that nobody calls up holds nothing up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from xiaoshi.core.casework.authority import words_of
from xiaoshi.core.casework.model import Condition, Plan, Step
from xiaoshi.core.casework.plan_diff import clock_words, need_title
from xiaoshi.core.casework.plan_words import condition_words
from xiaoshi.core.casework.roles import words_of_roles
from xiaoshi.core.casework.votes import rule_words
from xiaoshi.core.problems import Words

NodeType = Literal["start", "end", "task", "exclusive", "parallel", "adhoc"]


@dataclass(slots=True)
class Node:
    """One element. A step's element bears the step's id; every other id has a hyphen, which no step's id has.

    `lane`: id of the stage; `told`: documentation, a line each; `inner`: the tasks of an ad-hoc
    box.
    """

    id: str
    type: NodeType
    name: str = ""
    lane: str = ""
    told: list[str] = field(default_factory=list)
    inner: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Flow:
    """From node to node. `condition`: CEL text; `default`: taken when no condition of the gateway holds."""

    source: str
    target: str
    name: str = ""
    condition: str = ""
    default: bool = False


@dataclass(slots=True)
class Graph:
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)


def both(words: Words) -> str:
    """`受理 / Intake`: a drawing cannot ask for the reader's language."""
    return words.zh if words.zh == words.en else f"{words.zh} / {words.en}"


def graph_of(plan: Plan) -> Graph:
    """All nodes and flows of the plan, the start first and the end last."""
    return _Maker(plan).made()


class _Maker:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.graph = Graph()
        self.firm = {step.id: step for step in plan.steps.values() if not step.optional}
        self.first: dict[str, str] = {}
        """Where flows into a step go; `last`: where flows out of it leave."""
        self.last: dict[str, str] = {}

    def made(self) -> Graph:
        stages = [stage.id for stage in self.plan.stages] or [""]
        self._node(Node("start-event", "start", "受理 / Opened", stages[0]))
        for step in self.firm.values():
            self._step(step)
        boxes = [box for stage in stages if (box := self._optional(stage)) is not None]
        close = self._closing(stages[-1])
        self._node(Node("end-event", "end", "办结 / Closed", stages[-1]))
        self._join_up(boxes, close)
        self.graph.flows.append(Flow(close, "end-event"))
        self._part_and_meet()
        return self.graph

    def _node(self, node: Node) -> Node:
        self.graph.nodes[node.id] = node
        return node

    def _step(self, step: Step) -> None:
        task = self._node(Node(step.id, "task", both(step.title), step.stage, list(self._told(step))))
        self.first[step.id] = self.last[step.id] = task.id
        if step.four_eyes:
            second = step.confirm_by or step.by
            name = both(Words(f"复核：{step.title.zh}", f"Confirm: {step.title.en}"))
            who = both(words_of(second))
            told = [f"由谁复核 / by: {who}", "须另一人，不得是办理人 / another person than who did it"]
            check = self._node(Node(f"{step.id}-confirm", "task", name, step.stage, told))
            self.graph.flows.append(Flow(task.id, check.id))
            self.last[step.id] = check.id
        if step.when is not None:
            self._condition(step, step.when)

    def _condition(self, step: Step, when: Condition) -> None:
        said = both(condition_words(when, self.plan))
        name = both(Words(f"需要“{step.title.zh}”吗", f"Is “{step.title.en}” needed"))
        gate = self._node(Node(f"{step.id}-if", "exclusive", name, step.stage))
        meet = self._node(Node(f"{step.id}-fi", "exclusive", "", step.stage))
        self.graph.flows += [
            Flow(gate.id, self.first[step.id], said, when.source),
            Flow(gate.id, meet.id, "不需要 / not needed", default=True),
            Flow(self.last[step.id], meet.id),
        ]
        self.first[step.id], self.last[step.id] = gate.id, meet.id

    def _optional(self, stage: str) -> str | None:
        """The optional steps of a stage in one ad-hoc box: any of them, any time, or none."""
        steps = [s for s in self.plan.steps.values() if s.optional and s.stage == stage]
        if not steps:
            return None
        box = self._node(Node(f"{stage}-optional", "adhoc", "备选环节 / Optional steps", stage))
        for step in steps:
            box.inner.append(Node(step.id, "task", both(step.title), stage, list(self._told(step))))
            if step.four_eyes:
                name = both(Words(f"复核：{step.title.zh}", f"Confirm: {step.title.en}"))
                box.inner.append(Node(f"{step.id}-confirm", "task", name, stage))
        return box.id

    def _closing(self, lane: str) -> str:
        rule = self.plan.close
        told = [f"由谁办结 / by: {both(words_of_roles(rule.by))}"]
        if rule.when is not None:
            told.append(f"条件 / when: {both(condition_words(rule.when, self.plan))}")
        return self._node(Node("close-case", "task", "办结 / Close", lane, told)).id

    def _told(self, step: Step) -> Iterator[str]:
        yield f"由谁办理 / by: {both(words_of(step.by))}"
        for need in step.needs:
            yield f"要件 / needs: {both(need_title(need, self.plan))}"
        if step.when is not None:
            yield f"条件 / when: {both(condition_words(step.when, self.plan))}"
        if step.clock is not None:
            yield f"时限 / time limit: {both(clock_words(step.clock))}"
        if step.not_by:
            titles = [self.plan.steps[name].title for name in step.not_by]
            said = both(Words("、".join(t.zh for t in titles), ", ".join(t.en for t in titles)))
            yield f"不得与其办理人相同 / not by who did: {said}"
        if step.votes is not None:
            yield f"票签 / decided by votes: {both(rule_words(step.votes))}"
        if step.skip_by:
            yield f"可由其跳过 / may be skipped by: {both(words_of_roles(step.skip_by))}"
        if step.repeats:
            yield "可重复办理 / may be done again"
        if step.irreversible:
            yield "办结后不可撤回 / cannot be taken back"
        if step.client_words is not None:
            yield f"告知客户 / told to the client: {both(step.client_words)}"

    def _leans_on(self, step: Step) -> list[str]:
        """The firm steps that come directly before. Whoever waits for an optional step waits for what that one waits for."""
        found: dict[str, None] = {}
        todo = [*step.after, *(step.when.steps if step.when else ())]
        seen: set[str] = set()
        while todo:
            name = todo.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if name in self.firm:
                found[name] = None
            else:
                other = self.plan.steps[name]
                todo += [*other.after, *(other.when.steps if other.when else ())]
        return list(found)

    def _join_up(self, boxes: list[str], close: str) -> None:
        waited_for: set[str] = set()
        for step in self.firm.values():
            before = self._leans_on(step)
            waited_for |= set(before)
            sources = [self.last[name] for name in before] or ["start-event"]
            self.graph.flows += [Flow(source, self.first[step.id]) for source in sources]
        for box in boxes:
            self.graph.flows += [Flow("start-event", box), Flow(box, close)]
        loose = [self.last[name] for name in self.firm if name not in waited_for]
        self.graph.flows += [Flow(source, close) for source in loose or ["start-event"]]

    def _part_and_meet(self) -> None:
        """Parallel gateways where a node that is none has several ways in or out."""
        for node in list(self.graph.nodes.values()):
            into = [f for f in self.graph.flows if f.target == node.id]
            if len(into) > 1 and not node.id.endswith("-fi"):
                gate = self._node(Node(f"{node.id}-join", "parallel", "", node.lane))
                for flow in into:
                    flow.target = gate.id
                self.graph.flows.append(Flow(gate.id, node.id))
            out = [f for f in self.graph.flows if f.source == node.id]
            if len(out) > 1 and not node.id.endswith("-if"):
                gate = self._node(Node(f"{node.id}-fork", "parallel", "", node.lane))
                for flow in out:
                    flow.source = gate.id
                self.graph.flows.append(Flow(node.id, gate.id))
