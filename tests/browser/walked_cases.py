"""Burnt-note cases at every stage, walked by the same acts as the pages, on one tray that the real engine measured once.

tray = measured_tray(library)          # seconds: simulate and measure
case = walk(people, tray, until="determine")
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The tray of the pictures: full, half, none and one that the engine leaves open.
SEED, NOTES = 23, 6
STEPS = (
    "photograph", "denominations", "editions", "determine", "machine", "count", "bag", "recheck", "papers", "pay",
)  # fmt: skip


@dataclass(frozen=True)
class TrayPhoto:
    """A simulated tray: its photo, and what the engine answered for it."""

    jpeg: bytes
    measured: Any


def measured_tray(library: Path) -> TrayPhoto:
    """Simulate one small tray with the specimens of the library and measure it. Some ten seconds."""
    from xiaoshi.core.notes.simulate import TrayOptions, simulate
    from xiaoshi.desk.kinds.burnt_notes.acts.trays import RULES_DEFAULT
    from xiaoshi.desk.kinds.burnt_notes.measuring import measure, stop
    from xiaoshi.library import font_bytes, load_library, specimen_reprint

    references, problems = load_library(library)
    assert not problems, problems
    font = font_bytes()
    options = TrayOptions(font=font, reprint=specimen_reprint(font))
    made = simulate(references, seed=SEED, trays=1, notes_per_tray=NOTES, damage="mixed", options=options)
    assert not made.problems, made.problems
    try:
        return TrayPhoto(
            made.trays[0].jpeg, measure("tray.jpg", made.trays[0].jpeg, str(library), RULES_DEFAULT)
        )
    finally:
        stop()


@dataclass
class Walk:
    """One case on its way: each act with a key of its own, on the newest version."""

    people: Any
    tray: TrayPhoto
    name: str
    case: Any = None
    notes: list[Any] = field(default_factory=list)

    def do(self, act: Any, person: Any, **fields: Any) -> dict[str, Any]:
        from xiaoshi.desk.guard.boundary import perform

        return perform(act, person, str(uuid.uuid4()), case_id=self.case.id, **fields).result

    def tin(self) -> Any:
        from xiaoshi.desk.guard.visibility import visible_to
        from xiaoshi.desk.kinds.burnt_notes.standing import current_notes, tin_of

        with visible_to(self.people.teller):
            self.notes = current_notes(self.case)
            return tin_of(self.case)

    def opened(self) -> None:
        from desk_fixtures import open_a_case
        from xiaoshi.desk.cases.steps import do_step

        self.case = open_a_case(self.people.teller, client_name=self.name)
        told = {"circumstances": "家中失火，铁盒被烧，钱粘在一起。", "explained": True}
        self.do(do_step, self.people.teller, step="intake", result=told)

    def photograph(self) -> None:
        from xiaoshi.desk.kinds.burnt_notes.acts import steps
        from xiaoshi.desk.kinds.burnt_notes.acts.measured import record_measurement
        from xiaoshi.desk.kinds.burnt_notes.acts.trays import RULES_DEFAULT, add_tray

        teller, found = self.people.teller, self.tray.measured
        tray = self.do(add_tray, teller, name="盘一.jpg", content=self.tray.jpeg)["tray_id"]
        self.do(
            record_measurement,
            teller,
            tray_id=tray,
            engine=found.engine,
            rules_id=RULES_DEFAULT,
            width_px=found.width_px,
            height_px=found.height_px,
            assessment=found.assessment,
            pictures=[made.as_field() for made in found.pictures],
        )
        self.do(steps.finish_photographing, teller)

    def sort(self, step: str) -> None:
        from xiaoshi.desk.kinds.burnt_notes.acts import steps

        piles = steps.piles(self.tin(), by_edition=step == "editions")
        self.do(steps.sort_notes, self.people.teller, step=step, counted=piles)

    def determine(self) -> None:
        """Confirm what was measured; where the engine could not tell, two persons say half."""
        from xiaoshi.desk.kinds.burnt_notes.acts import notes, steps

        self.tin()
        for note in self.notes:
            verdict = note.verdict if note.verdict != "undecided" else "half"
            answer = {
                "note_id": str(note.id),
                "verdict": verdict,
                "denomination_fen": note.denomination_fen or 10000,
                "reason": "对照原券目测",
            }
            self.do(notes.judge_note, self.people.teller, **answer)
            if note.verdict == "undecided" or not note.denomination_fen:
                self.do(notes.judge_note, self.people.colleague, **answer)
        self.do(steps.determine, self.people.teller)

    def machine(self) -> None:
        from xiaoshi.desk.kinds.burnt_notes.acts import steps

        good = steps.exchangeable(self.tin())
        self.do(steps.machine_check, self.people.teller, machine="DJ-07", passed=good, by_hand=0)

    def count(self) -> None:
        from xiaoshi.desk.kinds.burnt_notes.acts import steps

        tin = self.tin()
        counted = {name: tin.verdicts.get(name, 0) for name in ("full", "half", "none")}
        self.do(steps.count_notes, self.people.teller, **counted, amount_fen=tin.amount_fen)

    def bag(self) -> None:
        from xiaoshi.desk.kinds.burnt_notes.acts import steps

        self.do(
            steps.seal_bag,
            self.people.teller,
            bag_number="ZYD00417",
            seal_number="F000417",
            holder_present=True,
            witness=self.people.colleague.login,
        )

    def recheck(self) -> None:
        from xiaoshi.desk.kinds.burnt_notes.acts import steps

        tin = self.tin()
        self.do(steps.recheck, self.people.supervisor, pieces=tin.notes, amount_fen=tin.amount_fen)

    def papers(self) -> None:
        from xiaoshi.desk.kinds.burnt_notes.acts import steps

        self.do(steps.issue_papers, self.people.teller, holder_agrees=True)


def walk(people: Any, tray: TrayPhoto, until: str, name: str = "何采薇") -> Walk:
    """A new case that stands before the step `until`."""
    case = Walk(people, tray, name)
    case.opened()
    ways: dict[str, Callable[[], None]] = {
        "denominations": lambda: case.sort("denominations"),
        "editions": lambda: case.sort("editions"),
    }
    for step in STEPS[: STEPS.index(until)]:
        ways.get(step, getattr(case, step, None))()  # type: ignore[misc]
    return case
