"""The reference of the docs, made from the code each time they are built, so that it cannot be out of date.

Each function gives one page as Markdown in both languages. Words that the code has (acts, roles, commands) are taken from
there; what the code cannot say in two languages (settings, keys of a plan, the glossary) stands in `docs/reference/*.toml`,
and `tests/docs` compares the names there with the code. Django is set up by the caller.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "docs" / "reference"
CHINESE = re.compile(r"[\u3400-\u9fff]")


def pages() -> dict[str, str]:
    """Name of each page below `reference/` -> its Markdown, in reading order."""
    return {
        "commands": commands_page(),
        "acts": acts_page(),
        "roles": roles_page(),
        "plan": plan_page(),
        "routes": routes_page(),
        "keys": keys_page(),
        "settings": settings_page(),
        "json": json_page(),
        "events": events_page(),
        "glossary": glossary_page(),
    }


def read(name: str) -> dict[str, Any]:
    """A data file of the reference."""
    return tomllib.loads((DATA / f"{name}.toml").read_text("utf-8"))


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; a bar in a cell is escaped, a line break becomes a blank."""

    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    return "\n".join([line(heads), line(("---",) * len(heads)), *map(line, rows)]) + "\n"


# ---- commands ---------------------------------------------------------------------------------------------------------


def parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Each command that can be typed, `case list` and the like, with its parser; groups before their members."""
    from xiaoshi.cli import COMMANDS

    for name, (module_name, _) in COMMANDS.items():
        yield from _below(name, parser_of(module_name, name))


@lru_cache(maxsize=1)
def command_names() -> frozenset[str]:
    """`case`, `case list` and the like."""
    return frozenset(name for name, _ in parsers())


def parser_of(module_name: str, name: str) -> argparse.ArgumentParser:
    """The parser of one command's module, in either of the two forms that a module may have."""
    module = importlib.import_module(module_name)
    if hasattr(module, "build_parser"):
        built: argparse.ArgumentParser = module.build_parser(f"xiaoshi {name}")
        return built
    outer = argparse.ArgumentParser(prog="xiaoshi")
    group = outer.add_subparsers()
    module.add_parser(group)
    chosen: argparse.ArgumentParser = group.choices[name]
    return chosen


def _below(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, child in action.choices.items():
                yield from _below(f"{name} {word}", child)


def commands_page() -> str:
    from xiaoshi.cli import COMMANDS

    out = ["# 命令 Commands", COMMANDS_OPENING]
    for name, parser in parsers():
        top = " " not in name
        out.append(f"{'##' if top else '###'} xiaoshi {name}")
        if top:
            words = COMMANDS[name][1]
            out.append(f"{words.zh} · {words.en}")
        usage = " ".join(parser.format_usage().split()).removeprefix("usage: ")
        out.append(f"```text\n{usage}\n```")
        rows = list(_options(parser))
        if rows:
            out.append(table(("参数 Argument", "说明 Meaning", "默认 Default"), rows))
    return "\n\n".join(out) + "\n"


COMMANDS_OPENING = """每个命令都有 `--help`、`--json`、`--home DIR`、`--lang zh|en`。
Each command takes `--help`, `--json`, `--home DIR` and `--lang zh|en`.

| 退出码 Exit code | 含义 Meaning |
| --- | --- |
| 0 | 完成 done |
| 1 | 被拒绝，或发现问题 refused, or problems found |
| 2 | 用法不对 wrong use |
| 3 | 环境有问题（数据库、目录、端口） environment (database, home, port) |
| 4 | 程序自身出错 an error of ours |
| 130 | 中断 interrupted |"""


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str, str]]:
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            continue
        if {"--json", "--home", "--lang"} & set(action.option_strings) or action.help == argparse.SUPPRESS:
            continue
        name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        if action.choices:
            name += " " + "\\|".join(str(c) or '""' for c in action.choices)
        shown = action.default
        default = "" if shown in (None, False, "", argparse.SUPPRESS) else f"`{shown}`"
        if action.required and action.option_strings:
            default = "必填 required"
        yield f"`{name}`".replace("\\|", "|"), (action.help or "").replace("%%", "%"), default


# ---- acts, roles ------------------------------------------------------------------------------------------------------


