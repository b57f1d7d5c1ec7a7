"""Tins of burnt notes for the tests, in short words, brought to any step by the same acts as the pages.

    tin = Tin.received(people)                      intake is done, trays may be photographed
    tin.tray("full100 half50 ?100 ?")               one tray, with a measurement that was written by hand
    tin.before("machine")                           everything before this step is done

`full100` is a note that the engine calls full value of 100 yuan, `?100` one it leaves open, `?` one it cannot name.
"""

from __future__ import annotations

import itertools
import re
import uuid
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from xiaoshi.desk.cases.steps import do_step
from xiaoshi.desk.guard.boundary import Outcome, perform
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts import measured, notes, steps, trays
from xiaoshi.desk.kinds.burnt_notes.models import Judgement, Note, Tray
from xiaoshi.desk.kinds.burnt_notes.standing import current_notes, tin_of
from xiaoshi.desk.organisation.models import Staff

SHARES = {
    "full": (0.81, 0.79, 0.83),
    "half": (0.60, 0.58, 0.62),
    "none": (0.31, 0.29, 0.33),
    "?": (0.75, 0.73, 0.77),
}
VERDICTS = {"full": "full", "half": "half", "none": "none", "?": "undecided"}
_pictures = itertools.count(1)


def picture() -> bytes:
    """A small JPEG that nobody has handed in before."""
    dots = np.random.default_rng(next(_pictures)).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", dots)[1].tobytes()


def assessment(text: str) -> dict[str, Any]:
    """The engine's JSON form for notes in short words, each a piece of its own."""
    pieces, told = [], []
    for number, word in enumerate(text.split(), start=1):
        found = re.fullmatch(r"(full|half|none|\?)(\d*)", word)
        assert found, word
        pieces.append(
            {
                "id": f"p{number}",
                "image": "tray.jpg",
                "polygon": [[number, 1], [number + 0.5, 1], [number + 0.5, 9]],
                "area_mm2": 4000.0,
                "issuer": "CNY" if found[2] else None,
                "series": "5" if found[2] else None,
                "edition": "2005" if found[2] else None,
                "denomination": int(found[2]) if found[2] else None,
                "side": "front" if found[2] else None,
                "confidence": 0.9,
            }
        )
        told.append(_note(number, found[1], int(found[2]) * 100 if found[2] else None))
    return {"pieces": pieces, "notes": told, "problems": []}


