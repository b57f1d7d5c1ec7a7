"""Speed of the desk on a real database: acts, lists and pages. One JSON object for each figure.

    python bench/desk.py [--cases 200000] [--small 2000] [--seed 7] [--only steps,long,queue,case]

- `act_by_8_clients`: a step done through its act (`perform`, as the pages do), durable, eight processes at once; beside the
  same writes in hand-written SQL, and beside SpiffWorkflow saved to the same database at each step, all in one run.
- `act_after_1000_events`: the cost of one act when the case has 1,000 events, over its cost when it has 10.
- `queue_page_…`: one page of 50 with row-level security in a province of `--cases`, over the same with `--small` cases.
- `case_page`: a case with 500 documents and 1,000 entries.

A page is the whole request inside the process (middleware, view, template), without the socket. No figure is asserted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CLIENTS = 8
STEPS_A_CLIENT = 60
SPIFF_LENGTHS = (60, 300)
"""The peer writes the whole case at each step, so its speed hangs on the length: 12 steps as in our first trial, and longer."""
PAGES = 60


def show(name: str, value: float, unit: str, **more: Any) -> None:
    print(
        json.dumps({"bench": "desk", "name": name, "value": round(value, 2), "unit": unit, **more}),
        flush=True,
    )


@contextlib.contextmanager
def home_with(*words: str) -> Iterator[Path]:
    """A scratch home, filled by one command of ours."""
    folder = Path(tempfile.mkdtemp(prefix="xs-bench-"))
    try:
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "xiaoshi.cli", *words, "--home", str(folder / "home")],
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise SystemExit(ran.stderr)
        yield folder / "home"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def desk_of(home: Path) -> Iterator[dict[str, str]]:
    """Django on this home, in this process, for as long as the block lasts; gives the environment for children."""
    from xiaoshi.house.django import environment, prepare
    from xiaoshi.house.home import Home

    with prepare(Home.chosen(str(home)), owner=True) as info:
        yield {**os.environ, **environment(Home.chosen(str(home)), info, owner=True)}


def in_child(environment: dict[str, str], *words: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-P", str(HERE / "desk_client.py"), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise SystemExit(ran.stderr)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def eight_clients(environment: dict[str, str], what: str, *more: str) -> float:
    """Steps a second of eight processes that begin together."""
    clients = [
        subprocess.Popen(
            [sys.executable, "-P", str(HERE / "desk_client.py"), what, str(n), str(STEPS_A_CLIENT), *more],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(CLIENTS)
    ]
    for client in clients:
        assert client.stdout is not None
        if client.stdout.readline() != "ready\n":
            raise SystemExit(f"a client of {what} did not get ready")
    for client in clients:
        assert client.stdin is not None
        client.stdin.write("go\n")
        client.stdin.flush()
    told = [json.loads(client.communicate()[0]) for client in clients]
    took = max(t["ended"] for t in told) - min(t["begun"] for t in told)
    return sum(t["steps"] for t in told) / took


def measure_steps(seed: int) -> None:
    with (
        home_with("simulate", "province", "--cases", "200", "--seed", str(seed)) as home,
        desk_of(home) as env,
    ):
        rounds: dict[str, list[float]] = {"sql": [], "act": [], "spiff": []}
        for _ in range(3):
            for what, found in rounds.items():
                found.append(eight_clients(env, what))
        longer = {length: eight_clients(env, "spiff", str(length)) for length in SPIFF_LENGTHS}
    middle = {what: statistics.median(found) for what, found in rounds.items()}
    size = {"clients": CLIENTS, "steps": CLIENTS * STEPS_A_CLIENT, "rounds": 3}
    show("sql_by_8_clients", middle["sql"], "steps/s", work_size=size, seed=seed, runs=rounds["sql"])
    for peer, words in (
        ("sql", "hand-written SQL of the same writes"),
        ("spiff", "SpiffWorkflow saved at each step"),
    ):
        show(
            f"act_by_8_clients_beside_{peer}",
            middle["act"],
            "steps/s",
            peer=words,
            peer_value=round(middle[peer], 1),
            ratio=round(middle["act"] / middle[peer], 3),
            work_size=size,
            seed=seed,
        )
    for length, value in longer.items():
        show(
            f"act_by_8_clients_beside_spiff_of_{length}_steps",
            middle["act"],
            "steps/s",
            peer=f"SpiffWorkflow saved at each step, a case of {length} steps",
            peer_value=round(value, 1),
            ratio=round(middle["act"] / value, 3),
            work_size={"clients": CLIENTS, "steps": CLIENTS * STEPS_A_CLIENT, "rounds": 1},
            seed=seed,
        )


def measure_long(seed: int) -> None:
    with (
        home_with("simulate", "province", "--cases", "50", "--seed", str(seed)) as home,
        desk_of(home) as env,
    ):
        told = in_child(env, "long", str(seed))
    show(
        "act_after_1000_events",
        told["late_ms"],
        "ms",
        peer="the 10th act of the same case",
        peer_value=round(told["early_ms"], 3),
        ratio=round(told["late_ms"] / told["early_ms"], 3),
        work_size={"events": told["events"], "acts": told["acts"]},
        seed=seed,
    )


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure_queue(cases: int, small: int, seed: int) -> None:
    found: dict[int, dict[str, list[float]]] = {}
    for size in (small, cases):
        with (
            home_with("simulate", "province", "--cases", str(size), "--seed", str(seed)) as home,
            desk_of(home) as env,
        ):
            found[size] = in_child(env, "queue", str(PAGES))
    for view in found[cases]:
        large, little = percentile(found[cases][view], 0.95), percentile(found[small][view], 0.95)
        show(
            f"queue_page_{view}_p95",
            large,
            "ms",
            peer=f"the same page at {small} cases",
            peer_value=round(little, 2),
            ratio=round(large / little, 3),
            median=round(statistics.median(found[cases][view]), 2),
            work_size={"cases": cases, "rows": 50, "pages": PAGES},
            seed=seed,
        )


def measure_case(seed: int) -> None:
    with (
        home_with("simulate", "province", "--cases", "50", "--seed", str(seed)) as home,
        desk_of(home) as env,
    ):
        told = in_child(env, "case", str(PAGES // 2))
    for page, values in told["pages"].items():
        show(
            f"case_page_{page}_p95",
            percentile(values, 0.95),
            "ms",
            peer="200 ms",
            ratio=round(percentile(values, 0.95) / 200, 3),
            median=round(statistics.median(values), 2),
            work_size={"documents": told["documents"], "entries": told["entries"]},
            seed=seed,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="steps,long,queue,case")
    args = parser.parse_args()
    measures: dict[str, Callable[[], None]] = {
        "steps": lambda: measure_steps(args.seed),
        "long": lambda: measure_long(args.seed),
        "queue": lambda: measure_queue(args.cases, args.small, args.seed),
        "case": lambda: measure_case(args.seed),
    }
    for name in args.only.split(","):
        measures[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
