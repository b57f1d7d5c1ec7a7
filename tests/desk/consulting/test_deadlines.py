"""Deadlines of questions, answers as papers, and whether the rule behind an answer still holds.

The asked unit is open 9 to 17 from Monday to Friday (the default). 2026-11-23 is a Monday.
"""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from xiaoshi.core.rules.known import KNOWN_RULES, in_force_words
from xiaoshi.desk.consulting import acts, answer_paper, sharing
from xiaoshi.desk.consulting.deadlines import tell_of_question
from xiaoshi.desk.consulting.jobs import tell_due_questions
from xiaoshi.desk.consulting.likes import answered_before, standing_of
from xiaoshi.desk.consulting.models import Question
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.notices.models import Notice
from xiaoshi.desk.papers.keeping import content_of
from xiaoshi.desk.papers.models import Paper

SHANGHAI = ZoneInfo("Asia/Shanghai")
ANSWER = {"text": "按三分之二计，半额兑换", "source": "兑换办法第四条", "authority": "市分行运营部"}


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def do(act, person, case, now=None, **fields):
    return perform(act, person, str(uuid.uuid4()), case_id=case.id, now=now, **fields).result


def asked(people, case, when, due, **fields):
    given = {"text": "灰烬里的半张算不算？", "field": "notes", "to_level": "city", **fields}
    return do(acts.ask, people.teller, case, now=at(when), due=at(due).isoformat(), **given)


def text_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = []
        for page in document:
            words = page.get_textpage()
            pages.append(words.get_text_bounded())
            words.close()
            page.close()
        return re.sub(r"\s", "", "".join(pages))
    finally:
        document.close()


def topics(person, case):
    with visible_to(person):
        return list(Notice.objects.filter(case=case).order_by("id").values_list("topic", flat=True))


def test_near_then_passed_then_the_head_in_working_hours_and_each_once(people, new_case):
    case = new_case()
    asked(people, case, "2026-11-23T09:00", "2026-11-24T17:00")  # 16 hours of work: near after 12 h 48
    lu = people.city_specialist
    assert tell_due_questions(at("2026-11-24T12:30")) == 0
    assert tell_due_questions(at("2026-11-24T13:48")) == 1
    assert tell_due_questions(at("2026-11-24T13:49")) == 0
    assert topics(lu, case)[-1] == "reminder"
    assert "reminder" not in topics(people.teller, case)
    assert tell_due_questions(at("2026-11-24T18:00")) == 0, "nobody is told in the evening"
    assert tell_due_questions(at("2026-11-25T09:00")) == 1
    assert topics(lu, case)[-1] == "late"
    assert topics(people.teller, case)[-1] == "late"
    assert tell_due_questions(at("2026-11-27T11:00")) == 1
    assert topics(people.province_specialist, case)[-1] == "escalated", "lu.heng alone leads the city's unit"
    assert topics(lu, case).count("escalated") == 0
    assert tell_due_questions(at("2026-12-07T11:00")) == 0


def test_a_weekend_counts_nothing(people, new_case):
    case = new_case()
    found = asked(
        people, case, "2026-11-20T16:00", "2026-11-23T10:00"
    )  # 2 hours of work: near after 96 minutes
    with visible_to(people.teller):
        row = Question.objects.get(id=found["id"])
    assert row.look_at == at("2026-11-23T09:36")


def test_asked_back_it_is_the_asker_who_is_told(people, new_case):
    case = new_case()
    asked(people, case, "2026-11-23T09:00", "2026-11-23T17:00")
    do(acts.ask_back, people.city_specialist, case, question="q1", text="照片呢？")
    tell_due_questions(at("2026-11-23T16:00"))
    assert topics(people.teller, case)[-1] == "reminder"


def test_answered_withdrawn_or_over_nobody_is_told(people, new_case):
    told = {"reminder", "late", "escalated"}
    for end in ("answer", "withdraw"):
        case = new_case()
        asked(people, case, "2026-11-23T09:00", "2026-11-23T17:00")
        if end == "answer":
            do(acts.answer, people.city_specialist, case, question="q1", **ANSWER)
        else:
            do(acts.withdraw_question, people.teller, case, question="q1", reason="已查到")
        tell_due_questions(at("2026-11-30T10:00"))
        assert not told & {*topics(people.teller, case), *topics(people.city_specialist, case)}


def test_handed_up_the_deadline_is_watched_anew(people, new_case):
    case = new_case()
    found = asked(people, case, "2026-11-23T09:00", "2026-11-24T17:00")
    tell_due_questions(at("2026-11-24T14:00"))
    do(acts.hand_up, people.city_specialist, case, now=at("2026-11-24T15:00"), question="q1", reason="超权限")
    with visible_to(people.teller):
        row = Question.objects.get(id=found["id"])
    assert (row.told, row.look_at) == (0, at("2026-11-24T16:36"))


