"""请示 as work: who is asked, what may be done by whom, what becomes part of the case, what others see of it."""

from __future__ import annotations

import uuid

import pytest

from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.cases.verbs import move_case
from xiaoshi.desk.consulting import acts, sharing
from xiaoshi.desk.consulting.likes import answered_before, like_closed_cases
from xiaoshi.desk.consulting.lists import questions_of
from xiaoshi.desk.consulting.models import Question, SharedAnswer
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.notices.models import Notice
from xiaoshi.desk.papers.acts import add_document

ANSWER = {"text": "可以，凭户口本办理", "source": "个人存款业务制度第十二条", "authority": "市分行个金部"}


def do(act, person, case, **fields):
    return perform(act, person, str(uuid.uuid4()), case_id=case.id, **fields).result


def ask(people, case, person=None, **fields):
    given = {"text": "烧焦的钱能否全额？", "field": "notes", "to_level": "city", **fields}
    return do(acts.ask, person or people.teller, case, **given)


def code_of(act, person, case, **fields):
    with pytest.raises(Refused) as caught:
        do(act, person, case, **fields)
    assert caught.value.problem.words.zh
    assert caught.value.problem.words.en
    return caught.value.problem.code


def row_of(person, asked):
    with visible_to(person):
        return Question.objects.get(id=asked["id"])


def test_the_specialist_of_the_field_is_asked_told_and_answers(people, new_case):
    case = new_case()
    document = do(add_document, people.teller, case, purpose="other", name="a.txt", content="说明".encode())
    asked = ask(people, case, documents=[document["document"]])
    assert asked["to"] == people.city_specialist.login
    with visible_to(people.city_specialist):
        assert Notice.objects.filter(case=case, topic="asked").exists()
        assert questions_of(people.city_specialist, "of_me")[0][0].id == uuid.UUID(asked["id"])
        assert str(Question.objects.get(id=asked["id"]).documents[0]) == document["document"]
    do(acts.answer, people.city_specialist, case, question="q1", **ANSWER, valid_until="2099-12-31")
    row = row_of(people.teller, asked)
    assert (row.state, row.source, row.answered_by) == (
        "answered",
        ANSWER["source"],
        people.city_specialist.login,
    )
    with visible_to(people.teller):
        assert not Case.objects.get(id=case.id).snapshot.get("questions")
        assert Notice.objects.filter(case=case, topic="answered").exists()


def test_a_field_that_nobody_of_the_city_has_goes_to_the_province(people, new_case):
    asked = ask(people, new_case(), field="law")
    assert (asked["to"], asked["to_level"]) == (people.province_specialist.login, "province")
    assert "市分行没有" in asked["why"]


def test_a_question_to_nobody_is_refused_with_whom_to_call(people, new_case):
    case = new_case()
    with pytest.raises(Refused) as caught:
        ask(people, case, field="fx")
    assert caught.value.problem.code == "consult_nobody"
    assert "0000-0000000" in caught.value.problem.words.zh
    with visible_to(people.teller):
        assert not Question.objects.filter(case=case).exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"text": "  "}, "text_missing"),
        ({"text": "长" * 4001}, "text_too_long"),
        ({"field": ""}, "field_missing"),
        ({"to_level": "moon"}, "level_unknown"),
        ({"to_level": "outlet"}, "level_unknown"),
        ({"to": "wu.an"}, "not_a_specialist"),
        ({"to": "fang.ke"}, "not_a_specialist"),
        ({"to": "'"}, "not_a_specialist"),
        ({"documents": ["x"]}, "documents_unknown"),
        ({"documents": [str(uuid.uuid4())]}, "documents_unknown"),
        ({"due": "gestern"}, "due_unreadable"),
        ({"due": "2001-01-01T00:00:00+08:00"}, "due_unreadable"),
        ({"due": "2099-01-01T00:00:00"}, "due_unreadable"),
        ({"step": "no_such_step"}, "unknown_step"),
    ],
)
def test_what_cannot_be_asked(people, new_case, fields, code):
    given = {"text": "可以吗", "field": "notes", "to_level": "city", **fields}
    assert code_of(acts.ask, people.teller, new_case(), **given) == code


def test_a_document_of_another_case_is_not_given_away(people, new_case):
    other = new_case(people.stranger)
    document = do(add_document, people.stranger, other, purpose="other", name="a.txt", content=b"secret text")
    given = {"text": "可以吗", "field": "notes", "to_level": "city", "documents": [document["document"]]}
    assert code_of(acts.ask, people.teller, new_case(), **given) == "documents_unknown"


def test_load_decides_between_two_of_the_field(people, new_case):
    from xiaoshi.desk.organisation.models import Staff

    lu = people.city_specialist
    twin = Staff.objects.using("owner").create(
        login="aa.twin",
        name_zh="甲",
        name_en="A",
        unit=lu.unit,
        roles=lu.roles,
        fields=["coins"],
        password="!",
    )
    first = ask(people, new_case(), field="coins")
    second = ask(people, new_case(), field="coins")
    assert {first["to"], second["to"]} >= {"aa.twin"}
    Staff.objects.using("owner").filter(pk=twin.pk).update(is_active=False)
    assert ask(people, new_case(), field="coins")["to"] == lu.login