def acts() -> Mapping[str, Any]:
    """All acts by name. They register when the address table imports their modules."""
    importlib.import_module("xiaoshi.desk.urls")
    from xiaoshi.desk.guard.boundary import ACTS

    return dict(sorted(ACTS.items()))


def acts_page() -> str:
    from xiaoshi.core.casework.roles import ROLES
    from xiaoshi.desk.guard.fields import asked_fields

    out = ["# 操作 Acts", ACTS_OPENING]
    part = ""
    for name, act in acts().items():
        if name.partition(".")[0] != part:
            part = name.partition(".")[0]
            out.append(f"## {part}")
        who = "、".join(f"{ROLES[r].words.zh} {ROLES[r].words.en}" for r in ROLES if r in act.roles)
        out.append(f"### {name}\n\n**{act.words.zh}** · {act.words.en}")
        out.append(f"岗位 Roles: {who or '由流程或操作判断 decided by the plan or the act itself'}")
        told = [
            words
            for holds, words in (
                (act.on_case, "在一个案件上 on a case"),
                (act.people_only, "须由人办，机器账户不能 people only"),
                (act.for_oneself, "只关本人 about oneself"),
                (act.open_to_told, "被告知的其他机构人员也可办 also open to whoever was told"),
            )
            if holds
        ]
        if told:
            out.append(" · ".join(told))
        rows = [
            (f"`{field}`", f"`{_type_words(kind)}`", "可省略 optional" if optional else "必填 required")
            for field, (kind, optional) in asked_fields(act).items()
        ]
        if rows:
            out.append(table(("字段 Field", "类型 Type", ""), rows))
    return "\n\n".join(out) + "\n"


ACTS_OPENING = """一个人办的一件事是一个操作，页面、命令行和接口办的都是它。
One act of a person is one function. Page, command line and API call the same one.

- 命令行 On the command line: `xiaoshi case do CASE ACT --fields JSON --as LOGIN`
- 接口 In the API: `POST /api/v1/cases/CASE/acts/ACT`, or `POST /api/v1/acts/ACT` where no case is needed"""


def _type_words(kind: Any) -> str:
    return (kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)).replace(
        "typing.", ""
    )


def roles_page() -> str:
    from xiaoshi.core.casework.roles import LEVELS, ROLES

    rows = [
        (f"`{r.id}`", r.words.zh, r.words.en, "、".join(f"{LEVELS[x].zh} {LEVELS[x].en}" for x in r.levels))
        for r in ROLES.values()
    ]
    out = [
        "# 岗位 Roles",
        "一个人可以有几个岗位。审计员只看不办。",
        "A person may have several. An auditor reads only.",
    ]
    out.append(table(("标识 Id", "岗位", "Role", "层级 Levels"), rows))
    out.append("## 按岗位列出的操作 Acts that name a role")
    for role in ROLES.values():
        mine = [f"`{name}`" for name, act in acts().items() if role.id in act.roles]
        if mine:
            out.append(f"**{role.words.zh} {role.words.en}**: {' '.join(mine)}")
    return "\n\n".join(out) + "\n"


# ---- the format of a plan ---------------------------------------------------------------------------------------------


def plan_page() -> str:
    from xiaoshi.core.casework.conditions import STEP_FIELDS
    from xiaoshi.core.casework.facts import TYPE_WORDS

    data = read("plan_keys")
    out = ["# 流程文件 The format of plan.toml", PLAN_OPENING]
    for part, title in (("top", "顶层 Top"), ("step", "环节 A step"), ("fact", "情况 A fact")):
        rows = [(f"`{key}`", words[0], words[1]) for key, words in data[part].items()]
        out += [f"## {title}", table(("键 Key", "说明", "Meaning"), rows)]
    rows = [(f"`{name}`", words.zh, words.en) for name, words in TYPE_WORDS.items()]
    out += ["## 情况的类型 Types of a fact", table(("类型 Type", "说明", "Meaning"), rows)]
    out += [
        "## 条件能读什么 What a condition reads",
        "`facts.NAME`，以及 and " + ", ".join(f"`steps.ID.{field}`" for field in STEP_FIELDS) + ".",
        "## 完整的例子 A whole example",
        "```toml\n" + (ROOT / "src/xiaoshi/desk/kinds/example/plan.toml").read_text("utf-8") + "```",
    ]
    return "\n\n".join(out) + "\n"


