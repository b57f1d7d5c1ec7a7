"""Issuing a letter, and the draft of one: the same facts, set with the same template, without number and code."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.cases.views.found import Found
from xiaoshi.desk.cases.views.pages import hides_sums
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import Invalid, invalid, not_allowed
from xiaoshi.desk.kinds import kind_named
from xiaoshi.desk.money.standing import sums_hidden
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.papers import facts as facts_forms
from xiaoshi.desk.papers.acts import GIVES_OUT
from xiaoshi.desk.papers.issuing import frame_of, issue
from xiaoshi.desk.papers.letters.letter import Grounds, Letter, letters_of_kind
from xiaoshi.desk.papers.requirements import note_asked
from xiaoshi.desk.papers.typesetting import stamp, typeset, written_out

DRAFT_CODE = "0000-0000-0000-0000"


@act("papers.issue_letter", "出具信函", "Issue a letter", roles=GIVES_OUT)
def issue_letter(
    ctx: Context, *, letter: str, answers: dict[str, Any], language: str = "zh", big_type: bool = False
) -> dict[str, Any]:
    """A letter to the client, composed from the case as it is now and the answers; it is a paper with number and code."""
    found = letter_named(ctx.the_case.kind, letter)
    if language not in ("zh", "en"):
        raise invalid(
            "language_unknown", "语言只能是 zh 或 en。", "The language is zh or en.", where="language"
        )
    assert ctx.plan is not None
    assert ctx.state is not None
    grounds = Grounds(ctx.the_case, ctx.plan, ctx.state, timezone.localdate(ctx.now))
    here = Found(ctx.the_case, ctx.plan, ctx.state, kind_named(ctx.the_case.kind))
    if answers.get("amount") and keeps_sums_from(here, ctx.person):
        raise not_allowed(
            "sum_not_told",
            "本案还有款项待您或他人复核、清点，此前信函不能写明金额。",
            "A sum of this case has yet to be checked or counted: until then the letter names none.",
            where="amount",
        )
    paper = issue(
        ctx,
        template=found.template,
        facts=_composed(found, grounds, answers),
        language=language,
        big_type=big_type,
    )
    if found.asks_client:
        note_asked(ctx, list(answers["papers"]), "letter", paper)
    ctx.visible_to_client = True
    return {"paper": str(paper.id), "number": paper.number, "document": str(paper.document_id)}


def keeps_sums_from(found: Found, reader: Staff) -> bool:
    """Whether this reader is told no sum of the case: he or she has yet to count, or somebody else's payment waits for a check."""
    return hides_sums(found, reader.as_actor()) or sums_hidden(found.case, reader)


def letter_named(kind: str, name: str) -> Letter:
    letters = letters_of_kind(kind)
    if name not in letters:
        raise invalid(
            "letter_unknown",
            f"没有名为“{name[:60]}”的信函。可用：{'、'.join(letters)}。",
            f"There is no letter called {name[:60]!r}. There are: {', '.join(letters)}.",
            where="letter",
        )
    return letters[name]


def draft(
    found: Found, person: Staff, letter: str, answers: dict[str, Any], language: str, big_type: bool
) -> bytes:
    """The letter as it would be issued, stamped 样稿 DRAFT; nothing is kept. Raises `Invalid` and `NotTypeset`."""
    kind = letter_named(found.case.kind, letter)
    now = timezone.now()
    facts = _composed(kind, Grounds(found.case, found.plan, found.state, timezone.localdate(now)), answers)
    frame = frame_of(
        found.case,
        "样稿 DRAFT",
        kind.template.title,
        DRAFT_CODE,
        now=now,
        issued_by=person.name(language),
        language=language,
        big_type=big_type,
    )
    zone = timezone.get_default_timezone_name()
    data = {
        "frame": frame.as_data(zone),
        "facts": written_out(facts_forms.to_json(facts), language, zone),
    }
    pdf = typeset(kind.template.text, data, qr_svg=frame.qr_svg(), now=now).pdf
    return stamp(pdf, "样稿 DRAFT", "未出具，不作凭证 not issued", now=now).pdf


def _composed(letter: Letter, grounds: Grounds, answers: dict[str, Any]) -> Any:
    facts = letter.compose(grounds, answers)
    if isinstance(facts, Problem):
        raise Invalid(facts)
    if not grounds.case.client_name.strip():
        raise Invalid(
            Problem("client_missing", Words("案件没有客户姓名。", "The case has no client's name."), "letter")
        )
    return facts
