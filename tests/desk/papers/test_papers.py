"""Papers: issued once, found by their code, voided with a reason, copied with a mark."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, transaction
from django.test import override_settings
from reading import qr_of, text_of

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.papers import examples
from xiaoshi.desk.papers import acts, paper_template
from xiaoshi.desk.papers.acts import issue_paper, reprint_paper, void_paper
from xiaoshi.desk.papers.check_views import paper_by_code
from xiaoshi.desk.papers.facts import to_json
from xiaoshi.desk.papers.issuing import copies_of
from xiaoshi.desk.papers.keeping import content_of
from xiaoshi.desk.papers.models import Document, Paper

pytestmark = pytest.mark.database
RECEIPT = to_json(examples.receipt())


@pytest.fixture(autouse=True)
def store(tmp_path: Any) -> Iterator[None]:
    with override_settings(BLOB_DIR=tmp_path / "blobs", PUBLIC_ADDRESS="https://bank.example"):
        yield


def do(what: Any, person: Any, case: Any, **fields: Any) -> Any:
    return perform(what, person, str(uuid.uuid4()), case_id=case.id, **fields)


def issue(person: Any, case: Any, template: str = "receipt", facts: Any = RECEIPT, **how: Any) -> Any:
    return do(issue_paper, person, case, template=template, facts=facts, **how)


def papers(case: Any, person: Any) -> list[Paper]:
    with visible_to(person):
        return list(Paper.objects.filter(case_id=case.id).select_related("document"))


@pytest.mark.parametrize("name", sorted(examples.all_examples()))
def test_each_paper_is_issued_kept_and_found(people: Any, new_case: Any, name: str) -> None:
    case = new_case()
    facts = to_json(examples.all_examples()[name])
    result = issue(people.teller, case, name, facts).result
    (paper,) = papers(case, people.teller)
    assert (paper.number, paper.template) == (f"{case.number}-01", f"burnt_notes/{name}")
    assert (paper.facts, paper.pages, paper.issued_by) == (facts, 1, "li.min")
    assert result["check_code"] == paper.check_code
    pdf = content_of(paper.document)
    assert paper.number in text_of(pdf)
    assert "城东支行营业室" in text_of(pdf)
    assert qr_of(pdf) == f"https://bank.example/check/{paper.check_code}/"
    found = paper_by_code(paper.check_code)
    assert found is not None
    assert (found.number, found.title.zh, found.outlet.zh) == (paper.number, paper.title_zh, "城东支行营业室")
    assert found.voided_at is None


@pytest.mark.parametrize("name", sorted(examples.all_examples()))
def test_what_a_step_makes_from_the_case_is_not_filled_in_by_hand(
    people: Any, new_case: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(acts, "papers_of_kind", paper_template.papers_of_kind)
    case = new_case()
    with pytest.raises(NotAllowed) as refused:
        issue(people.teller, case, name, to_json(examples.all_examples()[name]))
    assert refused.value.problem.code == "made_by_its_step"
    assert papers(case, people.teller) == []


def test_numbers_run_and_the_timeline_names_them(people: Any, new_case: Any) -> None:
    case = new_case()
    issue(people.teller, case)
    issue(people.teller, case, "bag_label", to_json(examples.bag_label()), language="en", big_type=True)
    assert [p.number for p in papers(case, people.teller)] == [f"{case.number}-01", f"{case.number}-02"]
    with visible_to(people.teller):
        told = [
            e.body for e in TimelineEntry.objects.filter(case_id=case.id, act="papers.issue").order_by("seq")
        ]
    assert [b["papers"] for b in told] == [[f"{case.number}-01"], [f"{case.number}-02"]]


def test_the_check_page_shows_the_first_figure_of_the_sum_only(people: Any, new_case: Any) -> None:
    sums = {4684500: "4*,***", 5: "0", 900: "9", 99_999: "9**", 123_456_789_00: "1**,***,***"}
    case = new_case()
    for fen, shown in sums.items():
        code = issue(people.teller, case, facts={**RECEIPT, "amount_fen": fen}).result["check_code"]
        found = paper_by_code(code)
        assert found is not None
        assert found.amount_shown == shown


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"template": "../../secrets"}, "template"),
        ({"template": "nothing"}, "template"),
        ({"language": "fr"}, "language"),
        ({"facts": {**RECEIPT, "amount_fen": "1"}}, "facts/amount_fen"),
        ({"facts": {**RECEIPT, "account_masked": "6222021234567890417"}}, "facts/account_masked"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_issued(
    people: Any, new_case: Any, fields: Any, where: str
) -> None:
    case = new_case()
    with pytest.raises(Invalid) as refused:
        issue(people.teller, case, **fields)
    assert refused.value.problem.where == where
    assert papers(case, people.teller) == []


def test_voiding_needs_a_reason_a_supervisor_and_happens_once(people: Any, new_case: Any) -> None:
    case = new_case()
    issued = issue(people.teller, case).result
    with pytest.raises(NotAllowed):
        do(void_paper, people.teller, case, paper=issued["paper"], reason="录错")
    with pytest.raises(Invalid):
        do(void_paper, people.supervisor, case, paper=issued["paper"], reason="  ")
    do(void_paper, people.supervisor, case, paper=issued["paper"], reason="金额录错，重开")
    (paper,) = papers(case, people.teller)
    assert (paper.voided_by, paper.void_reason) == ("qian.bo", "金额录错，重开")
    found = paper_by_code(issued["check_code"])
    assert found is not None
    assert found.voided_at is not None
    for again in (void_paper, reprint_paper):
        fields = {"reason": "再来"} if again is void_paper else {}
        with pytest.raises(Refused) as refused:
            do(again, people.supervisor, case, paper=issued["paper"], **fields)
        assert refused.value.problem.code == "paper_voided"


def test_a_reprint_is_marked_numbered_and_kept(people: Any, new_case: Any) -> None:
    case = new_case()
    issued = issue(people.teller, case).result
    for number in (1, 2):
        copy = do(reprint_paper, people.colleague, case, paper=issued["paper"]).result
        assert copy["copy"] == number
        with visible_to(people.teller):
            text = text_of(content_of(Document.objects.get(id=copy["document"])))
        assert f"副本COPY{number}" in text
        assert "徐岚" in text
        assert f"{case.number}-01" in text
    (paper,) = papers(case, people.teller)
    with visible_to(people.teller):
        assert copies_of(paper) == 2
    assert "副本" not in text_of(content_of(paper.document))


def test_a_paper_of_another_case_is_not_found(people: Any, new_case: Any) -> None:
    one, other = new_case(), new_case()
    issued = issue(people.teller, one).result
    for ident in (issued["paper"], str(uuid.uuid4()), "no id"):
        with pytest.raises(NotFound):
            do(void_paper, people.supervisor, other, paper=ident, reason="x")
    assert papers(one, people.teller)[0].voided_at is None


def test_strangers_and_auditors_issue_nothing(people: Any, new_case: Any) -> None:
    case = new_case()
    with pytest.raises(NotFound):
        issue(people.stranger, case)
    for person in (people.auditor, people.lobby):
        with pytest.raises(NotAllowed):
            issue(person, case)


def test_the_database_keeps_papers_whatever_a_program_wants(people: Any, new_case: Any) -> None:
    """The runtime role can void, and can neither delete a paper nor change what it says."""
    case = new_case()
    issue(people.teller, case)
    (paper,) = papers(case, people.teller)
    for attempt in (
        lambda: Paper.objects.filter(id=paper.id).delete(),
        lambda: Paper.objects.filter(id=paper.id).update(facts={}),
        lambda: Paper.objects.filter(id=paper.id).update(check_code="other"),
        lambda: Document.objects.filter(id=paper.document_id).update(sha256="00"),
    ):
        with pytest.raises(ProgrammingError) as refused, visible_to(people.teller):
            attempt()
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_nobody_reads_the_tables_without_a_name_but_the_function_answers(people: Any, new_case: Any) -> None:
    code = issue(people.teller, new_case()).result["check_code"]
    with transaction.atomic():
        assert Paper.objects.count() == Document.objects.count() == 0
    assert paper_by_code(code) is not None
    assert paper_by_code("0000-0000-0000-0000") is None
