"""存款计息: the page and its sheet, for everybody who signed in; what is wrong is said at its field."""

from __future__ import annotations

import io
from urllib.parse import urlencode

import pypdfium2
import pytest
from django.test import override_settings

FINE = {
    "product": "fixed",
    "term_months": "12",
    "principal": "10,000.00",
    "opened_on": "1999-06-10",
    "withdrawn_on": "2000-06-10",
    "day_count": "30/360",
    "posted": "big_banks",
}
PAGE, SHEET = "/desk/deposits/", "/desk/deposits/sheet.pdf"


def get(client, where=PAGE, **change):
    return client.get(f"{where}?{urlencode(FINE | change)}")


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return "\n".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.parametrize("who", ["teller", "outlet_head", "stranger", "auditor"])
def test_everybody_who_signed_in_sees_a_deposit_explained(people, client_for, who):
    page = get(client_for(getattr(people, who)))
    text = page.content.decode()
    assert page.status_code == 200
    for words in (
        "225.00",
        "27.38",
        "10,197.62",
        "壹万零壹佰玖拾柒元陆角贰分",
        "136.875",
        "27.375",
        "第26条",
        "1999-11-01",
    ):
        assert words in text, words
    assert "尚未核实" not in text


def test_nobody_else_does(client_for):
    for where in (PAGE, SHEET):
        assert client_for(None).get(where).status_code == 302


def test_the_empty_page_asks_and_says_nothing_is_wrong(people, client_for):
    page = client_for(people.teller).get(PAGE)
    assert page.status_code == 200
    assert "计算过程" not in page.content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"principal": ""}, "存入金额"),
        ({"principal": "-1"}, "金额不能小于零"),
        ({"principal": "1.005"}, "最多两位小数"),
        ({"principal": "0"}, "应大于零"),
        ({"opened_on": "1999-02-31"}, "没有 1999-02-31 这一天"),
        ({"opened_on": ""}, "有误"),
        ({"opened_on": "1987-01-01"}, "利率表从 1988-09-01 开始"),
        ({"withdrawn_on": "1999-06-09"}, "早于开户日"),
        ({"term_months": ""}, "请填写存期"),
        ({"term_months": "96"}, "没有“整存整取八年”这个档次"),
        ({"term_months": "7"}, "有误"),
        ({"product": "saving"}, "有误"),
        ({"principal": "x", "opened_on": "1999-02-31"}, "没有 1999-02-31 这一天"),
        ({"part": "10,000.01"}, "超过存款余额"),
        ({"product": "call_7d", "notice_given_on": "2000-06-11"}, "通知日晚于支取日"),
        ({"principal": "\x00"}, "有误"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_printed(people, client_for, change, said):
    client = client_for(people.teller)
    for where in (PAGE, SHEET):
        page = get(client, where, **change)
        assert page.status_code == 422
        assert page["Content-Type"].startswith("text/html")
        assert said in page.content.decode()


def test_unconfirmed_rows_are_marked_on_page_and_sheet(people, client_for):
    old = {"opened_on": "1990-05-01", "withdrawn_on": "1992-06-01", "term_months": "36"}
    client = client_for(people.teller)
    page = get(client, **old).content.decode()
    assert "2,287.50" in page
    assert "尚未核实" in page
    assert "付款前请先核实" in page
    sheet = get(client, SHEET, **old)
    assert sheet["Content-Type"] == "application/pdf"
    text = text_of(sheet.content)
    for words in ("利息计算清单", "2,287.50", "尚未核实", "10.98%"):
        assert words in text, words


def test_the_urgent_withdrawal_shows_its_price_and_what_stays(people, client_for):
    urgent = {
        "product": "call_7d", "term_months": "", "principal": "200000", "part": "100000", "day_count": "actual/360",
        "opened_on": "2023-01-10", "withdrawn_on": "2023-03-10",
    }  # fmt: skip
    page = get(client_for(people.teller), **urgent).content.decode()
    for words in ("40.97", "122.92", "163.89", "100,000.00", "2023年1月10日", "未提前通知"):
        assert words in page, words


def test_the_sheet_is_there_in_english_and_for_long_histories(people, client_for):
    client = client_for(people.teller)
    demand = {"product": "demand", "term_months": "", "opened_on": "1990-01-01", "withdrawn_on": "2026-01-01"}
    page = client.get(f"{PAGE}?{urlencode(FINE | demand)}", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Interest in all" in page
    pdf = client.get(f"{SHEET}?{urlencode(FINE | demand)}", HTTP_ACCEPT_LANGUAGE="en").content
    text = text_of(pdf)
    assert "Calculation of interest" in text
    assert len(pypdfium2.PdfDocument(io.BytesIO(pdf))) > 3


def test_the_banks_own_rates_lie_in_the_home(people, client_for, tmp_path):
    client = client_for(people.teller)
    folder = tmp_path / "rates"
    folder.mkdir()
    (folder / "城东.csv").write_text("effective_from,demand,y1\n1999-01-01,1.00,3.00\n", "utf-8-sig")
    (folder / "broken.csv").write_text("effective_from,demand\n1999-01-01,1\n1999-01-01,2\n", "utf-8")
    (folder / "big_banks.csv").write_text("effective_from,demand\n1999-01-01,1\n", "utf-8")
    (folder / "bytes.csv").write_bytes(b"\xff\xfe")
    with override_settings(HOME=tmp_path):
        page = get(client, posted="城东").content.decode()
        assert "300.00" in page
        for words in ("broken.csv:3:effective_from", "1999-01-01 有两行", "不能作利率表的名字", "bytes.csv"):
            assert words in page, words
        assert get(client, posted="broken").status_code == 422
        assert "城东" in text_of(get(client, SHEET, posted="城东").content)
        (folder / "城东.csv").write_text("effective_from,demand,y1\n1999-01-01,1.00,3.100\n", "utf-8")
        assert "310.00" in get(client, posted="城东").content.decode()
    assert get(client, posted="城东").status_code == 422
