"""The tin of burnt banknotes, from the door to the receipt, with freshly simulated trays.

The people of the story do what people do: confirm what the engine measured, look for themselves where it could not tell
(they see the notes, so they know the truth, except when the seed lets one of them err), and count twice. The seed changes
people, holder, notes, damage, way of payment and where somebody errs.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from django.conf import settings

from xiaoshi.core.notes.simulate import SimulatedTray, TrayOptions, simulate, verdict_of
from xiaoshi.desk.cases.opening import open_case
from xiaoshi.desk.cases.steps import close_case, do_step
from xiaoshi.desk.demo.bank import MAIN_OUTLET
from xiaoshi.desk.guard.boundary import perform
from xiaoshi.desk.guard.refusals import Refused
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.kinds.burnt_notes.acts import notes as note_acts
from xiaoshi.desk.kinds.burnt_notes.acts import steps as step_acts
from xiaoshi.desk.kinds.burnt_notes.acts import trays as tray_acts
from xiaoshi.desk.kinds.burnt_notes.jobs import measure_once
from xiaoshi.desk.kinds.burnt_notes.models import Note, Tray
from xiaoshi.desk.kinds.burnt_notes.standing import current_notes, standing_of, tin_of
from xiaoshi.desk.money.acts import check_payment, pay_out, record_payment
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.stories import Progress, Told
from xiaoshi.library import font_bytes, load_library, specimen_reprint

SURNAMES = "叶苗汤尹黎易常武乔贺赖龚文"
GIVEN = ("采薇", "长河", "明远", "若兰", "守仁", "小满", "望舒", "知秋")
WAIT_FOR_WORKER_S = 240


@dataclass
class Cast:
    """Who acts: two tellers (the seed says which is which), supervisor, head, lobby manager."""

    teller: Staff
    colleague: Staff
    supervisor: Staff
    head: Staff
    lobby: Staff


@dataclass(frozen=True)
class Seen:
    """A measured note as a person with the paper in hand sees it: `verdict` and face value by the simulation's truth.

    `elsewhere`: the piece belongs to a note that is counted under another entry.
    """

    verdict: str
    denomination_fen: int | None
    elsewhere: bool


def run(seed: int, say: Progress) -> dict[str, Any]:
    """Walk the case; the answer is the story's JSON form."""
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    told, cast = Told("burnt_notes", seed, say), _cast(chance)
    told.walk(lambda: _walk(told, cast, chance, seed))
    return told.as_json(cast.head)


def _walk(told: Told, cast: Cast, chance: random.Random, seed: int) -> None:
    trays = _simulated(chance, seed)
    holder = chance.choice(SURNAMES) + chance.choice(GIVEN)
    _receive(told, cast, chance, holder)
    _photograph(told, cast, trays)
    truth = _truth_of(told, cast, trays)
    _sort(told, cast)
    _determine(told, cast, chance, truth)
    _count_and_seal(told, cast, chance)
    _pay(told, cast, chance, holder)
    _figures(told, cast, trays, truth)


def _cast(chance: random.Random) -> Cast:
    people = {p.login: p for p in Staff.objects.select_related("unit").filter(unit__path=MAIN_OUTLET)}
    tellers = sorted((p for p in people.values() if "teller" in p.roles), key=lambda p: p.login)
    chance.shuffle(tellers)

    def one(role: str) -> Staff:
        return next(p for p in people.values() if role in p.roles)

    return Cast(tellers[0], tellers[1], one("supervisor"), one("outlet_head"), one("lobby_manager"))


def _simulated(chance: random.Random, seed: int) -> tuple[SimulatedTray, ...]:
    references, _problems = load_library(settings.LIBRARY_DIR)
    damage = chance.choice(("burnt", "burnt", "mixed", "torn"))
    font = font_bytes()
    made = simulate(
        references,
        seed=seed,
        trays=chance.randint(1, 3),
        notes_per_tray=chance.randint(4, 8),
        damage=damage,  # type: ignore[arg-type]
        options=TrayOptions(font=font, reprint=specimen_reprint(font)),
    )
    assert not made.problems, made.problems
    return made.trays


