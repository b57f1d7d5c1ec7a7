"""`xiaoshi`: one command for everything that the pages can do, and for the house itself.

The first word names a module of `xiaoshi.commands`, imported only then, so that `--help` is quick. A command module has
`run(args) -> int` and either `build_parser(prog) -> ArgumentParser` or `add_parser(subparsers)`. Every command also takes
`--json`, `--home DIR` and `--lang zh|en`, added here where the module has not its own.

Exit codes: 0 done; 1 problems found, or refused; 2 wrong use; 3 environment (database, home, port); 4 an error of ours;
130 interrupted. What goes wrong is one line on stderr in the reader's language; XIAOSHI_DEBUG=1 shows the traceback too.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import os
import re
import sys
from typing import Any, NoReturn

from xiaoshi import __version__
from xiaoshi.core.problems import Problem, Words
from xiaoshi.house.trouble import INTERRUPTED, USAGE, HouseError, database_gone

INTERNAL = 4

# The matrices here are small: a second BLAS thread mostly waits, and keeps the other processor busy while it does.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

COMMANDS: dict[str, tuple[str, Words]] = {
    "serve": ("xiaoshi.commands.serve", Words("启动服务(网页、后台任务、数据库)", "run the desk: pages, worker, database")),
    "worker": ("xiaoshi.commands.worker", Words("只运行后台任务", "run the background worker alone")),
    "case": ("xiaoshi.commands.case", Words("案件:查询、办理", "cases: look up, act on")),
    "clock": ("xiaoshi.commands.clock", Words("时限:到期时间、网点日历", "clocks: due times, calendars")),
    "find": ("xiaoshi.commands.find", Words("查找:案件、单据、材料、时间线", "find: cases, papers, documents, timeline")),
    "plan": ("xiaoshi.commands.plan", Words("流程:检查、导出", "plans: check, export")),
    "notes": ("xiaoshi.commands.notes", Words("残损币:登记样本、测量、判定", "damaged notes: enrol, measure, assess")),
    "deposits": ("xiaoshi.commands.deposits", Words("存款:利息逐笔、成批计算", "deposits: interest, one by one or in bulk")),
    "ledger": ("xiaoshi.commands.ledger", Words("账务:核对", "ledger: verify")),
    "audit": ("xiaoshi.commands.audit", Words("审计:校验时间线", "audit: verify the timeline")),
    "story": ("xiaoshi.commands.story", Words("用示例数据走完一个案件", "walk a whole case with the demo's people")),
    "sandbox": ("xiaoshi.commands.sandbox", Words("试用的外部系统:核心银行", "systems outside to try the desk against: a core bank")),
    "simulate": ("xiaoshi.commands.simulate", Words("生成示例数据,用于测量", "make invented data to measure with")),
    "retention": ("xiaoshi.commands.retention", Words("保存期限:试算、暂停、销毁", "retention: dry run, holds, destruction")),
    "backup": ("xiaoshi.commands.backup", Words("备份、试恢复、恢复", "back up, try out, restore")),
    "organisation": ("xiaoshi.commands.organisation", Words("机构与人员:导入、清单、首位管理员", "units and people: import, list, first administrator")),
    "token": ("xiaoshi.commands.token", Words("接口令牌:开立、清单、停用", "tokens of the API: make, list, end")),
    "doctor": ("xiaoshi.commands.doctor", Words("检查安装并说明如何修复", "check the installation, say what to do")),
}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    given = _options_last(given)
    language = _language_of(given)
    if not given or given[0] in ("-h", "--help"):
        _print_help(language)
        return 0 if given else USAGE
    if given[0] == "--version":
        print(f"xiaoshi {__version__}")  # noqa: T201
        return 0
    if given[0] not in COMMANDS:
        words = Words(
            f"没有“{given[0]}”这个命令;执行 xiaoshi --help 查看全部命令。",
            f"There is no command '{given[0]}'; 'xiaoshi --help' lists them.",
        )
        return _complain(Problem("unknown_command", words), USAGE, language, "--json" in given)
    return _run(given, language)


def _options_last(given: list[str]) -> list[str]:
    """`xiaoshi --lang en doctor` is `xiaoshi doctor --lang en`: common options may stand before the command too."""
    before: list[str] = []
    rest = list(given)
    while rest and (rest[0] == "--json" or rest[0].startswith(("--lang", "--home"))):
        before.append(rest.pop(0))
        if before[-1] in ("--lang", "--home") and rest:
            before.append(rest.pop(0))
    return [*rest, *before] if rest else before


def _run(given: list[str], language: str) -> int:
    try:
        module = importlib.import_module(COMMANDS[given[0]][0])
        args = parse(module, given[0], given[1:], language)
        if args.home:
            os.environ["XIAOSHI_HOME"] = os.path.abspath(os.path.expanduser(args.home))
        code = int(module.run(args))
        sys.stdout.flush()
        return code
    except HouseError as error:
        if _debugging():
            raise
        return _complain(error.problem, error.exit_code, language, "--json" in given)
    except KeyboardInterrupt:
        return _complain(
            Problem("interrupted", Words("已中断。", "Interrupted.")),
            INTERRUPTED,
            language,
            "--json" in given,
        )
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is wrong, and nobody is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if _debugging():
            raise
        gone = database_gone(error)
        if gone is not None:
            return _complain(gone.problem, gone.exit_code, language, "--json" in given)
        return _complain(_unexpected(error, given[0]), INTERNAL, language, "--json" in given)


def parse(module: Any, name: str, rest: list[str], language: str) -> argparse.Namespace:
    """Parse the words after the command's name with the module's own parser, common options added."""
    if hasattr(module, "build_parser"):
        parser = module.build_parser(f"xiaoshi {name}")
        words = rest
    else:
        parser = argparse.ArgumentParser(prog="xiaoshi")
        module.add_parser(parser.add_subparsers(dest="command", required=True))
        words = [name, *rest]
    _add_common_options(parser, language)
    args = parser.parse_args(words)
    for option, default in (("json", False), ("home", None), ("lang", language)):
        if not hasattr(args, option) or getattr(args, option) is None:
            setattr(args, option, default)
    assert isinstance(args, argparse.Namespace)
    return args


def _add_common_options(parser: argparse.ArgumentParser, language: str) -> None:
    """Add them to the parser and to each of its sub-commands; SUPPRESS, so that a leaf does not undo what its parent read."""
    leaves = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in leaves:
        for child in dict.fromkeys(action.choices.values()):
            _add_common_options(child, language)
    parser.error = functools.partial(_wrong_use, parser)  # type: ignore[method-assign]
    taken = set(parser._option_string_actions)
    english = language == "en"
    if "--json" not in taken:
        text = "print JSON for programs" if english else "输出 JSON,供程序使用"
        parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=text)
    if "--home" not in taken:
        text = "the installation's folder" if english else "数据目录"
        parser.add_argument("--home", metavar="DIR", default=argparse.SUPPRESS, help=text)
    if "--lang" not in taken:
        text = "language of the output" if english else "输出语言"
        parser.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help=text)


# How argparse says it -> how it is said in Chinese; what is not here is quoted.
_WRONG_USE = (
    (r"the following arguments are required: (.+)", r"缺少参数:\1"),
    (r"unrecognized arguments: (.+)", r"不认识的参数:\1"),
    (r"argument (.+): invalid choice: (.+) \(choose from (.+)\)", r"参数 \1 不能是 \2(可选:\3)"),
    (r"argument (.+): invalid int value: (.+)", r"参数 \1 应为整数,不是 \2"),
    (r"argument (.+): expected one argument", r"参数 \1 后面缺少一个值"),
    (r"one of the arguments (.+) is required", r"参数 \1 必须给出一个"),
    (r"argument (.+): not allowed with argument (.+)", r"参数 \1 不能与 \2 同时使用"),
)


def _wrong_use(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    """What argparse would print in English on stderr, as a problem in both languages (JSON too)."""
    chinese = next((re.sub(a, b, message) for a, b in _WRONG_USE if re.fullmatch(a, message)), message)
    usage = " ".join(parser.format_usage().split()).removeprefix("usage: ")
    raise HouseError(
        "wrong_use",
        f"用法不对:{chinese}。用法:{usage}",
        f"Wrong use: {message}. Usage: {usage}",
        parser.prog,
        USAGE,
    )


def _language_of(given: list[str]) -> str:
    """`--lang`, else the terminal's language where that is English, else Chinese."""
    for place, word in enumerate(given):
        if word == "--lang" and place + 1 < len(given):
            return "en" if given[place + 1] == "en" else "zh"
        if word.startswith("--lang="):
            return "en" if word == "--lang=en" else "zh"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "en" if os.environ[name].lower().startswith("en") else "zh"
    return "zh"


