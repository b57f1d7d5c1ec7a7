"""How well burnt notes are measured, joined and judged, and how fast: each figure beside the spike's method in the same run.

    python bench/notes.py                                        # all figures, under 20 minutes on 2 quiet cores
    python bench/notes.py --only joins,identity --seed 501 --trays 20
    python bench/notes.py --only verdicts --size 2000 --maker mesh # the second simulator, which nothing was tuned on

Each line is one JSON object {"name", "value", "unit", "peer", "peer_value", "ratio", "work_size", "seed"}: `peer` names
the method beside (`notes_spike.py`, run on the same photos; on the first --peer of each kind where there are more),
`ratio` is value / peer_value (null where either is nothing), `work_size` how many notes, pieces or photos stand behind
`value`. A figure asked of few photos says little: an error's p95 of 40 notes is its second largest.

Scenes (parameters: README-simulators.md beside the simulators): `single` one note, 1250 x 800, A4 mat; `verdicts` the
same with half of the notes within 10 points of 1/2 or 3/4; `tray` 12 MP, 8 notes of any damage; `identity` notes in 4 to
14 scraps; `joins` notes in 2 to 5 parts, two thirds of them burnt too; `tin` 70 trays, 13 notes each, through
`xiaoshi notes assess`. Two processes share the work; the answer does not depend on how many.

Seeds of 1 to 99 have been seen by tuning. Judge with 500 and more.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

import notes_scenes as scenes
from notes_scenes import Outcome, Scene, Seen
from notes_tin import tin_figures
from xiaoshi.core.notes.damage import DamageOptions

GROUPS = ("single", "tray", "verdicts", "coverage", "identity", "joins", "speed", "tin")
STRATA = {"2500": (2500.0, 1e9), "1200": (1200.0, 2500.0), "600": (600.0, 1200.0), "300": (300.0, 600.0)}
PEER = "spike's method (bench/notes_spike.py)"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what both methods give for it over some scenes; None where nothing was seen."""

    name: str
    unit: str
    of: Callable[[Sequence[Seen]], tuple[float | None, int]]


def main() -> None:
    """Make, look, compare, print."""
    args = _arguments()
    scenes.begin(args.library)
    wanted = set(args.only)
    # made before the fork, so that both processes share them
    scenes.prepared()
    if args.peer and wanted != {"tin"}:
        scenes.spike()
    told: dict[str, list[Outcome]] = {}
    for group, todo in _scenes(wanted, args).items():
        told[group] = list(_run(todo, args, group))
        for line in _lines(group, told, wanted, args.seed):
            print(json.dumps(line), flush=True)
    if "tin" in wanted:
        for line in tin_figures(args.seed, args.tin_trays, min(args.peer, 4), args.library):
            print(json.dumps(line | {"peer": PEER if line["peer_value"] is not None else None}), flush=True)


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--only", type=_groups, default=GROUPS, metavar=",".join(GROUPS))
    options.add_argument("--seed", type=int, default=41)
    options.add_argument(
        "--size", type=int, default=1000, help="single notes for verdicts; a fifth of it for errors"
    )
    options.add_argument(
        "--trays", type=int, default=12, help="12 MP trays for each of tray, identity, joins"
    )
    options.add_argument("--tin-trays", type=int, default=70)
    options.add_argument(
        "--peer", type=int, default=200, help="photos of each kind that the spike looks at (0: none)"
    )
    options.add_argument("--maker", choices=("masks", "mesh"), default="masks", help="which simulator")
    options.add_argument("--library", help="folder of enrolled notes (default: the specimen currency)")
    options.add_argument("--workers", type=int, default=2)
    return options.parse_args()


def _groups(text: str) -> tuple[str, ...]:
    wanted = tuple(text.split(","))
    unknown = set(wanted) - set(GROUPS)
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not among {', '.join(GROUPS)}")
    return wanted


