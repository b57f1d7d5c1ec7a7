"""What the docs say is there: links, anchors, files, commands, acts, addresses, words of the screen; and they build."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import docs_check
import docs_reference
import docs_site
import pytest
from docs_pages import DocsError, Page, all_pages, heading_anchors, parser

from xiaoshi.core.casework.plan_load import FACT_KEYS, STEP_KEYS, TOP_KEYS


@pytest.fixture(scope="module")
def generated():
    return docs_reference.pages()


@pytest.fixture(scope="module")
def pages(generated):
    return all_pages(generated)


@pytest.fixture(scope="module")
def written(pages):
    return [page for page in pages if page.section != "reference"]


def page(text: str, path: str = "how-to/x.zh.md") -> Page:
    return Page(path, "how-to", "zh" if ".zh." in path else "en", text)


def test_every_link_leads_somewhere(pages):
    assert list(docs_check.broken_links(pages)) == []


def test_acts_files_addresses_and_settings_in_the_text_exist(written):
    assert [line for p in written for line in docs_check.unknown_names(p)] == []


def test_commands_in_the_text_are_understood(pages):
    assert [line for p in pages for line in docs_check.wrong_commands(p)] == []
    assert sum(1 for p in pages for _ in docs_check.command_lines(p)) > 50


def test_words_quoted_from_the_screen_are_on_a_screen(written):
    words = docs_check.screen_words()
    assert [line for p in written for line in docs_check.unknown_screen_words(p, words)] == []


def test_both_languages_say_the_same(pages):
    assert list(docs_check.unlike_twins(pages)) == []


def test_the_json_of_every_command_is_described_once():
    described = [name for entry in docs_reference.read("json_commands")["command"] for name in entry["names"]]
    commands = docs_reference.command_names()
    leaves = {name for name in commands if not any(other.startswith(f"{name} ") for other in commands)}
    assert len(described) == len(set(described))
    assert set(described) == leaves


def test_no_page_names_a_machine_or_a_registry(written):
    for p in written:
        found = re.findall(r"/home/|/tmp/|/work/|/root/|pypi\.|npmjs|registry\.", p.text)
        assert not found, f"docs/{p.path}: {found}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x](nowhere.md)", "leads to nothing"),
        ("[x](#no-such)", "no heading"),
        ("[x](hand-over.zh.md#no-such)", "no heading"),
    ],
)
def test_a_broken_link_is_found(pages, text, said):
    found = list(docs_check.broken_links([*pages, page(f"# x\n\n{text}")]))
    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith("docs/how-to/x.zh.md:3")


@pytest.mark.parametrize(
    "text",
    ["`case.no_such`", "`src/xiaoshi/nothing.py`", "`/desk/nowhere/`", "`make nothing`", "`XIAOSHI_NOTHING`"],
)
def test_a_name_that_is_not_there_is_found(text):
    assert len(list(docs_check.unknown_names(page(text)))) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("xiaoshi nothing", "no such command"),
        ("xiaoshi backup create --nothing", "--nothing"),
        ("xiaoshi case list", "--as"),
        ("xiaoshi case do X case.nothing --as li.min", "no act"),
        ("xiaoshi case do X case.hand_over --fields '{\"too\": 1}' --as li.min", "no field"),
        ("python examples/nothing.py", "there is no"),
        ("curl http://somewhere", "not a program"),
    ],
)
def test_a_wrong_command_is_found(line, said):
    found = list(docs_check.wrong_commands(page(f"```sh\n{line}\n```")))
    assert len(found) == 1
    assert said in found[0]


def test_a_word_that_no_screen_says_is_found():
    words = {"zh": {"转办"}, "en": {"Hand over"}}
    assert list(docs_check.unknown_screen_words(page("「转办」"), words)) == []
    assert len(list(docs_check.unknown_screen_words(page("「转交」"), words))) == 1


# ---- the reference ----------------------------------------------------------------------------------------------------


def test_every_act_command_and_address_stands_in_the_reference(generated):
    assert {f"### {name}\n" for name in docs_reference.acts()} <= set(
        generated["acts"].splitlines(keepends=True)
    )
    for name, _ in docs_reference.parsers():
        assert f"# xiaoshi {name}\n" in generated["commands"]
    assert generated["routes"].count("`/desk/") > 60
    assert generated["keys"].count("\n| ") > 12


def test_keys_of_a_plan_are_those_that_the_reader_knows():
    data = docs_reference.read("plan_keys")
    assert set(data["top"]) == set(TOP_KEYS)
    assert set(data["step"]) == set(STEP_KEYS)
    assert set(data["fact"]) == set(FACT_KEYS)


def test_settings_are_those_that_the_code_reads():
    told = {entry["name"] for entry in docs_reference.read("settings")["setting"]}
    # The installer's hook is a Django setting of the tests, not of the environment.
    assert docs_check.variables_in_code() - {"XIAOSHI_INSTALL"} == told


def test_the_glossary_says_each_word_once():
    words = [zh for group in docs_reference.read("glossary")["group"] for zh, *_ in group["words"]]
    assert len(words) == len(set(words)) > 70


# ---- the site ---------------------------------------------------------------------------------------------------------


class Read(HTMLParser):
    """Links, anchors and what a page must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.inline = False

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        self.inline = self.inline or "style" in found or any(name.startswith("on") for name in found)
        self.links += [found[name] for name in ("href", "src") if found.get(name)]
        if found.get("id"):
            self.ids.append(found["id"])


