"""Documents on a case: who may add one, what it meets in the plan, and that a refused act leaves no trace."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone
from files_for_tests import heic, pdf, picture

from xiaoshi.desk.audit.models import TimelineEntry
from xiaoshi.desk.cases.models import PlanVersion
from xiaoshi.desk.cases.plans import plan_of
from xiaoshi.desk.cases.snapshots import read_state
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds import kind_named
from xiaoshi.desk.papers import blobs
from xiaoshi.desk.papers.acts import add_document
from xiaoshi.desk.papers.keeping import content_of, sweep_orphans
from xiaoshi.desk.papers.models import Document
from xiaoshi.desk.papers.wanted import wanted_papers

pytestmark = pytest.mark.database

NEEDS = 'needs = ["paper:fire_report?", "paper:identity?"]'
PLAN_WITH_PAPERS = (
    re.sub(
        r"^version = \d+", "version = 971", kind_named("burnt_notes").plan_text, count=1, flags=re.MULTILINE
    )
    .replace("[need_words.identity]", "[need_words.agent_identity]", 1)
    .replace(NEEDS, 'needs = ["paper:fire_report", "paper:agent_identity?"]', 1)
)


@pytest.fixture(scope="module", autouse=True)
def plan_with_papers(desk: Any) -> None:
    """In this module's database, intake needs the fire report and takes an agent's identity paper."""
    PlanVersion.objects.using("owner").create(
        kind="burnt_notes", version=971, text=PLAN_WITH_PAPERS, digest="-", published_at=timezone.now()
    )


@pytest.fixture(autouse=True)
def store(tmp_path: Any) -> Iterator[None]:
    with override_settings(BLOB_DIR=tmp_path / "blobs"):
        yield


def add(person: Any, case: Any, **fields: Any) -> Any:
    given = {"purpose": "other", "name": "单.png", "content": picture("PNG"), **fields}
    return perform(add_document, person, str(uuid.uuid4()), case_id=case.id, **given)


def held(case: Any, person: Any) -> list[Document]:
    with visible_to(person):
        return list(Document.objects.filter(case_id=case.id))


def blobs_on_disk() -> list[str]:
    return [p.name for p in settings.BLOB_DIR.rglob("*") if p.is_file() and p.name != ".lock"]


def test_a_document_is_kept_and_told(people: Any, new_case: Any) -> None:
    case = new_case()
    outcome = add(people.teller, case, name="../火 灾证明.exe", note="已核原件")
    (document,) = held(case, people.teller)
    assert str(document.id) == outcome.result["document"]
    assert (document.name, document.content_type, document.added_by) == (
        "火 灾证明.png",
        "image/png",
        "li.min",
    )
    assert content_of(document) == picture("PNG")
    with visible_to(people.teller):
        entry = TimelineEntry.objects.filter(case_id=case.id).order_by("-seq").first()
    assert entry is not None
    assert (entry.act, entry.body["sha256"]) == ("papers.add_document", document.sha256)
    assert "火 灾证明.png" in entry.body["words"]["zh"]


def test_a_paper_of_the_plan_is_wanted_then_met(people: Any, new_case: Any) -> None:
    case = new_case()
    wanted = {w.name: w for w in wanted_papers(plan_of(case), read_state(case))}
    assert (wanted["fire_report"].required, wanted["agent_identity"].required) == (True, False)
    assert not wanted["fire_report"].met
    outcome = add(people.teller, case, purpose="fire_report", content=pdf(), note="乡政府")
    with visible_to(people.teller):
        case.refresh_from_db()
    wanted = {w.name: w for w in wanted_papers(plan_of(case), read_state(case))}
    assert wanted["fire_report"].reference == outcome.result["document"]
    assert wanted["fire_report"].met
    assert read_state(case).records["paper:fire_report"].note == "乡政府"


@pytest.mark.parametrize("who", ["colleague", "lobby", "supervisor", "city_specialist"])
def test_those_who_see_the_case_may_add(people: Any, new_case: Any, who: str) -> None:
    case = new_case()
    add(getattr(people, who), case)
    assert len(held(case, people.teller)) == 1


def test_a_stranger_finds_no_such_case_and_an_auditor_may_not(people: Any, new_case: Any) -> None:
    case = new_case()
    with pytest.raises(NotFound):
        add(people.stranger, case)
    with pytest.raises(NotAllowed):
        add(people.auditor, case)
    assert held(case, people.teller) == []
    assert blobs_on_disk() == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"content": b""}, "file_empty"),
        ({"content": picture("JPEG")[:-40]}, "file_cut_off"),
        ({"content": heic()}, "file_is_heic"),
        ({"content": b"MZ\x90\0" * 20}, "file_is_program"),
        ({"purpose": " "}, "purpose_missing"),
        ({"purpose": "issued_paper"}, "purpose_missing"),
    ],
)
def test_a_refused_document_leaves_nothing(people: Any, new_case: Any, fields: Any, code: str) -> None:
    case = new_case()
    with pytest.raises(Invalid) as refused:
        add(people.teller, case, **fields)
    assert refused.value.problem.code == code
    assert held(case, people.teller) == []
    assert blobs_on_disk() == []


def test_too_large_by_the_setting(people: Any, new_case: Any) -> None:
    with override_settings(DOCUMENT_BYTES_MAX=1000), pytest.raises(Invalid) as refused:
        add(people.teller, new_case(), content=b"a" * 1001)
    assert refused.value.problem.code == "file_too_large"


def test_the_same_key_twice_is_one_document(people: Any, new_case: Any) -> None:
    case, key = new_case(), str(uuid.uuid4())
    same = {"case_id": case.id, "purpose": "other", "name": "a.png", "content": picture("PNG")}
    first = perform(add_document, people.teller, key, **same)
    again = perform(add_document, people.teller, key, **same)
    assert again.replayed
    assert again.result == first.result
    assert len(held(case, people.teller)) == 1
    with pytest.raises(Refused) as refused:
        perform(add_document, people.teller, key, **{**same, "content": picture("JPEG")})
    assert refused.value.problem.code == "key_reused"


def test_two_cases_with_the_same_file_share_a_blob(people: Any, new_case: Any) -> None:
    one, other = new_case(), new_case(people.stranger)
    add(people.teller, one)
    add(people.stranger, other)
    assert len(blobs_on_disk()) == 1
    assert len(held(one, people.teller)) == len(held(other, people.stranger)) == 1


def test_a_crash_between_blob_and_commit_leaves_an_orphan_that_is_swept(
    people: Any, new_case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = new_case()

    def crash(*_: Any) -> None:
        raise RuntimeError("the process died here")

    monkeypatch.setattr("xiaoshi.desk.guard.boundary._entry_of", crash)
    with pytest.raises(RuntimeError):
        add(people.teller, case, content=b"a text that no other case of this database holds")
    monkeypatch.undo()
    assert held(case, people.teller) == []
    (orphan,) = blobs_on_disk()
    assert sweep_orphans() == []  # an act in progress may still want it
    outcome = add(people.teller, case, content=pdf())
    for address in blobs_on_disk():
        os.utime(blobs.path_of(address), (1, 1))
    assert sweep_orphans() == [orphan]
    assert blobs_on_disk() == [outcome.result["sha256"]]
