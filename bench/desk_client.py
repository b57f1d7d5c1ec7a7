"""One client of `bench/desk.py`, in a process of its own: prints one JSON object. Not to be run by hand.

`sql` writes what the act writes: the statements of one act are recorded once, and replayed for other cases with their ids
put in, straight through psycopg, without any of the reading, deciding, checking and building that the act does.
"""

from __future__ import annotations

import io
import itertools
import json
import random
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import django
import psycopg

django.setup()

from django.db import connection, connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from xiaoshi.desk.cases.models import Case  # noqa: E402
from xiaoshi.desk.cases.opening import open_case  # noqa: E402
from xiaoshi.desk.cases.steps import do_step  # noqa: E402
from xiaoshi.desk.cases.verbs import send_back  # noqa: E402
from xiaoshi.desk.clocks import running  # noqa: E402
from xiaoshi.desk.guard import statements  # noqa: E402
from xiaoshi.desk.guard.boundary import perform  # noqa: E402
from xiaoshi.desk.guard.visibility import see_as  # noqa: E402
from xiaoshi.desk.organisation.models import Staff  # noqa: E402

WRITES = ("INSERT", "UPDATE", "DELETE")
KEPT = {statements.WHO}
LISTEN = {"step": "listen", "result": {"note": "客户希望把铁盒里的旧币换成新币，已记下"}}


def opened(person: Staff, cases: int) -> list[uuid.UUID]:
    fields = {"kind": "example", "client_name": "量一量", "facts": {"wish": "量"}}
    made = []
    for _ in range(cases):
        done = perform(open_case, person, f"bench-{uuid.uuid4()}", **fields)
        assert done.case_id is not None
        made.append(done.case_id)
    return made


def teller(n: int) -> Staff:
    tellers = Staff.objects.using("owner").filter(roles__contains=["teller"]).order_by("login")
    return Staff.objects.select_related("unit").get(login=tellers[n % tellers.count()].login)


def timed(work: list[Callable[[], object]]) -> dict[str, Any]:
    """Say that this client is ready, and begin with the others."""
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.time()
    for one in work:
        one()
    return {"begun": begun, "ended": time.time(), "steps": len(work)}


def act(n: int, steps: int) -> dict[str, Any]:
    person = teller(n)
    cases = opened(person, steps + 1)
    perform(do_step, person, f"warm-{uuid.uuid4()}", case_id=cases.pop(), expected_version=1, **LISTEN)

    def step(case: uuid.UUID) -> Callable[[], object]:
        key = f"bench-{uuid.uuid4()}"
        return lambda: perform(do_step, person, key, case_id=case, expected_version=1, **LISTEN)

    return timed([step(case) for case in cases])