def test_asked_back_replied_handed_up_and_answered_there(people, new_case):
    case = new_case()
    asked = ask(people, case)
    lu, su = people.city_specialist, people.province_specialist
    do(acts.ask_back, lu, case, question="q1", text="灰烬还在吗？")
    assert row_of(people.teller, asked).state == "asked_back"
    assert code_of(acts.reply, lu, case, question="q1", text="?") == "not_your_act"
    do(acts.reply, people.teller, case, question="q1", text="在，装在铁盒里")
    assert code_of(acts.reply, people.teller, case, question="q1", text="x") == "not_asked_back"
    assert do(acts.hand_up, lu, case, question="q1", reason="超出市分行权限")["to"] == su.login
    assert code_of(acts.answer, lu, case, question="q1", **ANSWER) == "wrong_role"
    assert code_of(acts.hand_up, su, case, question="q1", reason="x") == "no_level_above"
    do(acts.answer, su, case, question="q1", **ANSWER)
    row = row_of(people.teller, asked)
    with visible_to(people.teller):
        assert [t.what for t in row.turns.all()] == ["asked_back", "replied", "handed_up"]
    assert code_of(acts.answer, su, case, question="q1", **ANSWER) == "unknown_question"
    assert code_of(acts.ask_back, su, case, question="q1", text="x") == "question_over"
    assert (
        code_of(acts.withdraw_question, people.teller, case, question="q1", reason="x") == "unknown_question"
    )


def test_withdrawn_by_the_asker_and_the_specialist_is_told(people, new_case):
    case = new_case()
    asked = ask(people, case)
    assert code_of(acts.withdraw_question, people.teller, case, question="q1", reason=" ")
    do(acts.withdraw_question, people.teller, case, question="q1", reason="客户不办了")
    assert row_of(people.teller, asked).state == "withdrawn"
    with visible_to(people.city_specialist):
        assert Notice.objects.filter(case=case, words_zh__contains="撤销").exists()


@pytest.mark.parametrize("who", ["stranger", "auditor", "colleague", "contact_centre", "archivist"])
def test_who_may_not_answer(people, new_case, who):
    case = new_case()
    ask(people, case)
    code = code_of(acts.answer, getattr(people, who), case, question="q1", **ANSWER)
    assert code in {"case_not_found", "auditor_reads_only", "wrong_role"}


def test_a_stranger_finds_no_question_in_any_list(people, new_case):
    case = new_case()
    ask(people, case)
    with visible_to(people.stranger):
        assert not Question.objects.filter(case=case).exists()
        for view in ("of_me", "by_me", "of_field", "answered"):
            assert all(q.case_id != case.id for q in questions_of(people.stranger, view)[0])


def test_whoever_was_asked_still_sees_the_case_when_it_moves(people, new_case):
    case = new_case(people.outlet_head)
    ask(people, case, person=people.outlet_head)
    do(
        move_case,
        people.outlet_head,
        case,
        unit_path="jn/hc/gx/rm/",
        to=_someone("jn/hc/gx/rm/"),
        reason="客户在那边",
    )
    with visible_to(people.city_specialist):
        assert Case.objects.filter(id=case.id).exists()


def _someone(path):
    from xiaoshi.desk.organisation.models import Staff

    return Staff.objects.filter(unit__path=path, roles__contains=["teller"]).first().login


def test_an_answer_is_shared_without_client_data_and_opening_it_is_on_record(people, new_case, client_for):
    case = new_case(client_name="闻人雪", account_number="6222021100019999")
    ask(people, case, text="闻人雪的黄金存折没有实名记录能否补录？")
    lu = people.city_specialist
    do(acts.answer, lu, case, question="q1", text="补录实名后办理", source="第十二条", authority="市分行")
    answer = {"answer_text": "先补录实名，再办理"}
    for told in (
        "闻人雪的存折",
        "聞人雪",
        f"案件{case.number}",
        "账号6222 0211 0001 9999",
        "电话13800001234",
    ):
        assert code_of(sharing.share, lu, case, question="q1", question_text=told, **answer) == "not_redacted"
    clean = "黄金存折没有实名记录，能否补录？"
    assert (
        code_of(sharing.share, people.teller, case, question="q1", question_text=clean, **answer)
        == "not_your_act"
    )
    shared = do(sharing.share, lu, case, question="q1", question_text=clean, **answer)["shared"]
    assert code_of(sharing.share, lu, case, question="q1", question_text=clean, **answer) == "shared_already"
    stranger_case = new_case(people.stranger)
    with visible_to(people.stranger):
        likes = answered_before(people.stranger, "客户的黄金存折没有实名怎么补录", stranger_case)
        assert [str(one.of.id) for one in likes] == [shared]
        assert likes[0].question is None
    own = client_for(people.stranger)
    page = own.get(f"/desk/answers/{shared}/").content.decode()
    assert "先补录实名" not in page
    key = str(uuid.uuid4())
    assert own.post(f"/desk/answers/{shared}/", {"key": key, "do": "open"}).status_code == 302
    assert "先补录实名" in own.get(f"/desk/answers/{shared}/").content.decode()
    assert (
        "先补录实名" not in client_for(people.stranger_head).get(f"/desk/answers/{shared}/").content.decode()
    )
    perform(sharing.end_answer, lu, str(uuid.uuid4()), answer=shared, reason="制度已修订")
    with visible_to(people.stranger):
        assert SharedAnswer.objects.get(id=shared).ended_at is not None
        again = answered_before(people.stranger, "黄金存折没有实名记录", stranger_case)[0]
        from datetime import date

        assert again.standing(date(2026, 1, 1))[1] == "error"


