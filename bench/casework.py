"""Speed of the case engine: one JSON object per figure.

A case of 12 steps in a row, each done by a person, saved to JSON text and read back before the next: what a web process does
that holds no case in memory. SpiffWorkflow runs the same shape (12 user tasks, serialized and restored between) where it
is installed. `python bench/casework.py`, about 10 seconds.
"""

from __future__ import annotations

import itertools
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from xiaoshi.core.casework import (
    Accepted,
    Actor,
    Plan,
    State,
    available,
    decide,
    fold,
    load_plan,
    progress,
    state_from_json,
    state_to_json,
)
from xiaoshi.core.casework import commands as c

STEPS = 12
ROUNDS = 5
CASES = 20
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LI = Actor("li", frozenset({"teller"}), "outlet", "zj/hz/xh/w1")


def plan_text() -> str:
    head = 'kind = "bench"\nversion = 1\ntitle = { zh = "量", en = "Bench" }\nopens = ["teller"]\n'
    head += '[[stages]]\nid = "all"\ntitle = { zh = "全", en = "All" }\n'
    steps = "".join(
        f'[[steps]]\nid = "s{i}"\nstage = "all"\ntitle = {{ zh = "{i}", en = "{i}" }}\nby = {{ roles = ["teller"] }}\n'
        + (f'after = ["s{i - 1}"]\nwhen = "steps.s{i - 1}.done"\n' if i else "")
        for i in range(STEPS)
    )
    return head + steps + f'[close]\nwhen = "steps.s{STEPS - 1}.done"\nby = ["teller"]\n'


def happen(plan: Plan, state: State, command: c.Command) -> State:
    answer = decide(plan, state, command, LI, NOW)
    assert isinstance(answer, Accepted), answer
    return fold(answer.events, state)


def opened(plan: Plan) -> State:
    return happen(plan, State(), c.OpenCase(command_id="o", case_number="B1", unit_path=LI.unit_path))


def run_case(plan: Plan) -> None:
    text = json.dumps(state_to_json(opened(plan)))
    for i in range(STEPS):
        state = state_from_json(json.loads(text))
        state = happen(plan, state, c.DoStep(command_id=f"d{i}", step=f"s{i}", result={"note": i}))
        text = json.dumps(state_to_json(state))
    final = happen(plan, state_from_json(json.loads(text)), c.CloseCase(command_id="z"))
    assert final.phase == "closed"


def per_second(work: Callable[[], object], units: int) -> dict[str, float]:
    """Median, worst and best of the rounds by the wall clock; the median by CPU time, for a machine that does other things."""
    rates, cpu_rates = [], []
    for _ in range(ROUNDS):
        begun, cpu_begun = time.perf_counter(), time.process_time()
        for _ in range(CASES):
            work()
        rates.append(CASES * units / (time.perf_counter() - begun))
        cpu_rates.append(CASES * units / max(time.process_time() - cpu_begun, 1e-9))
    return {
        "median": round(statistics.median(rates)),
        "worst": round(min(rates)),
        "best": round(max(rates)),
        "median_by_cpu": round(statistics.median(cpu_rates)),
    }


def show(name: str, unit: str, **figures: object) -> None:
    print(json.dumps({"bench": "casework", "figure": name, "unit": unit, **figures}))


def long_case(plan: Plan, events: int) -> State:
    state = opened(plan)
    n = 0
    while state.seq < events:
        state = happen(plan, state, c.DoStep(command_id=f"l{n}", step="s0"))
        state = happen(plan, state, c.SendBack(command_id=f"b{n}", step="s0", reason="again"))
        n += 1
    return state


def spiff() -> None:
    try:
        from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
    except ImportError:
        show("spiffworkflow_steps_saved_and_read", "steps/s", skipped="SpiffWorkflow is not installed")
        return
    import io

    from lxml import etree
    from SpiffWorkflow.bpmn.parser import BpmnParser
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.util.task import TaskState

    nodes = ["start", *(f"u{i}" for i in range(STEPS)), "end"]
    flows = "".join(
        f'<sequenceFlow id="f{i}" sourceRef="{a}" targetRef="{b}"/>'
        for i, (a, b) in enumerate(itertools.pairwise(nodes))
    )
    tasks = "".join(f'<userTask id="u{i}" name="u{i}"/>' for i in range(STEPS))
    text = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'
        f'<process id="p" isExecutable="true"><startEvent id="start"/>{tasks}<endEvent id="end"/>{flows}</process></definitions>'
    )
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.parse(io.BytesIO(text.encode())))
    spec = parser.get_spec("p")
    serializer = BpmnWorkflowSerializer()

    def run() -> None:
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        for _ in range(STEPS):
            workflow = serializer.deserialize_json(serializer.serialize_json(workflow))
            workflow.get_tasks(state=TaskState.READY, manual=True)[0].run()
            workflow.do_engine_steps()
        assert workflow.completed

    show("spiffworkflow_steps_saved_and_read", "steps/s", **per_second(run, STEPS))


def main() -> None:
    text = plan_text()
    plan = load_plan(text).plan
    assert plan is not None
    run_case(plan)
    show("steps_saved_and_read", "steps/s", **per_second(lambda: run_case(plan), STEPS))
    for events in (10, 1000):
        state = long_case(plan, events)
        size = len(json.dumps(state_to_json(state)))
        rate = per_second(lambda state=state: happen(plan, state, c.DoStep(command_id="new", step="s0")), 1)
        show(f"one_act_after_{events}_events", "acts/s", snapshot_bytes=size, **rate)
    state = long_case(plan, 10)
    show("available", "pages/s", **per_second(lambda: available(plan, state, LI, NOW), 1))
    show("progress", "pages/s", **per_second(lambda: progress(plan, state), 1))
    show("load_plan", "plans/s", **per_second(lambda: load_plan(text), 1))
    spiff()


if __name__ == "__main__":
    main()
