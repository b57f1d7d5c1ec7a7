"""Each paper as a PDF: what stands on it, what it says when scanned, and that no text of a client is taken for a command."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reading import ink_outside, page_sizes_mm, qr_of, squeezed, text_of

from xiaoshi.core.problems import Words
from xiaoshi.desk.kinds.burnt_notes.papers import PAPERS, examples
from xiaoshi.desk.papers import typesetting
from xiaoshi.desk.papers.facts import problems_of, to_json
from xiaoshi.desk.papers.frame import Frame
from xiaoshi.desk.papers.typesetting import NotTypeset, Typeset, stamp, typeset, written_out

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
CODE = "7Q4M-0K9T-ZX2C-H1VB"
NAMES = sorted(PAPERS)
# What people are called, and what a name must never do to the typesetting.
NASTY = [
    '#set page(paper: "a3")',
    '"quoted" \\ back\\slash',
    "*bold* _it_ $x^2$ `raw` <label> @ref // no comment",
    "O'Brien 🂡 ",
    "王𠮷\u200d祥·买买提",
    "A" * 300,
    "长" * 300,
    "]]}}>>#{ panic() }",
    "line one\nline two\ttab",
    "مريم محمد",
]


def frame(title: Words, language: str = "zh", big_type: bool = False, **changed: Any) -> Frame:
    given = Frame(
        bank=Words("江南乡村银行浙江省分行", "Jiangnan Rural Bank, Zhejiang Branch"),
        outlet=Words("临溪支行城东分理处", "Chengdong Outlet, Linxi Sub-branch"),
        outlet_phone="0571-0000 0000",
        case_number="CD-20261123-0417",
        number="CD-20261123-0417-02",
        title=title,
        check_code=CODE,
        public_address="https://bank.example/",
        issued_at=NOW,
        issued_by="李敏",
        language=language,
        big_type=big_type,
    )
    return replace(given, **changed)


def set_paper(name: str, facts: Any = None, **how: Any) -> Typeset:
    facts = facts if facts is not None else examples.all_examples()[name]
    around = frame(PAPERS[name].title, **how)
    data = {
        "frame": around.as_data("Asia/Shanghai"),
        "facts": written_out(to_json(facts), around.language, "Asia/Shanghai"),
    }
    return typeset(PAPERS[name].text, data, qr_svg=around.qr_svg(), now=NOW)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_a_paper_says_who_issued_it_and_is_found_by_its_code(name: str, language: str) -> None:
    done = set_paper(name, language=language)
    text = text_of(done.pdf)
    assert done.warnings == ()
    assert done.pages == len(page_sizes_mm(done.pdf)) == 1
    title, bank = PAPERS[name].title, frame(PAPERS[name].title).bank
    for expected in (title.zh, title.en, bank.in_language(language), "CD-20261123-0417-02", CODE):
        assert squeezed(expected) in text
    assert qr_of(done.pdf) == f"https://bank.example/check/{CODE}/"


EXPECTED = {
    "exchange_slip": ["张桂兰", "330*************28", "ZD-20261123-0007", "35,500.00", "574", "¥46,845.00", "2026年11月23日14:40",
                      "人民币肆万陆仟捌佰肆拾伍元整", "一式三份", "自2026年3月31日起施行", "持有人确认签名", "第1页，共1页"],
    "determination_slip": ["61.2%–64.0%", "无法辨别面额", "¥50.00", "伍拾元整", "持有人认为第1、2张应按全额兑换", "规定期限内", "货币金银科"],
    "bag_label": ["ZD-20261123-0007", "100元×453", "546", "当面封装", "李敏", "周强", "肆万陆仟捌佰肆拾伍元整"],
    "tin_report": ["张桂兰", "¥250.00", "贰佰伍拾元整", "1-2", "61.2%–64.0%", "AB12????78", "两人目验", "以及由人目验认定的", "持有人签名"],
    "receipt": ["CD-20261123-0417", "¥46,845.00", "转入账户", "6222********0417", "2026年11月23日16:20", "0571-00000000", "谢谢您的信任"],
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_text_equals_the_facts(name: str) -> None:
    text = text_of(set_paper(name).pdf)
    assert [e for e in EXPECTED[name] if squeezed(e) not in text] == []


def test_the_rows_of_the_slip_stand_in_the_order_of_the_table() -> None:
    text = text_of(set_paper("exchange_slip").pdf)
    assert "100元第五套2005年版3823412813" in text
    assert "合计574498482846,845.00" in text


@pytest.mark.parametrize("name", ["exchange_slip", "receipt"])  # the widest sheet and the narrowest
@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_a_name_is_a_name_whatever_stands_in_it(name: str, nasty: str) -> None:
    facts = replace(examples.all_examples()[name], holder_name=nasty)
    if name == "exchange_slip":
        facts = replace(facts, cause_zh=nasty, agent_name=nasty)
    done = set_paper(name, facts)
    assert {width for width, _ in page_sizes_mm(done.pdf)} == {80.0 if name == "receipt" else 210.0}
    assert ink_outside(done.pdf, 3) == 0
    if nasty.isascii() or nasty[0] == "长":  # a font may lack a sign; the letters that it has are all there
        assert squeezed(nasty) in text_of(done.pdf)


def test_a_long_slip_has_numbered_pages_and_repeats_its_head() -> None:
    slip = examples.exchange_slip()
    rows = tuple(replace(slip.rows[i % 5], edition_zh=f"第{i}批") for i in range(90))
    total = {n: sum(getattr(r, n) for r in rows) for n in ("pieces", "full", "half", "none", "amount_fen")}
    slip = replace(slip, rows=rows, **total)
    assert list(problems_of(slip)) == []
    done = set_paper("exchange_slip", slip)
    text = text_of(done.pdf)
    assert done.pages == 3
    assert [f"第{n}页，共3页" in text for n in (1, 2, 3)] == [True] * 3
    assert text.count("兑换金额") == 3


def test_big_type_is_big_and_still_one_slip() -> None:
    normal, big = set_paper("receipt"), set_paper("receipt", big_type=True)
    assert text_of(normal.pdf) == text_of(big.pdf)
    assert page_sizes_mm(big.pdf)[0][1] > page_sizes_mm(normal.pdf)[0][1] * 1.1


def test_the_same_input_gives_the_same_bytes() -> None:
    pdf = set_paper("exchange_slip").pdf
    assert pdf == set_paper("exchange_slip").pdf
    assert b"D:20261123083000" in pdf  # the day is the one that was given, never the machine's


def test_only_the_packaged_font_is_used() -> None:
    pdf = set_paper("receipt").pdf
    assert b"NotoSansCJK" in pdf
    assert b"Libertinus" not in pdf
    assert b"DejaVu" not in pdf


def test_a_stamp_lies_over_each_page_and_the_code_can_still_be_read() -> None:
    original = set_paper("exchange_slip").pdf
    copy = stamp(original, "副本 COPY 2", "第 2 次重打  2026-11-23  李敏", now=NOW)
    assert "副本COPY2" in text_of(copy.pdf)
    assert "¥46,845.00" in text_of(copy.pdf)
    assert qr_of(copy.pdf) == f"https://bank.example/check/{CODE}/"
    assert page_sizes_mm(copy.pdf) == page_sizes_mm(original)


def test_a_stamped_slip_grows_at_its_top() -> None:
    original = set_paper("receipt").pdf
    void = stamp(original, "作废 VOID", "2026-11-23 金额录错", now=NOW)
    assert "作废VOID" in text_of(void.pdf)
    assert page_sizes_mm(void.pdf)[0][1] > page_sizes_mm(original)[0][1] + 8


def test_a_template_with_an_error_is_refused_with_words_and_its_log() -> None:
    with pytest.raises(NotTypeset) as refused:
        typeset('#import "house.typ": *\n#facts.nothing', {"frame": {}, "facts": {}}, qr_svg="", now=NOW)
    assert refused.value.problem.code == "paper_not_typeset"
    assert "house.typ" in refused.value.details["log"]


def test_a_template_that_never_ends_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "SECONDS_MAX", 1)
    with pytest.raises(NotTypeset) as refused:
        typeset("#for i in range(99999) { for j in range(99999) {} }", {}, qr_svg="", now=NOW)
    assert "error in the template" not in refused.value.details["log"]


def test_a_template_that_eats_memory_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "MEMORY_BYTES_MAX", 600 * 1024 * 1024)
    with pytest.raises(NotTypeset):
        typeset('#let s = "x" * 900000000\n#s.len()', {}, qr_svg="", now=NOW)


def test_a_template_reads_no_file_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.chdir(tmp_path)
    for path in (
        "secret.txt",
        "/secret.txt",
        "/etc/hostname",
        "../keeping.py",
        "../../../../../../etc/hostname",
    ):
        with pytest.raises(NotTypeset):
            typeset(f'#read("{path}")', {}, qr_svg="", now=NOW)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_add_up(name: str) -> None:
    assert list(problems_of(examples.all_examples()[name])) == []


def test_texts_beside_sums_and_dates() -> None:
    given = {
        "amount_fen": 123450,
        "rows": [{"paid_at": "2026-11-23T16:30:00+00:00"}],
        "in_force_from": "2026-03-31",
    }
    out = written_out(given, "en", "Asia/Shanghai")
    assert (out["amount_yuan"], out["amount_daxie"]) == ("1,234.50", "壹仟贰佰叁拾肆元伍角整")
    assert out["rows"][0]["paid_at_text"] == "24 November 2026, 0:30"
    assert out["in_force_from_text"] == "31 March 2026"
    assert given == {
        "amount_fen": 123450,
        "rows": [{"paid_at": "2026-11-23T16:30:00+00:00"}],
        "in_force_from": "2026-03-31",
    }
