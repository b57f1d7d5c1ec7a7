"""What a page of the docs says, laid beside the project: links, files, commands, acts, addresses, words of the screen.

Each function gives lines `docs/x.md:12: what is wrong`; nothing is fetched from the network. In a page, `code` that looks
like an act, a path, an address or a variable is taken for one, and so are words in 「」 (Chinese) or “ ” (English) for words of
the screen. Left out: whether a sentence is true; a person walks each recipe.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import re
import shlex
from collections.abc import Iterator, Mapping

import docs_reference
from compile_translations import read_po
from docs_pages import EXTERNAL, ROOT, Page, heading_anchors, links_of, parser, resolved

CODE = re.compile(r"`([^`\n]+)`")
ACT = re.compile(r"[a-z_]+\.[a-z_]+\Z")
FILE_ENDINGS = ("py", "md", "toml", "json", "html", "txt", "css", "js", "po", "xsb", "csv", "typ")
VARIABLE = re.compile(r"\bXIAOSHI_[A-Z_]+\b")
QUOTED = {"zh": re.compile(r"「([^」]+)」"), "en": re.compile(r"“([^”]+)”")}
WORDS = re.compile(r'\bWords\(\s*("(?:[^"\\\n]|\\.)*"),\s*("(?:[^"\\\n]|\\.)*"),?\s*\)')
TOP_FOLDERS = ("src/", "docs/", "tests/", "examples/", "scripts/", "bench/")


def anchors_of(text: str) -> set[str]:
    return {anchor for _, anchor, _ in heading_anchors(parser().parse(text))}


def broken_links(pages: list[Page]) -> Iterator[str]:
    """Links to pages, anchors and files of the repository that are not there."""
    texts = {f"docs/{page.path}": page.text for page in pages}
    for page in pages:
        for link in links_of(page.path, parser().parse(page.text)):
            at = f"docs/{page.path}:{link.line}"
            if EXTERNAL.match(link.target):
                continue
            where, _, anchor = link.target.partition("#")
            target = resolved(page.path, where) if where else f"docs/{page.path}"
            file = ROOT / target
            if target not in texts and not file.is_file():
                yield f"{at}: {link.target} leads to nothing"
            elif anchor:
                text = texts.get(target) or file.read_text("utf-8")
                if anchor not in anchors_of(text):
                    yield f"{at}: {target} has no heading for #{anchor}"


def code_spans(page: Page) -> Iterator[tuple[int, str]]:
    """(line, text) of each piece of code in the running text; fenced blocks are `command_lines`."""
    fenced = False
    for number, line in enumerate(page.text.splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            for found in CODE.finditer(line):
                yield number, found[1]


def unknown_names(page: Page) -> Iterator[str]:
    """Acts, files, addresses, variables and make targets in the text that the project does not have."""
    acts = docs_reference.acts()
    parts = {name.partition(".")[0] for name in acts}
    variables = {entry["name"] for entry in docs_reference.read("settings")["setting"]}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for number, code in code_spans(page):
        at = f"docs/{page.path}:{number}: `{code}`"
        looks_like_act = (
            ACT.match(code) and code.partition(".")[0] in parts and not code.endswith(FILE_ENDINGS)
        )
        if looks_like_act and code not in acts:
            yield f"{at}: there is no such act"
        if code.startswith(TOP_FOLDERS) and not (ROOT / code).exists():
            yield f"{at}: there is no such file"
        if code.startswith(("/desk/", "/api/")) and "…" not in code and not _answers(code):
            yield f"{at}: no page has this address"
        if code.startswith("make ") and code.split()[1] not in targets:
            yield f"{at}: the Makefile has no such target"
        for variable in VARIABLE.findall(code):
            if variable not in variables:
                yield f"{at}: {variable} is no setting"


def _answers(address: str) -> bool:
    from django.urls import Resolver404, resolve

    for name in ("CASE", "CASE_ID"):
        address = address.replace(f"/{name}/", "/00000000-0000-7000-8000-000000000000/")
    try:
        return resolve(address.replace("/ACT", "/case.hand_over")).url_name is not None
    except Resolver404:
        return False


def command_lines(page: Page) -> Iterator[tuple[int, list[str]]]:
    """(line, words) of each line in a fenced `sh` block; quotes and variables as a shell reads them."""
    inside = False
    for number, line in enumerate(page.text.splitlines(), 1):
        if line.startswith("```"):
            inside = line == "```sh"
        elif inside and line.strip() and not line.startswith("#"):
            yield number, shlex.split(line)


def wrong_commands(page: Page) -> Iterator[str]:
    """Lines of `xiaoshi` that its own parser refuses, acts with fields that they do not have, other programs' files that are not there."""
    for number, words in command_lines(page):
        at = f"docs/{page.path}:{number}: {shlex.join(words)}"
        program, rest = words[0], words[1:]
        if program in ("xiaoshi", ".venv/bin/xiaoshi"):
            problem = _refused(rest)
            if problem:
                yield f"{at}: {problem}"
        elif program == "python" and not (ROOT / rest[0]).is_file():
            yield f"{at}: there is no {rest[0]}"
        elif program == "make" and f"\n{rest[0]}:" not in (ROOT / "Makefile").read_text("utf-8"):
            yield f"{at}: the Makefile has no such target"
        elif program not in ("python", "make", "export", ".venv/bin/pip"):
            yield f"{at}: not a program that the docs may use"
    for number, code in code_spans(page):
        if not _is_known(code.split(), docs_reference.command_names()):
            yield f"docs/{page.path}:{number}: `{code}`: there is no such command"


