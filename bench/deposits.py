"""Speed of the deposit engines, and the comparison of both on a million deposits. One JSON object a line, about 20 seconds.

    python bench/deposits.py [--rows 1000000] [--seed 1]
    python bench/deposits.py --compare 1000000        both engines on every row (make soak), a minute or two on two cores

The peer of the columns is the scalar engine on the same rows (a sample of them, since it is some sixty times slower). QuantLib, where
it is installed, does the part that it has words for: days by 30/360 and the interest of one term at one rate, without tables, tax,
settlement or words. `value` of the two-process line is the whole of a file's work but reading and writing it: blocks of typed columns to
two processes and answers back, rows that the arrays leave to the scalar engine included. The Parquet line needs pyarrow.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from deposits_drawn import difference, drawn, single
from xiaoshi.core.deposits import PRODUCTS, value
from xiaoshi.core.deposits.bulk import NEVER, Columns, rates_of, value_columns
from xiaoshi.core.deposits.bulk.block import Field, Labels, Numbers, value_block
from xiaoshi.core.deposits.bulk.tables import BEFORE_ALL
from xiaoshi.core.rules.deposit_rates import BOOKS

BLOCK = 1 << 17
ROUNDS = 3
SCALAR_ROWS = 20_000
EPOCH = date(1970, 1, 1).toordinal()


def show(name: str, value: float | None, unit: str, size: int, seed: int, **more: Any) -> None:
    row = {
        "name": name,
        "value": None if value is None else round(value),
        "unit": unit,
        "size": size,
        "seed": seed,
    }
    print(json.dumps({"bench": "deposits", **row, "peer": None, "ratio": None, **more}), flush=True)


def block_of(columns: Columns) -> dict[str, Field]:
    """The columns as a file gives them."""
    rows = len(columns)
    nothing = np.zeros(rows, dtype=np.bool_)

    def days(values: Any) -> Numbers:
        return Numbers(values.astype(np.int64) + (BEFORE_ALL - EPOCH), values == NEVER, "days")

    return {
        "product": Labels(columns.product.astype(np.int32), PRODUCTS),
        "term_months": Numbers(columns.term_months.astype(np.int64), columns.term_months == 0),
        "principal_fen": Numbers(columns.principal_fen, nothing),
        "opened_on": days(columns.opened),
        "withdrawn_on": days(columns.withdrawn),
        "auto_rollover": Numbers(columns.auto_rollover.astype(np.int64), nothing),
        "day_count": Labels(columns.actual.astype(np.int32), ("30/360", "actual/360")),
        "notice_given_on": days(columns.notice),
        "withdraw_fen": Numbers(columns.withdraw_fen, columns.withdraw_fen == 0),
    }


_RATES: dict[str, Any] = {}


def begin() -> None:
    _RATES.update({name: rates_of(book) for name, book in BOOKS.items()})


def one_block(block: dict[str, Field], rows: int) -> tuple[int, int]:
    answers = value_block(block, rows, BOOKS, _RATES)
    return rows, answers.scalar


def slices(columns: Columns) -> list[Columns]:
    return [
        columns.take(np.arange(at, min(at + BLOCK, len(columns)))) for at in range(0, len(columns), BLOCK)
    ]


def scalar_rate(columns: Columns) -> float:
    many = [single(columns, row) for row in range(min(SCALAR_ROWS, len(columns)))]
    begun = time.perf_counter()
    for deposit in many:
        value(deposit)
    return len(many) / (time.perf_counter() - begun)


def columns_rate(columns: Columns) -> tuple[float, float]:
    """By the wall clock and by CPU time, for a machine that does other things."""
    rates, parts = rates_of(BOOKS["big_banks"]), slices(columns)
    value_columns(parts[0], rates)
    took, cpu = [], []
    for _ in range(ROUNDS):
        begun, cpu_begun = time.perf_counter(), time.process_time()
        for part in parts:
            value_columns(part, rates)
        took.append(time.perf_counter() - begun)
        cpu.append(time.process_time() - cpu_begun)
    return len(columns) / statistics.median(took), len(columns) / statistics.median(cpu)


def two_processes(columns: Columns) -> tuple[float, int]:
    blocks = [(block_of(part), len(part)) for part in slices(columns)]
    took, scalar = [], 0
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"), initializer=begin) as pool:
        list(pool.map(one_block, *zip(*blocks[:2], strict=True)))
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            scalar = sum(left for _, left in pool.map(one_block, *zip(*blocks, strict=True)))
            took.append(time.perf_counter() - begun)
    return len(columns) / statistics.median(took), scalar


def quantlib_rate() -> float | None:
    """One term at one rate by QuantLib, dates made before the clock starts; None where it is not installed."""
    try:
        ql = importlib.import_module("QuantLib")
    except ImportError:
        return None
    rows = 100_000
    rng = np.random.default_rng(1)
    starts = [ql.Date(int(n)) for n in rng.integers(34_000, 44_000, rows)]
    ends = [d + 365 for d in starts]
    rate = ql.InterestRate(0.0175, ql.Thirty360(ql.Thirty360.BondBasis), ql.Simple, ql.Annual)
    begun = time.perf_counter()
    for a, b in zip(starts, ends, strict=True):
        round(10_000 * (rate.compoundFactor(a, b) - 1), 2)
    return rows / (time.perf_counter() - begun)


def parquet_rate(columns: Columns) -> tuple[float, int] | None:
    """The whole command on a file; None without pyarrow."""
    try:
        arrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        return None
    from xiaoshi.commands.deposits_batch import value_batch

    with tempfile.TemporaryDirectory(prefix="xs-deposits-") as folder:
        source = Path(folder) / "in.parquet"
        table = {}
        for name, given in block_of(columns).items():
            if isinstance(given, Labels):
                table[name] = arrow.array(np.array(given.names)[given.codes])
            else:
                kind = arrow.date32() if given.unit == "days" else arrow.int64()
                values = given.values.astype(np.int32) if given.unit == "days" else given.values
                whole = arrow.array(values, mask=given.missing)
                table[name] = whole.view(kind) if given.unit == "days" else whole
        table["auto_rollover"] = arrow.array(columns.auto_rollover)
        parquet.write_table(arrow.table(table), source, row_group_size=BLOCK)
        args = argparse.Namespace(source=str(source), target=str(Path(folder) / "out.parquet"), workers=2)
        told = value_batch(args, dict(BOOKS))
        assert isinstance(told, dict), told
        return told["rows"] / told["seconds"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def compare_block(at: int, rows: int, seed: int) -> tuple[int, int, list[str]]:
    columns = drawn(rows, seed + at)
    results = value_columns(columns, _RATES["big_banks"])
    found = [d for row in range(rows) if (d := difference(columns, results, row))]
    return rows, int(results.scalar.sum()), found


def compare(rows: int, seed: int) -> int:
    """Both engines on so many rows; 1 when any answer differs."""
    step = 20_000
    jobs = [(at, min(step, rows - at * step), seed) for at in range(-(-rows // step))]
    alike, scalar, wrong = 0, 0, []
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"), initializer=begin) as pool:
        for done, left, found in pool.map(compare_block, *zip(*jobs, strict=True)):
            alike += done - len(found)
            scalar += left
            wrong += found[: 5 - len(wrong)]
    show("columns_equal_scalar", alike, "rows", rows, seed, left_to_scalar=scalar, first_wrong=wrong)
    return int(alike < rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare", type=int, default=0, metavar="ROWS")
    args = parser.parse_args()
    if args.compare:
        return compare(args.compare, args.seed)
    columns = drawn(args.rows, args.seed)
    scalar = scalar_rate(columns)
    show("scalar", scalar, "deposits/s", min(SCALAR_ROWS, args.rows), args.seed)
    peer = {"peer": "scalar", "peer_value": round(scalar)}
    one, by_cpu = columns_rate(columns)
    more = {**peer, "ratio": round(one / scalar, 1), "by_cpu": round(by_cpu)}
    show("columns_one_process", one, "deposits/s", args.rows, args.seed, **more)
    two, left = two_processes(columns)
    more = {**peer, "ratio": round(two / scalar, 1), "left_to_scalar": left}
    show("blocks_two_processes", two, "deposits/s", args.rows, args.seed, **more)
    whole = parquet_rate(columns)
    if whole is None:
        show("parquet_two_processes", None, "deposits/s", 0, args.seed, skipped="pyarrow is not installed")
    else:
        more = {**peer, "ratio": round(whole[0] / scalar, 1), "peak_mib": whole[1]}
        show("parquet_two_processes", whole[0], "deposits/s", args.rows, args.seed, **more)
    quant = quantlib_rate()
    if quant is None:
        show("quantlib_one_term", None, "terms/s", 0, args.seed, skipped="QuantLib is not installed")
    else:
        more = {"peer": "blocks_two_processes", "peer_value": round(two), "ratio": round(quant / two, 2)}
        show("quantlib_one_term", quant, "terms/s", 100_000, args.seed, **more)
    return 0


if __name__ == "__main__":
    sys.exit(main())