def _print_help(language: str) -> None:
    if language == "en":
        lines = [
            "usage: xiaoshi COMMAND [--json] [--home DIR] [--lang zh|en] ...", "",
            "Xiaoshi 小事: the casework desk for bank business that fits no standard form.", "",
        ]  # fmt: skip
    else:
        lines = [
            "用法:xiaoshi 命令 [--json] [--home 目录] [--lang zh|en] ...",
            "",
            "小事 Xiaoshi:办理没有标准单据的银行业务。",
            "",
        ]
    lines += [f"  {name:8} {words.in_language(language)}" for name, (_, words) in COMMANDS.items()]
    lines += ["", "xiaoshi COMMAND --help" if language == "en" else "各命令的用法:xiaoshi 命令 --help"]
    print("\n".join(lines))  # noqa: T201


def _complain(problem: Problem, code: int, language: str, as_json: bool) -> int:
    print(f"xiaoshi: {problem.words.in_language(language)}", file=sys.stderr)  # noqa: T201
    if as_json:
        answer = {"ok": False, "problems": [problem.as_json(language)]}
        print(json.dumps(answer, ensure_ascii=False))  # noqa: T201
    return code


def _unexpected(error: Exception, command: str) -> Problem:
    # Wrappers such as "Database error." say nothing; what they were raised from does.
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    text = (str(root).strip().splitlines() or [""])[0][:300]
    return Problem(
        "internal_error",
        Words(
            f"{command} 出现意外错误({type(root).__name__}:{text});设 XIAOSHI_DEBUG=1 再执行可查看详情。",
            f"{command} met an unexpected error ({type(root).__name__}: {text}); run it again with XIAOSHI_DEBUG=1 for the details.",
        ),
        command,
    )


def _debugging() -> bool:
    return os.environ.get("XIAOSHI_DEBUG") == "1"


if __name__ == "__main__":
    sys.exit(main())
