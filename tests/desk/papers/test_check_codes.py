"""Check codes: what is written and what people type for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoshi.desk.papers.check_codes import ALPHABET, code_of, read_code


@given(st.binary(min_size=10, max_size=10))
def test_a_code_is_read_as_it_was_written(random_bytes: bytes) -> None:
    code = code_of(random_bytes)
    assert len(code) == 19
    assert read_code(code) == code
    assert read_code(code.lower().replace("-", " ")) == code
    assert read_code(code.replace("0", "o").replace("1", "l")) == code
    assert read_code(code.replace("0", "O").replace("1", "I")) == code


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_different_bytes_give_different_codes(one: bytes, other: bytes) -> None:
    assert (code_of(one) == code_of(other)) == (one == other)


def test_the_whole_range_is_used() -> None:
    assert code_of(b"\0" * 10) == "0000-0000-0000-0000"
    assert code_of(b"\xff" * 10) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert len(ALPHABET) == 32
    assert not set("ILOU") & set(ALPHABET)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("７Ｑ４Ｍ－０Ｋ９Ｔ－ＺＸ２Ｃ－Ｈ１ＶＢ", "7Q4M-0K9T-ZX2C-H1VB"),
        (" 7q4m 0k9t zx2c h1vb ", "7Q4M-0K9T-ZX2C-H1VB"),
        ("7Q4M-OK9T-ZX2C-HIUB", "7Q4M-0K9T-ZX2C-H1VB"),
        ("7Q4M—0K9T—ZX2C—H1VB", "7Q4M-0K9T-ZX2C-H1VB"),
        ("7Q4M-0K9T-ZX2C-H1V", None),
        ("7Q4M-0K9T-ZX2C-H1VBB", None),
        ("7Q4M-0K9T-ZX2C-H1V码", None),
        ("", None),
        ("'; DROP TABLE papers_paper; --", None),
        ("A" * 100_000, None),
    ],
)
def test_what_people_type(typed: str, meant: str | None) -> None:
    assert read_code(typed) == meant


def test_another_length_of_bytes_is_a_programmers_error() -> None:
    with pytest.raises(ValueError, match="10 bytes"):
        code_of(b"short")
