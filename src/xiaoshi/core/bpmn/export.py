"""A plan as a BPMN 2.0 file that other tools open: bpmn.io, Camunda Modeler, Visio.

Problem. Auditors and consultants read BPMN, not `plan.toml`. A case of a plan is no token on a chart, so the drawing can
only show the plan's order, never be the state of a running case.

Choice. Stages are lanes of one pool; a step is a user task with its documentation (who, needs, limit, what the client is
told); a second pair of eyes is a second task; a condition is an exclusive gateway with the CEL text as its expression and
the words as its name; optional steps are an ad-hoc sub-process; `after` becomes flows and parallel gateways
(`graph.py`). Names are in both languages. Model and XML are bpmn-io's; the drawing is laid out in `layout.py`.

What BPMN cannot say stays in the documentation: sending back to any step, adding a step, waiving a need, milestones.
Worked example: the 15 steps of the burnt notes give 5 lanes, 16 user tasks with closing, 6 exclusive gateways.
"""

from __future__ import annotations

from typing import Any

from bpmn_io import BpmnModdle

from xiaoshi.core.bpmn.graph import Flow, Graph, Node, both, graph_of
from xiaoshi.core.bpmn.layout import Box, Layout, laid_out
from xiaoshi.core.casework.model import Plan
from xiaoshi.core.casework.plan_words import condition_words

CEL_LANGUAGE = "https://cel.dev"
TYPES = {
    "start": "bpmn:StartEvent",
    "end": "bpmn:EndEvent",
    "task": "bpmn:UserTask",
    "exclusive": "bpmn:ExclusiveGateway",
    "parallel": "bpmn:ParallelGateway",
    "adhoc": "bpmn:AdHocSubProcess",
}


def bpmn_of(plan: Plan) -> str:
    """The XML text of the plan's drawing, with its diagram. Step ids are element ids, so that a tool can refer to them."""
    graph = graph_of(plan)
    lanes = [stage.id for stage in plan.stages if any(n.lane == stage.id for n in graph.nodes.values())]
    return _Writer(plan, graph, lanes).text()


class _Writer:
    def __init__(self, plan: Plan, graph: Graph, lanes: list[str]) -> None:
        self.moddle: Any = BpmnModdle()
        self.plan, self.graph, self.lanes = plan, graph, lanes
        self.layout: Layout = laid_out(graph, lanes)
        self.elements: dict[str, Any] = {}

    def text(self) -> str:
        process = self._process()
        pool = self._make("bpmn:Participant", id="pool-1", name=both(self.plan.title), processRef=process)
        collaboration = self._make("bpmn:Collaboration", id="collaboration-1")
        collaboration.get("participants").append(pool)
        definitions = self._make(
            "bpmn:Definitions",
            id=f"plan-{self.plan.kind}-v{self.plan.version}",
            targetNamespace=f"urn:xiaoshi:plan:{self.plan.kind}:{self.plan.version}",
            expressionLanguage=CEL_LANGUAGE,
            exporter="xiaoshi",
        )
        definitions.get("rootElements").extend([collaboration, process])
        definitions.get("diagrams").append(self._diagram(collaboration, pool))
        return str(self.moddle.to_xml(definitions, {"format": True}).xml)

    def _make(self, kind: str, **fields: Any) -> Any:
        return self.moddle.create(kind, fields)

    def _process(self) -> Any:
        process = self._make(
            "bpmn:Process", id=f"process-{self.plan.kind}", name=both(self.plan.title), isExecutable=False
        )
        self._document(process, self._milestones())
        nodes = [self._node(node) for node in self.graph.nodes.values()]
        flows = [self._flow(i, flow) for i, flow in enumerate(self.graph.flows)]
        process.get("flowElements").extend([*nodes, *flows])
        lane_set = self._make("bpmn:LaneSet", id="stages-1")
        for stage in self.plan.stages:
            if stage.id in self.lanes:
                lane = self._make("bpmn:Lane", id=f"stage-{stage.id}", name=both(stage.title))
                members = [self.elements[n.id] for n in self.graph.nodes.values() if n.lane == stage.id]
                lane.get("flowNodeRef").extend(members)
                lane_set.get("lanes").append(lane)
                self.elements[f"stage-{stage.id}"] = lane
        process.get("laneSets").append(lane_set)
        return process

    def _milestones(self) -> list[str]:
        return [
            f"里程碑 / milestone: {both(m.title)}: {both(condition_words(m.when, self.plan))}"
            for m in self.plan.milestones
        ]

    def _document(self, element: Any, lines: list[str]) -> None:
        if lines:
            element.get("documentation").append(self._make("bpmn:Documentation", text="\n".join(lines)))

    def _node(self, node: Node) -> Any:
        fields: dict[str, Any] = {"id": node.id}
        if node.name:
            fields["name"] = node.name
        if node.type == "adhoc":
            fields |= {"cancelRemainingInstances": False, "ordering": "Parallel"}
        element = self._make(TYPES[node.type], **fields)
        self._document(element, node.told)
        if node.inner:
            element.get("flowElements").extend(self._node(inner) for inner in node.inner)
        self.elements[node.id] = element
        return element

    def _flow(self, number: int, flow: Flow) -> Any:
        source, target = self.elements[flow.source], self.elements[flow.target]
        fields: dict[str, Any] = {"id": f"flow-{number + 1}", "sourceRef": source, "targetRef": target}
        if flow.name:
            fields["name"] = flow.name
        if flow.condition:
            fields["conditionExpression"] = self._make(
                "bpmn:FormalExpression", body=flow.condition, language=CEL_LANGUAGE
            )
        element = self._make("bpmn:SequenceFlow", **fields)
        source.get("outgoing").append(element)
        target.get("incoming").append(element)
        if flow.default:
            source.set("default", element)
        self.elements[fields["id"]] = element
        return element

    def _diagram(self, collaboration: Any, pool: Any) -> Any:
        plane = self._make("bpmndi:BPMNPlane", id="plane-1", bpmnElement=collaboration)
        shapes = [self._shape(pool, self.layout.pool, isHorizontal=True)]
        for lane in self.lanes:
            element = self.elements[f"stage-{lane}"]
            shapes.append(self._shape(element, self.layout.lanes[lane], isHorizontal=True))
        for name, box in self.layout.nodes.items():
            more = {"isExpanded": True} if name in self.graph.nodes and self.graph.nodes[name].inner else {}
            shapes.append(self._shape(self.elements[name], box, **more))
        for i, way in enumerate(self.layout.ways):
            flow = self.elements[f"flow-{i + 1}"]
            edge = self._make("bpmndi:BPMNEdge", id=f"flow-{i + 1}-di", bpmnElement=flow)
            edge.get("waypoint").extend(self._make("dc:Point", x=x, y=y) for x, y in way)
            shapes.append(edge)
        plane.get("planeElement").extend(shapes)
        return self._make("bpmndi:BPMNDiagram", id="diagram-1", plane=plane)

    def _shape(self, element: Any, box: Box, **more: Any) -> Any:
        x, y, width, height = box
        bounds = self._make("dc:Bounds", x=x, y=y, width=width, height=height)
        return self._make(
            "bpmndi:BPMNShape", id=f"{element.get('id')}-di", bpmnElement=element, bounds=bounds, **more
        )
