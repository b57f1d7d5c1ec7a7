"""The steps that are more than a form: what each checks against what was measured and decided."""

from __future__ import annotations

import pytest
from reading import squeezed, text_of
from refused_words import refused

from xiaoshi.desk.cases.steps import close_case, do_step, skip_step
from xiaoshi.desk.cases.verbs import send_back
from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts import notes, steps, trays
from xiaoshi.desk.money.acts import check_payment, pay_out, record_payment
from xiaoshi.desk.papers.keeping import content_of

pytestmark = pytest.mark.database


def phase(tin, step):
    return tin.state()["steps"].get(step, {}).get("phase", "open")


def papers(tin):
    """name of the template -> (paper, its text)."""
    with visible_to(tin.people.teller):
        return {
            p.template.rpartition("/")[2]: (p, text_of(content_of(p.document)))
            for p in tin.case.papers.select_related("document")
        }


# ---- sorting --------------------------------------------------------------------------------------------------------


def sort_on(tin, step, counted, reason=""):
    return tin.do(steps.sort_notes, "teller", step=step, counted=counted, reason=reason)


def test_piles_that_agree_need_no_reason(received):
    tin = received()
    tin.tray("full100 half100 ?50 ?")
    tin.before("denominations")
    assert sort_on(tin, "denominations", {"10000": 2, "5000": 1, "0": 1, "2000": 0})["differs"] == []
    assert sort_on(tin, "editions", {"10000/2005": 2, "5000/2005": 1, "0/": 1})["differs"] == []


def test_piles_that_differ_are_named_and_need_a_reason(received):
    tin = received()
    tin.tray("full100 half100 ?50 ?")
    tin.before("denominations")
    wrong = {"10000": 3, "5000": 0, "0": 1, "50": 1}
    with refused(Invalid, "piles_differ", tin) as said:
        sort_on(tin, "denominations", wrong)
    assert said.where == "reason"
    for piece in ("100元 测得2张、实点3张", "50元 测得1张、实点0张", "0.5元 测得0张、实点1张"):
        assert piece in said.zh
    assert "面额不明" not in said.zh
    assert "100 yuan: 2 measured, 3 counted" in said.en
    done = sort_on(tin, "denominations", wrong, reason="两张50元粘在一起")
    assert done["differs"] == ["10000", "50", "5000"]
    assert tin.state()["steps"]["denominations"]["result"]["reason"] == "两张50元粘在一起"
    with refused(Invalid, "piles_differ", tin) as said:
        sort_on(tin, "editions", {"10000/2005": 1, "5000/2005": 1, "0/": 1})
    assert "100元2005年版 测得2张、实点1张" in said.zh


@pytest.mark.parametrize("step", ["determine", "nonsense", ""])
def test_only_the_two_sorting_steps_are_sorted(received, step):
    tin = received()
    with refused(Invalid, "no_such_step", tin):
        sort_on(tin, step, {})


# ---- determining, machine, count ------------------------------------------------------------------------------------


def test_nothing_is_determined_while_notes_are_open(tin_of_words):
    tin = tin_of_words("full100 ?50 ?20")
    tin.says("teller", 1, "full100")
    tin.says("teller", 2, "full50")
    tin.says("teller", 3, "full20")
    tin.says("colleague", 3, "half20")
    with refused(Refused, "notes_left", tin) as said:
        tin.do(steps.determine, "teller")
    assert "还有 2 张未定：待第二人 1 张，待裁定 1 张" in said.zh
    tin.says("colleague", 2, "half50")
    tin.says("supervisor", 2, "half50")
    tin.says("outlet_head", 3, "half20")
    assert tin.do(steps.determine, "teller") == {"amount_fen": 135_00}
    assert tin.state()["facts"]["sum_fen"] == 135_00


