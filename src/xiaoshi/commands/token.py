"""`xiaoshi token`: tokens for programs, of a person or of a machine account: made (shown once), listed, ended.

The same acts as on the page. The secret is printed once; only its hash is kept.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from typing import Any

from xiaoshi.commands.home import chosen_home
from xiaoshi.commands.people import add_person_option, person_named
from xiaoshi.house.django import prepare
from xiaoshi.house.trouble import REFUSED, HouseError

LIST_MAX = 200


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="接口令牌:开立、清单、停用。 / Tokens of the API: make, list, end."
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="create|list|revoke")
    create = works.add_parser("create", help="开立令牌,只显示一次 / make a token; it is shown this once")
    create.add_argument("name", help="用途 / what it is for")
    create.add_argument(
        "--scope", action="append", default=[], metavar="SCOPE",
        help="权限:read、*、操作名或 前缀.*,可多次 / read, *, name of an act, prefix.*; repeat it for more (read)",
    )  # fmt: skip
    create.add_argument("--days", type=int, default=90, help="有效天数,1 至 365 / days of validity, 1 to 365")
    create.add_argument(
        "--machine",
        default="",
        metavar="LOGIN",
        help="机器账户,缺省为本人 / a machine account; default: oneself",
    )
    listed = works.add_parser(
        "list", help="本人及所管机器账户的令牌 / one's own and those of machine accounts that one answers for"
    )
    listed.add_argument("--all", action="store_true", help="包括已停用和过期的 / ended and expired ones too")
    revoke = works.add_parser("revoke", help="停用令牌 / end a token")
    revoke.add_argument("token", help="编号,见 list / its id, see list")
    revoke.add_argument("--reason", default="", help="原因 / why")
    for work in (create, listed, revoke):
        add_person_option(work)
    for work in (create, revoke):
        work.add_argument("--key", default="", help="防重编号 / idempotency key")
    return parser


def run(args: argparse.Namespace) -> int:
    """0 done; 1 refused."""
    with prepare(chosen_home(args)):
        from xiaoshi.desk.guard.refusals import Refused

        person = person_named(args.login)
        try:
            match args.work:
                case "create":
                    return _create(args, person)
                case "list":
                    return _list(args, person)
                case _:
                    return _revoke(args, person)
        except Refused as refused:
            problem = refused.problem
            raise HouseError(
                problem.code, problem.words.zh, problem.words.en, problem.where, REFUSED
            ) from refused


def _out(args: argparse.Namespace, value: dict[str, Any], zh: str, en: str) -> int:
    if args.json:
        sys.stdout.write(json.dumps({"ok": True, **value, "problems": []}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write((en if args.lang == "en" else zh) + "\n")
    return 0


def _create(args: argparse.Namespace, person: Any) -> int:
    from xiaoshi.desk.api.tokens import make_token

    made = make_token(
        person, args.key or str(uuid.uuid4()), channel="cli",
        name=args.name, scopes=args.scope or ["read"], days=args.days, machine=args.machine,
    )  # fmt: skip
    told = made.outcome.result
    if not made.secret:
        zh = f"令牌 {told['token']} 先前已开立，内容只显示过一次；遗失请停用后另开。"
        en = f"Token {told['token']} was made before and shown then; if it is lost, end it and make another."
        return _out(args, {**told, "secret": None}, zh, en)
    zh = f"{made.secret}\n编号 {told['token']}，有效至 {told['expires_at']}。令牌只显示这一次。"
    en = f"{made.secret}\nid {told['token']}, valid until {told['expires_at']}. It is shown this once."
    return _out(args, {**told, "secret": made.secret}, zh, en)


def _list(args: argparse.Namespace, person: Any) -> int:
    from django.db.models import Q
    from django.utils import timezone

    from xiaoshi.desk.api.models import Token
    from xiaoshi.desk.guard.visibility import visible_to

    now = timezone.now()
    with visible_to(person):
        rows = Token.objects.select_related("machine", "staff").filter(
            Q(owner_login=person.login) | Q(staff=person)
        )
        if not args.all:
            rows = rows.filter(ended_at=None, expires_at__gt=now)
        found = [_row(token, now) for token in rows.order_by("-made_at", "-id")[:LIST_MAX]]
    english = args.lang == "en"
    lines = [
        f"{t['token']}  {t['hint']}…  {t['name']}  {t['whose']}  {' '.join(t['scopes'])}  "
        + (f"until {t['expires_at'][:10]}" if english else f"至 {t['expires_at'][:10]}")
        + ("" if t["valid"] else (" (over)" if english else "（已失效）"))
        for t in found
    ]
    none = "no tokens" if english else "没有令牌"
    text = "\n".join(lines) or none
    return _out(args, {"tokens": found}, text, text)


def _row(token: Any, now: Any) -> dict[str, Any]:
    return {
        "token": str(token.id),
        "hint": token.hint,
        "name": token.name,
        "whose": token.machine.login if token.machine else token.staff.login,
        "scopes": token.scopes,
        "made_at": token.made_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "ended_at": token.ended_at.isoformat() if token.ended_at else None,
        "valid": token.ended_at is None and token.expires_at > now,
    }


def _revoke(args: argparse.Namespace, person: Any) -> int:
    from xiaoshi.desk.api.tokens import token_revoke
    from xiaoshi.desk.guard.boundary import perform

    outcome = perform(
        token_revoke,
        person,
        args.key or str(uuid.uuid4()),
        channel="cli",
        token=args.token,
        reason=args.reason,
    )
    ident = outcome.result["token"]
    return _out(args, outcome.result, f"令牌 {ident} 已停用。", f"Token {ident} has ended.")
