"""`xiaoshi simulate province`: an invented province of any size in an empty home, for measuring."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime

from xiaoshi.core.problems import Problem, Words
from xiaoshi.house.django import prepare
from xiaoshi.house.home import Home

CASES_AT_MOST = 2_000_000


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="生成示例数据,用于测量。 / Make invented data to measure with."
    )
    what = parser.add_subparsers(dest="what", required=True)
    province = what.add_parser(
        "province", help="一个省的机构、人员、案件 / units, people and cases of a province"
    )
    province.add_argument(
        "--cases", type=int, default=2000, metavar="N", help="案件数 / how many cases (2000)"
    )
    province.add_argument("--seed", type=int, default=1, metavar="N", help="随机种子 / seed (1)")
    return parser


def run(args: argparse.Namespace) -> int:
    """0 made; 1 refused (the home is in use, or the number makes no sense)."""
    if not 1 <= args.cases <= CASES_AT_MOST:
        words = Words(
            f"案件数应在 1 至 {CASES_AT_MOST} 之间。", f"The number of cases must be 1 to {CASES_AT_MOST}."
        )
        return _refuse(args, Problem("cases_out_of_range", words, "--cases"))
    begun = time.monotonic()
    with prepare(Home.chosen(args.home), owner=True):
        from xiaoshi.desk.cases import rebuild as cases_rebuild
        from xiaoshi.desk.demo.province import ProvinceThereAlready, make_province
        from xiaoshi.desk.parts import modules

        try:
            made = make_province(args.cases, args.seed, datetime.now(UTC), _say)
        except ProvinceThereAlready:
            words = Words(
                "这个数据目录里已有机构和人员;请用 --home 指定一个空目录。",
                "This home has units and people already: give an empty one with --home.",
            )
            return _refuse(args, Problem("home_in_use", words, "--home"))
        for part in (cases_rebuild, *modules("rebuild")):
            _say(f"{part.__name__}")
            part.rebuild()
    told = {**made, "seed": args.seed, "seconds": round(time.monotonic() - begun, 1)}
    if args.json:
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stdout.write("".join(f"{name:8} {value}\n" for name, value in told.items()))
    return 0


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _refuse(args: argparse.Namespace, problem: Problem) -> int:
    if args.json:
        answer = {"ok": False, "problems": [problem.as_json(args.lang)]}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(f"xiaoshi: {problem.words.in_language(args.lang)}\n")
    return 1
