"""批复单: an answer from above as a paper with number and check code, for the file or for whoever asks on what it rests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone

from xiaoshi.core.casework.authority import ANSWERERS
from xiaoshi.core.casework.roles import LEVELS
from xiaoshi.core.problems import Words
from xiaoshi.core.rules.known import KNOWN_RULES
from xiaoshi.desk.consulting.acts import question_on
from xiaoshi.desk.consulting.fields import field_words
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, refuse
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers.acts import GIVES_OUT
from xiaoshi.desk.papers.issuing import issue
from xiaoshi.desk.papers.paper_template import PaperTemplate

SOURCE_WORDS: dict[str, Words] = {
    "rule": Words("规则", "a rule"),
    "document": Words("文件（通知、函件）", "a document (circular, letter)"),
    "paper": Words("本案单据", "a paper of this case"),
    "word": Words("口头意见（已记录）", "somebody’s word, written down"),
}


@dataclass(frozen=True, slots=True)
class AnswerPaper:
    """What stands on it. Question, answer, source and authority are printed as they were written."""

    field_zh: str
    field_en: str
    question: str
    asked_by: str
    asked_on: date
    answer: str
    source_kind_zh: str
    source_kind_en: str
    source: str
    rule_zh: str
    rule_en: str
    authority: str
    level_zh: str
    level_en: str
    answered_by: str
    answered_on: date
    valid_until_on: date | None


ANSWER_PAPER = PaperTemplate(
    "consulting/answer",
    Words("请示批复单", "Answer to a question"),
    Path(__file__).resolve().parent / "typ" / "answer.typ",
    AnswerPaper,
)


@act(
    "case.issue_answer",
    "出具批复单",
    "Issue an answer as a paper",
    roles=GIVES_OUT | {role for roles in ANSWERERS.values() for role in roles},
)
def issue_answer(
    ctx: Context, *, question: str, language: str = "zh", big_type: bool = False
) -> dict[str, Any]:
    """The answer with who gave it, with what authority and on what source, as a paper of the case."""
    if language not in ("zh", "en"):
        raise invalid(
            "language_unknown", "语言只能是 zh 或 en。", "The language is zh or en.", where="language"
        )
    row = question_on(ctx, question)
    if row.state != "answered":
        raise refuse(
            "not_answered",
            "批复以后才能出具批复单。",
            "The paper can be issued once it is answered.",
            where="question",
        )
    logins = [row.asked_by, row.answered_by]
    names = {s.login: s.name(language) for s in Staff.objects.filter(login__in=logins)}
    rule, field = KNOWN_RULES.get(row.rule), field_words(row.field)
    kind, level = SOURCE_WORDS[row.source_kind], LEVELS[row.to_level]  # type: ignore[index]
    assert row.answered_at is not None
    facts = AnswerPaper(
        field_zh=field.zh,
        field_en=field.en,
        question=row.text,
        asked_by=names.get(row.asked_by, row.asked_by),
        asked_on=timezone.localdate(row.asked_at),
        answer=row.answer,
        source_kind_zh=kind.zh,
        source_kind_en=kind.en,
        source=row.source,
        rule_zh=rule.title.zh if rule else "",
        rule_en=rule.title.en if rule else "",
        authority=row.authority,
        level_zh=level.zh,
        level_en=level.en,
        answered_by=names.get(row.answered_by, row.answered_by),
        answered_on=timezone.localdate(row.answered_at),
        valid_until_on=row.valid_until,
    )
    paper = issue(ctx, template=ANSWER_PAPER, facts=facts, language=language, big_type=big_type)
    return {"paper": str(paper.id), "number": paper.number, "document": str(paper.document_id)}