def _is_known(words: list[str], known: frozenset[str]) -> bool:
    """Whether `xiaoshi case list|show …` names commands that exist; anything that is no command is."""
    if words[0] != "xiaoshi" or len(words) < 2 or not re.match(r"[a-z]", words[1]):
        return True
    group = any(name.startswith(f"{words[1]} ") for name in known)
    if words[1] not in known or len(words) < 3 or not group or not words[2].islower():
        return words[1] in known
    return all(f"{words[1]} {word}" in known for word in words[2].split("|"))


def _refused(words: list[str]) -> str:
    """What the real parser says against these words, or nothing; for `case do` and `case bulk`, the act's own fields too."""
    from xiaoshi.cli import COMMANDS, parse
    from xiaoshi.house.trouble import HouseError

    if words[0] not in COMMANDS:
        return "there is no such command"
    module = __import__(COMMANDS[words[0]][0], fromlist=["run"])
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            args = parse(module, words[0], words[1:], "en")
    except HouseError as wrong:
        return wrong.problem.words.en
    except SystemExit:
        return ""  # --help
    return _wrong_fields(args) if words[:2] in (["case", "do"], ["case", "bulk"]) else ""


def _wrong_fields(args: argparse.Namespace) -> str:
    from xiaoshi.desk.guard.fields import misfits

    act = docs_reference.acts().get(args.act)
    if act is None:
        return f"there is no act {args.act}"
    found = [problem.words.en for problem in misfits(act, json.loads(args.fields))]
    return " ".join(found)


def screen_words() -> Mapping[str, set[str]]:
    """Everything that a page can say, by language: translated texts, words of acts, roles and kinds, words in the code."""
    zh: set[str] = set()
    en: set[str] = set()
    for file in (ROOT / "src").rglob("django.po"):
        for key, text in read_po(file).items():
            en.add(key.rpartition("\x04")[2])
            zh.update(text.split("\x00"))
    for source in (ROOT / "src/xiaoshi").rglob("*.py"):
        for found in WORDS.finditer(source.read_text("utf-8")):
            zh.add(ast.literal_eval(found[1]))
            en.add(ast.literal_eval(found[2]))
    for act in docs_reference.acts().values():
        zh.add(act.words.zh)
        en.add(act.words.en)
    return {"zh": zh, "en": en}


def unknown_screen_words(page: Page, words: Mapping[str, set[str]]) -> Iterator[str]:
    """What a page quotes from the screen and no screen says."""
    if page.language not in QUOTED or not page.twin:
        return
    for number, line in enumerate(page.text.splitlines(), 1):
        for said in QUOTED[page.language].findall(line):
            if said.strip() and said not in words[page.language]:
                yield f"docs/{page.path}:{number}: no page says {said!r}"


def unlike_twins(pages: list[Page]) -> Iterator[str]:
    """Pages whose two languages have other commands, another number of headings, or links to other pages."""
    by_path = {page.path: page for page in pages}
    for page in pages:
        if not page.path.endswith(".zh.md"):
            continue
        twin = by_path[page.twin]
        if [w for _, w in command_lines(page)] != [w for _, w in command_lines(twin)]:
            yield f"docs/{page.path}: other commands than {twin.path}"
        shapes = [[t.tag for t in parser().parse(p.text) if t.type == "heading_open"] for p in (page, twin)]
        if shapes[0] != shapes[1]:
            yield f"docs/{page.path}: other headings than {twin.path}"
        here = [
            link.target.replace(".zh.md", ".md") for link in links_of(page.path, parser().parse(page.text))
        ]
        there = [
            link.target.replace(".en.md", ".md") for link in links_of(twin.path, parser().parse(twin.text))
        ]
        if sorted(here) != sorted(there):
            yield f"docs/{page.path}: other links than {twin.path}"


def variables_in_code() -> set[str]:
    """Settings that the code reads from the environment."""
    found: set[str] = set()
    for source in (*(ROOT / "src/xiaoshi").rglob("*.py"),):
        for text in re.findall(
            r"[\"']((?:XIAOSHI_[A-Z_]*[A-Z])|DATABASE_URL|DJANGO_SETTINGS_MODULE|PORT)[\"']",
            source.read_text("utf-8"),
        ):
            found.add(text)
    return found