PLAN_OPENING = """`xiaoshi plan check FILE` 逐行指出问题。为什么是这种格式，见 [案件引擎](../../src/xiaoshi/core/casework/README.md)。

`xiaoshi plan check FILE` names each problem with its line. The format is argued in
[the case engine](../../src/xiaoshi/core/casework/README.md)."""


# ---- addresses, keys, settings ----------------------------------------------------------------------------------------


def routes() -> Iterator[tuple[str, Any]]:
    """Each address of the desk with its view."""
    from django.urls import URLPattern, URLResolver, get_resolver

    def below(resolver: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for item in resolver.url_patterns:
            if isinstance(item, URLResolver):
                yield from below(item, prefix + str(item.pattern))
            elif isinstance(item, URLPattern):
                yield prefix + str(item.pattern), item.callback

    yield from below(get_resolver(), "/")


def routes_page() -> str:
    from xiaoshi.core.casework.roles import ROLES

    special = {"anyone": "任何人 anyone", "signed_in": "已登录 signed in", "token": "令牌 token"}
    pages_, calls = [], []
    for address, view in routes():
        who = "、".join(special.get(w) or ROLES[w].words.zh for w in getattr(view, "opens_to", ("anyone",)))
        shown = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: m[1].upper(), address)
        if not address.startswith("/api/"):
            pages_.append((f"`{shown}`", who))
        elif "/acts/" not in address and "/bulk/" not in address:
            calls.append((f"`{shown}`", who))
    heads = ("地址 Address", "谁可以打开 Who may open it")
    return "\n\n".join(
        [
            "# 地址 Routes",
            "页面上能办什么，由操作本身判断；这里只写谁能打开。",
            "What may be done on a page is for the act to say; here stands who may open it.",
            "## 页面 Pages",
            table(heads, pages_),
            "## 接口 API",
            "每个操作另有一个地址，见[操作](acts.md)。Each act has an address of its own: see [acts](acts.md).",
            table(heads, calls),
        ]
    )


KEY_LINE = re.compile(r"<dt>(.+?)</dt><dd>\{% translate \"(.+?)\" %\}</dd>")


def keys_page() -> str:
    from django.utils.translation import gettext, override

    sheet = (ROOT / "src/xiaoshi/desk/templates/key_sheet.html").read_text("utf-8")
    rows = []
    for keys, english in KEY_LINE.findall(sheet):
        with override("zh-hans"):
            chinese = gettext(english)
        rows.append((re.sub(r"</?kbd>", "`", keys), chinese, english))
    return "\n\n".join(
        [
            "# 快捷键 Keys",
            "在页面上按 `?` 也能看到。输入文字时不起作用；签字和付款没有快捷键；可以在「字号与快捷键」关闭。",
            "`?` shows them on any page. They rest while you type; signing and paying have none; “Type size and keys” "
            "switches them off.",
            table(("键 Key", "作用", "What it does"), rows),
        ]
    )


def settings_page() -> str:
    out = ["# 设置 Settings", "用环境变量设置。Set in the environment."]
    for who, title in (
        ("bank", "由银行设置 Set by the bank"),
        ("inside", "由命令自行设置 Set by the commands for their children"),
    ):
        rows = [(f"`{s['name']}`", s["zh"], s["en"]) for s in read("settings")["setting"] if s["for"] == who]
        out += [f"## {title}", table(("变量 Variable", "说明", "Meaning"), rows)]
    return "\n\n".join(out) + "\n"


# ---- JSON, events, words ----------------------------------------------------------------------------------------------


