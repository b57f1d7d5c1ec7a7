"""How like an earlier question or case is to the one at hand: the words that both use, weighed by rarity, and equal facts.

Problem. "Can a certificate of 1998 without a real-name record be paid when the holder brings the old household book?" was
answered last year in other words. Word by word search finds it only for whoever guesses its words.

Choice. BM25 over the pairs of signs (and triples of figures) that both texts have, as a share of what the question at hand
would reach against itself: 1 is the same text, 0 nothing in common. Beside it the share of facts that both know and that are
equal (kind, cause, how to pay ...). Together 0.7 words + 0.3 facts; without facts on both sides the words alone, of which
0.3 is then not given: what is unknown is not counted as equal. The result says what made it: which words, which facts.

Example, three earlier ones in a body of 1,000: the same matter in other words 0.41 + 0.30, the same kind with another
matter 0.06 + 0.30, another kind that shares the phrase 应当如何办理 0.09 + 0.00. `FLOOR` is 0.12 of words: below it is chance.

Tried against known truth (`tests/core/find/test_likeness.py`): 120 questions, three phrasings of each of 40 matters that
share things and troubles with one another. The like one is among the first three for 116, and first for 92; the other four
share no expression with theirs. By words alone it would be 95 of 120: the facts earn their place.

Left out: word vectors. A model of 400 MB that nobody can ask why, for a list in which a person reads three lines anyway.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from xiaoshi.core.find.grams import grams_of

K1 = 1.2
B = 0.75
WORDS_WEIGHT = 0.7
FLOOR = 0.12


@dataclass(frozen=True, slots=True)
class Body:
    """What is known of all texts: how many there are, their average number of grams, and in how many each gram stands."""

    texts: int
    average: float
    holds: Mapping[str, int]

    def weight(self, gram: str) -> float:
        """Rarity: a gram that stands in every text weighs next to nothing."""
        held = min(self.holds.get(gram, 0), self.texts)
        return math.log(1 + (self.texts - held + 0.5) / (held + 0.5))


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like: `words` and `facts` each 0 to 1 (`facts` None when no fact is known on both sides), and what made it."""

    words: float
    facts: float | None
    shared: tuple[str, ...]
    equal: tuple[str, ...]

    @property
    def score(self) -> float:
        return WORDS_WEIGHT * self.words + (1 - WORDS_WEIGHT) * (self.facts or 0.0)


def word_grams(folded: str) -> set[str]:
    """The grams that tell something: no single signs."""
    return {gram for gram in grams_of(folded) if len(gram) > 1}


def body_of(texts: list[set[str]]) -> Body:
    """The body of these texts themselves."""
    holds: dict[str, int] = {}
    for grams in texts:
        for gram in grams:
            holds[gram] = holds.get(gram, 0) + 1
    return Body(len(texts), sum(map(len, texts)) / max(len(texts), 1), holds)


def likeness(
    asked: set[str],
    asked_facts: Mapping[str, object],
    other: set[str],
    other_facts: Mapping[str, object],
    body: Body,
) -> Likeness:
    """How like `other` is to what is asked now."""
    both = asked & other
    own = sum(body.weight(g) * _saturated(len(asked), body) for g in asked)
    words = sum(body.weight(g) * _saturated(len(other), body) for g in both) / own if own else 0.0
    common = [name for name in asked_facts if name in other_facts]
    equal = tuple(name for name in common if asked_facts[name] == other_facts[name])
    shared = sorted(both, key=lambda g: (-body.weight(g), g))
    return Likeness(
        min(words, 1.0), len(equal) / len(common) if common else None, _joined(shared[:12]), equal
    )


def _saturated(grams: int, body: Body) -> float:
    """BM25's damping with a term frequency of one: a long text that holds everything is not like everything."""
    return (K1 + 1) / (1 + K1 * (1 - B + B * grams / max(body.average, 1.0)))


def _joined(pairs: list[str]) -> tuple[str, ...]:
    """Pairs that overlap become the word they are part of: 实名 名补 补录 -> 实名补录. At most four words are shown."""
    words = list(pairs)
    joined = True
    while joined:
        joined = False
        for first in words:
            after = next((w for w in words if w is not first and w[0] == first[-1] and w != first), None)
            if after is not None and len(first) > 1 and len(after) > 1:
                words.remove(first)
                words.remove(after)
                words.insert(0, first + after[1:])
                joined = True
                break
    return tuple(sorted(dict.fromkeys(words), key=lambda w: (-len(w), w))[:4])
