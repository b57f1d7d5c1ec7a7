"""`make soak`: deposits by both engines, payments under kills, then the whole burnt-note case for many seeds, each against what is true.

A million deposits are valued by both engines; 1,000 payments go to the sandbox core while bank and worker are killed 500 times.
Prints a line for each seed (story's figures and checks) and one at the end. Exit code 1 when any check of any seed is
false. About a minute a seed on two cores.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--home", default="", help="default: a fresh folder that is removed afterwards")
    parser.add_argument("--deposits", type=int, default=1_000_000, help="0: leave them out")
    parser.add_argument(
        "--payments", type=int, default=1_000, help="0: leave them out; kills are half as many"
    )
    args = parser.parse_args()
    unlike = compare_deposits(args.deposits) if args.deposits else 0
    unlike = max(unlike, pay_under_kills(args.payments) if args.payments else 0)
    with tempfile.TemporaryDirectory(prefix="xs-soak-") as folder:
        return max(unlike, walk(args.home or f"{folder}/home", range(args.first, args.first + args.seeds)))


def compare_deposits(rows: int) -> int:
    """1 when the engine on arrays answers any of so many random deposits unlike the scalar one. Two minutes a million."""
    bench = Path(__file__).with_name("deposits.py")
    return subprocess.run([sys.executable, str(bench), "--compare", str(rows)], check=False).returncode


def pay_under_kills(payments: int) -> int:
    """1 when one of so many payments to the core bank was lost or doubled. A quarter of an hour a thousand."""
    words = ["--payments", str(payments), "--kills", str(payments // 2)]
    bench = Path(__file__).with_name("bank_kills.py")
    return subprocess.run([sys.executable, "-P", str(bench), *words], check=False).returncode


def walk(home: str, seeds: range) -> int:
    failed = []
    for seed in seeds:
        started = time.monotonic()
        command = [
            sys.executable,
            "-m",
            "xiaoshi.cli",
            "story",
            "burnt_notes",
            "--json",
            "--home",
            home,
            "--seed",
            str(seed),
        ]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        told = (
            json.loads(ran.stdout)
            if ran.stdout.strip().startswith("{")
            else {"ok": False, "problems": [ran.stderr[-500:]]}
        )
        row = {name: told.get(name) for name in ("case", "ok", "figures", "checks", "problems")}
        sys.stdout.write(
            json.dumps(
                {"seed": seed, "seconds": round(time.monotonic() - started, 1), **row}, ensure_ascii=False
            )
            + "\n"
        )
        sys.stdout.flush()
        if not told["ok"]:
            failed.append(seed)
    row = {
        "name": "story_burnt_notes_all_true",
        "value": len(seeds) - len(failed),
        "unit": "seeds",
        "size": len(seeds),
        "failed": failed,
    }
    sys.stdout.write(json.dumps({**row, "peer": None, "ratio": None, "seed": seeds.start}) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