def _receive(told: Told, cast: Cast, chance: random.Random, holder: str) -> None:
    way = chance.choice(("cash", "account"))
    opener = chance.choice((cast.teller, cast.lobby))
    facts = {
        "container": chance.choice(("饼干铁盒", "月饼盒", "搪瓷罐", "塑料袋")),
        "cause": "fire",
        "special_damage": True,
        "designated": True,
        "fire_paper": chance.random() < 0.6,
        "told_amount_fen": chance.randint(5, 500) * 100_00,
        "payout": way,
    }
    told.do(
        "open",
        open_case,
        opener,
        kind="burnt_notes",
        client_name=holder,
        facts=facts,
        id_number=f"0000001900{chance.randint(1, 12):02d}01{chance.randint(0, 9999):04d}",
        phone="00000000000",
        account_number=_account(chance) if way == "account" else "",
    )
    told.do(
        "intake",
        do_step,
        cast.teller,
        step="intake",
        result={"circumstances": "家中失火，铁盒被烧，钱粘在一起。", "explained": True},
    )


def _account(chance: random.Random) -> str:
    return "9" + "".join(str(chance.randint(0, 9)) for _ in range(15))


def _photograph(told: Told, cast: Cast, trays: Sequence[SimulatedTray]) -> None:
    assert told.case is not None
    for tray in trays:
        told.do("photograph", tray_acts.add_tray, cast.teller, name=tray.name, content=tray.jpeg)
    with visible_to(cast.teller):
        waiting = list(Tray.objects.filter(case_id=told.case.id).values_list("id", flat=True))
    for ident in waiting:
        told.say("measuring")
        # A running worker may have taken it; then it is waited for.
        if not measure_once(str(ident), cast.teller.login):
            _wait_for_worker(str(ident), cast.teller)
    told.do("photograph", step_acts.finish_photographing, cast.teller)


def _wait_for_worker(tray_id: str, person: Staff) -> None:
    end = time.monotonic() + WAIT_FOR_WORKER_S
    while time.monotonic() < end:
        with visible_to(person):
            if Tray.objects.get(id=tray_id).state not in {"waiting", "measuring"}:
                return
        time.sleep(0.5)
    raise TimeoutError(f"tray {tray_id} was not measured within {WAIT_FOR_WORKER_S} s")


def _truth_of(told: Told, cast: Cast, trays: Sequence[SimulatedTray]) -> dict[str, Seen]:
    """Measured note id -> what a person sees: each measured note is laid over the simulation's pieces."""
    assert told.case is not None
    by_name = {tray.name: tray for tray in trays}
    largest: dict[tuple[str, int], tuple[float, str]] = {}
    found: list[tuple[Note, str, int | None]] = []
    with visible_to(cast.teller):
        for note in current_notes(told.case):
            tray = by_name[note.tray.photo.name]
            outlines = {
                p["id"]: np.array(p["polygon"], np.float32) for p in note.measurement.assessment["pieces"]
            }
            of_note = next(n["pieces"] for n in note.measurement.assessment["notes"] if n["id"] == note.key)
            polygons = [outlines[i] for i in of_note]
            index = _which(polygons, tray)
            found.append((note, tray.name, index))
            if index is not None:
                area = sum(float(cv2.contourArea(p)) for p in polygons)
                key = (tray.name, index)
                largest[key] = max(largest.get(key, (0.0, "")), (area, str(note.id)))
    seen = {}
    for note, name, index in found:
        if index is None:
            seen[str(note.id)] = Seen("none", note.denomination_fen, elsewhere=False)
            continue
        truth = by_name[name].notes[index]
        fen = truth.reference.denomination_fen
        first = largest[(name, index)][1] == str(note.id)
        seen[str(note.id)] = Seen(verdict_of(truth.ratio) if first else "none", fen, elsewhere=not first)
    return seen


