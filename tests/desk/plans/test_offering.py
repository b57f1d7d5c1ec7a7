"""A draft that is ready: who is told, who finds it in the list, and what takes the offer back."""

from __future__ import annotations

import pytest

from desk.plans.writing import do, draft_of, next_text, versions
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.notices.models import Notice
from xiaoshi.desk.plans.offering import offer_draft, waiting_for
from xiaoshi.desk.plans.publishing import save_draft

pytestmark = pytest.mark.database


def refused(person, draft) -> str:
    with pytest.raises(Refused) as caught:
        do(offer_draft, person, draft=draft["draft"], revision=draft["revision"])
    return caught.value.problem.code


def in_list(person, draft) -> bool:
    with visible_to(person):
        return draft["draft"] in {row.pk for row in waiting_for(person)}


def test_the_second_person_is_told_and_finds_it_until_it_is_saved_again(people, client_for):
    lu, su = people.city_specialist, people.province_specialist
    text = next_text(max(versions()) + 1)
    draft = draft_of(lu, text)
    assert not in_list(su, draft)
    assert refused(people.teller, draft) == "not_your_role"
    assert refused(su, draft) == "not_your_draft"
    told = do(offer_draft, lu, draft=draft["draft"], revision=draft["revision"]).result["told"]
    assert su.login in told
    assert lu.login not in told
    with visible_to(su):
        assert Notice.objects.filter(topic="plan", href=f"/desk/plans/drafts/{draft['draft']}/").count() == 1
    assert in_list(su, draft)
    assert not in_list(lu, draft)
    assert f"/desk/plans/drafts/{draft['draft']}/" in client_for(su).get("/desk/plans/").content.decode()
    assert refused(lu, draft) == "offered_already"
    fields = {
        "kind": "example",
        "lines": text.split("\n"),
        "draft": draft["draft"],
        "revision": draft["revision"],
    }
    again = do(save_draft, lu, **fields).result
    assert not in_list(su, draft)
    assert refused(lu, draft) == "draft_changed"
    do(offer_draft, lu, draft=again["draft"], revision=again["revision"])


def test_a_draft_with_problems_is_offered_to_nobody(people):
    draft = draft_of(people.city_specialist, "kind = 5")
    assert refused(people.city_specialist, draft) == "draft_has_problems"


def test_of_two_city_specialists_the_second_has_to_stand_at_the_province(people):
    """A draft of the city goes to the province only; one of the province to the cities too."""
    from xiaoshi.desk.organisation.models import Staff

    lu, su = people.city_specialist, people.province_specialist
    twin = Staff.objects.using("owner").create(
        login="aa.plans", name_zh="甲", name_en="A", unit=lu.unit, roles=lu.roles, password="!"
    )
    twin = Staff.objects.select_related("unit").get(pk=twin.pk)
    of_city = draft_of(lu, next_text(max(versions()) + 1))
    told = do(offer_draft, lu, draft=of_city["draft"], revision=of_city["revision"]).result["told"]
    assert twin.login not in told
    assert not in_list(twin, of_city)
    of_province = draft_of(su, next_text(max(versions()) + 1))
    told = do(offer_draft, su, draft=of_province["draft"], revision=of_province["revision"]).result["told"]
    assert {lu.login, twin.login} <= set(told)
    assert in_list(twin, of_province)


def test_the_button_on_the_page(people, client_for):
    lu = people.city_specialist
    draft = draft_of(lu, next_text(max(versions()) + 1))
    client, address = client_for(lu), f"/desk/plans/drafts/{draft['draft']}/"
    assert "请另一人阅读并发布" in client.get(address).content.decode()
    given = {"do": "offer", "revision": draft["revision"], "key": "offer-it"}
    assert client.post(address, given).status_code == 302
    assert "再次保存即撤回" in client.get(address).content.decode()
    assert client.post(address, {**given, "key": "offer-again"}).status_code in (409, 422)