def json_page() -> str:
    from xiaoshi.core.clocks.schema import SCHEMA
    from xiaoshi.desk.api.desk_api import built_api
    from xiaoshi.desk.api.openapi import described

    out = ["# JSON", JSON_OPENING, *_json_of_commands()]
    for name, title in (
        ("request", "时限：输入 What clock due reads"),
        ("answer", "时限：答复 What clock due answers"),
    ):
        shape = SCHEMA["$defs"][name]
        rows = [
            (f"`{key}`", spec.get("description", ""), "必填 required" if key in shape["required"] else "")
            for key, spec in shape["properties"].items()
        ]
        out += [f"## {title}", table(("字段 Field", "说明 Meaning", ""), rows)]
    out += [
        "全文 The whole: `xiaoshi clock due --schema`.",
        "## 接口的答复 Answers of the API",
        "全文 The whole: `/api/v1/openapi.json`; 说明页 page: `/api/v1/docs`.",
    ]
    for name, shape in sorted(described(built_api())["components"]["schemas"].items()):
        # The fields of acts stand on the page of the acts.
        if "properties" not in shape or name.startswith(("Fields_", "Bulk_")):
            continue
        rows = [
            (f"`{key}`", _json_type(spec), spec.get("description", ""))
            for key, spec in shape["properties"].items()
        ]
        out += [
            f"### {name}",
            shape.get("description", "").strip(),
            table(("字段 Field", "类型 Type", "说明 Meaning"), rows),
        ]
    return "\n\n".join(part for part in out if part) + "\n"


JSON_OPENING = """## 问题 A problem

每个 `--json` 答复里的问题都是这样：`code` 供程序使用，不变；`text` 供人看；`where` 指出输入中的位置，可为空。

Each problem in an answer of `--json` has this form. `code` is for programs and stays; `text` is for people; `where` points
at the input, and may be empty.

```json
{"ok": false, "problems": [{"code": "case_not_found", "text": "…", "where": ""}]}
```"""


def _json_of_commands() -> Iterator[str]:
    """What each command answers with `--json`; the names and fields are compared with the commands by the tests."""
    forms = {"object": "", "lines": "每行一个 one on each line", "text": "不是 JSON not JSON"}
    yield "## 命令的答复 Answers of the commands"
    yield "`?`：不一定有 not there each time。每个答复都可以有 Each may have `problems`."
    rows = []
    for entry in read("json_commands")["command"]:
        fields = ", ".join(f"`{name}`" for name in entry["fields"])
        said = " ".join(
            part
            for part in (forms[entry.get("form", "object")], entry.get("zh", ""), entry.get("en", ""))
            if part
        )
        rows += [(f"`xiaoshi {name}`", fields, said) for name in entry["names"]]
    yield table(("命令 Command", "字段 Fields", "说明 Note"), rows)


def _json_type(spec: Mapping[str, Any]) -> str:
    if "$ref" in spec:
        return spec["$ref"].rpartition("/")[2]
    if "anyOf" in spec:
        return " / ".join(_json_type(one) for one in spec["anyOf"])
    if spec.get("type") == "array":
        return f"list of {_json_type(spec.get('items', {}))}"
    return str(spec.get("type", "any"))


def events_page() -> str:
    from xiaoshi.core.casework import events

    common = [f.name for f in dataclasses.fields(events.Event)]
    out = [
        "# 事件 Events",
        "案件就是它的事件。每个事件另有 Each event also has: "
        + ", ".join(f"`{name}`" for name in common)
        + ".",
        "为什么 Why: [events and snapshots](../why/events.md).",
    ]
    for name, kind in vars(events).items():
        if not (inspect.isclass(kind) and issubclass(kind, events.Event) and kind is not events.Event):
            continue
        own = [(f"`{f.name}`", f"`{f.type}`") for f in dataclasses.fields(kind) if f.name not in common]
        own_words = kind.__dict__.get("__doc__") or ""
        out.append(f"## {name}")
        if own_words and not own_words.startswith(f"{name}("):
            out.append(inspect.cleandoc(own_words))
        if own:
            out.append(table(("字段 Field", "类型 Type"), own))
    return "\n\n".join(out) + "\n"


def glossary_page() -> str:
    out = ["# 词汇表 Glossary", "屏幕上用中文，代码里用英文。Screens say the Chinese, code the English."]
    for group in read("glossary")["group"]:
        rows = [
            (zh, en, " ".join(filter(None, (why_zh, why_en)))) for zh, en, why_zh, why_en in group["words"]
        ]
        out += [f"## {group['zh']} {group['en']}", table(("中文", "English", "说明 Note"), rows)]
    return "\n\n".join(out) + "\n"
