"""What was answered before: like questions with their answers, shared answers, and closed cases, for one reader.

Candidates come by the rarest grams of the question (as keyed hashes, `desk/find`), at most 400 of each sort, newest first;
closed cases are the newest 200 of the same kind that the reader may see. They are ranked by `core/find/likeness.py`, and each
says by which words and facts. Nobody is shown anything of a case that he or she may not see: a question is read through its
case's policy; a shared answer is a text without any client's data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from xiaoshi.core.find.likeness import FLOOR, Body, Likeness, body_of, likeness, word_grams
from xiaoshi.core.problems import Words
from xiaoshi.core.rules.known import KNOWN_RULES, KnownRule, in_force_words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.consulting.models import Question, SharedAnswer
from xiaoshi.desk.find.index import FOLDING, hash_of, hashes_of
from xiaoshi.desk.organisation.models import Staff

CANDIDATES_MAX = 400
GRAMS_TRIED_MAX = 120
CASES_LOOKED_AT = 200
SHOWN = 5
CASE_FLOOR = 0.35


@dataclass(frozen=True, slots=True)
class LikeOne:
    """An earlier question with its answer (`question` or `shared` is set), and how like it is."""

    likeness: Likeness
    question: Question | None = None
    shared: SharedAnswer | None = None

    @property
    def text(self) -> str:
        return self.question.text if self.question else self.shared.question_text if self.shared else ""

    @property
    def of(self) -> Question | SharedAnswer:
        found = self.question or self.shared
        assert found is not None
        return found

    def standing(self, today: date) -> tuple[Words, str]:
        """Whether its answer may still be used: words, and the shape of the tag."""
        return standing_of(self.of, today)


@dataclass(frozen=True, slots=True)
class LikeCase:
    """A closed case of the same kind with like facts or words, and how it ended."""

    likeness: Likeness
    case: Case
    outcome: str


def standing_of(row: Question | SharedAnswer, today: date) -> tuple[Words, str]:
    """Whether the answer may still be used. Where nobody said until when, that is what is said."""
    ended = getattr(row, "ended_at", None) or getattr(getattr(row, "shared", None), "ended_at", None)
    if ended is not None:
        return Words("已停用", "no longer in force"), "error"
    if row.valid_until is not None and row.valid_until < today:
        return Words(f"有效期至{row.valid_until}，已过", f"valid until {row.valid_until}, past"), "error"
    rule = KNOWN_RULES.get(row.rule)
    if rule is not None:
        return _standing_of_rule(rule, row.valid_until, today)
    if row.valid_until is not None:
        return Words(f"有效至{row.valid_until}", f"valid until {row.valid_until}"), "ok"
    return Words(
        "未注明有效期，请核对依据是否仍有效", "no end stated: check that its source still holds"
    ), "doubt"


RULE_TAGS = {"in_force": "ok", "over": "error", "not_yet": "doubt", "unsure": "doubt"}


def _standing_of_rule(rule: KnownRule, valid_until: date | None, today: date) -> tuple[Words, str]:
    """What the rules' own days say; an end that the answerer stated besides is said with it."""
    words, standing = in_force_words(rule, today)
    if valid_until is not None and standing == "in_force":
        words = Words(f"有效至{valid_until}，{words.zh}", f"valid until {valid_until}; {words.en}")
    return words, RULE_TAGS[standing]


def hashes_of_texts(*texts: str) -> list[int]:
    return hashes_of(_grams(*texts))


def _grams(*texts: str) -> set[str]:
    return word_grams(" ".join(FOLDING.text(text) for text in texts))


def facts_of(case: Case) -> dict[str, Any]:
    """What is known of the case that is neither text nor a sum: kind, choices, yes and no, lists."""
    specs = plan_of(case).facts
    facts = (case.snapshot or {}).get("facts") or {}
    kept = {
        name: value
        for name, value in facts.items()
        if name in specs and specs[name].type in ("bool", "choice", "list")
    }
    return {"kind": case.kind, **kept}


