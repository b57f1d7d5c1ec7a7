"""A bank enters its own tree and people: from a file, and the first people keepers of an empty home."""

from __future__ import annotations

import argparse
import io
import json
from typing import Any

import openpyxl
import pytest

from xiaoshi.commands import organisation as command
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.organisation import bringing_in
from xiaoshi.desk.organisation.first_admin import Wanted, make_first_admin
from xiaoshi.desk.organisation.models import Staff, StaffChange, Unit

UNITS = """路径,级别,中文名称,英文名称,电话,地址
jn/lz/xq/,支行,新桥支行,Xinqiao sub-branch,,
jn/lz/xq/nm/,网点,南门网点,Nanmen outlet,0000-1111111,南门街 1 号
jn/zz/none/,网点,无上级,No parent,,
"""
PEOPLE = """login,name_zh,name_en,unit_path,roles,fields
ruan.qi,阮琪,Ruan Qi,jn/lz/xq/nm/,柜员,
ruan.heng,阮衡,Ruan Heng,jn/lz/xq/nm/,授权主管,
ruan.bo,阮博,Ruan Bo,jn/lz/xq/nm/,city_specialist,
Ruan!,阮怪,Ruan Guai,jn/lz/xq/nm/,teller,
"""


@pytest.fixture
def keeper(desk: Any) -> Staff:
    return Staff.objects.select_related("unit").get(login="ding.wen")


def bring(keeper: Staff, text: str, dry_run: bool = False, encoding: str = "utf-8") -> bringing_in.Report:
    return bringing_in.bring_in(keeper, "file.csv", text.encode(encoding), dry_run=dry_run)


def test_units_and_people_come_in_once_with_each_refused_row_named(keeper):
    tried = bring(keeper, UNITS, dry_run=True)
    assert tried.counts == {"added": 2, "changed": 0, "same": 0, "waiting": 0, "refused": 1}
    assert not Unit.objects.filter(path="jn/lz/xq/").exists(), "a dry run changes nothing"
    report = bring(keeper, UNITS, encoding="gb18030")
    assert report.counts == tried.counts
    assert [(r.line, r.problem.code) for r in report.refused] == [(4, "parent_missing")]
    report = bring(keeper, PEOPLE)
    assert report.counts == {"added": 1, "changed": 0, "same": 0, "waiting": 1, "refused": 2}
    assert [(r.line, r.problem.code) for r in report.refused] == [(4, "role_not_here"), (5, "login_unusable")]
    assert not Staff.objects.get(login="ruan.qi").has_usable_password()
    assert StaffChange.objects.using("owner").get(staff_login="ruan.heng").state == "waiting"
    again = bring(keeper, PEOPLE.replace("\n", "\r\n"))
    assert again.counts == {"added": 0, "changed": 0, "same": 1, "waiting": 0, "refused": 3}
    moved = bring(
        keeper, "登录名,中文姓名,英文姓名,机构路径,岗位\nruan.qi,阮琪,Ruan Qi,jn/lz/cd/hf/,柜员、大堂经理\n"
    )
    assert moved.counts["changed"] == 1
    assert sorted(Staff.objects.get(login="ruan.qi").roles) == ["lobby_manager", "teller"]


def test_a_workbook_with_both_sheets_in_any_order(keeper):
    book = openpyxl.Workbook()
    people, units = book.active, book.create_sheet("机构")
    for row in (
        ["login", "name_zh", "name_en", "unit_path", "roles"],
        ["miao.an", "苗安", "Miao An", "jn/lz/bm/", "档案管理员"],
    ):
        people.append(row)
    for row in (
        ["path", "level", "name_zh", "name_en", "phone"],
        ["jn/lz/bm/", "sub_branch", "北门支行", "Beimen", 5710000],
    ):
        units.append(row)
    kept = io.BytesIO()
    book.save(kept)
    tried = bringing_in.bring_in(keeper, "bank.xlsx", kept.getvalue(), dry_run=True)
    assert tried.counts["added"] == 2
    done = bringing_in.bring_in(keeper, "bank.xlsx", kept.getvalue(), dry_run=False)
    assert done.counts["added"] == 2
    assert Unit.objects.get(path="jn/lz/bm/").phone == "5710000"


BAD_FILES = [
    (b"", "file_empty"),
    (b"a,b,c\n1,2,3\n", "headings_unknown"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "file_unreadable"),
    (b"PK\x03\x04 not a workbook", "file_unreadable"),
    (b"path,level,name_zh,name_en\n" + b"x,x,x,x\n" * 20_001, "rows_too_many"),
    (b"x" * (10 * 1024 * 1024 + 1), "file_too_large"),
]


