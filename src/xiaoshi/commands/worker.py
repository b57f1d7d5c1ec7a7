"""`xiaoshi worker`: run the jobs and timers alone, against the database of a home or of DATABASE_URL."""

from __future__ import annotations

import argparse
import asyncio
import os

from xiaoshi.house.django import prepare
from xiaoshi.house.home import Home
from xiaoshi.house.trouble import HouseError


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="运行后台任务,直到 Ctrl-C。 / Run the jobs until Ctrl-C."
    )
    parser.add_argument("--concurrency", type=int, default=2, help="同时进行的任务数 / jobs at a time (2)")
    parser.add_argument("--once", action="store_true", help="做完现有任务即退出 / end when no job is left")
    # Set by `xiaoshi serve`, which has prepared everything and passes the runtime role's connection only.
    parser.add_argument("--attached", action="store_true", help=argparse.SUPPRESS)
    return parser


def run(args: argparse.Namespace) -> int:
    """Work until SIGINT or SIGTERM (jobs in hand are finished), or with --once until the queue is empty."""
    if args.attached:
        if not os.environ.get("XIAOSHI_DB_APP"):
            raise HouseError(
                "worker_not_attached",
                "--attached 只供 xiaoshi serve 使用。",
                "--attached is for 'xiaoshi serve' only.",
            )
        import django

        django.setup()
        return _work(args)
    with prepare(Home.chosen(args.home)):
        return _work(args)


def _work(args: argparse.Namespace) -> int:
    from procrastinate.contrib.django import app

    async def work() -> None:
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
        with app.replace_connector(connector) as worker_app:
            async with worker_app.open_async():
                await worker_app.run_worker_async(
                    concurrency=args.concurrency, wait=not args.once, install_signal_handlers=True
                )

    asyncio.run(work())
    return 0