def _scenes(wanted: set[str], args: argparse.Namespace) -> dict[str, list[Scene]]:
    """What has to be photographed for the groups asked for; speed takes the trays, coverage all that is there."""
    base = args.seed * 100_000
    made: dict[str, list[Scene]] = {}
    if "single" in wanted:
        made["single"] = [
            Scene("single", base + n, single=True, maker=args.maker) for n in range(max(1, args.size // 5))
        ]
    if wanted & {"verdicts", "coverage"}:
        made["verdicts"] = [_verdict_scene(base + 20_000 + n, n, args.maker) for n in range(args.size)]
    if wanted & {"tray", "speed"}:
        made["tray"] = [
            Scene("tray", base + 50_000 + n, notes=8, damage="any", maker=args.maker)
            for n in range(args.trays)
        ]
    if "identity" in wanted:
        scraps = DamageOptions(torn_in=(4, 14), keep=(0.3, 1.0))
        made["identity"] = [
            Scene("identity", base + 60_000 + n, notes=6, options=scraps, maker=args.maker)
            for n in range(args.trays)
        ]
    if "joins" in wanted:
        parts = DamageOptions(torn_in=(2, 5), keep=(0.45, 1.0))
        made["joins"] = [
            Scene("joins", base + 70_000 + n, notes=8, options=parts, maker=args.maker)
            for n in range(args.trays)
        ]
    return {group: scenes.with_peer(rows, args.peer) for group, rows in made.items()}


def _verdict_scene(seed: int, number: int, maker: str) -> Scene:
    """Every other note within 10 points of a threshold, the others anywhere from 15 % on."""
    rng = np.random.default_rng([seed, 7])
    if number % 2:
        keep = float(rng.choice([0.5, 0.75]) + rng.uniform(-0.1, 0.1))
    else:
        keep = float(rng.uniform(0.15, 1.0))
    return Scene("verdicts", seed, options=DamageOptions(keep=(keep, keep)), single=True, maker=maker)


def _run(todo: Sequence[Scene], args: argparse.Namespace, group: str) -> Iterator[Outcome]:
    """In order, whoever was done first."""
    pool = ProcessPoolExecutor(args.workers, mp_context=multiprocessing.get_context("fork"))
    with pool:
        for number, outcome in enumerate(pool.map(scenes.run, todo, chunksize=1), start=1):
            if outcome.problem is not None:
                print(f"{group} {outcome.scene.seed}: {outcome.problem}", file=sys.stderr)
            elif number % max(1, len(todo) // 10) == 0:
                print(f"{group} {number}/{len(todo)}", file=sys.stderr, flush=True)
            yield outcome


def _lines(
    group: str, told: dict[str, list[Outcome]], wanted: set[str], seed: int
) -> Iterator[dict[str, Any]]:
    here = told[group]
    if group in ("single", "tray"):
        yield from _pairs(here, _area_figures(f"area_error_{group}"), seed)
    if group == "verdicts" and "verdicts" in wanted:
        yield from _pairs(here, VERDICTS, seed)
    if group == "verdicts" and "coverage" in wanted:
        yield from _pairs([*told.get("single", []), *here], (COVERAGE,), seed)
    if group == "identity":
        yield from _pairs([outcome for rows in told.values() for outcome in rows], IDENTITY, seed)
    if group == "joins":
        yield from _pairs(here, JOINS, seed)
    if group == "tray" and "speed" in wanted:
        yield from _pairs(here, SPEED, seed)
        peak = (
            max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
            / 1024
        )
        line = {
            "name": "process_peak_mib",
            "value": round(peak),
            "unit": "MiB",
            "peer": None,
            "peer_value": None,
        }
        yield {**line, "ratio": None, "work_size": len(here), "seed": seed}


def _pairs(outcomes: Sequence[Outcome], figures: Sequence[Figure], seed: int) -> Iterator[dict[str, Any]]:
    ours = [o.engine for o in outcomes if o.engine is not None]
    theirs = [o.spike for o in outcomes if o.spike is not None]
    for figure in figures:
        value, size = figure.of(ours)
        peer, _ = figure.of(theirs) if theirs else (None, 0)
        yield {
            "name": figure.name,
            "value": None if value is None else round(value, 4),
            "unit": figure.unit,
            "peer": PEER if peer is not None else None,
            "peer_value": None if peer is None else round(peer, 4),
            "ratio": round(value / peer, 4) if value is not None and peer else None,
            "work_size": size,
            "seed": seed,
        }


def _share(parts: Sequence[bool]) -> tuple[float | None, int]:
    return (100 * float(np.mean(parts)), len(parts)) if parts else (None, 0)


def _errors(seen: Sequence[Seen]) -> list[float]:
    return [100 * abs(error) for one in seen for error, _ in one.errors]


def _area_figures(name: str) -> tuple[Figure, ...]:
    def of(how: Callable[[list[float]], float]) -> Callable[[Sequence[Seen]], tuple[float | None, int]]:
        def told(seen: Sequence[Seen]) -> tuple[float | None, int]:
            errors = _errors(seen)
            return (how(errors), len(errors)) if errors else (None, 0)

        return told

    return (
        Figure(f"{name}_median", "points", of(lambda e: float(np.median(e)))),
        Figure(f"{name}_p95", "points", of(lambda e: float(np.percentile(e, 95)))),
        Figure(f"{name}_max", "points", of(max)),
        Figure(f"{name}_measured", "%", _measured),
    )


def _measured(seen: Sequence[Seen]) -> tuple[float | None, int]:
    """Notes that were put together rightly and so have an error at all."""
    notes = sum(len(one.notes) for one in seen)
    return (100 * sum(len(one.errors) for one in seen) / notes, notes) if notes else (None, 0)


def _wrong_verdicts(seen: Sequence[Seen]) -> tuple[float | None, int]:
    decided = sum(not undecided for one in seen for undecided, _ in one.notes)
    return float(sum(w for one in seen for _, w in one.notes) + sum(one.ghosts for one in seen)), decided


def _stratum(
    low: float, high: float, wrong: bool = False
) -> Callable[[Sequence[Seen]], tuple[float | None, int]]:
    def of(seen: Sequence[Seen]) -> tuple[float | None, int]:
        return _share(
            [(w if wrong else n and not w) for one in seen for area, n, w in one.pieces if low <= area < high]
        )

    return of


def _mixed(seen: Sequence[Seen]) -> tuple[float | None, int]:
    notes = sum(len(one.notes) for one in seen)
    return (100 * sum(one.mixed for one in seen) / notes, notes) if notes else (None, 0)


def _per_second(seen: Sequence[Seen]) -> tuple[float | None, int]:
    notes, spent = sum(len(one.notes) for one in seen), sum(one.cpu_s for one in seen)
    return (2 * notes / spent, notes) if spent else (None, 0)


VERDICTS = (
    Figure("wrong_verdicts", "notes", _wrong_verdicts),
    Figure("undecided_share", "%", lambda seen: _share([u for one in seen for u, _ in one.notes])),
    Figure(
        "area_error_verdicts_p95",
        "points",
        lambda seen: (
            (float(np.percentile(_errors(seen), 95)), len(_errors(seen))) if _errors(seen) else (None, 0)
        ),
    ),
)
COVERAGE = Figure(
    "interval_coverage_99", "%", lambda seen: _share([i for one in seen for _, i in one.errors])
)
IDENTITY = (
    *(Figure(f"identified_{name}", "%", _stratum(*bounds)) for name, bounds in STRATA.items()),
    Figure("wrong_names", "%", _stratum(0.0, 1e9, wrong=True)),
    Figure(
        "false_pieces",
        "pieces",
        lambda seen: (float(sum(one.false_pieces for one in seen)), sum(len(one.pieces) for one in seen)),
    ),
)
JOINS = (
    Figure(
        "torn_joined_right",
        "%",
        lambda seen: _share([r for one in seen for left, r, _ in one.joins if left >= 0.6]),
    ),
    Figure(
        "torn_joined_right_pieces_over_300",
        "%",
        lambda seen: _share([r for one in seen for left, _, r in one.joins if left >= 0.6]),
    ),
    Figure(
        "torn_joined_right_any_share", "%", lambda seen: _share([r for one in seen for _, r, _ in one.joins])
    ),
    Figure("torn_joined_wrong", "%", _mixed),
    Figure("torn_wrong_verdicts", "notes", _wrong_verdicts),
    Figure("torn_undecided_share", "%", lambda seen: _share([u for one in seen for u, _ in one.notes])),
)
SPEED = (Figure("notes_per_s_2_cores", "notes/s of CPU", _per_second),)


if __name__ == "__main__":
    main()