@pytest.mark.parametrize(("content", "code"), BAD_FILES, ids=[code for _, code in BAD_FILES])
def test_a_file_that_is_none_is_refused_whole(keeper, content, code):
    report = bringing_in.bring_in(keeper, "x", content, dry_run=False)
    assert [p.code for p in report.problems] == [code]
    assert not report.rows


def test_who_does_not_keep_people_brings_nothing_in(people):
    report = bring(people.outlet_head, UNITS.replace("jn/lz/xq", "jn/lz/yy"))
    assert report.counts["refused"] == 3
    assert {r.problem.code for r in report.refused} == {"not_your_role"}


def test_the_pages_of_the_tree_and_of_a_person(people, keeper, client_for):
    own, teller, head = client_for(keeper), client_for(people.teller), client_for(people.outlet_head)
    unit = people.teller.unit
    for address in ("", "?q=li", "?q=%00", f"units/{unit.id}/", "units/", "people/li.min/", "people/li.min/leave/",
                    "people/li.min/move/", "changes/", "changes/?before=x&state=x", "import/", "settings/", "people/new/",
                    "people/li.min/cases/"):  # fmt: skip
        answer = own.get(f"/desk/organisation/{address}")
        assert answer.status_code == 200, address
        assert teller.get(f"/desk/organisation/{address}").status_code == 403, address
    assert head.get("/desk/organisation/people/li.min/").status_code == 200
    assert head.get("/desk/organisation/people/wu.an/").status_code == 403
    assert own.get("/desk/organisation/people/nobody/").status_code == 404
    assert own.get("/desk/organisation/people/%00/").status_code == 404
    assert own.get("/desk/organisation/people/li.min/promote/").status_code == 404
    sent = own.post(
        f"/desk/organisation/units/{unit.id}/", {"do": "about", "key": "u1", "name_zh": "", "name_en": "x"}
    )
    assert sent.status_code == 422


def test_leaving_hands_the_open_cases_over_with_a_result_for_each(people, keeper, new_case, client_for):
    first, second = new_case(people.stranger, kind="example"), new_case(people.stranger, kind="example")
    own = client_for(keeper)
    page = own.get("/desk/organisation/people/wu.an/leave/").content.decode()
    assert first.number in page
    sent = own.post(
        "/desk/organisation/people/wu.an/leave/", {"key": "leave-wu-an", "reason": "离职", "to": "wu.ning"}
    )
    assert sent.status_code == 200
    text = sent.content.decode()
    assert first.number in text
    assert second.number in text
    for case in (first, second):
        case.refresh_from_db(using="owner")
    assert {first.owner, second.owner} == {"wu.ning"}, text


def test_leaving_without_a_receiver_tells_the_head(people, keeper, new_case, client_for):
    from xiaoshi.desk.guard.visibility import visible_to
    from xiaoshi.desk.notices.models import Notice

    case = new_case(people.colleague)
    own = client_for(keeper)
    own.post("/desk/organisation/people/xu.lan/leave/", {"key": "leave-xu-lan", "reason": "离职"})
    with visible_to(people.outlet_head):
        assert Notice.objects.filter(topic="left", words_zh__contains="xu.lan").count() == 1
    head = client_for(people.outlet_head)
    shared = head.post(
        "/desk/organisation/people/xu.lan/cases/",
        {"key": "share", "case": [str(case.id)], "to": "li.min", "reason": "接手"},
    )
    assert shared.status_code == 200
    case.refresh_from_db(using="owner")
    assert case.owner == "li.min", shared.content.decode()


def test_the_first_two_keepers_of_an_empty_bank(fresh_desk):
    Staff.objects.using("owner").filter(login__in=["ding.wen", "bai.lu"]).update(is_active=False)
    one = make_first_admin(Wanted("first.one", "甲一", "First One"), "a-first-password")
    assert one.must_change_password
    make_first_admin(Wanted("first.two", "乙二", "First Two"), "a-first-password")
    with pytest.raises(Refused) as caught:
        make_first_admin(Wanted("first.three", "丙三", "First Three"), "a-first-password")
    assert caught.value.problem.code == "keepers_enough"


def test_the_list_as_json_is_cut_to_the_own_part(desk, capsys, monkeypatch):
    import contextlib

    monkeypatch.setattr(command, "prepare", lambda *_, **__: contextlib.nullcontext())
    monkeypatch.setattr(command, "chosen_home", lambda _args: None)
    given = {
        "work": "list",
        "login": "guo.ye",
        "under": "",
        "left": False,
        "json": True,
        "lang": "zh",
        "home": None,
    }
    assert command.run(argparse.Namespace(**given)) == 0
    told = json.loads(capsys.readouterr().out)
    assert {u["path"] for u in told["units"]} == {"jn/lz/cd/yy/"}
    assert "li.min" in {p["login"] for p in told["people"]}
