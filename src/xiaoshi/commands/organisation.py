"""`xiaoshi organisation`: the tree and the people from a file, as a list, and the first people keepers of an empty bank."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from xiaoshi.commands.home import chosen_home
from xiaoshi.commands.people import add_person_option, person_named
from xiaoshi.core.problems import Problem, Words
from xiaoshi.house.django import prepare
from xiaoshi.house.home import Home
from xiaoshi.house.trouble import HouseError


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="机构与人员:导入、清单、首位人员管理员。 / Units and people."
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="import|list|first-admin")
    brought = works.add_parser("import", help="从 CSV 或 XLSX 导入 / bring in a CSV or XLSX file")
    brought.add_argument("file", metavar="FILE")
    brought.add_argument("--dry-run", action="store_true", help="仅检查 / check only")
    listed = works.add_parser("list", help="机构和人员,按路径 / units and people, by path")
    listed.add_argument("--under", default="", metavar="PATH", help="只列此路径以下 / at or below this path")
    listed.add_argument("--left", action="store_true", help="包括已离职 / those who left too")
    for work in (brought, listed):
        add_person_option(work)
    first = works.add_parser(
        "first-admin", help="为新装系统设立人员管理员(最多两位) / a people keeper for a new bank, at most two"
    )
    first.add_argument("login", metavar="LOGIN")
    first.add_argument("--name-zh", required=True)
    first.add_argument("--name-en", required=True)
    first.add_argument("--root", default="", metavar="CODE", help="省分行代码 / code of the province branch")
    first.add_argument("--root-zh", default="", metavar="NAME")
    first.add_argument("--root-en", default="", metavar="NAME")
    return parser


def run(args: argparse.Namespace) -> int:
    """0 done; 1 refused, or some rows were (each is named); 3 a file that cannot be read."""
    # The first administrator comes before anything else: the home may not be there yet.
    home = Home.chosen(args.home) if args.work == "first-admin" else chosen_home(args)
    with prepare(home, owner=args.work == "first-admin"):
        from xiaoshi.desk.guard.refusals import Refused

        try:
            return {"import": _import, "list": _list, "first-admin": _first_admin}[args.work](args)
        except Refused as refused:
            return _refuse(args, refused.problem)


def _print(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _refuse(args: argparse.Namespace, problem: Problem) -> int:
    if args.json:
        _print({"ok": False, "problems": [problem.as_json(args.lang)]})
    else:
        sys.stderr.write(problem.words.in_language(args.lang) + "\n")
    return 1


def _import(args: argparse.Namespace) -> int:
    from xiaoshi.desk.organisation.bringing_in import BYTES_MAX, bring_in

    try:
        with Path(args.file).open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise HouseError(
            "file_unreadable",
            f"无法读取 {args.file}({error.strerror})。",
            f"{args.file} cannot be read ({error.strerror}).",
            args.file,
        ) from error
    report = bring_in(person_named(args.login), Path(args.file).name, content, dry_run=args.dry_run)
    if args.json:
        _print(report.as_json(args.lang))
    else:
        for problem in report.problems:
            sys.stderr.write(problem.words.in_language(args.lang) + "\n")
        for row in report.refused:
            assert row.problem is not None
            sys.stderr.write(
                f"{row.table}:{row.line} {row.name}: {row.problem.words.in_language(args.lang)}\n"
            )
        n = report.counts
        words = Words(
            f"新增 {n['added']}，变更 {n['changed']}，无变化 {n['same']}，待复核 {n['waiting']}，未通过 {n['refused']}",
            f"added {n['added']}, changed {n['changed']}, as before {n['same']}, waiting for a second person"
            f" {n['waiting']}, refused {n['refused']}",
        )
        sys.stdout.write(words.in_language(args.lang) + "\n")
    return 1 if report.problems or report.refused else 0


def _list(args: argparse.Namespace) -> int:
    from xiaoshi.desk.organisation.models import Staff, Unit

    own = person_named(args.login)
    if not {"people_keeper", "outlet_head", "supervisor", "auditor"} & set(own.roles):
        raise HouseError(
            "not_head_or_keeper",
            "由负责人、授权主管、审计员或人员管理员查看。",
            "The list is for heads, supervisors, auditors and people keepers.",
            "--as",
            exit_code=1,
        )
    # Both hold: below the reader's own unit, and below the path that was asked for.
    units = Unit.objects.filter(path__startswith=own.unit.path).filter(path__startswith=args.under)
    people = Staff.objects.select_related("unit").filter(unit__in=units).order_by("unit__path", "login")
    if not args.left:
        people = people.filter(is_active=True)
    if args.json:
        _print({"units": [_unit(u) for u in units.order_by("path")], "people": [_person(p) for p in people]})
        return 0
    for unit in units.order_by("path"):
        sys.stdout.write(f"{unit.path}\t{unit.level}\t{unit.name(args.lang)}\n")
    for person in people:
        left = "" if person.is_active else "\t-"
        sys.stdout.write(
            f"{person.unit.path}\t{person.login}\t{person.name(args.lang)}\t{','.join(person.roles)}{left}\n"
        )
    return 0


def _unit(unit: Any) -> dict[str, Any]:
    names = ("path", "level", "name_zh", "name_en", "phone", "address_zh")
    return {name: getattr(unit, name) for name in names}


def _person(person: Any) -> dict[str, Any]:
    return {
        "login": person.login,
        "name_zh": person.name_zh,
        "name_en": person.name_en,
        "unit_path": person.unit.path,
        "roles": person.roles,
        "fields": person.fields,
        "in_service": person.is_active,
    }


def _first_admin(args: argparse.Namespace) -> int:
    import secrets

    from xiaoshi.desk.organisation.first_admin import Wanted, make_first_admin

    password = "-".join(secrets.token_hex(2) for _ in range(5))
    staff = make_first_admin(
        Wanted(args.login, args.name_zh, args.name_en, args.root, args.root_zh, args.root_en), password
    )
    if args.json:
        _print({"ok": True, "login": staff.login, "password": password, "unit_path": staff.unit.path})
    else:
        words = Words(
            f"人员管理员 {staff.login} 已设立。初始密码（只显示这一次，首次登录须更改）：{password}",
            f"Made the people keeper {staff.login}. First password, shown once, to be changed at the first sign-in: {password}",
        )
        sys.stdout.write(words.in_language(args.lang) + "\n")
    return 0