def _which(polygons: list[Any], tray: SimulatedTray) -> int | None:
    """The simulated note whose pieces cover most of these outlines (on a grid of a fifth of the resolution)."""
    height, width = (s // 5 + 1 for s in tray.picture.shape[:2])
    mine = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mine, [(p / 5).astype(np.int32) for p in polygons], 1)
    best, index = 0, None
    for piece in tray.pieces:
        other = np.zeros_like(mine)
        cv2.fillPoly(other, [(np.asarray(piece.polygon) / 5).astype(np.int32)], 1)
        shared = int((mine & other).sum())
        if shared > best:
            best, index = shared, piece.note
    return index


def _sort(told: Told, cast: Cast) -> None:
    assert told.case is not None
    for step in ("denominations", "editions"):
        with visible_to(cast.teller):
            piles = step_acts.piles(tin_of(told.case), by_edition=step == "editions")
        told.do(step, step_acts.sort_notes, cast.teller, step=step, counted=piles)


def _determine(told: Told, cast: Cast, chance: random.Random, truth: dict[str, Seen]) -> None:
    """First person for all, second for what is in doubt (blind), the supervisor where the two differ."""
    assert told.case is not None
    with visible_to(cast.teller):
        notes = current_notes(told.case)
    chance.shuffle(notes)
    erring = 0
    for note in notes:
        seen = truth[str(note.id)]
        _answer(told, cast.teller, note, seen)
        if _stage(note, cast.teller) != "second":
            continue
        err = chance.random() < 0.15
        erring += err
        _answer(told, cast.colleague, note, _erring(seen) if err else seen)
        if _stage(note, cast.teller) == "third":
            _answer(told, cast.supervisor, note, seen)
    told.figures["settled_by_third"] = erring
    told.do("determine", step_acts.determine, cast.teller)


def _erring(seen: Seen) -> Seen:
    return Seen("half" if seen.verdict != "half" else "full", seen.denomination_fen or 10000, seen.elsewhere)


def _stage(note: Note, person: Staff) -> str:
    with visible_to(person):
        return standing_of(note).stage


def _answer(told: Told, person: Staff, note: Note, seen: Seen) -> None:
    reason = "属于另一张券的碎片，已并入" if seen.elsewhere else "对照原券目测，剩余面积清楚"
    told.do(
        "determine",
        note_acts.judge_note,
        person,
        note_id=str(note.id),
        verdict=seen.verdict,
        denomination_fen=seen.denomination_fen,
        edition=note.edition,
        reason=reason,
    )


def _count_and_seal(told: Told, cast: Cast, chance: random.Random) -> None:
    assert told.case is not None
    with visible_to(cast.teller):
        tin = tin_of(told.case)
    by_verdict = {name: tin.verdicts.get(name, 0) for name in ("full", "half", "none")}
    brittle = chance.randint(0, step_acts.exchangeable(tin))
    told.do(
        "machine",
        step_acts.machine_check,
        cast.teller,
        machine=f"DJ-{chance.randint(1, 40):02d}",
        passed=step_acts.exchangeable(tin) - brittle,
        by_hand=brittle,
    )
    told.do("count", step_acts.count_notes, cast.teller, **by_verdict, amount_fen=tin.amount_fen)
    told.do(
        "bag",
        step_acts.seal_bag,
        cast.teller,
        bag_number=f"ZYD{chance.randint(0, 99999):05d}",
        seal_number=f"F{chance.randint(0, 999999):06d}",
        holder_present=True,
        witness=cast.colleague.login,
    )
    if chance.random() < 0.3:
        outcome = told.do(
            "recheck",
            step_acts.recheck,
            cast.supervisor,
            pieces=tin.notes,
            amount_fen=tin.amount_fen + 100_00,
        )
        told.checks["wrong_recheck_noticed"] = outcome.result["matches"] is False
    told.do("recheck", step_acts.recheck, cast.supervisor, pieces=tin.notes, amount_fen=tin.amount_fen)