def test_the_machine_and_the_hand_make_up_all_notes_to_be_exchanged(tin_of_words):
    tin = tin_of_words("full100 half50 none20").before("machine")
    for passed, by_hand in ((3, 0), (1, 0), (2, 1)):
        with refused(Invalid, "machine_count_differs", tin) as said:
            tin.do(steps.machine_check, "teller", machine="DJ-07", passed=passed, by_hand=by_hand)
    assert "共 2 张" in said.zh
    assert "驳回" in said.zh
    with refused(Invalid, "machine_missing", tin):
        tin.do(steps.machine_check, "teller", machine=" ", passed=2, by_hand=0)
    with refused(Invalid, "machine_count_differs", tin):
        tin.do(steps.machine_check, "teller", machine="DJ-07", passed=3, by_hand=-1)
    tin.do(steps.machine_check, "teller", machine="DJ-07", passed=1, by_hand=1)
    assert phase(tin, "machine") == "done"


def test_a_note_that_is_not_genuine_goes_back_and_is_decided_again(tin_of_words):
    tin = tin_of_words("full100 half50").before("machine")
    tin.do(send_back, "supervisor", step="determine", reason="第 1 张机具不识别")
    assert phase(tin, "determine") == "open"
    tin.takes_back("teller", 1)
    assert tin.says("teller", 1, "none", reason="机具不识别，手感不对") == "second"
    assert tin.says("colleague", 1, "none", reason="机具不识别") == "settled"
    assert tin.do(steps.determine, "teller") == {"amount_fen": 25_00}
    tin.do(steps.machine_check, "teller", machine="DJ-07", passed=1, by_hand=0)


@pytest.mark.parametrize("off", [{"full": 2}, {"half": 0}, {"none": 0}, {"amount_fen": 125_01}])
def test_the_count_equals_what_was_determined(tin_of_words, off):
    tin = tin_of_words("full100 half50 none20").before("count")
    with refused(Invalid, "count_differs", tin) as said:
        tin.do(steps.count_notes, "teller", **{**tin.figures(), **off})
    assert "重新清点" in said.zh
    assert "125" not in said.zh, "the figure that is looked for is not told"
    tin.do(steps.count_notes, "teller", **tin.figures())
    assert phase(tin, "count") == "done"


# ---- the bag and the recheck ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "code", "word"),
    [
        ({"holder_present": False}, "holder_absent", "当面"),
        ({"bag_number": "  "}, "bag_number_missing", "袋号"),
        ({"seal_number": ""}, "bag_number_missing", "封签号"),
        ({"witness": "li.min"}, "witness_missing", "另一位同事"),
        ({"witness": "wu.an"}, "witness_missing", "本网点"),
        ({"witness": "nobody"}, "witness_missing", "本网点"),
    ],
)
def test_the_bag_is_sealed_before_the_holder_and_a_colleague(tin_of_words, other, code, word):
    tin = tin_of_words("full100").before("bag")
    with refused(Invalid, code, tin) as said:
        tin.do(steps.seal_bag, "teller", **tin.sealed(**other))
    assert word in said.zh
    assert papers(tin) == {}


def test_the_label_says_what_lies_in_the_bag(tin_of_words):
    tin = tin_of_words("full100 full100 half50 none20").before("recheck")
    label, text = papers(tin)["bag_label"]
    assert label.facts["rows"] == [
        {"denomination_fen": 100_00, "pieces": 2},
        {"denomination_fen": 50_00, "pieces": 1},
    ]
    assert (label.facts["pieces"], label.facts["amount_fen"]) == (3, 225_00)
    for word in ("ZYD00417", "徐岚", "李旻", "225.00"):
        assert squeezed(word) in text