def test_likes_show_only_what_the_reader_may_see(people, new_case):
    case = new_case()
    ask(people, case, text="发霉的硬壳信封里的纸钞如何鉴定")
    do(acts.answer, people.city_specialist, case, question="q1", **ANSWER)
    again = new_case()
    with visible_to(people.teller):
        found = answered_before(people.teller, "信封里发霉的纸钞要鉴定", again)
        assert found[0].question.case_id == case.id
        assert found[0].likeness.shared
    with visible_to(people.stranger):
        assert answered_before(people.stranger, "信封里发霉的纸钞要鉴定", None) == []
        assert like_closed_cases(new_case_of(people)) == []


def new_case_of(people):
    return Case.objects.filter(unit_path=people.stranger.unit.path).first() or Case(
        kind="example", plan_version=1, snapshot={}
    )


def test_what_was_answered_stays_even_for_hand_written_sql(people, new_case):
    from django.db import DatabaseError, transaction

    case = new_case()
    asked = ask(people, case)
    do(acts.answer, people.city_specialist, case, question="q1", **ANSWER)
    with pytest.raises(DatabaseError), transaction.atomic(), visible_to(people.teller):
        Question.objects.filter(id=asked["id"]).update(answer="不可以")


def test_the_pages_say_what_is_wrong_and_keep_what_was_typed(people, new_case, client_for):
    case = new_case()
    own = client_for(people.teller)
    address = f"/desk/cases/{case.id}/ask/"
    assert own.get(address).status_code == 200
    with visible_to(people.teller):
        version = Case.objects.get(id=case.id).version
    looked = own.post(address, {"do": "look", "text": "烧焦的钱能否全额", "version": version})
    assert looked.status_code == 200
    assert "烧焦的钱能否全额" in looked.content.decode()
    wrong = own.post(address, {"do": "ask", "text": "", "field": "notes", "version": version, "key": "k"})
    assert wrong.status_code == 422
    nobody = own.post(
        address,
        {
            "do": "ask",
            "text": "保留我",
            "field": "fx",
            "to_level": "city",
            "version": version,
            "key": str(uuid.uuid4()),
        },
    )
    assert nobody.status_code in (409, 422)
    assert "保留我" in nobody.content.decode()
    sent = own.post(
        address,
        {
            "do": "ask",
            "text": "可以吗",
            "field": "notes",
            "to_level": "city",
            "version": version,
            "key": str(uuid.uuid4()),
        },
    )
    assert sent.status_code == 302
    assert own.get(sent["Location"]).status_code == 200
    above = client_for(people.city_specialist)
    assert above.get("/desk/questions/").content.decode().count("可以吗") >= 1
    assert client_for(people.stranger).get(sent["Location"]).status_code == 404
    with visible_to(people.city_specialist):
        version = Case.objects.get(id=case.id).version
    form = {
        "do": "answer",
        "text": "可以",
        "source_kind": "rule",
        "source": "第一条",
        "authority": "市分行",
        "version": version,
        "key": str(uuid.uuid4()),
    }
    assert above.post(sent["Location"], form).status_code == 302
    assert "第一条" in own.get(f"/desk/cases/{case.id}/").content.decode()
    for view in ("by_me", "of_field", "answered", "'"):
        assert own.get("/desk/questions/", {"view": view, "after": "x"}).status_code == 200


@pytest.mark.parametrize("where", ["source", "authority"])
def test_where_the_answer_rests_is_shared_without_client_data_too(people, new_case, where):
    case, lu = new_case(client_name="闻人雪"), people.city_specialist
    ask(people, case)
    do(acts.answer, lu, case, question="q1", **{**ANSWER, where: f"闻人雪的户口本，见案件{case.number}"})
    given = {"question": "q1", "question_text": "能否全额？", "answer_text": "可以"}
    assert code_of(sharing.share, lu, case, **given) == "not_redacted"
    shared = do(sharing.share, lu, case, **given, **{where: "个人存款业务制度第十二条"})["shared"]
    with visible_to(people.stranger):
        row = SharedAnswer.objects.get(id=shared)
    assert getattr(row, where) == "个人存款业务制度第十二条"
