"""What the docs are made of: pages on disk, pages made from the code, and files of the repository that a page links to.

A page of `start` and `how-to` is two files with the same lines of command and the same headings, `x.zh.md` and `x.en.md`;
`why` and `reference` are one file. `docs/contents.toml` says the order; a page that it does not name, or a name without a
page, is an error of whoever writes docs and raises.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
GENERATED = "reference"
EXTERNAL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


class DocsError(Exception):
    """The docs cannot be built; the text names the file."""


@dataclass(frozen=True)
class Page:
    """`path`: below `docs/`, with `.md`. `language`: zh, en, or both. `section`: its name in `contents.toml`."""

    path: str
    section: str
    language: str
    text: str

    @property
    def title(self) -> str:
        """The first heading, without marks."""
        found = re.search(r"^# (.+)$", self.text, re.MULTILINE)
        if found is None:
            raise DocsError(f"docs/{self.path}: no heading '# …'")
        return found[1].replace("`", "")

    @property
    def twin(self) -> str:
        """The path of the same page in the other language, or nothing."""
        for here, there in ((".zh.md", ".en.md"), (".en.md", ".zh.md")):
            if self.path.endswith(here):
                return self.path.removesuffix(here) + there
        return ""

    @property
    def address(self) -> str:
        return self.path.removesuffix(".md") + ".html"


@dataclass(frozen=True)
class Section:
    """One of the kinds of docs, with the stems of its pages in reading order."""

    name: str
    zh: str
    en: str
    stems: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """A link on a page. `target` as written."""

    page: str
    line: int
    target: str


def parser() -> MarkdownIt:
    """CommonMark with tables; raw HTML stays text, so that a page brings no script."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def sections() -> list[Section]:
    data = tomllib.loads((DOCS / "contents.toml").read_text("utf-8"))
    return [Section(s["name"], s["zh"], s["en"], tuple(s["pages"])) for s in data["section"]]


def all_pages(generated: dict[str, str]) -> list[Page]:
    """Every page in reading order, the first ones in both languages. Raises `DocsError` where contents and files differ."""
    found: list[Page] = []
    for section in sections():
        for stem in section.stems:
            found += _pages_of(section.name, stem, generated)
    on_disk = {p.relative_to(DOCS).as_posix() for p in DOCS.rglob("*.md")}
    unnamed = on_disk - {page.path for page in found}
    if unnamed:
        raise DocsError(f"docs/contents.toml does not name {', '.join(sorted(unnamed))}")
    if set(generated) - {PurePosixPath(p.path).stem for p in found if p.section == GENERATED}:
        raise DocsError("docs/contents.toml does not name every page of the reference")
    return found


def _pages_of(section: str, stem: str, generated: dict[str, str]) -> list[Page]:
    if section == GENERATED:
        if stem not in generated:
            raise DocsError(f"docs/contents.toml: no page of the reference is called {stem}")
        return [Page(f"{GENERATED}/{stem}.md", section, "both", generated[stem])]
    one = DOCS / f"{stem}.md"
    if one.exists():
        return [Page(f"{stem}.md", section, "en", one.read_text("utf-8"))]
    both = []
    for language in ("zh", "en"):
        file = DOCS / f"{stem}.{language}.md"
        if not file.exists():
            raise DocsError(f"docs/{stem}.{language}.md is missing (named in docs/contents.toml)")
        both.append(Page(f"{stem}.{language}.md", section, language, file.read_text("utf-8")))
    return both


def slug(heading: str) -> str:
    """The anchor of a heading, as code hosts make it: lower case, marks away, blanks to hyphens; Chinese stays."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def heading_anchors(tokens: list[Token]) -> list[tuple[int, str, str]]:
    """(place in the tokens, anchor, text) of each heading; a second one of the same words gets `-1`."""
    seen: dict[str, int] = {}
    found = []
    for place, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        text = "".join(t.content for t in tokens[place + 1].children or ())
        anchor = slug(text)
        count = seen.get(anchor, 0)
        seen[anchor] = count + 1
        found.append((place, f"{anchor}-{count}" if count else anchor, text))
    return found


def links_of(page: str, tokens: list[Token]) -> list[Link]:
    """Links and pictures of a page, each with the line on which its paragraph begins."""
    found: list[Link] = []
    for token in tokens:
        for child in token.children or ():
            name = {"link_open": "href", "image": "src"}.get(child.type)
            if name:
                line = token.map[0] + 1 if token.map else 0
                found.append(Link(page, line, str(child.attrs[name])))
    return found


def resolved(page: str, target: str) -> str:
    """A relative target as a path below the repository, without its anchor: `docs/how-to/x.zh.md`, `src/…`."""
    pieces: list[str] = []
    start = PurePosixPath("docs", page).parent if not page.startswith("/") else PurePosixPath(page[1:]).parent
    for piece in (start / target.partition("#")[0]).parts:
        if piece == "..":
            if not pieces:
                return ""
            pieces.pop()
        elif piece != ".":
            pieces.append(piece)
    return "/".join(pieces)