def test_whoever_counted_or_sealed_does_not_recheck(tin_of_words, people):
    tin = tin_of_words("full100").before("count")
    roles = people.teller.roles
    people.teller.roles = [*roles, "supervisor"]
    try:
        tin.do(steps.count_notes, "teller", **tin.figures())
        tin.do(steps.seal_bag, "teller", **tin.sealed())
        with pytest.raises(Refused) as told:
            tin.do(steps.recheck, "teller", pieces=1, amount_fen=100_00)
        assert told.value.problem.code == "same_hands"
    finally:
        people.teller.roles = roles
    with refused(NotAllowed, "not_your_role", tin):
        tin.do(steps.recheck, "colleague", pieces=1, amount_fen=100_00)
    assert tin.do(steps.recheck, "supervisor", pieces=1, amount_fen=100_00) == {"matches": True}


@pytest.mark.parametrize(("pieces", "amount_fen"), [(2, 100_00), (1, 100_01), (0, 0)])
def test_a_recheck_that_differs_is_recorded_and_the_step_stays_open(tin_of_words, people, pieces, amount_fen):
    from xiaoshi.desk.audit.models import TimelineEntry

    tin = tin_of_words("full100").before("recheck")
    assert tin.do(steps.recheck, "supervisor", pieces=pieces, amount_fen=amount_fen) == {"matches": False}
    assert phase(tin, "recheck") == "open"
    with visible_to(people.teller):
        entry = TimelineEntry.objects.filter(case_id=tin.case.id).order_by("-seq").first()
    assert (entry.body["matches"], entry.body["pieces"], entry.body["amount_fen"]) == (
        False,
        pieces,
        amount_fen,
    )
    assert "不一致" in entry.body["words"]["zh"]
    with pytest.raises(Refused):
        tin.do(steps.issue_papers, "teller", holder_agrees=True)
    assert tin.do(steps.recheck, "outlet_head", pieces=1, amount_fen=100_00) == {"matches": True}


