"""`xiaoshi sandbox core`: a core bank to try the desk against, in a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from xiaoshi.house.trouble import HouseError


def build_parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="供试用的外部系统,各自独立运行。 / Systems of the world outside, to try the desk against.",
    )
    works = parser.add_subparsers(dest="work", required=True, metavar="core")
    core = works.add_parser("core", help="核心银行 / a core bank over HTTP")
    core.add_argument(
        "--port", type=int, default=8190, help="端口,0 为任意 / port, 0 for any free one (8190)"
    )
    core.add_argument("--host", default="127.0.0.1", help="地址 / address (127.0.0.1)")
    core.add_argument(
        "--state", required=True, metavar="FILE", help="状态文件 / file of its state, made when missing"
    )
    core.add_argument(
        "--bank", default="", metavar="NUMBER", help="本行行号(12 位) / number of the bank, 12 figures"
    )
    core.add_argument(
        "--late", type=float, default=15.0, metavar="SECONDS", help="迟到的答复迟多久 / how late"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM. The token is read from XIAOSHI_CORE_TOKEN_FILE when that is set."""
    from xiaoshi.sandbox.core_books import OWN_BANK, CoreBooks
    from xiaoshi.sandbox.core_server import CoreServer

    state, token_file = Path(args.state), os.environ.get("XIAOSHI_CORE_TOKEN_FILE", "")
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        token = Path(token_file).read_text("utf-8").strip() if token_file else ""
        server = CoreServer((args.host, args.port), CoreBooks(state, args.bank or OWN_BANK), args.late, token)
    except (OSError, OverflowError) as error:
        raise HouseError(
            "sandbox_not_started",
            f"沙箱核心未能启动:{error}。请检查端口和状态文件的位置。",
            f"The sandbox core could not start: {error}. Check the port and the place of its state.",
        ) from error
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    host, port = server.server_address[:2]
    _say(args, f"http://{host!s}:{port}")
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    return 0


def _say(args: argparse.Namespace, address: str) -> None:
    line = {
        "zh": f"沙箱核心已启动:{address}",
        "en": f"The sandbox core answers at {address}",
    }[args.lang]
    sys.stdout.write(json.dumps({"ok": True, "address": address}) + "\n" if args.json else line + "\n")
    sys.stdout.flush()
