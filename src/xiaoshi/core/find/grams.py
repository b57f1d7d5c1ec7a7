"""Cutting folded text into grams, and what a query asks of them.

Problem. Chinese has no blanks between words, and a dictionary that cuts 残损币兑换 its own way does not find 损币. Numbers and
Latin words are looked for by a part as well: the last figures of an account, the day inside a case number.

Choice. Every run without blanks gives its single signs, its pairs, and, where three figures or Latin letters stand
together, its triples. A query term asks for its longest grams: one sign for one sign, the pairs of a Chinese term, the
triples of a number. Grams say "perhaps"; whether the term really stands there is asked of the text itself (`stands_in`),
so 损币 never finds a text with 损坏 and 硬币 in it.

Example. `残损币3张` -> 残 损 币 3 张 · 残损 损币 币3 3张; query `损币` asks for 损币; query `xs0103` asks for xs0 s01 010 103.

Left out: triples of Chinese (an index twice the size for queries that the check of the text answers anyway), stemming.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import add

from xiaoshi.core.find.folding import Folding
from xiaoshi.core.find.personal import LANDLINE, PERSONAL, personal_numbers, whole_number
from xiaoshi.core.problems import Problem, Words

QUERY_CHARACTERS_MAX = 100
TERMS_MAX = 10
ACCOUNT_FIGURES_MIN = 8
NUMBER_MARK = "№"
"""Before a number that is searched as a whole (`personal.py`): no folded text holds this sign."""


_WORD = re.compile(r"[0-9a-z.]{2,}")


def grams_of(folded: str) -> set[str]:
    """All grams of a folded text, the whole numbers of persons among them."""
    found = {NUMBER_MARK + number for number in personal_numbers(folded)}
    for run in (PERSONAL.sub(" ", folded) if found else folded).split(" "):
        found.update(run)
        found.update(map(add, run, run[1:]))
        for word in _WORD.findall(run):
            found.update(_triples(word))
    return found


def _triples(word: str) -> set[str]:
    return {word[i : i + 3] for i in range(len(word) - 2)}


def grams_of_numbers(numbers: tuple[str, ...]) -> set[str]:
    """Grams of numbers that were hidden in the text (`hide_personal`)."""
    return {NUMBER_MARK + number for number in numbers}


def grams_asked(term: str) -> set[str]:
    """The grams that a text must have for the term to stand in it."""
    if len(term) == 1 or term.startswith(NUMBER_MARK):
        return {term}
    words = _WORD.findall(term)
    triples = set[str]().union(*map(_triples, words))
    in_triples = {word[i : i + 2] for word in words if len(word) > 2 for i in range(len(word) - 1)}
    return triples | (set(map(add, term, term[1:])) - in_triples)


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: every term of one of the `alternatives` (`6222 0211` is two numbers or one)."""

    alternatives: tuple[tuple[str, ...], ...]

    @property
    def terms(self) -> tuple[str, ...]:
        """All terms, for marking hits; the longest first, so that a longer hit is marked whole."""
        terms = {t.removeprefix(NUMBER_MARK) for a in self.alternatives for t in a}
        return tuple(sorted(terms, key=lambda t: (-len(t), t)))


def read_query(text: str, folding: Folding) -> Query | Problem:
    """What a person typed. A `Problem` (empty, nothing to search in it, too long, too many words) says what to do."""
    if not text.strip(" \t\r\n\x00\u3000"):
        return Problem(
            "query_empty",
            Words("请输入要查找的内容：编号、姓名、账号、金额或文中的字词。", "Type what to look for: a number, a name, an account, a sum, or words."),
            "q",
        )  # fmt: skip
    if len(text) > 50 * QUERY_CHARACTERS_MAX:
        return _too_long(len(text))
    folded = folding.text(text).strip()
    if not folded:
        return Problem(
            "query_without_words",
            Words(
                "查找内容里没有文字或数字：引号、百分号等符号不参与查找。请输入编号、姓名或文中的字词。",
                "There is no letter and no figure in it: quotes, per cent and other signs are not searched. Type a number, a"
                " name, or words of the text.",
            ),
            "q",
        )
    if len(folded) > QUERY_CHARACTERS_MAX:
        return _too_long(len(folded))
    terms = tuple(dict.fromkeys(folded.split(" ")))
    if len(terms) > TERMS_MAX:
        return Problem(
            "query_too_many_words",
            Words(
                f"一次最多查找 {TERMS_MAX} 个词，您输入了 {len(terms)} 个。请只留最能区分的几个。",
                f"At most {TERMS_MAX} words at once; there are {len(terms)}. Keep the few that tell most.",
            ),
            "q",
        )
    return Query(_alternatives(folded.split(" "), terms))


def _too_long(characters: int) -> Problem:
    return Problem(
        "query_too_long",
        Words(
            f"查找内容有 {characters} 个字，最多 {QUERY_CHARACTERS_MAX} 个。请只输入其中的编号、姓名或一句话。",
            f"That is {characters} characters; at most {QUERY_CHARACTERS_MAX} are searched. Type a number, a name or one"
            " sentence of it.",
        ),
        "q",
    )


def _alternatives(parts: list[str], terms: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Figures with blanks between them may be one number; so may the parts of a case number (`xs 0103 261124`).

    A number that identifies a person is looked for as a whole; what only might be one (a landline, an account), both ways.
    """
    joined = "".join(parts)
    numberlike = joined.isascii() and joined.isalnum() and all(any(c.isdigit() for c in p) for p in parts[1:])
    ways = ((joined,), terms) if len(parts) > 1 and numberlike else (terms,)
    found: dict[tuple[str, ...], None] = {}
    for way in ways:
        whole = tuple(NUMBER_MARK + whole_number(t) if _perhaps_whole(t) else t for t in way)
        found[whole] = None
        if whole != way and not any(_personal_for_sure(t) for t in way):
            found[way] = None
    return tuple(found)


def _perhaps_whole(term: str) -> bool:
    return bool(PERSONAL.fullmatch(term)) or (len(term) >= ACCOUNT_FIGURES_MIN and term.isdecimal())


def _personal_for_sure(term: str) -> bool:
    return bool(PERSONAL.fullmatch(term)) and not LANDLINE.fullmatch(term)


def stands_in(term: str, folded: str) -> bool:
    """Whether the term really stands in the folded text. A hidden number does not: its gram, a whole hash, is the proof."""
    return term.startswith(NUMBER_MARK) or term in folded
