"""`xiaoshi ledger`: verify the books, show balances and entries. Reads as the owner; changes nothing."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from xiaoshi.commands.home import chosen_home
from xiaoshi.core.money import yuan
from xiaoshi.house.django import prepare


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="核对账务、查看余额和分录;不做任何修改。 / Verify the books, show balances and entries; changes nothing.",
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="verify|balances|entries")
    works.add_parser(
        "verify", help="逐笔核对,有问题时退出码为 1 / check every entry; exit code 1 when something is wrong"
    )
    for name, words in (
        ("balances", "各科目余额 / balances"),
        ("entries", "分录,新的在前 / entries, newest first"),
    ):
        work = works.add_parser(name, help=words)
        work.add_argument(
            "--unit", default="", metavar="PATH", help="只看此机构路径之下 / only below this unit's path"
        )
        if name == "entries":
            work.add_argument(
                "--limit", type=int, default=50, metavar="N", help="最多 N 笔 / at most N entries"
            )
    return parser


def run(args: argparse.Namespace) -> int:
    """0 done and sound, 1 when `verify` found something."""
    with prepare(chosen_home(args), owner=True):
        return {"verify": _verify, "balances": _balances, "entries": _entries}[args.work](args)


def _verify(args: argparse.Namespace) -> int:
    from xiaoshi.desk.money.verify import verify_books

    found = verify_books()
    answer = found.as_json(args.lang)
    if args.json:
        _print_json(answer)
        return 0 if found.ok else 1
    english = args.lang == "en"
    if english:
        _say(
            f"{found.entries} entries, {found.postings} postings, {found.accounts} accounts, {found.orders} orders"
        )
    else:
        _say(
            f"分录 {found.entries} 笔,借贷 {found.postings} 行,科目 {found.accounts} 个,款项单 {found.orders} 张"
        )
    for problem in answer["problems"]:
        _say(f"✗ {problem['where']}  {problem['text']}")
    if found.ok:
        _say("✓ all sound" if english else "✓ 账务无误")
    return 0 if found.ok else 1


def _balances(args: argparse.Namespace) -> int:
    from xiaoshi.desk.money.models import Balance

    rows = Balance.objects.using("owner").select_related("account").order_by("account__code")
    rows = rows.filter(account__code__startswith=args.unit)
    english = args.lang == "en"
    accounts = [
        {
            "account": b.account.code,
            "name": b.account.words.in_language(args.lang),
            "kind": b.account.kind,
            "state": b.account.state,
            "balance_fen": b.balance_fen,
        }
        for b in rows
    ]
    if args.json:
        _print_json({"ok": True, "accounts": accounts, "problems": []})
        return 0
    for row in accounts:
        _say(
            f"{yuan(abs(row['balance_fen'])):>18} {_side(row['balance_fen'], english)}  {row['account']}  {row['name']}"
        )
    return 0


def _side(balance_fen: int, english: bool) -> str:
    if balance_fen == 0:
        return "  " if english else "平"
    debit = balance_fen > 0
    return ("Dr" if debit else "Cr") if english else ("借" if debit else "贷")


def _entries(args: argparse.Namespace) -> int:
    from xiaoshi.desk.money.models import Entry

    rows = Entry.objects.using("owner").filter(unit_path__startswith=args.unit).order_by("-id")
    rows = rows.prefetch_related("postings__account")[: max(args.limit, 0)]
    entries = [
        {
            "id": str(e.id),
            "at": e.at.isoformat(),
            "purpose": e.words.in_language(args.lang),
            "maker": e.maker,
            "checker": e.checker,
            "case": str(e.case_id) if e.case_id else None,
            "reverses": str(e.reverses_id) if e.reverses_id else None,
            "amount_fen": e.amount_fen,
            "postings": [{"account": p.account.code, "amount_fen": p.amount_fen} for p in e.postings.all()],
        }
        for e in rows
    ]
    if args.json:
        _print_json({"ok": True, "entries": entries, "problems": []})
        return 0
    english = args.lang == "en"
    for entry in entries:
        _say(f"{entry['at'][:19]}  {entry['purpose']}  {entry['maker']}/{entry['checker']}  {entry['id']}")
        for line in entry["postings"]:
            side, amount = _side(line["amount_fen"], english), yuan(abs(line["amount_fen"]))
            _say(f"    {side} {amount:>18}  {line['account']}")
    return 0


def _print_json(answer: dict[str, Any]) -> None:
    _say(json.dumps(answer, ensure_ascii=False, indent=1))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
