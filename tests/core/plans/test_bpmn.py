"""Plans as BPMN 2.0: valid by the standard's schema, without a complaint of the linter, and the same when read back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from bpmn_io import BpmnModdle, check
from bpmn_io.lint import Linter
from bpmn_io.lint.resolver import NodeResolver
from lxml import etree

from xiaoshi.core.bpmn.export import bpmn_of
from xiaoshi.core.bpmn.graph import graph_of
from xiaoshi.core.casework import load_plan

ROOT = Path(__file__).parents[3]
FILES = [
    *sorted((ROOT / "src/xiaoshi/desk/kinds").glob("*/plan.toml")),
    ROOT / "tests/core/casework/burnt_notes_plan.toml",
]
HARD = """
kind = "hard"
version = 3
title = { zh = "难 <&>", en = "Hard \\"one\\"" }
opens = ["teller"]
facts.a = { type = "bool", zh = "甲", en = "A" }
[[stages]]
id = "all"
title = { zh = "全部", en = "All" }
[[stages]]
id = "empty"
title = { zh = "无环节", en = "No step" }
[[steps]]
id = "start"
stage = "all"
title = { zh = "开始", en = "Start" }
by = { roles = ["teller"] }
when = "facts.a"
four_eyes = true
confirm_by = { roles = ["supervisor"], level = "outlet" }
needs = ["paper:x?", "check:y"]
[[steps]]
id = "end"
stage = "all"
title = { zh = "结束", en = "End" }
by = { roles = ["teller"] }
optional = true
after = ["start"]
[[steps]]
id = "pool"
stage = "all"
title = { zh = "池", en = "Pool" }
by = { roles = ["teller"] }
after = ["end"]
not_by = ["start"]
[[steps]]
id = "flow"
stage = "all"
title = { zh = "流", en = "Flow" }
by = { roles = ["teller"] }
optional = true
four_eyes = true
[[milestones]]
id = "m"
title = { zh = "到", en = "There" }
when = "steps.pool.done"
[close]
when = "steps.pool.done"
by = ["teller"]
"""
PLANS = {path.parent.name: path.read_text("utf-8") for path in FILES} | {"hard": HARD}


@pytest.fixture(scope="module")
def schema():
    import SpiffWorkflow.bpmn.parser as parser

    return etree.XMLSchema(etree.parse(str(Path(parser.__file__).parent / "schema" / "BPMN20.xsd")))


@pytest.fixture(params=sorted(PLANS))
def plan(request):
    loaded = load_plan(PLANS[request.param])
    assert loaded.plan is not None, [p.words.en for p in loaded.problems]
    return loaded.plan


def test_valid_by_the_schema_and_without_complaint(plan, schema):
    xml = bpmn_of(plan)
    schema.assertValid(etree.fromstring(xml.encode()))
    assert check(xml).ok, check(xml).errors
    root = BpmnModdle().from_xml(xml)
    assert root.warnings == []
    found = Linter(resolver=NodeResolver()).lint(root.root_element, {"extends": "bpmnlint:recommended"})
    assert found == {}


def elements(root):
    """`(id, type, name)` of all flow elements, those inside an ad-hoc box as well, and the ends of the flows."""
    process = next(e for e in root.get("rootElements") if e.get("id").startswith("process-"))
    todo, told, flows = list(process.get("flowElements")), {}, set()
    while todo:
        element = todo.pop()
        kind = element.get("$type").removeprefix("bpmn:")
        if kind == "SequenceFlow":
            flows.add((element.get("sourceRef").get("id"), element.get("targetRef").get("id")))
        else:
            told[element.get("id")] = (kind, element.get("name") or "")
            todo += element.get("flowElements") or [] if kind == "AdHocSubProcess" else []
    return told, flows


def test_read_back_it_is_the_same(plan):
    graph = graph_of(plan)
    xml = bpmn_of(plan)
    root = BpmnModdle().from_xml(xml).root_element
    told, flows = elements(root)
    kinds = {
        "start": "StartEvent",
        "end": "EndEvent",
        "task": "UserTask",
        "exclusive": "ExclusiveGateway",
        "parallel": "ParallelGateway",
        "adhoc": "AdHocSubProcess",
    }
    nodes = [n for outer in graph.nodes.values() for n in (outer, *outer.inner)]
    assert told == {n.id: (kinds[n.type], n.name) for n in nodes}
    assert flows == {(f.source, f.target) for f in graph.flows}
    assert BpmnModdle().to_xml(root, {"format": True}).xml == xml


def test_every_step_is_a_task_and_every_second_person_another(plan):
    told, _ = elements(BpmnModdle().from_xml(bpmn_of(plan)).root_element)
    tasks = {name for name, (kind, _) in told.items() if kind == "UserTask"}
    wanted = (
        set(plan.steps) | {f"{s.id}-confirm" for s in plan.steps.values() if s.four_eyes} | {"close-case"}
    )
    assert tasks == wanted
    gates = Counter(kind for kind, _ in told.values())["ExclusiveGateway"]
    assert gates == 2 * sum(s.when is not None and not s.optional for s in plan.steps.values())


def test_nothing_lies_on_anything_else(plan):
    from xiaoshi.core.bpmn.layout import laid_out

    graph = graph_of(plan)
    lanes = [s.id for s in plan.stages if any(n.lane == s.id for n in graph.nodes.values())]
    layout = laid_out(graph, lanes)
    boxes = [(n.id, layout.nodes[n.id]) for n in graph.nodes.values()]
    for i, (one, (x, y, w, h)) in enumerate(boxes):
        lane = layout.lanes[graph.nodes[one].lane]
        assert lane[0] <= x
        assert x + w <= lane[0] + lane[2]
        assert lane[1] <= y
        assert y + h <= lane[1] + lane[3]
        for other, (x2, y2, w2, h2) in boxes[i + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y, (one, other)


def test_the_condition_stands_on_its_flow_in_words_and_as_text():
    loaded = load_plan(HARD)
    root = BpmnModdle().from_xml(bpmn_of(loaded.plan)).root_element
    process = next(e for e in root.get("rootElements") if e.get("id") == "process-hard")
    flow = next(
        e
        for e in process.get("flowElements")
        if e.get("$type") == "bpmn:SequenceFlow" and e.get("conditionExpression")
    )
    assert flow.get("name") == "“甲”为“是” / “A” is yes"
    assert flow.get("conditionExpression").get("body") == "facts.a"
