"""Trouble with the house itself: one clear line for the person at the terminal, and an exit code for programs."""

from __future__ import annotations

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
