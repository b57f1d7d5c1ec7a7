"""Speed of the desk's money on a real database. One JSON object for each figure.

    python bench/money.py [--postings 60] [--legs 100000] [--seed 7] [--only post,pages]

- `posting_by_N_clients`: a two-leg posting through its act (`check_move` of an order that waits: check, engine, order, entry, two
  lines, timeline, answer), durable, at 1 and 8 processes, each in an outlet of its own; beside hand-written SQL of the same
  writes under the same triggers, in the same run (rounds take turns, medians). `one_outlet`: all eight at one outlet, whose
  timeline is one chain. `bare`: two lines and an entry in SQL with no order, no timeline, no key (as the owner).
- `statement_page`, `account_page`: a page of 50 lines of an account of 1,000 and of `--legs` legs, the middle of its life.
- django-hordak is measured beside it when it can be imported; it is not one of our packages.

No figure is asserted.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from desk import desk_of, home_with

CLIENTS = (1, 8)
ROUNDS = 3
PAGES = 40


def show(name: str, value: float, unit: str, **more: Any) -> None:
    print(
        json.dumps({"bench": "money", "name": name, "value": round(value, 2), "unit": unit, **more}),
        flush=True,
    )


# ---- one client, in a process of its own


def people_of(n: int) -> tuple[Any, Any, Any]:
    """The n-th outlet with a teller and a supervisor, and the two."""
    from xiaoshi.desk.organisation.models import Staff, Unit

    outlets = Unit.objects.using("owner").filter(level="outlet").order_by("path")
    found = 0
    for unit in outlets:
        staff = list(Staff.objects.using("owner").filter(unit=unit, is_active=True).order_by("login"))
        teller = next((p for p in staff if "teller" in p.roles), None)
        supervisor = next((p for p in staff if "supervisor" in p.roles and p is not teller), None)
        if teller is not None and supervisor is not None:
            if found == n:
                both = [Staff.objects.select_related("unit").get(login=p.login) for p in (teller, supervisor)]
                return both[0].unit, both[0], both[1]
            found += 1
    raise SystemExit("too few outlets with a teller and a supervisor")


def orders_of(teller: Any, count: int) -> list[str]:
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.money.acts import move_cash

    def one() -> str:
        fields = {"direction": "vault_to_drawer", "amount_fen": 100}
        return str(perform(move_cash, teller, f"bench-{uuid.uuid4()}", **fields).result["order"])

    return [one() for _ in range(count)]


def act_work(teller: Any, supervisor: Any, count: int) -> list[Callable[[], object]]:
    from xiaoshi.desk.guard.boundary import perform
    from xiaoshi.desk.money.acts import check_move

    def check(order: str) -> Callable[[], object]:
        key = f"bench-{uuid.uuid4()}"
        return lambda: perform(check_move, supervisor, key, order_id=order, amount_fen=100)

    orders = orders_of(teller, count + 1)
    check(orders.pop())()
    return [check(order) for order in orders]


WHO = "SELECT set_config('xiaoshi.staff', %s, true), set_config('xiaoshi.reach', %s, true)"
CLAIM = "INSERT INTO cases_answeredact (key, act, actor, digest, at) VALUES (%s, 'money.check_move', %s, %s, now())"
APPROVE = "UPDATE money_moneyorder SET state = 'approved', checker = %s, checked_at = now() WHERE id = %s"
ENTRY = (
    "INSERT INTO money_entry (id, unit_id, unit_path, purpose_zh, purpose_en, maker, checker, at, order_id, key, posting_count,"
    " amount_fen) VALUES (%s, %s, %s, '金库出库至尾箱', 'From vault to drawer', %s, %s, now(), %s, %s, 2, 100)"
)
LINES = "INSERT INTO money_posting (entry_id, account_id, amount_fen) VALUES (%s, %s, 100), (%s, %s, -100)"
CHAIN = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
TOLD = (
    "INSERT INTO audit_timelineentry (chain, seq, case_id, unit_path, act, actor, channel, at, visible_to_client, body,"
    " previous_hash, hash) SELECT %s, coalesce(max(seq), 0) + 1, NULL, %s, 'money.check_move', %s, 'desk', now(), false,"
    " %s::jsonb, ''::bytea, %s FROM audit_timelineentry WHERE chain = %s"
)
ANSWER = "UPDATE cases_answeredact SET result = %s::jsonb WHERE key = %s"


def sql_work(teller: Any, supervisor: Any, count: int, *, bare: bool = False) -> list[Callable[[], object]]:
    """The same writes by hand: one transaction, prepared statements, sent in one pipeline."""
    import psycopg
    from django.db import connections

    from xiaoshi.desk.money.chart import VAULT, code_of, drawer_code
    from xiaoshi.desk.money.models import Account

    unit = teller.unit
    codes = (drawer_code(unit.path, teller.login), code_of(unit.path, VAULT))
    drawer, vault = (Account.objects.using("owner").get(code=code).pk for code in codes)
    orders = [] if bare else orders_of(teller, count + 1)
    alias = "owner" if bare else "default"
    connections[alias].ensure_connection()
    raw = connections[alias].connection
    chain = f"unit:{unit.path}"

    def post(order: str | None) -> Callable[[], object]:
        entry, key = str(uuid.uuid4()), f"bench-{uuid.uuid4()}"
        body = json.dumps({"order": order, "entry": entry, "amount_fen": 100, "maker": teller.login})
        entry_row = (ENTRY, [entry, unit.id, unit.path, teller.login, supervisor.login, order, key])
        lines = (LINES, [entry, drawer, entry, vault])
        work: list[tuple[str, list[Any]]] = [
            (WHO, [supervisor.login, unit.path]),
            (CLAIM, [key, supervisor.login, key]),
            ("SELECT money_lock(%s)", [sorted([drawer, vault])]),
            entry_row,
            lines,
            (APPROVE, [supervisor.login, order]),
            (CHAIN, [chain]),
            (TOLD, [chain, unit.path, supervisor.login, body, uuid.uuid4().bytes, chain]),
            (ANSWER, [body, key]),
        ]
        if bare:
            work = [("SELECT money_lock(%s)", [sorted([drawer, vault])]), entry_row, lines]

        def run() -> None:
            with raw.transaction(), raw.pipeline(), psycopg.Cursor(raw) as cursor:
                for text, values in work:
                    cursor.execute(text, values, prepare=True)

        return run

    made = [post(order) for order in (orders or [None] * (count + 1))]
    made.pop()()
    return made


def client(what: str, n: int, count: int) -> None:
    import django

    django.setup()
    _unit, teller, supervisor = people_of(n)
    work = {
        "act": lambda: act_work(teller, supervisor, count),
        "sql": lambda: sql_work(teller, supervisor, count),
        "bare": lambda: sql_work(teller, supervisor, count, bare=True),
    }[what]()
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.time()
    for one in work:
        one()
    print(json.dumps({"begun": begun, "ended": time.time(), "done": len(work)}))


def together(
    environment: dict[str, str], what: str, clients: int, count: int, *, apart: bool = True
) -> float:
    """Postings a second of some processes that begin at the same moment."""
    started = [
        subprocess.Popen(
            [sys.executable, "-P", __file__, "--client", what, str(n if apart else 0), str(count)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(clients)
    ]
    for one in started:
        assert one.stdout is not None
        if one.stdout.readline() != "ready\n":
            raise SystemExit(f"a client of {what} did not get ready")
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [json.loads(one.communicate()[0]) for one in started]
    return sum(t["done"] for t in told) / (max(t["ended"] for t in told) - min(t["begun"] for t in told))


# ---- the figures


def open_the_books() -> None:
    """Cash for the outlets that the clients use."""
    from django.utils import timezone

    from xiaoshi.desk.money.chart import ensure_chart, open_books

    for n in range(max(CLIENTS)):
        unit, teller, supervisor = people_of(n)
        ensure_chart(unit)
        cash = {"vault_fen": 50_000_000_00, "drawer_fen": {teller.login: 300_000_00}}
        open_books(unit, **cash, maker=supervisor.login, checker="opening", at=timezone.now())


def measure_posting(environment: dict[str, str], count: int, seed: int) -> None:
    cases = [(clients, True) for clients in CLIENTS] + [(max(CLIENTS), False)]
    for clients, apart in cases:
        rounds: dict[str, list[float]] = {"sql": [], "act": [], "bare": []}
        for _ in range(ROUNDS):
            for what, found in rounds.items():
                found.append(together(environment, what, clients, count, apart=apart))
        middle = {what: statistics.median(found) for what, found in rounds.items()}
        for peer, words in (
            ("sql", "hand-written SQL of the same writes"),
            ("bare", "entry and two lines alone, in SQL"),
        ):
            show(
                f"posting_by_{clients}_clients{'' if apart else '_one_outlet'}_beside_{peer}",
                middle["act"],
                "postings/s",
                peer=words,
                peer_value=round(middle[peer], 1),
                ratio=round(middle["act"] / middle[peer], 3),
                runs=[round(v, 1) for v in rounds["act"]],
                peer_runs=[round(v, 1) for v in rounds[peer]],
                work_size={"clients": clients, "postings": clients * count, "rounds": ROUNDS},
                seed=seed,
            )
    if importlib.util.find_spec("hordak") is None:
        print(
            json.dumps(
                {"bench": "money", "name": "django_hordak", "skipped": "it is not in this environment"}
            ),
            flush=True,
        )


def account_with(legs: int) -> Any:
    """An account of so many legs over ten years, written by SQL under the same triggers."""
    from django.db import connections
    from django.utils import timezone

    from xiaoshi.desk.money.chart import CLEARING, code_of, ensure_deposit_account
    from xiaoshi.desk.money.models import Account

    unit, _teller, _supervisor = people_of(0)
    number = f"{legs:016d}"
    account = ensure_deposit_account(unit, number, "量一量", now=timezone.now(), using="owner")
    clearing = Account.objects.using("owner").get(code=code_of(unit.path, CLEARING))
    with connections["owner"].cursor() as cursor:
        # In portions: the deferred laws remember every row until the commit.
        for begin in range(0, legs, 10_000):
            upto = min(begin + 10_000, legs)
            cursor.execute("BEGIN")
            cursor.execute(
                "CREATE TEMP TABLE fresh ON COMMIT DROP AS SELECT uuidv7() AS id, n,"
                " timestamptz '2016-01-01 09:00+08' + n * (interval '10 years' / %s) AS at"
                " FROM generate_series(%s::int, %s::int) n",
                [legs, begin + 1, upto],
            )
            cursor.execute(
                "INSERT INTO money_entry (id, unit_id, unit_path, purpose_zh, purpose_en, maker, checker, at, key,"
                " posting_count, amount_fen) SELECT id, %s, %s, '存入', 'Paid in', 'li', 'zhou', at, id::text, 2, 100 FROM fresh",
                [unit.id, unit.path],
            )
            cursor.execute(
                "INSERT INTO money_posting (entry_id, account_id, amount_fen)"
                " SELECT id, a, f FROM fresh, (VALUES (%s::bigint, 100), (%s::bigint, -100)) v(a, f) ORDER BY n, f",
                [clearing.pk, account.pk],
            )
            cursor.execute("COMMIT")
        # What autovacuum does by and by: one row of balance was written once for each leg.
        for table in ("money_posting", "money_entry", "money_balance"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    return account


def measure_pages(legs: int, seed: int) -> None:
    from django.test import Client

    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.money.account_statement import statement
    from xiaoshi.desk.money.models import Balance

    _unit, teller, _supervisor = people_of(0)
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(teller, backend="django.contrib.auth.backends.ModelBackend")
    found: dict[str, dict[int, list[float]]] = {"balance": {}, "statement_page": {}, "account_page": {}}
    period = (date(2020, 1, 1), date(2024, 12, 31))
    accounts = {size: account_with(size) for size in (1_000, legs)}

    def balance(row: Any, _size: int) -> None:
        with visible_to(teller):
            Balance.objects.get(account_id=row.pk)

    def page(row: Any, size: int) -> None:
        with visible_to(teller):
            statement(row, *period, after=size // 2)

    def whole(row: Any, size: int) -> None:
        query = f"?from={period[0]}&to={period[1]}&after={size // 2}"
        answer = browser.get(f"/desk/money/accounts/{row.pk}/{query}")
        assert answer.status_code == 200, answer.status_code

    # The two accounts take turns, so that what else the machine does falls on both.
    for _ in range(PAGES):
        for size, row in accounts.items():
            for name, work in (("balance", balance), ("statement_page", page), ("account_page", whole)):
                begun = time.perf_counter()
                work(row, size)
                found[name].setdefault(size, []).append((time.perf_counter() - begun) * 1000)
    for name, by_size in found.items():
        large, small = (statistics.median(by_size[s]) for s in (legs, 1_000))
        show(
            f"{name}_of_{legs}_legs",
            large,
            "ms",
            peer="the same with 1,000 legs",
            peer_value=round(small, 2),
            ratio=round(large / small, 3),
            work_size={"legs": legs, "lines": 50, "pages": PAGES},
            seed=seed,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--postings", type=int, default=60, help="for each client and round")
    parser.add_argument("--legs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="post,pages")
    parser.add_argument("--client", nargs=3, metavar=("WHAT", "N", "COUNT"))
    args = parser.parse_args()
    if args.client:
        client(args.client[0], int(args.client[1]), int(args.client[2]))
        return
    with (
        home_with("simulate", "province", "--cases", "50", "--seed", str(args.seed)) as home,
        desk_of(home) as environment,
    ):
        open_the_books()
        if "post" in args.only:
            measure_posting(environment, args.postings, args.seed)
        if "pages" in args.only:
            measure_pages(args.legs, args.seed)


if __name__ == "__main__":
    main()
