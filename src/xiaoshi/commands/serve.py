"""`xiaoshi serve`: run the desk."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace

from xiaoshi.core.problems import Words
from xiaoshi.house.home import Home
from xiaoshi.house.serve import Orders, port_from_environment, serve


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog, description="运行小事:数据库、网页、后台任务。 / Run the desk: database, pages, worker."
    )
    parser.add_argument(
        "--demo", action="store_true", help="首次启动时装入示例数据 / load the demo at the first start"
    )
    parser.add_argument("--web", action="store_true", help="只运行网页 / the web processes only")
    parser.add_argument("--host", default="127.0.0.1", help="监听地址 / address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, help="端口 / port ($PORT, 8000)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM. With --json each thing said is one JSON line."""
    orders = Orders(host=args.host, demo=args.demo, web_only=args.web)
    port = port_from_environment() if args.port is None else args.port

    def say(words: Words) -> None:
        text = words.in_language(args.lang)
        sys.stdout.write((json.dumps({"text": text}, ensure_ascii=False) if args.json else text) + "\n")
        sys.stdout.flush()

    return serve(Home.chosen(args.home), replace(orders, port=port), say)