def test_a_question_without_a_deadline_gets_the_banks_own(people, new_case):
    """Two working days of the asked unit, unless the bank sets another time, or none with 0."""
    from xiaoshi.desk.organisation.models import BankSetting

    def due_when_asked() -> tuple[datetime | None, datetime | None]:
        given = {"text": "灰烬里的半张算不算？", "field": "notes", "to_level": "city"}
        found = do(acts.ask, people.teller, new_case(), now=at("2026-11-20T16:00"), **given)
        with visible_to(people.teller):
            row = Question.objects.get(id=found["id"])
        return row.due_at, row.look_at

    assert due_when_asked() == (at("2026-11-24T16:00"), at("2026-11-24T12:48"))
    owner = BankSetting.objects.using("owner")
    for minutes, due in ((60, at("2026-11-20T17:00")), (0, None)):
        owner.update_or_create(
            key="answer_due_minutes",
            defaults={"value": minutes, "changed_by": "x", "changed_at": at("2026-11-20T09:00")},
        )
        assert due_when_asked()[0] == due
    owner.filter(key="answer_due_minutes").delete()


def test_only_the_desk_itself_tells(people, new_case):
    case = new_case()
    found = asked(people, case, "2026-11-23T09:00", "2026-11-24T17:00")
    with pytest.raises(Refused) as caught:
        do(tell_of_question, people.teller, case, question=found["id"])
    assert caught.value.problem.code == "house_only"


def test_the_answer_as_a_paper_in_both_languages(people, new_case):
    case = new_case()
    asked(people, case, "2026-11-23T09:00", "2026-11-24T17:00")
    with pytest.raises(Refused) as caught:
        do(answer_paper.issue_answer, people.teller, case, question="q1")
    assert caught.value.problem.code == "not_answered"
    do(acts.answer, people.city_specialist, case, question="q1", rule="cny-2026", **ANSWER)
    for language, said in (("zh", "请示批复单"), ("en", "Answer to a question")):
        made = do(answer_paper.issue_answer, people.teller, case, question="q1", language=language)
        with visible_to(people.teller):
            text = text_of(content_of(Paper.objects.get(id=made["paper"]).document))
        for wanted in (said, ANSWER["text"], ANSWER["source"], ANSWER["authority"], made["number"]):
            assert re.sub(r"\s", "", wanted) in text
    with pytest.raises(Refused):
        do(answer_paper.issue_answer, people.stranger, case, question="q1")


def test_the_page_issues_the_paper(people, new_case, client_for):
    case = new_case()
    found = asked(people, case, "2026-11-23T09:00", "2026-11-24T17:00")
    do(acts.answer, people.city_specialist, case, question="q1", rule="cny-2003", **ANSWER)
    client = client_for(people.teller)
    page = client.get(f"/desk/questions/{found['id']}/").content.decode()
    assert "已失效（最后有效日 2026-03-30）" in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    given = {"do": "paper", "language": "zh", "key": str(uuid.uuid4()), "version": version}
    assert client.post(f"/desk/questions/{found['id']}/", given).status_code == 302
    with visible_to(people.teller):
        assert Paper.objects.filter(case=case, template="consulting/answer").exists()


def test_a_rule_that_the_desk_does_not_have_is_refused(people, new_case):
    case = new_case()
    asked(people, case, "2026-11-23T09:00", "2026-11-24T17:00")
    with pytest.raises(Refused) as caught:
        do(acts.answer, people.city_specialist, case, question="q1", rule="cny-1900", **ANSWER)
    assert caught.value.problem.code == "rule_unknown"


DAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("rule", "day", "standing"),
    [
        ("cny-2026", DAY, "in_force"),
        ("cny-2026", date(2026, 3, 30), "not_yet"),
        ("cny-2026", date(2026, 3, 31), "in_force"),
        ("cny-2003", date(2026, 3, 30), "unsure"),
        ("cny-2003", date(2026, 3, 31), "over"),
        ("eur-ecb-2013-10", DAY, "unsure"),
        ("identity-2025", DAY, "in_force"),
        ("identity-2007", DAY, "over"),
    ],
)
def test_whether_a_rule_is_in_force(rule, day, standing):
    words, found = in_force_words(KNOWN_RULES[rule], day)
    assert found == standing
    assert words.zh
    assert words.en


def test_a_hit_says_whether_its_rule_is_in_force_shared_ones_too(people, new_case):
    text = "鼠咬的角票拼起来够不够四分之三"
    lu = people.city_specialist
    case = new_case()
    asked(people, case, "2026-11-23T09:00", "2026-11-24T17:00", text=text)
    do(acts.answer, lu, case, question="q1", rule="cny-2003", **ANSWER)
    do(sharing.share, lu, case, question="q1", question_text=text, answer_text="不够")
    with visible_to(people.teller):
        found = answered_before(people.teller, text, None)
        assert found
        words, tag = found[0].standing(DAY)
    assert "失效" in words.zh
    assert tag == "error"


def test_an_end_that_the_answerer_stated_goes_before_the_rule():
    row = Question(rule="cny-2026", valid_until=DAY - timedelta(days=1))
    assert standing_of(row, DAY)[1] == "error"
    row.valid_until = DAY
    words, tag = standing_of(row, DAY)
    assert tag == "ok"
    assert "有效至2026-11-25" in words.zh
    assert "现行有效" in words.zh