def _pay(told: Told, cast: Cast, chance: random.Random, holder: str) -> None:
    assert told.case is not None
    with visible_to(cast.teller):
        tin = tin_of(told.case)
        payout = told.case.snapshot["facts"]["payout"]
        account = told.case.people.get(part="holder").number("account")
    agrees = tin.verdicts.get("full", 0) == tin.notes or chance.random() < 0.8
    told.do("papers", step_acts.issue_papers, cast.teller, holder_agrees=agrees)
    if not agrees:
        told.do("appraisal", do_step, cast.teller, step="appraisal", result={"explained": True})
    if tin.amount_fen:
        order = told.do(
            "pay", record_payment, cast.teller, amount_fen=tin.amount_fen, way=payout, account_number=account
        )
        _maker_cannot_check(told, cast, order.result["order"], tin.amount_fen)
        told.do(
            "pay", check_payment, cast.supervisor, order_id=order.result["order"], amount_fen=tin.amount_fen
        )
        told.do("pay", pay_out, cast.teller)
    told.do("receipt", step_acts.give_receipt, cast.teller)
    words = chance.choice(("很满意", "等得久了些", "谢谢你们的耐心"))
    told.do("feedback", do_step, cast.lobby, step="feedback", result={"satisfied": "yes", "words": words})
    told.do("close", close_case, cast.teller)


def _maker_cannot_check(told: Told, cast: Cast, order_id: str, amount_fen: int) -> None:
    """The story tries the forbidden act as well: it must be refused."""
    assert told.case is not None
    try:
        perform(
            check_payment,
            cast.teller,
            f"story/{told.seed}/forbidden/{order_id}",
            case_id=told.case.id,
            order_id=order_id,
            amount_fen=amount_fen,
        )
        told.checks["maker_refused_as_checker"] = False
    except Refused:
        told.checks["maker_refused_as_checker"] = True


def _figures(told: Told, cast: Cast, trays: Sequence[SimulatedTray], truth: dict[str, Seen]) -> None:
    """What was measured and settled beside what is true; and the checks that follow from it."""
    assert told.case is not None
    with visible_to(cast.head):
        notes, tin = current_notes(told.case, with_facts=True), tin_of(told.case)
    true_notes = [n for tray in trays for n in tray.notes]
    true_sum = {"full": 0, "half": 0, "none": 0}
    amount = 0
    for note in true_notes:
        verdict = verdict_of(note.ratio)
        true_sum[verdict] += 1
        fen = note.reference.denomination_fen
        amount += fen if verdict == "full" else fen // 2 if verdict == "half" else 0
    elsewhere = sum(s.elsewhere for s in truth.values())
    decided = [n for n in notes if n.verdict != "undecided"]
    wrong = [n for n in decided if n.amount_fen != _paid(truth[str(n.id)])]
    measured_low = sum(n.facts["amount_low_fen"] for n in notes)
    measured_high = sum(n.facts["amount_high_fen"] for n in notes)
    told.figures |= {
        "trays": len(trays),
        "notes_true": len(true_notes),
        "notes_measured": len(notes),
        "pieces_counted_elsewhere": elsewhere,
        "undecided_by_engine": len(notes) - len(decided),
        "decided_wrong_by_engine": len(wrong),
        "truth": {**true_sum, "amount_fen": amount},
        "settled": {**{k: tin.verdicts.get(k, 0) for k in true_sum}, "amount_fen": tin.amount_fen},
        "engine_amount_low_fen": measured_low,
        "engine_amount_high_fen": measured_high,
    }
    with visible_to(cast.head):
        told.case.refresh_from_db()
    told.checks |= {
        "every_note_found": len(notes) - elsewhere == len(true_notes),
        "no_decided_verdict_wrong": not wrong,
        "settled_amount_is_true_amount": tin.amount_fen == amount,
        "truth_within_engine_bounds": measured_low <= amount <= measured_high,
        "case_closed": told.case.status == "closed",
    }


def _paid(seen: Seen) -> int:
    fen = seen.denomination_fen or 0
    return fen if seen.verdict == "full" else fen // 2 if seen.verdict == "half" else 0
