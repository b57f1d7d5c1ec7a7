"""Photos handed in on the page: many at once, judged before they are used; and who may."""

from __future__ import annotations

import json

import cv2
import numpy as np
import photos
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tins import Tin

from xiaoshi.core.problems import Words
from xiaoshi.desk.kinds.burnt_notes import judging
from xiaoshi.desk.kinds.burnt_notes.judging import Finding

pytestmark = pytest.mark.database


@pytest.fixture(scope="module", autouse=True)
def _no_child_left():
    yield
    judging.stop()


def upload(name, content):
    return SimpleUploadedFile(name, content, "image/jpeg")


def no_mat(seed):
    dots = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), np.uint8)
    return cv2.imencode(".jpg", cv2.resize(dots, (1600, 1200), interpolation=cv2.INTER_NEAREST))[1].tobytes()


def sent(client, tin, files, **more):
    page = reverse("burnt_notes_trays", args=[tin.case.id])
    shown = client.get(page).content.decode()
    version = shown.partition('name="version" value="')[2].partition('"')[0]
    return client.post(
        page, {"key": f"k{len(files)}{more}", "version": version, "photo": files, **more}, follow=True
    )


def states(tin):
    return [(t.number, t.state) for t in tin.trays()]


def test_many_at_once_each_for_itself(received, people, client_for):
    """A photo without mat waits, one that is no picture is refused, and neither stops the others."""
    tin: Tin = received()
    client = client_for(people.teller)
    files = [upload("一.jpg", no_mat(1)), upload("二.jpg", b"no picture"), upload("三.jpg", no_mat(2))]
    answer = sent(client, tin, files)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "二.jpg：" in text
    assert "没有找到托盘垫" in text
    assert states(tin) == [(1, "held"), (2, "held")]
    # Both are used anyway by one button; a second press does nothing more.
    held = [str(t.id) for t in tin.trays()]
    assert sent(client, tin, [], do="use_all", held=held).status_code == 200
    assert states(tin) == [(1, "waiting"), (2, "waiting")]
    assert sent(client, tin, [], do="use_all", held=[*held, "x"]).status_code == 200
    assert states(tin) == [(1, "waiting"), (2, "waiting")]


def test_a_good_photo_goes_on_at_once_and_a_hopeless_one_is_refused(
    received, people, client_for, monkeypatch
):
    tin = received()
    client = client_for(people.teller)
    said: list[tuple[Finding, ...]] = [(), (Finding("image_too_dark", "refuse", Words("太暗", "too dark")),)]
    monkeypatch.setattr("xiaoshi.desk.kinds.burnt_notes.views.trays.judge", lambda name, content: said.pop(0))
    answer = sent(client, tin, [upload("好.jpg", no_mat(3)), upload("暗.jpg", no_mat(4))])
    assert "太暗" in answer.content.decode()
    assert states(tin) == [(1, "waiting")]


@pytest.mark.parametrize(("who", "status"), [("teller", 200), ("colleague", 200), ("stranger", 404)])
def test_who_has_a_photo_judged(received, people, client_for, who, status):
    tin = received()
    answer = client_for(getattr(people, who)).post(
        reverse("burnt_notes_judge", args=[tin.case.id]), {"photo": upload("a.jpg", no_mat(5))}
    )
    assert answer.status_code == status
    if status == 200:
        found = json.loads(answer.content)["findings"]
        assert "mat_missing" in {one["code"] for one in found}
        assert all(one["level"] in {"warn", "refuse"} and one["text"] for one in found)
    assert tin.trays() == []


def test_a_good_photo_has_no_finding_and_a_bad_file_is_a_problem(received, people, client_for):
    tin = received()
    client, address = client_for(people.teller), reverse("burnt_notes_judge", args=[tin.case.id])
    assert client.post(address, {"photo": upload("x.jpg", b"xx")}).status_code == 422
    assert client.post(address, {}).status_code == 422
    found = json.loads(client.post(address, {"photo": upload("g.jpg", photos.good())}).content)["findings"]
    assert not [one for one in found if one["level"] == "refuse"]


def test_a_picture_that_ends_the_child_is_not_refused(monkeypatch):
    """It goes on to be measured, where the limits are the same and the words better."""

    class Dead:
        def submit(self, *_given):
            raise RuntimeError("gone")

    monkeypatch.setattr(judging, "_pool", Dead())
    monkeypatch.setattr(judging, "stop", lambda: None)
    assert [one.code for one in judging.judge("a.jpg", b"")] == ["photo_not_judged"]
