"""Trouble with the house itself: one clear line for the person at the terminal, and an exit code for programs."""

from __future__ import annotations

import os

from xiaoshi.core.problems import Problem, Words

REFUSED = 1
USAGE = 2
ENVIRONMENT = 3
INTERRUPTED = 130


class HouseError(Exception):
    """The installation cannot do what was asked; `problem` says what is wrong and what to do, in both languages.

    `exit_code`: 1 refused, 2 wrong use of a command, 3 environment (home, database, port).
    """

    def __init__(self, code: str, zh: str, en: str, where: str = "", exit_code: int = ENVIRONMENT) -> None:
        super().__init__(en)
        self.problem = Problem(code, Words(zh, en), where)
        self.exit_code = exit_code


# Classes of SQLSTATE that speak of the connection and not of a statement: connection exception, shut down or starting,
# no connection left. An error of the client library while it connects has no SQLSTATE at all.
_SILENT = ("08", "57P", "53300")


def database_gone(error: BaseException) -> HouseError | None:
    """What to tell when `error`, or one that it was raised from, is a database that does not answer; None for all others.

    Told by names, so that the command line loads no database library to find out that none was at fault.
    """
    seen: BaseException | None = error
    while seen is not None:
        names = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(seen).__mro__}
        if ("psycopg", "OperationalError") in names:
            state = getattr(seen, "sqlstate", None) or ""
            if not state or state.startswith(_SILENT):
                return no_answer((str(seen).strip().splitlines() or [type(seen).__name__])[-1])
        seen = seen.__cause__
    return None


def no_answer(reason: str) -> HouseError:
    """`reason`: how the connection failed, one line as the library says it."""
    reason = reason[:300]
    if os.environ.get("DATABASE_URL", "").strip():
        zh = "请检查 DATABASE_URL 的地址、网络,以及数据库服务是否在运行"
        en = "check the address in DATABASE_URL, the network, and whether the database server runs"
    else:
        zh = "请查看数据目录中的 logs/postgres.log,或执行 xiaoshi doctor"
        en = "see logs/postgres.log in the installation's folder, or run 'xiaoshi doctor'"
    return HouseError(
        "database_gone",
        f"数据库没有应答({reason});{zh},再重新执行。没有提交的内容都没有写入。",
        f"The database does not answer ({reason}); {en}, then run the command again. What was not committed was not written.",
        "database",
    )