def answered_before(reader: Staff, text: str, case: Case | None, limit: int = SHOWN) -> list[LikeOne]:
    """The most like ones first. Call it where the database knows the reader. `case`: its facts count too; never its own answers."""
    asked = _grams(text)
    if not asked:
        return []
    held = _held(asked)
    rare = sorted((g for g in asked if held.get(g)), key=lambda g: (held[g], g))
    wanted = _until_enough(rare, held)
    questions = list(
        Question.objects.filter(id__in=_ids("xiaoshi_like_questions", wanted)).exclude(
            case_id=case.id if case else None
        )
    )
    shared = list(SharedAnswer.objects.filter(id__in=_ids("xiaoshi_like_shared", wanted)))
    origins = {s.origin_id for s in shared}
    rows: list[tuple[Question | SharedAnswer, set[str]]] = [
        (q, _grams(q.text, q.answer)) for q in questions if q.id not in origins
    ]
    rows += [(s, _grams(s.question_text, s.answer_text)) for s in shared]
    body = _body(held, [g for _row, g in rows])
    facts = facts_of(case) if case else {}
    found = [LikeOne(likeness(asked, facts, g, row.facts, body), *_as_pair(row)) for row, g in rows]
    able = [one for one in found if one.likeness.words >= FLOOR]
    return sorted(able, key=lambda one: (-one.likeness.score, str(one.of.id)))[:limit]


def _as_pair(row: Question | SharedAnswer) -> tuple[Question | None, SharedAnswer | None]:
    return (row, None) if isinstance(row, Question) else (None, row)


def _held(asked: set[str]) -> dict[str, int]:
    """In how many answered questions each gram stands, over the whole bank: a figure, not a text."""
    some = sorted(asked)[:GRAMS_TRIED_MAX]
    by_hash = {hash_of(g): g for g in some}
    with connection.cursor() as cursor:
        cursor.execute("SELECT gram, held FROM xiaoshi_answered_grams(%s)", [list(by_hash)])
        return {by_hash[gram]: int(held) for gram, held in cursor.fetchall()}


def _until_enough(rare: list[str], held: dict[str, int]) -> list[int]:
    """The rarest grams until they promise enough candidates."""
    wanted, promised = [], 0
    for gram in rare:
        wanted.append(hash_of(gram))
        promised += held[gram]
        if promised >= CANDIDATES_MAX:
            break
    return wanted


def _ids(function: str, wanted: list[int]) -> list[UUID]:
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [wanted, CANDIDATES_MAX])
        return [row[0] for row in cursor.fetchall()]


def _body(held: dict[str, int], texts: list[set[str]]) -> Body:
    """What is known of all texts: frequencies over the bank for the grams of the question, lengths from the candidates."""
    average = sum(map(len, texts)) / max(len(texts), 1)
    return Body(max(len(texts), *held.values(), 10) if held else 10, average, held)


def like_closed_cases(case: Case, limit: int = SHOWN) -> list[LikeCase]:
    """Closed cases of the same kind, by facts and by words of their facts; the newest 200 that the reader may see."""
    rows = list(
        Case.objects.filter(kind=case.kind, status="closed")
        .exclude(id=case.id)
        .order_by("-opened_at", "-id")[:CASES_LOOKED_AT]
    )
    if not rows:
        return []
    texts = [_grams(*_fact_texts(row)) for row in rows]
    asked, facts = _grams(*_fact_texts(case)), _without_kind(facts_of(case))
    body = body_of([*texts, asked])
    found = [
        LikeCase(likeness(asked, facts, g, _without_kind(facts_of(row)), body), row, _outcome(row))
        for row, g in zip(rows, texts, strict=True)
    ]
    able = [
        one
        for one in found
        if one.likeness.score >= CASE_FLOOR * 0.6 and (one.likeness.facts or one.likeness.words >= FLOOR)
    ]
    return sorted(able, key=lambda one: (-one.likeness.score, str(one.case.id)))[:limit]


def _without_kind(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "kind"}


def _fact_texts(case: Case) -> Iterable[str]:
    specs = plan_of(case).facts
    facts = (case.snapshot or {}).get("facts") or {}
    return [case.title, *(str(v) for n, v in facts.items() if n in specs and specs[n].type == "text")]


def _outcome(case: Case) -> str:
    return str((case.snapshot or {}).get("outcome") or "")
