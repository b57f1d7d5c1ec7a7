"""`xiaoshi plan` on the house: list, show, draft, publish, export, import. The house is prepared by `commands/plan.py`."""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from typing import Any

from django.utils import timezone

from xiaoshi.commands.people import person_named
from xiaoshi.commands.plan import written
from xiaoshi.commands.plan_sources import PUBLISHED, print_json, read_file, refuse, told
from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.cases.models import PlanVersion
from xiaoshi.desk.cases.plans import dated_versions, published
from xiaoshi.desk.guard.boundary import Act, perform
from xiaoshi.desk.plans.models import PlanDraft
from xiaoshi.desk.plans.packing import check_package, import_draft, pack, package_text
from xiaoshi.desk.plans.publishing import publish, save_draft


def list_plans(args: argparse.Namespace) -> int:
    """All published versions, with the day from which each is in force."""
    rows: list[dict[str, Any]] = []
    kinds = PlanVersion.objects.order_by("kind").values_list("kind", flat=True).distinct()
    times = {(p.kind, p.version): p.published_at for p in PlanVersion.objects.defer("text")}
    for kind in kinds:
        for dated in reversed(dated_versions(kind)):
            always = dated.in_force_from.year == 1
            rows.append(
                {
                    "kind": kind,
                    "version": dated.version,
                    "in_force_from": None if always else dated.in_force_from.isoformat(),
                    "published_at": times[kind, dated.version].isoformat(),
                    "author": dated.author,
                    "publisher": dated.publisher,
                    "digest": dated.digest,
                }
            )
    if args.json:
        print_json({"ok": True, "plans": rows})
    else:
        for row in rows:
            people = f"{row['author']} → {row['publisher']}" if row["author"] else ""
            sys.stdout.write(
                f"{row['kind']:<24} v{row['version']:<4} {row['in_force_from'] or '—':<11} {people}\n"
            )
    return 0


def show_plan(args: argparse.Namespace) -> int:
    """The text of a version, the newest by default."""
    rows = PlanVersion.objects.filter(kind=args.kind).order_by("-version")
    row = rows.filter(version=args.version).first() if args.version is not None else rows.first()
    if row is None:
        return refuse(args, _no_such(args.kind))
    if args.json:
        print_json({"ok": True, "kind": row.kind, "version": row.version, "text": row.text})
    else:
        sys.stdout.write(row.text)
    return 0


def _no_such(kind: str) -> Problem:
    return Problem(
        "no_such_plan", Words(f"没有已发布的流程“{kind}”。", f"There is no published plan “{kind}”."), kind
    )


def _perform(args: argparse.Namespace, act: Act, **fields: Any) -> dict[str, Any]:
    key = args.key or f"cli/{uuid.uuid4()}"
    return perform(act, person_named(args.login), key, channel="cli", **fields).result


def _said(args: argparse.Namespace, answer: dict[str, Any]) -> int:
    if args.json:
        print_json({"ok": True, **answer})
    else:
        sys.stdout.write(f"✓ {json.dumps(answer, ensure_ascii=False)}\n")
    return 0


def draft_plan(args: argparse.Namespace) -> int:
    """Keep a file as a draft. It has to be a plan: a terminal is no place to leave half a text."""
    read = read_file(args.file)
    if read.plan is None:
        return refuse(args, read.problems[0])
    told_of = _perform(args, save_draft, kind=read.plan.kind, lines=read.text.split("\n"))
    return _said(args, {**told_of, "kind": read.plan.kind, "version": read.plan.version})


def publish_plan(args: argparse.Namespace) -> int:
    """Publish the newest draft of a kind, or the one that says exactly what a file says."""
    from pathlib import Path

    path = Path(args.what)
    kind, text = args.what, None
    if path.is_file():
        read = read_file(path)
        if read.plan is None:
            return refuse(args, read.problems[0])
        kind, text = read.plan.kind, read.text.rstrip("\n") + "\n"
    drafts = PlanDraft.objects.filter(kind=kind, state="draft").order_by("-id")
    draft = (drafts if text is None else drafts.filter(text=text)).first()
    if draft is None:
        words = Words(
            f"没有“{kind}”的草稿可发布。先由一人执行 xiaoshi plan draft FILE，再由另一人发布",
            f"There is no draft of “{kind}” to publish: one person runs `xiaoshi plan draft FILE`, another publishes",
        )
        return refuse(args, Problem("no_draft", words, args.what))
    day = args.in_force_from or timezone.localdate().isoformat()
    return _said(args, _perform(args, publish, draft=draft.pk, revision=draft.revision, in_force_from=day))


def export_plan(args: argparse.Namespace) -> int:
    """A published version as a package, or drawn as BPMN."""
    found = PUBLISHED.match(args.what)
    kind = found[1] if found else args.what
    versions = dated_versions(kind)
    wanted = int(found[2]) if found else (versions[0].version if versions else 0)
    package = pack(kind, wanted)
    if package is None:
        return refuse(args, _no_such(args.what))
    if args.bpmn:
        from xiaoshi.core.bpmn.export import bpmn_of

        return written(args, bpmn_of(published(kind, wanted)), kind, wanted)
    return written(args, package_text(package), kind, wanted)


def import_plan(args: argparse.Namespace) -> int:
    """Take a package in as a draft; `--dry-run` only says what is missing here."""
    try:
        package = json.loads(args.file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        words = Words(f"无法读取流程包：{error}", f"The package cannot be read: {error}")
        return refuse(args, Problem("file_unreadable", words, str(args.file)))
    problems, warnings = check_package(package)
    if problems or args.dry_run:
        return _checked(args, problems, warnings)
    return _said(args, _perform(args, import_draft, package=package))


def _checked(args: argparse.Namespace, problems: tuple[Problem, ...], warnings: tuple[Problem, ...]) -> int:
    if args.json:
        print_json(
            {
                "ok": not problems,
                "problems": [told(p, args.lang) for p in problems],
                "warnings": [told(p, args.lang) for p in warnings],
            }
        )
    else:
        for sign, found in (("✗", problems), ("!", warnings)):
            for problem in found:
                sys.stdout.write(f"{sign} {problem.where}  {problem.words.in_language(args.lang)}\n")
        if not problems:
            sys.stdout.write("✓\n")
    return 1 if problems else 0
