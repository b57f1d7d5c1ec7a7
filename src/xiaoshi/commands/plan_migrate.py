"""`xiaoshi plan migrate`: what moving does to each case, then the moving itself.

With version numbers it speaks of the cases of the house that the person sees. With plan files and a file of cases (JSON
with `snapshot` or `events`, one object, a list, or one a line) it needs no house, and only shows.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xiaoshi.commands.home import chosen_home
from xiaoshi.commands.plan_sources import Read, print_json, read_file, read_published, refuse, told
from xiaoshi.core.casework.as_json import WrongShapeError, event_from_json, state_from_json
from xiaoshi.core.casework.fold import fold
from xiaoshi.core.casework.model import Plan, State
from xiaoshi.core.casework.plan_move import CaseDifference, forward
from xiaoshi.core.problems import Problem, Words
from xiaoshi.house.django import prepare

PAGE = 200


def run(args: argparse.Namespace) -> int:
    """0 all cases movable (or moved); 1 some are not, or refused; 2 wrong use."""
    renamed = _mapping(args)
    if isinstance(renamed, Problem):
        return refuse(args, renamed, 2)
    if not (args.from_version.isdecimal() and args.to_version.isdecimal()):
        return _of_files(args, renamed)
    with prepare(chosen_home(args)):
        from xiaoshi.desk.guard.refusals import Refused

        try:
            return _of_house(args, renamed)
        except Refused as refused:
            return refuse(args, refused.problem)


def _mapping(args: argparse.Namespace) -> dict[str, str] | Problem:
    found: dict[str, str] = {}
    for pair in args.map:
        old, sign, new = pair.partition("=")
        if not sign or not old:
            words = Words(
                "--map 应写作 旧环节=新环节，放弃写作 旧环节=",
                "Write --map as OLD=NEW, or OLD= to give a step up",
            )
            return Problem("mapping_shape", words, pair)
        found[old] = new
    return found


# ---- files ------------------------------------------------------------------------------------------------------------


def _of_files(args: argparse.Namespace, renamed: dict[str, str]) -> int:
    reads: list[Read] = [read_file(Path(text)) for text in (args.from_version, args.to_version)]
    bad = next((read for read in reads if read.plan is None), None)
    if bad is not None:
        return refuse(args, bad.problems[0])
    if args.cases is None or not args.dry_run:
        words = Words(
            "用流程文件时只能 --dry-run，并用 --cases 给出案件 JSON；改动系统内的案件请用版本号",
            "With plan files only --dry-run works, with --cases naming cases as JSON; use version numbers to move cases of"
            " the house",
        )
        return refuse(args, Problem("files_only_show", words, "--cases"), 2)
    old, new = reads[0].plan, reads[1].plan
    assert old is not None
    assert new is not None
    report = _Report(args)
    try:
        for number, state in _states(args.cases):
            if (state.kind, state.plan_version) != (old.kind, old.version):
                words = Words(
                    f"案件用的是 {state.kind} 第 {state.plan_version} 版，不是 {old.kind} 第 {old.version} 版",
                    f"The case is on {state.kind} version {state.plan_version}, not on {old.kind} version {old.version}",
                )
                problem = Problem("other_version", words, number)
                report.add(number, old, new, CaseDifference(old.version, new.version, (problem,)))
            else:
                report.add(number, old, new, forward(old, new, state, renamed))
    except (OSError, ValueError) as error:
        words = Words(f"案件文件有误：{error}", f"The file of cases cannot be used: {error}")
        return refuse(args, Problem("cases_unreadable", words, str(args.cases)), 2)
    return report.end()


def _states(path: Path) -> Iterator[tuple[str, State]]:
    """Cases with `snapshot` or `events`. Raises ValueError (WrongShapeError is one) with what is wrong."""
    text = path.read_text(encoding="utf-8")
    try:
        whole = json.loads(text)
        rows = whole if isinstance(whole, list) else [whole]
    except ValueError:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    for i, row in enumerate(rows):
        if not isinstance(row, dict) or not ({"snapshot", "events"} & row.keys()):
            raise WrongShapeError(f"[{i}]", "an object with snapshot or events")
        state = (
            state_from_json(row["snapshot"])
            if "snapshot" in row
            else fold(event_from_json(e) for e in row["events"])
        )
        yield state.case_number or f"#{i + 1}", state


# ---- the house --------------------------------------------------------------------------------------------------------


def _of_house(args: argparse.Namespace, renamed: dict[str, str]) -> int:
    from xiaoshi.commands.people import person_named

    if not args.login:
        words = Words(
            "请用 --as 指明以谁的身份：只改这个人看得到的案件",
            "Name a person with --as: only what he or she sees is moved",
        )
        return refuse(args, Problem("person_missing", words, "--as"), 2)
    from_version, to_version = int(args.from_version), int(args.to_version)
    reads = [read_published(f"{args.kind}@{v}") for v in (from_version, to_version)]
    bad = next((read for read in reads if read.plan is None), None)
    if bad is not None:
        return refuse(args, bad.problems[0])
    numbers = _numbers(args)
    if isinstance(numbers, Problem):
        return refuse(args, numbers, 2)
    person = person_named(args.login)
    report = _Report(args)
    if args.dry_run:
        _show(report, args, person, reads, numbers, renamed)
        return report.end()
    return _move(report, args, person, from_version, to_version, numbers, renamed)


def _numbers(args: argparse.Namespace) -> list[str] | Problem | None:
    if args.cases is None:
        return None
    try:
        lines = args.cases.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        words = Words(f"案件文件有误：{error}", f"The file of cases cannot be used: {error}")
        return Problem("cases_unreadable", words, str(args.cases))
    return [line.strip() for line in lines if line.strip()]


def _show(
    report: _Report,
    args: argparse.Namespace,
    person: Any,
    reads: list[Read],
    numbers: list[str] | None,
    renamed: Any,
) -> None:
    """Page by page, so that ten thousand cases do not stand in memory at once."""
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.cases.snapshots import read_state
    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.plans.moving import difference_of, payments_in_hand

    old, new = reads[0].plan, reads[1].plan
    assert old is not None
    assert new is not None
    last, seen = "", set()
    while True:
        with visible_to(person):
            rows = Case.objects.filter(
                kind=args.kind,
                plan_version=old.version,
                status__in=("open", "suspended"),
                number__gt=last,
            )
            if numbers is not None:
                rows = rows.filter(number__in=numbers)
            page = list(rows.order_by("number")[:PAGE])
            found = [
                (c, difference_of(c, old, read_state(c), new, renamed), payments_in_hand(c)) for c in page
            ]
        for case, difference, payments in found:
            report.add(case.number, old, new, difference, more=payments, ident=str(case.id))
        seen |= {case.number for case in page}
        if len(page) < PAGE:
            break
        last = page[-1].number
    _missing(report, old, new, numbers, seen)


def _missing(report: _Report, old: Plan, new: Plan, numbers: list[str] | None, seen: set[str]) -> None:
    """Numbers in the file for which there is nothing to move, so that a mistyped one does not pass in silence."""
    for number in dict.fromkeys(numbers or ()):
        if number not in seen:
            words = Words(
                f"没有可见的在办案件 {number} 使用第 {old.version} 版",
                f"No running case {number} on version {old.version} that you may see",
            )
            problem = Problem("case_not_found", words, number)
            report.add(number, old, new, CaseDifference(old.version, new.version, (problem,)))


def _move(
    report: _Report,
    args: argparse.Namespace,
    person: Any,
    from_version: int,
    to_version: int,
    numbers: list[str] | None,
    renamed: dict[str, str],
) -> int:
    """Order the run and carry it out here, without waiting for a worker."""
    import uuid

    from xiaoshi.desk.cases.plans import published
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.plans.models import MoveItem
    from xiaoshi.desk.plans.runs import carry_on, order_move

    fields: dict[str, Any] = {"cases": numbers} if numbers is not None else {}
    told_of = perform(
        order_move,
        person,
        f"cli/{uuid.uuid4()}",
        channel="cli",
        kind=args.kind,
        from_version=from_version,
        to_version=to_version,
        reason=args.reason,
        renamed=renamed,
        **fields,
    ).result
    while carry_on(told_of["run"], person):
        pass
    old, new = published(args.kind, from_version), published(args.kind, to_version)
    seen: set[str] = set()
    with visible_to(person):
        for item in (
            MoveItem.objects.filter(run=told_of["run"]).select_related("case").order_by("id").iterator()
        ):
            problems = () if item.state == "moved" else (Problem(item.code, item.words, item.case.number),)
            report.moved(item.case.number, str(item.case_id), from_version, to_version, problems)
            seen.add(item.case.number)
    _missing(report, old, new, numbers, seen)
    return report.end(run=told_of["run"])


# ---- telling ----------------------------------------------------------------------------------------------------------


class _Report:
    """One element (or line) for each case, and the sums at the end."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.rows: list[dict[str, Any]] = []

    def add(
        self,
        number: str,
        old: Plan,
        new: Plan,
        difference: CaseDifference,
        *,
        more: tuple[Problem, ...] = (),
        ident: str = "",
    ) -> None:
        problems = (*difference.problems, *more)
        language = self.args.lang

        def named(plan: Plan, names: tuple[str, ...]) -> list[dict[str, str]]:
            return [
                {"step": n, "title": plan.steps[n].title.in_language(language) if n in plan.steps else n}
                for n in names
            ]

        self._row(
            {
                "case": number,
                "id": ident,
                "movable": not problems,
                "problems": [told(p, language) for p in problems],
                "stays": named(new, difference.stays),
                "opens": named(new, difference.opens),
                "gone": named(old, difference.gone),
                "lost": named(old, difference.lost),
                "given_up": named(old, difference.given_up),
                "renamed": dict(difference.renamed),
                "facts_kept": list(difference.facts_kept),
                "facts_asked": list(difference.facts_asked),
            }
        )

    def moved(self, number: str, ident: str, old: int, new: int, problems: tuple[Problem, ...]) -> None:
        told_of = [told(p, self.args.lang) for p in problems]
        self._row(
            {"case": number, "id": ident, "moved": not problems, "from": old, "to": new, "problems": told_of}
        )

    def _row(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        if self.args.json:
            return
        fine = row.get("movable", row.get("moved", False))
        sys.stdout.write(f"{'✓' if fine else '✗'} {row['case']}")
        for problem in row["problems"]:
            sys.stdout.write(f"  {problem['text']}")
        for key, words in (
            ("stays", Words("保留", "stays")),
            ("opens", Words("要办", "opens")),
            ("gone", Words("不再办", "gone")),
            ("lost", Words("无处接续", "lost")),
        ):
            if row.get(key):
                titles = "、".join(item["title"] for item in row[key])
                sys.stdout.write(f"  {words.in_language(self.args.lang)}：{titles}")
        sys.stdout.write("\n")

    def end(self, **more: Any) -> int:
        fine = sum(row.get("movable", row.get("moved", False)) for row in self.rows)
        left = len(self.rows) - fine
        if self.args.json:
            head: dict[str, Any] = {
                "ok": True,
                "kind": self.args.kind,
                "from": self.args.from_version,
                "to": self.args.to_version,
                "dry_run": self.args.dry_run,
                "movable" if self.args.dry_run else "moved": fine,
                "not_movable" if self.args.dry_run else "not_moved": left,
            }
            print_json({**head, **more, "cases": self.rows})
        else:
            words = (
                Words(f"可改 {fine} 件，不可改 {left} 件", f"{fine} movable, {left} not")
                if self.args.dry_run
                else Words(f"已改 {fine} 件，未改 {left} 件", f"{fine} moved, {left} not")
            )
            sys.stdout.write(words.in_language(self.args.lang) + "\n")
        return 1 if left else 0