def test_who_rechecks_does_not_see_the_first_figures(tin_of_words, people, client_for):
    tin = tin_of_words("full100 full100 half50").before("recheck")
    client = client_for(people.supervisor)
    for address in (f"/desk/cases/{tin.case.id}/", f"/desk/cases/{tin.case.id}/steps/recheck/"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "225.00" not in answer.content.decode(), address
    tin.do(steps.recheck, "supervisor", pieces=3, amount_fen=225_00)
    assert "225.00" in client.get(f"/desk/cases/{tin.case.id}/").content.decode()


# ---- papers, payment, receipt ---------------------------------------------------------------------------------------


def test_the_exchange_slip_adds_up(tin_of_words):
    tin = tin_of_words("full100 half100 full50 none20 ?10").before("papers")
    told = tin.do(steps.issue_papers, "teller", holder_agrees=True)
    assert told["amount"] == "贰佰零伍元整"
    slip, text = papers(tin)["exchange_slip"]
    facts = slip.facts
    assert (facts["pieces"], facts["full"], facts["half"], facts["none"], facts["amount_fen"]) == (
        5,
        2,
        2,
        1,
        205_00,
    )
    for name in ("pieces", "full", "half", "none", "amount_fen"):
        assert sum(row[name] for row in facts["rows"]) == facts[name]
    assert [row["denomination_fen"] for row in facts["rows"]] == [100_00, 50_00, 20_00, 10_00]
    for word in ("205.00", "何采薇", "李旻", "钱博", "ZYD00417", "火烧", "火灾证明"):
        assert squeezed(word) in text
    assert "000000190001010000" not in text, "the number of the identity document is masked"
    assert "determination_slip" not in papers(tin)


def test_a_holder_who_disagrees_gets_a_determination_slip_of_all_that_is_not_full(tin_of_words):
    tin = tin_of_words("full100 half100 none20 ?10").before("papers")
    tin.do(steps.issue_papers, "teller", holder_agrees=False)
    facts = papers(tin)["determination_slip"][0].facts
    assert [(n["number"], n["verdict"], n["amount_fen"]) for n in facts["notes"]] == [
        (2, "half", 50_00),
        (3, "none", 0),
        (4, "half", 5_00),
    ]
    assert facts["amount_fen"] == 55_00
    assert facts["pieces_returned"] == 3
    assert facts["notes"][0]["share_text"] == "58.0%–62.0%"
    # What was measured where people agreed with it; their own words where they decided.
    assert [n["reason_zh"] for n in facts["notes"]] == ["按剩余面积", "按剩余面积", "对照原券目测"]
    with pytest.raises(Refused):
        tin.do(record_payment, "teller", amount_fen=tin.counted().amount_fen, way="cash")
    tin.do(do_step, "teller", step="appraisal", result={"explained": True})
    tin.do(record_payment, "teller", amount_fen=tin.counted().amount_fen, way="cash")


def test_nobody_disagrees_with_full_value(tin_of_words):
    tin = tin_of_words("full100").before("papers")
    with refused(Refused, "nothing_to_object", tin):
        tin.do(steps.issue_papers, "teller", holder_agrees=False)
    assert "exchange_slip" not in papers(tin)


def paid(tin, way="cash", **fields):
    amount = tin.counted().amount_fen
    order = tin.do(record_payment, "teller", amount_fen=amount, way=way, **fields)["order"]
    tin.do(check_payment, "supervisor", order_id=order, amount_fen=amount)
    tin.do(pay_out, "teller")


@pytest.mark.parametrize("way", ["cash", "account"])
def test_paid_receipt_feedback_closed(tin_of_words, way):
    account = "62170000000000417"
    tin = tin_of_words("full100 half50", account_number=account).before("pay")
    with pytest.raises(Refused):
        tin.do(steps.give_receipt, "teller")
    paid(tin, way)  # into the account on file
    tin.do(steps.give_receipt, "lobby")
    receipt, text = papers(tin)["receipt"]
    assert (receipt.facts["pieces"], receipt.facts["amount_fen"], receipt.facts["way"]) == (2, 125_00, way)
    assert receipt.facts["account_masked"] == ("6217****0417" if way == "account" else "")
    assert account not in text
    with pytest.raises(Refused):
        tin.do(close_case, "teller")
    with pytest.raises(NotAllowed):
        tin.do(skip_step, "teller", step="feedback", reason="已离开")
    tin.do(skip_step, "outlet_head", step="feedback", reason="持有人已离开")
    tin.do(close_case, "teller")
    assert tin.state()["phase"] == "closed"
    for act, fields in ((notes.judge_note, {"note_id": str(tin.note(1).id), "verdict": "none", "denomination_fen": None}),
                        (trays.add_tray, {"name": "x.jpg", "content": b"x"})):  # fmt: skip
        with pytest.raises(Refused):
            tin.do(act, "teller", **fields)


def test_where_nothing_is_exchanged_there_are_papers_and_a_receipt_and_no_money(tin_of_words):
    tin = tin_of_words("none100 none50").before("papers")
    told = tin.do(steps.issue_papers, "teller", holder_agrees=False)
    assert told["amount"] == "零元整"
    with pytest.raises(Refused):
        tin.do(record_payment, "teller", amount_fen=1_00, way="cash")
    tin.do(do_step, "teller", step="appraisal", result={"explained": True})
    tin.do(steps.give_receipt, "teller")
    assert papers(tin)["receipt"][0].facts["amount_fen"] == 0
    tin.do(do_step, "lobby", step="feedback", result={"satisfied": "no", "words": ""})
    tin.do(close_case, "teller")
    assert tin.state()["phase"] == "closed"


@pytest.mark.parametrize("who", ["auditor", "stranger", "city_specialist"])
def test_others_do_none_of_the_steps(tin_of_words, who):
    tin = tin_of_words("full100").before("recheck")
    kind = NotFound if who == "stranger" else NotAllowed
    for act, fields in (
        (steps.recheck, {"pieces": 1, "amount_fen": 100_00}),
        (trays.add_tray, {"name": "x.jpg", "content": b"x"}),
    ):
        with pytest.raises(kind):
            tin.do(act, who, **fields)
