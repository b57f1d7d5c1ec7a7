"""Notices: told inside an act, read by the one whom they are for, and by nobody else."""

from __future__ import annotations

from django.utils import timezone

from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.notices.models import Notice
from xiaoshi.desk.notices.telling import tell_colleagues


def test_a_notice_is_seen_by_its_person_only_and_can_be_marked_read(desk, people, client_for):
    with visible_to(people.teller):
        tell_colleagues(
            ["xu.lan", "", "xu.lan"], None, "reminder", Words("请办理", "Please act"), timezone.now()
        )
        assert not Notice.objects.exists()
    own = client_for(people.colleague)
    page = own.get("/desk/notices/").content.decode()
    assert page.count("请办理") == 1
    assert "请办理" not in client_for(people.teller).get("/desk/notices/").content.decode()
    with visible_to(people.colleague):
        newest = Notice.objects.get().id
    assert own.post("/desk/notices/", {"newest": newest}).status_code == 302
    with visible_to(people.colleague):
        assert Notice.objects.get().read_at is not None


def test_nonsense_in_the_address_is_an_empty_cursor(desk, people, client_for):
    assert client_for(people.colleague).get("/desk/notices/?after=x").status_code == 200
    assert client_for(people.colleague).post("/desk/notices/", {"newest": "'"}).status_code == 302


def test_a_timer_of_the_house_sees_every_case(desk, people, new_case):
    from xiaoshi.desk.cases.models import Case
    from xiaoshi.desk.guard.visibility import visible_to_house

    case = new_case(people.teller)
    with visible_to(people.stranger):
        assert not Case.objects.filter(id=case.id).exists()
    with visible_to_house("clocks"):
        assert Case.objects.filter(id=case.id).exists()


def test_the_header_counts_what_is_not_read_and_stops_at_a_hundred(desk, people, client_for):
    own = client_for(people.supervisor)
    badge = "条未读"
    assert badge not in own.get("/desk/money/").content.decode()
    with visible_to(people.teller):
        for n in range(3):
            tell_colleagues(["qian.bo"], None, "reminder", Words(f"请办理{n}", "Please act"), timezone.now())
    assert '<span class="xs-count">3</span>' in own.get("/desk/notices/").content.decode()
    with visible_to(people.teller):
        for n in range(100):
            tell_colleagues(["qian.bo"], None, "reminder", Words(f"又{n}", "Again"), timezone.now())
    assert '<span class="xs-count">99+</span>' in own.get("/desk/notices/").content.decode()
    assert badge not in client_for(people.stranger).get("/desk/notices/").content.decode()


def test_a_program_marks_ones_own_notices_read_up_to_one(desk, people):
    import json
    import uuid

    from django.test import Client

    from xiaoshi.desk.api.tokens import make_token

    with visible_to(people.teller):
        for words in ("甲", "乙", "丙"):
            tell_colleagues(["qian.bo", "shen.jun"], None, "reminder", Words(words, words), timezone.now())

    def unread(person):
        with visible_to(person):
            return list(Notice.objects.filter(read_at=None).order_by("id").values_list("words_zh", flat=True))

    with visible_to(people.supervisor):
        second = Notice.objects.get(words_zh="乙").id
    made = make_token(
        people.supervisor, str(uuid.uuid4()), name="t", scopes=["read", "notices.mark_read"], days=1
    )
    answer = Client(SERVER_NAME="127.0.0.1").post(
        "/api/v1/acts/notices.mark_read",
        json.dumps({"newest": second}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {made.secret}", "Idempotency-Key": "n1"},
    )
    assert answer.status_code == 200
    assert answer.json()["result"]["read"] >= 2
    assert unread(people.supervisor) == ["丙"]
    assert unread(people.auditor) == ["甲", "乙", "丙"]


def test_an_auditor_too_marks_the_own_notices_read_on_the_page(desk, people, client_for):
    with visible_to(people.teller):
        tell_colleagues(["shen.jun"], None, "reminder", Words("请阅", "Read"), timezone.now())
    with visible_to(people.auditor):
        newest = Notice.objects.latest("id").id
    assert (
        client_for(people.auditor).post("/desk/notices/", {"newest": newest, "key": "a1"}).status_code == 302
    )
    with visible_to(people.auditor):
        assert not Notice.objects.filter(read_at=None).exists()
