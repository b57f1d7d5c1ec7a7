"""The docs as a folder of plain pages: own template, the desk's theme, no script, nothing from outside.

    build(folder)   ->   folder/index.html, folder/how-to/hand-over.zh.html, folder/files/src/…/README.html, folder/theme.css

A file of the repository that a page links to becomes a page below `files/`: Markdown as it reads, anything else as text. So
no link of the site leads out of it, except to addresses of the world, which are listed and not fetched.
"""

from __future__ import annotations

import html
import shutil
from pathlib import Path, PurePosixPath
from string import Template

from docs_pages import (
    DOCS,
    EXTERNAL,
    ROOT,
    DocsError,
    Page,
    Section,
    all_pages,
    heading_anchors,
    parser,
    resolved,
    sections,
)  # fmt: skip

THEME = ROOT / "src/xiaoshi/desk/static/built/theme.css"
PICTURES = (".png", ".svg", ".jpg")


class Site:
    """One building of the docs. `files`: files of the repository that pages link to, filled as the pages are rendered."""

    def __init__(self, folder: Path, generated: dict[str, str]) -> None:
        self.folder = folder
        self.pages = all_pages(generated)
        self.by_path = {page.path: page for page in self.pages}
        self.sections = {section.name: section for section in sections()}
        self.files: dict[str, None] = {}
        self.external: set[str] = set()
        self.template = Template((DOCS / "site/page.html").read_text("utf-8"))

    def build(self) -> int:
        """Write everything; gives the number of pages."""
        if not THEME.exists():
            raise DocsError(f"{THEME.relative_to(ROOT)} is missing: run 'make setup' first")
        self._clear()
        shutil.copy(THEME, self.folder / "theme.css")
        shutil.copy(DOCS / "site/docs.css", self.folder / "docs.css")
        for page in self.pages:
            self._write(page.address, self._page(page))
            if page.language == "both":
                self._write(_english(page.address), self._page(page, "en"))
        shutil.copy(self.folder / "index.zh.html", self.folder / "index.html")
        done: set[str] = set()
        while set(self.files) - done:
            for path in [p for p in self.files if p not in done]:
                done.add(path)
                self._write_file(path)
        (self.folder / "external-links.txt").write_text("\n".join(sorted(self.external)) + "\n", "utf-8")
        return len(self.pages) + sum(p.language == "both" for p in self.pages) + len(done)

    def _clear(self) -> None:
        """Pages that are no longer made must not stay; but only a folder that holds docs is emptied."""
        if self.folder.exists() and any(self.folder.iterdir()):
            if not (self.folder / "external-links.txt").exists():
                raise DocsError(f"{self.folder} is not empty and holds no docs: name another folder")
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def _write(self, address: str, text: str) -> None:
        target = self.folder / address
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    # ---- one page -----------------------------------------------------------------------------------------------------

    def _page(self, page: Page, language: str = "") -> str:
        """A page in its own language; one in both is made twice, with the menus of the one and the other."""
        language = language or ("en" if page.language == "en" else "zh")
        address = _address(page, language)
        body = self.rendered(page.path, page.text, address, language)
        if page.path in ("index.zh.md", "index.en.md"):
            body += self._contents(language, address)
        return self._filled(page, body, language, address)

    def rendered(self, path: str, text: str, address: str, language: str) -> str:
        """Markdown to HTML; headings get anchors, links are turned to the site's own addresses."""
        made = parser()
        tokens = made.parse(text)
        for place, anchor, _ in heading_anchors(tokens):
            tokens[place].attrSet("id", anchor)
            tokens[place].attrJoin(
                "class",
                {"h1": "govuk-heading-xl", "h2": "govuk-heading-l"}.get(tokens[place].tag, "govuk-heading-m"),
            )
        classes = {
            "paragraph_open": "govuk-body", "table_open": "govuk-table", "th_open": "govuk-table__header",
            "td_open": "govuk-table__cell", "tr_open": "govuk-table__row",
            "bullet_list_open": "govuk-list govuk-list--bullet", "ordered_list_open": "govuk-list govuk-list--number",
        }  # fmt: skip
        for token in tokens:
            if token.type in classes:
                token.attrJoin("class", classes[token.type])
            for child in token.children or ():
                if child.type == "link_open":
                    child.attrJoin("class", "govuk-link")
                    child.attrSet("href", self._href(path, str(child.attrs["href"]), address, language))
                elif child.type == "image":
                    child.attrSet("src", self._href(path, str(child.attrs["src"]), address, language))
        out = str(made.renderer.render(tokens, made.options, {}))
        # What is wider than the page scrolls by itself, and can be reached with the keyboard.
        for tag in ("table", "pre"):
            out = out.replace(f"<{tag}", f'<div class="docs-{tag}" tabindex="0"><{tag}')
            out = out.replace(f"</{tag}>", f"</{tag}></div>")
        return out

    def _href(self, path: str, target: str, address: str, language: str) -> str:
        if target.startswith("#"):
            return target
        if EXTERNAL.match(target):
            self.external.add(target)
            return target
        anchor = "#" + target.partition("#")[2] if "#" in target else ""
        where = resolved(path, target)
        if where.removeprefix("docs/") in self.by_path and where.startswith("docs/"):
            return _relative(address, _address(self.by_path[where.removeprefix("docs/")], language)) + anchor
        if not (ROOT / where).is_file():
            raise DocsError(f"{path}: {target} leads to nothing")
        self.files[where] = None
        return _relative(address, _file_address(where)) + anchor

    def _write_file(self, path: str) -> None:
        """A file of the repository, as a page below `files/`."""
        address = _file_address(path)
        if path.endswith(PICTURES):
            (self.folder / address).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, self.folder / address)
            return
        text = (ROOT / path).read_text("utf-8")
        if path.endswith(".md"):
            body = self.rendered(f"/{path}", text, address, "en")
        else:
            body = (
                f'<h1 class="govuk-heading-l"><code>{path}</code></h1>'
                f'<div class="docs-pre" tabindex="0"><pre><code>{html.escape(text)}</code></pre></div>'
            )
        self._write(address, self._filled(Page(path, "", "en", f"# {path}"), body, "en", address))

    # ---- around it ----------------------------------------------------------------------------------------------------

    def _filled(self, page: Page, body: str, language: str, address: str) -> str:
        section = self.sections.get(page.section)
        before, after = self._neighbours(page, language)
        return self.template.substitute(
            language="zh-Hans" if language == "zh" else "en",
            title=html.escape(page.title),
            root=_relative(address, ""),
            home=_relative(address, f"index.{language}.html"),
            name="小事文档" if language == "zh" else "Xiaoshi docs",
            skip="跳到正文" if language == "zh" else "Skip to the text",
            menu_name="目录" if language == "zh" else "Contents",
            turning="前后页" if language == "zh" else "Previous and next",
            menu=self._menu(page, language, address),
            twin=self._twin(page, address, language),
            body=body,
            before=_neighbour(
                before, "上一页" if language == "zh" else "Previous", "prev", address, language
            ),
            after=_neighbour(after, "下一页" if language == "zh" else "Next", "next", address, language),
            section=html.escape(getattr(section, language)) if section else "",
        )

    def in_language(self, language: str, section: Section) -> list[Page]:
        """The pages that a reader of this language has: the twin in the own language, and what stands in one file."""
        other = "en" if language == "zh" else "zh"
        return [
            p for p in self.pages
            if p.section == section.name and not (p.twin and p.language == other)
        ]  # fmt: skip

    def _neighbours(self, page: Page, language: str) -> tuple[Page | None, Page | None]:
        line = [p for s in self.sections.values() for p in self.in_language(language, s)]
        if page not in line:
            return None, None
        place = line.index(page)
        return (line[place - 1] if place else None), (line[place + 1] if place + 1 < len(line) else None)

    def _menu(self, page: Page, language: str, address: str) -> str:
        out = []
        for section in self.sections.values():
            items = "".join(
                f'<li><a class="govuk-link" href="{_relative(address, _address(p, language))}"'
                f"{' aria-current=page' if p.path == page.path else ''}>{html.escape(p.title)}</a></li>"
                for p in self.in_language(language, section)
            )
            opened = " open" if section.name == page.section else ""
            out.append(
                f'<details class="docs-menu__part"{opened}><summary>{html.escape(getattr(section, language))}</summary><ul>{items}</ul></details>'
            )
        return "\n".join(out)

    def _contents(self, language: str, address: str) -> str:
        """The index without a search: every page with its headings."""
        out = []
        for section in self.sections.values():
            pages = [p for p in self.in_language(language, section) if not p.path.startswith("index.")]
            if not pages:
                continue
            out.append(
                f'<h2 class="govuk-heading-l">{html.escape(getattr(section, language))}</h2><ul class="govuk-list">'
            )
            for page in pages:
                out.append(
                    f'<li><a class="govuk-link" href="{_relative(address, _address(page, language))}">{html.escape(page.title)}</a></li>'
                )
            out.append("</ul>")
        return "\n".join(out)

    def _twin(self, page: Page, address: str, language: str) -> str:
        """The way to the same page in the other language; where there is none, to the other language's first page."""
        name, code, other = ("English", "en", "en") if language == "zh" else ("中文", "zh-Hans", "zh")
        there = self.by_path.get(page.twin) or (
            page if page.language == "both" else self.by_path[f"index.{other}.md"]
        )
        href = _relative(address, _address(there, other))
        return f'<a class="govuk-link" hreflang="{code}" lang="{code}" href="{href}">{name}</a>'


def _address(page: Page, language: str) -> str:
    """Where a reader of this language finds the page."""
    return _english(page.address) if page.language == "both" and language == "en" else page.address


def _english(address: str) -> str:
    return address.removesuffix(".html") + ".en.html"


def _file_address(path: str) -> str:
    return f"files/{path}" if path.endswith(PICTURES) else f"files/{path}.html"


def _relative(here: str, there: str) -> str:
    """The way from one address of the site to another."""
    up = "../" * (len(PurePosixPath(here).parts) - 1)
    return f"{up}{there}" if there else up or "./"


def _neighbour(page: Page | None, words: str, rel: str, address: str, language: str) -> str:
    if page is None:
        return ""
    href = _relative(address, _address(page, language))
    return f'<a class="govuk-link" rel="{rel}" href="{href}">{words}: {html.escape(page.title)}</a>'
