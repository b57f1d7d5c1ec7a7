"""The report on the whole tin: after the recheck, adding up, with a picture of each note that was in doubt."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from django.urls import reverse
from tins import Tin, assessment, picture

from xiaoshi.desk.guard.refusals import Invalid, NotAllowed, NotFound, Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts import measured, steps, trays
from xiaoshi.desk.kinds.burnt_notes.acts.report import issue_tin_report
from xiaoshi.desk.papers.keeping import content_of

pytestmark = pytest.mark.database
BESIDE = {
    "crop": [0, 0, 60, 28],
    "known": [60, 0, 60, 28],
    "outlines": [[[2, 2], [50, 2], [50, 26], [2, 26]]],
}


@pytest.fixture(scope="module")
def rechecked(desk, people_of_module):
    """Full 100, half 100, one in doubt that became half 50, one of no value; a picture of the one in doubt."""
    tin = Tin.received(people_of_module)
    told = assessment("full100 half100 ?50 none20")
    told["notes"][2] |= {"beside": BESIDE, "serials": [{"text": "AB12????78", "confidence": 0.9}]}
    sheet = cv2.imencode(".jpg", np.full((28, 120, 3), 180, np.uint8))[1].tobytes()
    ident = str(tin.do(trays.add_tray, "teller", name="盘.jpg", content=picture())["tray_id"])
    tin.do(
        measured.record_measurement,
        "teller",
        tray_id=ident,
        engine="by hand",
        rules_id="cny-2026",
        width_px=64,
        height_px=48,
        assessment=told,
        pictures=[{"kind": "beside", "width_px": 120, "height_px": 28, "jpeg": sheet}],
    )
    tin.before("recheck")
    with pytest.raises(Refused) as early:
        tin.do(issue_tin_report, "teller")
    assert early.value.problem.code == "not_rechecked"
    tin.do(steps.recheck, "supervisor", pieces=tin.counted().notes, amount_fen=tin.counted().amount_fen)
    return tin


@pytest.fixture(scope="module")
def people_of_module(desk):
    from desk_fixtures import the_people

    return the_people()


@pytest.mark.parametrize(
    ("language", "big", "word"), [("zh", False, "壹佰柒拾伍元整"), ("en", True, "Notes below full value")]
)
def test_it_says_what_is_paid_and_why_not(rechecked, language, big, word):
    told = rechecked.do(issue_tin_report, "teller", language=language, big_type=big)
    with visible_to(rechecked.people.teller):
        paper = rechecked.case.papers.select_related("document").get(id=told["paper"])
        pdf = content_of(paper.document)
    import pypdfium2

    opened = pypdfium2.PdfDocument(pdf)
    text = (
        "".join(page.get_textpage().get_text_range() for page in opened).replace("\r\n", "").replace(" ", "")
    )
    assert "175.00" in text
    assert word.replace(" ", "") in text
    assert "AB12????78" in text
    assert [n["place"] for n in paper.facts["notes"]] == ["1-2", "1-3", "1-4"]
    pictures = [o for page in opened for o in page.get_objects(filter=[3])]
    assert len(pictures) >= 1, "the one in doubt is shown"


@pytest.mark.parametrize(
    ("who", "fields", "kind"),
    [("auditor", {}, NotAllowed), ("stranger", {}, NotFound), ("colleague", {"language": "fr"}, Invalid)],
)
def test_who_and_what_is_refused(rechecked, who, fields, kind):
    with pytest.raises(kind):
        rechecked.do(issue_tin_report, who, **fields)


def test_the_page_offers_it_and_issues_it(rechecked, client_for):
    page = reverse("burnt_notes_trays", args=[rechecked.case.id])
    client = client_for(rechecked.people.colleague)
    shown = client.get(page).content.decode()
    assert "出具中文清单" in shown
    version = shown.partition('name="version" value="')[2].partition('"')[0]
    done = client.post(
        reverse("burnt_notes_tin_report", args=[rechecked.case.id]),
        {"key": "report-by-page", "version": version, "language": "zh"},
        follow=True,
    )
    assert "已出具" in done.content.decode()