def sql(n: int, steps: int) -> dict[str, Any]:
    person = teller(n)
    cases = opened(person, steps + 1)
    sample, key = cases.pop(), f"warm-{uuid.uuid4()}"
    numbers = dict(Case.objects.using("owner").filter(id__in=[*cases, sample]).values_list("id", "number"))
    recorded: list[tuple[str, Any]] = []

    def record(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        if statement.lstrip().upper().startswith(WRITES):
            recorded.append((statement, params))
        return execute(statement, params, many, context)

    # The act's own statements pass Django by (`guard/statements.py`): writes, who acts, and the lock on the case.
    real = statements.send

    def send(given: Any) -> Any:
        recorded.extend(
            one for one in given if one[0].startswith(WRITES) or one[0] in KEPT or "FOR UPDATE" in one[0]
        )
        return real(given)

    statements.send = running.send = send
    try:
        with connection.execute_wrapper(record):
            perform(do_step, person, key, case_id=sample, expected_version=1, **LISTEN)
    finally:
        statements.send = running.send = real

    def step(case: uuid.UUID) -> Callable[[], object]:
        own = f"bench-{uuid.uuid4()}"
        changes = {sample: case, str(sample): str(case), numbers[sample]: numbers[case], key: own}

        def put(value: Any) -> Any:
            if isinstance(value, (list, tuple)):
                return type(value)(map(put, value))
            return changes.get(value, value) if isinstance(value, (str, uuid.UUID)) else value

        written = [(text, put(params)) for text, params in recorded]

        def run() -> None:
            with connection.connection.transaction(), psycopg.Cursor(connection.connection) as cursor:
                for text, params in written:
                    cursor.execute(text, params, prepare=True)

        return run

    connection.ensure_connection()
    return timed([step(case) for case in cases])


def spiff(_n: int, steps: int, length: int = 12) -> dict[str, Any]:
    """SpiffWorkflow on a line of `length` user tasks, read from its row, done one task on, and written back."""
    from lxml import etree
    from SpiffWorkflow.bpmn.parser import BpmnParser
    from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.util.task import TaskState

    nodes = ["start", *(f"u{i}" for i in range(length)), "end"]
    flows = "".join(
        f'<sequenceFlow id="f{i}" sourceRef="{a}" targetRef="{b}"/>'
        for i, (a, b) in enumerate(itertools.pairwise(nodes))
    )
    tasks = "".join(f'<userTask id="u{i}" name="u{i}"/>' for i in range(length))
    text = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'
        f'<process id="p" isExecutable="true"><startEvent id="start"/>{tasks}<endEvent id="end"/>{flows}</process></definitions>'
    )
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.parse(io.BytesIO(text.encode())))
    spec, serializer = parser.get_spec("p"), BpmnWorkflowSerializer()
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7)")
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_spiff (id bigserial PRIMARY KEY, state jsonb)")
        cursor.execute("SELECT pg_advisory_unlock(7)")

    def started() -> int:
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        with owner.cursor() as cursor:
            cursor.execute(
                "INSERT INTO bench_spiff (state) VALUES (%s) RETURNING id",
                [serializer.serialize_json(workflow)],
            )
            return int(cursor.fetchone()[0])

    def step(row: int) -> Callable[[], object]:
        def run() -> None:
            with transaction.atomic(using="owner"), owner.cursor() as cursor:
                cursor.execute("SELECT state::text FROM bench_spiff WHERE id = %s FOR UPDATE", [row])
                workflow = serializer.deserialize_json(cursor.fetchone()[0])
                workflow.get_tasks(state=TaskState.READY, manual=True)[0].run()
                workflow.do_engine_steps()
                cursor.execute(
                    "UPDATE bench_spiff SET state = %s WHERE id = %s",
                    [serializer.serialize_json(workflow), row],
                )

        return run

    rows = [started() for _ in range(steps // length + 1)]
    return timed([step(row) for row in rows for _ in range(length)][:steps])


def one_more(person: Staff, case: uuid.UUID, n: int) -> float:
    """Do or send back the one step; milliseconds."""
    begun = time.perf_counter()
    if n % 2 == 0:
        perform(do_step, person, f"bench-{uuid.uuid4()}", case_id=case, **LISTEN)
    else:
        perform(send_back, person, f"bench-{uuid.uuid4()}", case_id=case, step="listen", reason="请重听")
    return (time.perf_counter() - begun) * 1000


def long(_seed: int) -> dict[str, Any]:
    person = teller(0)
    early: list[float] = []
    late: list[float] = []
    opened(person, 3)
    cases = opened(person, 3)
    for case in cases:
        early += [one_more(person, case, n) for n in range(20)][6:]
    for case in cases:
        late += [one_more(person, case, n) for n in range(20, 1012)][-14:]
    see = Case.objects.using("owner").get(id=cases[0])
    return {
        "early_ms": statistics.median(early),
        "late_ms": statistics.median(late),
        "events": see.version,
        "acts": len(late),
    }


def queue(pages: int) -> dict[str, Any]:
    """Pages of a teller, a city specialist and a province specialist, in turns; the first five of each are not counted."""
    from django.test import Client

    people = {
        "outlet": teller(7),
        "city": Staff.objects.get(login="c00.x1"),
        "province": Staff.objects.get(login="sim.y1"),
    }
    found: dict[str, list[float]] = {}
    chance = random.Random(1)
    for who, person in people.items():
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        for view in ("mine", "unclaimed", "client", "asked", "late", "all"):
            times = []
            for _ in range(pages + 5):
                begun = time.perf_counter()
                answer = client.get("/desk/", {"view": view, "turn": chance.random()})
                times.append((time.perf_counter() - begun) * 1000)
                assert answer.status_code == 200, answer.status_code
            found[f"{who}_{view}"] = times[5:]
    return found


def case(pages: int) -> dict[str, Any]:
    from django.test import Client

    from xiaoshi.desk.papers import blobs
    from xiaoshi.desk.papers.models import Document

    person = teller(0)
    (ident,) = opened(person, 1)
    for n in range(998):
        one_more(person, ident, n)
    address = blobs.put(b"%PDF-1.4 bench")
    Document.objects.using("owner").bulk_create(
        Document(
            case_id=ident, purpose="other", name=f"材料 {n}.pdf", sha256=address, content_type="application/pdf", bytes=14,
            added_by=person.login, added_at=timezone.now(),
        )
        for n in range(500)
    )  # fmt: skip
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    found: dict[str, list[float]] = {}
    for name, path in (("overview", ""), ("papers", "papers/"), ("timeline", "timeline/"), ("map", "map/")):
        times = []
        for _ in range(pages + 3):
            begun = time.perf_counter()
            answer = client.get(f"/desk/cases/{ident}/{path}")
            times.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, answer.status_code
        found[name] = times[3:]
    with transaction.atomic():
        see_as(person)
        row = Case.objects.get(id=ident)
    return {"pages": found, "documents": 500, "entries": row.version}


def main() -> None:
    what, *rest = sys.argv[1:]
    told: dict[str, Any]
    match what:
        case "act" | "sql" | "spiff":
            told = {"act": act, "sql": sql, "spiff": spiff}[what](*map(int, rest))
        case "long":
            told = long(int(rest[0]))
        case "queue":
            told = queue(int(rest[0]))
        case _:
            told = case(int(rest[0]))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