def _note(number: int, word: str, fen: int | None) -> dict[str, Any]:
    value, low, high = SHARES[word] if fen else (None, None, None)
    paid = {"full": fen, "half": (fen or 0) // 2}.get(word, 0)
    return {
        "id": f"n{number}",
        "pieces": [f"p{number}"],
        "denomination_fen": fen,
        "area_ratio": value,
        "area_ratio_low": low,
        "area_ratio_high": high,
        "verdict": VERDICTS[word],
        "amount_fen": paid,
        "amount_low_fen": 0 if word == "?" else paid,
        "amount_high_fen": fen or 10000,
        "reasons": [
            {"code": "measured", "text": "按剩余面积", "text_en": "by the area that is left"},
            {"code": "remark", "text": "版别不能确定", "text_en": "edition unsure"},
        ],
    }


@dataclass
class Tin:
    """One case and the people on it. Each act has a key of its own and goes through the boundary."""

    people: Any
    case: Any

    @classmethod
    def received(cls, people: Any, **fields: Any) -> Tin:
        from desk_fixtures import open_a_case

        tin = cls(people, open_a_case(people.teller, **fields))
        tin.do(do_step, "teller", step="intake", result={"circumstances": "厨房失火", "explained": True})
        return tin

    @classmethod
    def open(cls, people: Any, words: str, **fields: Any) -> Tin:
        """A tin with one measured tray that stands before `determine`."""
        tin = cls.received(people, **fields)
        tin.tray(words)
        tin.before("determine")
        return tin

    def perform(self, act: Any, who: str, **fields: Any) -> Outcome:
        return perform(act, getattr(self.people, who), str(uuid.uuid4()), case_id=self.case.id, **fields)

    def do(self, act: Any, who: str, **fields: Any) -> dict[str, Any]:
        return self.perform(act, who, **fields).result

    def do_as(self, login: str, act: Any, **fields: Any) -> dict[str, Any]:
        """An act of somebody who is not among the people of the fixtures."""
        person = Staff.objects.select_related("unit").get(login=login)
        return perform(act, person, str(uuid.uuid4()), case_id=self.case.id, **fields).result

    def tray(self, words: str) -> str:
        """Photograph a tray and record this measurement for it; gives the tray's id."""
        ident = str(self.do(trays.add_tray, "teller", name="盘.jpg", content=picture())["tray_id"])
        self.record(ident, words)
        return ident

    def record(self, tray_id: str, words: str, problems: tuple[str, ...] = ()) -> dict[str, Any]:
        told = assessment(words)
        told["problems"] = [{"code": c, "text": "请重拍", "text_en": "again", "where": ""} for c in problems]
        fields = {"engine": "by hand", "rules_id": "cny-2026", "width_px": 64, "height_px": 48}
        return self.do(measured.record_measurement, "teller", tray_id=tray_id, assessment=told, **fields)

    def note(self, number: int) -> Note:
        """The case's note by its running number over all trays, read anew."""
        with visible_to(self.people.teller):
            return current_notes(self.case)[number - 1]

    def says(self, who: str, number: int, words: str, reason: str = "对照原券目测") -> str:
        """`tin.says("teller", 1, "full100")`; gives the stage that the note has reached."""
        found = re.fullmatch(r"(full|half|none)(\d*)", words)
        assert found, words
        answer = {
            "verdict": found[1],
            "denomination_fen": int(found[2]) * 100 if found[2] else None,
            "reason": reason,
        }
        return str(self.do(notes.judge_note, who, note_id=str(self.note(number).id), **answer)["stage"])

    def takes_back(self, who: str, number: int) -> str:
        return str(self.do(notes.take_back_judgement, who, note_id=str(self.note(number).id))["stage"])

    def answers(self, number: int) -> list[Judgement]:
        with visible_to(self.people.teller):
            return list(self.note(number).judgements.order_by("at", "id"))

    def trays(self) -> list[Tray]:
        with visible_to(self.people.teller):
            return list(self.case.trays.all())

    def counted(self) -> Any:
        with visible_to(self.people.teller):
            return tin_of(self.case)

    def state(self) -> dict[str, Any]:
        """The case's newest snapshot."""
        with visible_to(self.people.teller):
            self.case.refresh_from_db()
        return dict(self.case.snapshot)

    def before(self, step: str) -> Tin:
        """Do, in the plainest way, all steps that come before this one and are not done yet."""
        for name, way in self._ways().items():
            if name == step:
                return self
            if self.state()["steps"].get(name, {}).get("phase") != "done":
                way()
        raise AssertionError(step)

    def _ways(self) -> dict[str, Any]:
        sort = steps.sort_notes
        return {
            "photograph": lambda: self.do(steps.finish_photographing, "teller"),
            "denominations": lambda: self.do(sort, "teller", step="denominations", counted=self.piles(False)),
            "editions": lambda: self.do(sort, "teller", step="editions", counted=self.piles(True)),
            "determine": self._determine,
            "machine": lambda: self.do(
                steps.machine_check,
                "teller",
                machine="DJ-07",
                passed=steps.exchangeable(self.counted()),
                by_hand=0,
            ),
            "count": lambda: self.do(steps.count_notes, "teller", **self.figures()),
            "bag": lambda: self.do(steps.seal_bag, "teller", **self.sealed()),
            "recheck": lambda: self.do(
                steps.recheck, "supervisor", pieces=self.counted().notes, amount_fen=self.counted().amount_fen
            ),
            "papers": lambda: self.do(steps.issue_papers, "teller", holder_agrees=True),
            "pay": lambda: None,
        }

    def piles(self, by_edition: bool) -> dict[str, int]:
        return steps.piles(self.counted(), by_edition=by_edition)

    def figures(self) -> dict[str, int]:
        tin = self.counted()
        return {**{v: tin.verdicts.get(v, 0) for v in ("full", "half", "none")}, "amount_fen": tin.amount_fen}

    def sealed(self, **other: Any) -> dict[str, Any]:
        plain = {"bag_number": "ZYD00417", "seal_number": "F000417", "holder_present": True}
        return {**plain, "witness": self.people.colleague.login, **other}

    def _determine(self) -> None:
        """The teller confirms; what was left open is half value for teller and colleague."""
        for number in range(1, self.counted().notes + 1):
            note = self.note(number)
            if note.judgements.all():
                continue
            open_fen = note.denomination_fen or 100_00
            words = (
                f"half{open_fen // 100}"
                if note.verdict == "undecided"
                else f"{note.verdict}{open_fen // 100}"
            )
            if self.says("teller", number, words) == "second":
                self.says("colleague", number, words)
        self.do(steps.determine, "teller")
