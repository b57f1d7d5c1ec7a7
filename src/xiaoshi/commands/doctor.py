"""`xiaoshi doctor`: what is wrong with this installation, and what to do."""

from __future__ import annotations

import argparse
import json
import sys

from xiaoshi.house.doctor import Place, examine
from xiaoshi.house.home import Home
from xiaoshi.house.serve import port_from_environment


def build_parser(prog: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=prog,
        description="检查安装并说明如何修复;不做任何修改。 / Check the installation; changes nothing.",
    )


def run(args: argparse.Namespace) -> int:
    """Print each finding as it is made; 0 when all is well, 1 when there are problems."""
    findings = []
    for finding in examine(Place(Home.chosen(args.home), port_from_environment())):
        findings.append(finding)
        if not args.json:
            mark = "✓" if finding.ok else "✗"
            sys.stdout.write(f"{mark} {finding.name:13} {finding.found.in_language(args.lang)}\n")
            remedy = finding.remedy.in_language(args.lang)
            if remedy:
                sys.stdout.write(f"{'':15} → {remedy}\n")
            sys.stdout.flush()
    ok = all(finding.ok for finding in findings)
    if args.json:
        answer = {"ok": ok, "checks": [finding.as_json(args.lang) for finding in findings]}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1) + "\n")
    return 0 if ok else 1
