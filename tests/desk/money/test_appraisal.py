"""A 鉴定书 pays by its own figures, by two people, once in the whole bank."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.money.acts import record_appraised, reverse_entry
from xiaoshi.desk.money.models import MoneyOrder
from xiaoshi.desk.money.verify import verify_books

from .test_papers_and_holds import by_hand

pytestmark = pytest.mark.database
ROWS = [{"face_fen": 100_00, "full": 3, "half": 2}, {"face_fen": 50_00, "full": 0, "half": 1}]
TODAY = timezone.localdate().isoformat()


def record(till: Any, person: Any, number: str, **change: Any) -> str:
    fields = {
        "number": number,
        "issued_on": TODAY,
        "rows": ROWS,
        "amount_fen": 425_00,
        "way": "cash",
        **change,
    }
    return till.do(record_appraised, person, **fields)["order"]


def refused(till: Any, person: Any, number: str, **change: Any) -> str:
    with pytest.raises(Refused) as caught:
        record(till, person, number, **change)
    assert caught.value.problem.words.zh
    return caught.value.problem.code


def test_the_paper_is_paid_beside_the_settlement(till: Any, people: Any) -> None:
    till.check(people.supervisor, till.record(people.teller))
    order = record(till, people.teller, "银鉴〔2026〕7号")
    assert refused(till, people.teller, "银鉴〔2026〕7号") == "order_waiting"
    entry = till.check(people.supervisor, order, 425_00)["entry"]
    assert refused(till, people.teller, "银鉴〔2026〕7号") == "already_paid"
    back = till.do(reverse_entry, people.teller, entry_id=entry, reason="付错人")["order"]
    till.check(people.supervisor, back, 425_00)
    again = record(till, people.teller, "银鉴〔2026〕7号")
    assert till.check(people.supervisor, again, 425_00)["state"] == "approved"
    assert verify_books().ok


def test_another_case_cannot_use_the_same_paper(till: Any, people: Any) -> None:
    record(till, people.teller, "银鉴2026-8")
    row = MoneyOrder.objects.using("owner").get(matter="appraisal/银鉴2026-8")
    copied = "INSERT INTO money_moneyorder SELECT (jsonb_populate_record(o, jsonb_build_object('id', uuidv7(), 'case_id', NULL))).* FROM money_moneyorder o WHERE id = %s"
    assert by_hand("owner", (copied, [row.id])) == "money_appraisal_once"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_fen": 424_00}, "amount_not_due"),
        ({"rows": []}, "nothing_appraised"),
        ({"rows": [{"face_fen": 30_00, "full": 1, "half": 0}]}, "face_unknown"),
        ({"issued_on": "2999-01-01"}, "day_ahead"),
        ({"issued_on": "2026-02-30"}, "day_unreadable"),
        ({"issued_on": "2020-01-01"}, "appraised_before_case"),
        ({"way": "gold"}, "way_unknown"),
        ({"number": "?"}, "appraisal_number_unusable"),
    ],
)
def test_papers_that_are_refused(till: Any, people: Any, change: dict[str, Any], code: str) -> None:
    number = change.pop("number", "银鉴2026-9")
    assert refused(till, people.teller, number, **change) == code
