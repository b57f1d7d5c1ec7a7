"""Draft, publication by a second person, dates: who may, what is refused, and what a new case gets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from desk.plans.writing import bring_into_force, do, draft_of, next_text, versions
from xiaoshi.desk.cases.models import PlanVersion
from xiaoshi.desk.cases.plans import dated_versions, in_force
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.plans.models import PlanDraft, Publication
from xiaoshi.desk.plans.publishing import discard_draft, publish, save_draft

pytestmark = pytest.mark.database
TODAY = timezone.localdate()


def refused(act, person, **fields) -> str:
    with pytest.raises(Refused) as caught:
        do(act, person, **fields)
    words = caught.value.problem.words
    assert words.zh
    assert words.en
    return caught.value.problem.code


def publishing(draft, day=TODAY, **other):
    return {
        "draft": draft["draft"],
        "revision": draft["revision"],
        "in_force_from": day if isinstance(day, str) else day.isoformat(),
        **other,
    }


def test_who_writes_does_not_publish_and_a_case_gets_the_version_of_its_day(people, new_case):
    before = new_case(kind="example")
    top = max(versions()) + 1
    draft = draft_of(people.city_specialist, next_text(top))
    assert refused(publish, people.city_specialist, **publishing(draft)) == "maker_is_checker"
    for other in (people.teller, people.outlet_head, people.stranger, people.auditor):
        assert refused(publish, other, **publishing(draft)) in ("not_your_role", "auditor_reads_only")
    told = do(publish, people.province_specialist, **publishing(draft)).result
    assert told["version"] == top
    assert new_case(kind="example").plan_version == top
    assert before.plan_version < top
    row = Publication.objects.get(kind="example", version=top)
    assert (row.author, row.publisher) == ("lu.heng", "su.yan")
    assert refused(publish, people.province_specialist, **publishing(draft)) == "draft_settled"


def test_a_version_of_tomorrow_waits_for_tomorrow(people, new_case):
    top = max(versions()) + 1
    day = TODAY + timedelta(days=1)
    bring_into_force(people.province_specialist, people.city_specialist, next_text(top), day)
    assert new_case(kind="example").plan_version == top - 1
    assert in_force("example", day).version == top
    assert in_force("example", day - timedelta(days=400)).version == 1
    # A higher version cannot come before it, and afterwards it can come on the same day.
    draft = draft_of(people.city_specialist, next_text(top + 1))
    assert (
        refused(publish, people.province_specialist, **publishing(draft, TODAY))
        == "date_before_earlier_version"
    )
    do(publish, people.province_specialist, **publishing(draft, day))
    assert in_force("example", day).version == top + 1


@pytest.mark.parametrize(
    ("text", "day", "code"),
    [
        (lambda v: next_text(1), TODAY, "version_not_higher"),
        (lambda v: next_text(v).replace('kind = "example"', 'kind = "another"'), TODAY, "other_kind"),
        (lambda v: next_text(v), TODAY - timedelta(days=1), "date_in_the_past"),
        (lambda v: next_text(v), "2026-02-30", "date_unreadable"),
        (lambda v: next_text(v), "", "date_unreadable"),
        (lambda v: "kind = ", TODAY, "plan_syntax"),
        (lambda v: next_text(v).replace('after = ["listen"]', 'after = ["listne"]'), TODAY, "unknown_step"),
    ],
)
def test_what_is_not_published(people, text, day, code):
    draft = draft_of(people.city_specialist, text(max(versions()) + 1))
    assert refused(publish, people.province_specialist, **publishing(draft, day)) == code
    assert PlanDraft.objects.get(pk=draft["draft"]).state == "draft"


def test_two_city_people_alone_do_not_bind_the_province(people):
    from xiaoshi.desk.organisation.models import Staff

    other = Staff.objects.select_related("unit").get(login="fang.ke")
    draft = draft_of(people.city_specialist, next_text(max(versions()) + 1))
    assert refused(publish, other, **publishing(draft)) == "province_needed"


def test_a_draft_changed_meanwhile_is_neither_published_nor_overwritten(people):
    top = max(versions()) + 1
    first = draft_of(people.city_specialist, next_text(top))
    text = next_text(top, extra=False)
    second = do(
        save_draft,
        people.city_specialist,
        kind="example",
        lines=text.split("\n"),
        draft=first["draft"],
        revision=1,
    ).result
    assert second["revision"] == 2
    assert refused(publish, people.province_specialist, **publishing(first)) == "draft_changed"
    lines = next_text(top).split("\n")
    stale = {"kind": "example", "lines": lines, "draft": first["draft"], "revision": 1}
    assert refused(save_draft, people.city_specialist, **stale) == "draft_changed"
    # Whoever changed one word of it has written on it.
    do(save_draft, people.province_specialist, **{**stale, "revision": 2})
    third = {"draft": first["draft"], "revision": 3}
    assert refused(publish, people.province_specialist, **publishing(third)) == "maker_is_checker"
    assert refused(discard_draft, people.city_specialist, **third, reason=" ") == "reason_missing"
    do(discard_draft, people.city_specialist, **third, reason="另起一稿")
    assert refused(publish, people.province_specialist, **publishing(third)) == "draft_settled"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "no_such_kind", "lines": ["x"]}, "unknown_kind"),
        ({"kind": "example", "lines": []}, "draft_size"),
        ({"kind": "example", "lines": [" ", ""]}, "draft_size"),
        ({"kind": "example", "lines": ["x" * 19_000] * 11}, "draft_size"),
        ({"kind": "example", "lines": ["x"], "draft": 10**9, "revision": 1}, "draft_not_found"),
    ],
)
def test_what_is_not_kept_as_a_draft(people, fields, code):
    assert refused(save_draft, people.city_specialist, **fields) == code


def test_the_database_keeps_a_published_text_and_two_people(people):
    top = bring_into_force(people.city_specialist, people.province_specialist, next_text(max(versions()) + 1))
    for alias in ("default", "owner"):
        for change in ("UPDATE cases_planversion SET text = 'x'", "DELETE FROM plans_publication"):
            with (
                pytest.raises(DatabaseError),
                transaction.atomic(using=alias),
                connections[alias].cursor() as c,
            ):
                c.execute(f"{change} WHERE kind = 'example' AND version = {top}")
    draft = PlanDraft.objects.get(pk=draft_of(people.city_specialist, next_text(top + 1))["draft"])
    draft.editors = ["lu.heng", "su.yan"]
    draft.save()
    for author, publisher in (("lu.heng", "lu.heng"), ("lu.heng", "su.yan")):
        with pytest.raises(DatabaseError), transaction.atomic():
            Publication.objects.create(
                kind="example",
                version=top + 1,
                in_force_from=TODAY,
                draft=draft,
                author=author,
                publisher=publisher,
                at=timezone.now(),
            )
    assert PlanVersion.objects.get(kind="example", version=top).text == next_text(top)
    assert dated_versions("example")[0].publisher == "su.yan"


def test_a_release_with_the_banks_own_number_does_not_stop_the_start(people, monkeypatch, caplog):
    from xiaoshi.desk.cases import plans
    from xiaoshi.desk.kinds.kind import Kind

    top = bring_into_force(people.city_specialist, people.province_specialist, next_text(max(versions()) + 1))
    shipped = next_text(top, extra=False)
    monkeypatch.setattr(Kind, "plan_text", property(lambda kind: shipped))
    monkeypatch.setattr(plans, "all_kinds", lambda: [plans_kind()])
    assert plans.publish_shipped() == []
    assert "its own version" in caplog.text
    assert PlanVersion.objects.get(kind="example", version=top).text == next_text(top)


def plans_kind():
    from xiaoshi.desk.kinds import kind_named

    return kind_named("example")