@pytest.fixture(scope="module")
def site(tmp_path_factory, generated):
    folder = tmp_path_factory.mktemp("文档 docs")
    built = docs_site.Site(folder, generated)
    return folder, built, built.build()


def test_the_site_holds_together(site):
    folder, _, count = site
    files = {p: Read() for p in folder.rglob("*.html")}
    pictures = sum(1 for _ in folder.rglob("*.png"))
    assert len(files) + pictures == count + 1, "every page and picture, and index.html"
    for file, read in files.items():
        read.feed(file.read_text("utf-8"))
        assert "script" not in read.tags, file
        assert not read.inline, file
        assert len(read.ids) == len(set(read.ids)), file
    for file, read in files.items():
        for link in read.links:
            if re.match(r"[a-z]+:", link):
                continue
            where, _, anchor = link.partition("#")
            target = (file.parent / where).resolve() if where else file
            assert target.is_file() or (target / "index.html").is_file(), f"{file}: {link}"
            if anchor and target in files:
                assert anchor in files[target].ids or anchor == "main", f"{file}: {link}"


def test_a_reader_stays_in_the_own_language(site):
    folder, _, _ = site
    text = (folder / "how-to/hand-over.zh.html").read_text("utf-8")
    assert 'lang="zh-Hans"' in text
    assert 'href="../how-to/consult.zh.html"' in text
    assert 'href="../how-to/consult.en.html"' not in text
    assert 'href="../how-to/hand-over.en.html"' in text, "the other language"


def test_building_again_leaves_no_old_page_and_touches_no_other_folder(site, generated, tmp_path):
    folder, _, count = site
    (folder / "how-to" / "old.html").write_text("old", "utf-8")
    assert docs_site.Site(folder, generated).build() == count
    assert not (folder / "how-to" / "old.html").exists()
    (tmp_path / "letter.txt").write_text("mine", "utf-8")
    with pytest.raises(DocsError, match="holds no docs"):
        docs_site.Site(tmp_path, generated).build()
    assert (tmp_path / "letter.txt").read_text("utf-8") == "mine"


def test_raw_html_stays_text():
    rendered = str(parser().render("<script>alert(1)</script>"))
    assert "<script" not in rendered


def test_same_headings_get_anchors_of_their_own():
    tokens = parser().parse("# 转办 Hand over!\n\n## A\n\n## A\n")
    assert [anchor for _, anchor, _ in heading_anchors(tokens)] == ["转办-hand-over", "a", "a-1"]


def test_a_page_that_the_contents_do_not_name_is_refused(generated, tmp_path, monkeypatch):
    import docs_pages

    for name in ("docs_pages", "docs_site"):
        monkeypatch.setattr(f"{name}.DOCS", tmp_path)
    (tmp_path / "contents.toml").write_text('[[section]]\nname="a"\nzh="a"\nen="a"\npages=["x"]\n', "utf-8")
    with pytest.raises(DocsError, match=r"docs/x\.zh\.md is missing"):
        docs_pages.all_pages({})
    (tmp_path / "x.md").write_text("# x", "utf-8")
    (tmp_path / "y.md").write_text("# y", "utf-8")
    with pytest.raises(DocsError, match=r"does not name y\.md"):
        docs_pages.all_pages({})


def test_every_file_of_the_docs_is_utf8_with_one_first_heading():
    for file in (Path(docs_check.ROOT) / "docs").rglob("*.md"):
        assert (
            len(
                re.findall(
                    r"^# ", re.sub(r"```.*?```", "", file.read_text("utf-8"), flags=re.DOTALL), re.MULTILINE
                )
            )
            == 1
        ), file
