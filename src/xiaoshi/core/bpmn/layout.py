"""Where everything stands on the drawing: lanes from top to bottom, time from left to right.

bpmn-io's own automatic layout knows neither pools nor lanes (tried: it draws the tasks and leaves the lanes out, which its
linter then refuses). A plan is nearly a line, so columns by the longest way from the start, and in each lane one row for each
node that shares its column, are enough; a flow leaves on the right, turns once half-way, and enters on the left.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xiaoshi.core.bpmn.graph import Graph, Node

COLUMN_PX, ROW_PX, PAD_PX, HEAD_PX = 170, 110, 30, 60
SIZES_PX: dict[str, tuple[int, int]] = {
    "task": (110, 80),
    "start": (36, 36),
    "end": (36, 36),
    "exclusive": (50, 50),
    "parallel": (50, 50),
}
INNER_ROW_PX = 100

Box = tuple[int, int, int, int]
"""x, y, width, height in px."""


@dataclass(slots=True)
class Layout:
    nodes: dict[str, Box] = field(default_factory=dict)
    lanes: dict[str, Box] = field(default_factory=dict)
    pool: Box = (0, 0, 0, 0)
    ways: list[list[tuple[int, int]]] = field(default_factory=list)
    """Waypoints of each flow, in the order of the graph's flows."""


def size_of(node: Node) -> tuple[int, int]:
    """Width and height in px; an ad-hoc box holds its tasks one under the other."""
    if node.type == "adhoc":
        return 150, 40 + INNER_ROW_PX * len(node.inner)
    return SIZES_PX[node.type]


def laid_out(graph: Graph, lanes: list[str]) -> Layout:
    """The place of every node, lane and flow."""
    columns = _columns(graph)
    found = Layout()
    top = 0
    for lane in lanes:
        members = [n for n in graph.nodes.values() if n.lane == lane]
        height = _place_lane(found, members, columns, top)
        found.lanes[lane] = (30, top, 0, height)
        top += height
    width = HEAD_PX + COLUMN_PX * (max(columns.values()) + 1) + PAD_PX
    found.lanes = {lane: (x, y, width - 30, height) for lane, (x, y, _, height) in found.lanes.items()}
    found.pool = (0, 0, width, top)
    found.ways = [_way(found.nodes[f.source], found.nodes[f.target]) for f in graph.flows]
    return found


def _place_lane(found: Layout, members: list[Node], columns: dict[str, int], top: int) -> int:
    """Place the lane's nodes below `top`; gives its height."""
    used: dict[int, int] = {}
    for node in sorted(members, key=lambda n: columns[n.id]):
        width, height = size_of(node)
        column = columns[node.id]
        y = used.get(column, PAD_PX)
        row = max(ROW_PX, height + PAD_PX)
        x = HEAD_PX + PAD_PX + COLUMN_PX * column + (COLUMN_PX - PAD_PX - width) // 2
        found.nodes[node.id] = (x, top + y + (row - PAD_PX - height) // 2, width, height)
        for i, inner in enumerate(node.inner):
            inner_y = found.nodes[node.id][1] + 30 + INNER_ROW_PX * i
            found.nodes[inner.id] = (x + 20, inner_y, *SIZES_PX["task"])
        used[column] = y + row
    return max([*used.values(), PAD_PX + ROW_PX])


def _columns(graph: Graph) -> dict[str, int]:
    """The longest way from the start. The graph has no cycle, because the plan has none."""
    columns = dict.fromkeys(graph.nodes, 0)
    waits = {name: sum(f.target == name for f in graph.flows) for name in graph.nodes}
    ready = [name for name, count in waits.items() if not count]
    while ready:
        name = ready.pop()
        for flow in graph.flows:
            if flow.source == name:
                columns[flow.target] = max(columns[flow.target], columns[name] + 1)
                waits[flow.target] -= 1
                if not waits[flow.target]:
                    ready.append(flow.target)
    return columns


def _way(source: Box, target: Box) -> list[tuple[int, int]]:
    start = (source[0] + source[2], source[1] + source[3] // 2)
    end = (target[0], target[1] + target[3] // 2)
    if start[1] == end[1]:
        return [start, end]
    turn = end[0] - 20
    return [start, (turn, start[1]), (turn, end[1]), end]
