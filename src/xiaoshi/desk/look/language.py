"""The language of the person who reads: two-language words of the engines, said in the one that the page is in."""

from __future__ import annotations

from django.utils.translation import get_language

from xiaoshi.core.problems import Problem, Words


def said(words: Words | Problem) -> str:
    """One sentence in the language of the current request; Chinese outside of a request."""
    sentence = words.words if isinstance(words, Problem) else words
    return sentence.in_language(get_language() or "zh-hans")
