"""存单、存折、通知存款: the paper behind an account, whether it still pays, and which moves change that.

**Problem.** A certificate is reported lost on Monday, the court freezes it on Tuesday, the client finds it on Friday. On no
day may money leave by a paper that does not stand for it, and lifting one of the two must not lift the other.

**Worked example.** Certificate 0098 is live.

| day | move | by | state after |
| --- | --- | --- | --- |
| 23 Nov | report_lost 挂失 | one person, at once: waiting would cost the client | lost |
| 24 Nov | freeze 冻结, order 2026-17 | two people | frozen (lost beneath) |
| 27 Nov | lift_loss 解挂 | two people | frozen (live beneath) |
| 30 Nov | thaw 解冻 | two people | live |

**Choice.** A table of moves (`MOVES`): from which states, to which, by how many people. A freeze remembers what it lies on
(`beneath`), so a loss reported or lifted under it takes effect when it ends. What stops money is the state alone, asked by
the ledger for every posting that takes from the account (`engine.py`); money may always come in.

**Left out.** Terms of freezing and their renewal (the freeze lasts until the order that ends it), bearer papers, and the oral
report that lapses after five days (储蓄管理条例 art. 31): a report is recorded once, with how it came in its reason.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Literal

from xiaoshi.core.problems import Problem, Words

InstrumentKind = Literal["certificate", "passbook", "call_deposit"]
InstrumentState = Literal["live", "lost", "frozen", "closed"]
MoveKind = Literal["report_lost", "lift_loss", "freeze", "thaw", "reissue", "close"]

KIND_WORDS: dict[str, Words] = {
    "certificate": Words("存单", "certificate"),
    "passbook": Words("存折", "passbook"),
    "call_deposit": Words("通知存款存单", "call deposit"),
}
STATE_WORDS: dict[str, Words] = {
    "live": Words("正常", "live"),
    "lost": Words("挂失止付", "reported lost"),
    "frozen": Words("冻结", "frozen"),
    "closed": Words("已注销", "closed"),
}


@dataclass(frozen=True, slots=True)
class Move:
    """`from_states`: where it may start; `people`: how many it takes."""

    words: Words
    from_states: frozenset[InstrumentState]
    people: int


MOVES: dict[str, Move] = {
    "report_lost": Move(Words("挂失", "Report lost"), frozenset({"live", "frozen"}), 1),
    "lift_loss": Move(Words("解挂", "Lift the loss report"), frozenset({"lost", "frozen"}), 2),
    "freeze": Move(Words("冻结", "Freeze"), frozenset({"live", "lost"}), 2),
    "thaw": Move(Words("解冻", "End the freeze"), frozenset({"frozen"}), 2),
    "reissue": Move(Words("挂失补发", "Issue anew after loss"), frozenset({"lost"}), 2),
    "close": Move(Words("注销", "Close"), frozenset({"live"}), 2),
}


@dataclass(frozen=True, slots=True)
class Instrument:
    """`beneath`: under a freeze, what shows again when it ends ("live" or "lost"); the same as `state` otherwise.

    `moved_on`: day of the last move (or of issue); no later move is dated before it.
    """

    number: str
    kind: InstrumentKind
    state: InstrumentState
    beneath: InstrumentState
    moved_on: date

    @classmethod
    def issued(cls, number: str, kind: InstrumentKind, on: date) -> Instrument:
        return cls(number, kind, "live", "live", on)


@dataclass(frozen=True, slots=True)
class MoveWanted:
    """`on`: the day from which it holds; `today`: the bank's day. `balance_fen`: what the account still owes its holder."""

    kind: str
    on: date
    today: date
    reason: str
    maker: str
    checker: str = ""
    balance_fen: int = 0
    new_number: str = ""


def move_instrument(instrument: Instrument, wanted: MoveWanted) -> Instrument | Problem:
    """The instrument after the move, or why not. Checked in this order; the first that fails is the answer.

    `move_unknown`, `instrument_closed`, `move_not_from_here`, `reason_missing`, `day_ahead`, `day_before_last`,
    `new_number_missing`, `balance_left`, `person_missing`, `maker_is_checker`.
    """
    move = MOVES.get(wanted.kind)
    if move is None:
        return _problem("move_unknown", "没有这种处理。", "There is no such move.", "kind")
    problem = (
        _state_allows(instrument, wanted, move) or _said_well(instrument, wanted) or _people(wanted, move)
    )
    return problem if problem is not None else _moved(instrument, wanted)


def _state_allows(instrument: Instrument, wanted: MoveWanted, move: Move) -> Problem | None:
    now = STATE_WORDS[instrument.state]
    if instrument.state == "closed":
        return _problem(
            "instrument_closed",
            f"{instrument.number} 已注销，不能再处理。",
            f"{instrument.number} is closed; nothing more can be done with it.",
            "instrument",
        )
    twice = instrument.state == "frozen" and (
        (wanted.kind == "report_lost" and instrument.beneath == "lost")
        or (wanted.kind == "lift_loss" and instrument.beneath != "lost")
    )
    if instrument.state not in move.from_states or twice:
        return _problem(
            "move_not_from_here",
            f"当前状态为“{now.zh}”，不能{move.words.zh}。",
            f"It is “{now.en}”: “{move.words.en}” is not possible from there.",
            "kind",
        )
    return None


def _said_well(instrument: Instrument, wanted: MoveWanted) -> Problem | None:
    if not wanted.reason.strip():
        return _problem(
            "reason_missing",
            "请填写原因或依据文书号。",
            "Give the reason, or the order it rests on.",
            "reason",
        )
    if wanted.on > wanted.today:
        return _problem(
            "day_ahead", "生效日期不能晚于今天。", "The day from which it holds cannot lie ahead.", "day"
        )
    if wanted.on < instrument.moved_on:
        return _problem(
            "day_before_last",
            f"生效日期不能早于上一次变动（{instrument.moved_on}）。",
            f"The day cannot lie before the last move ({instrument.moved_on}).",
            "day",
        )
    if wanted.kind == "reissue" and not wanted.new_number.strip():
        return _problem(
            "new_number_missing", "请填写新存单（折）号。", "Enter the number of the new one.", "new_number"
        )
    if wanted.kind == "close" and wanted.balance_fen:
        return _problem(
            "balance_left",
            "账户还有余额，先付清再注销。",
            "The account still holds money: pay it out first.",
            "instrument",
        )
    return None


def _people(wanted: MoveWanted, move: Move) -> Problem | None:
    if not wanted.maker or (move.people == 2 and not wanted.checker):
        return _problem(
            "person_missing", "缺少录入人或复核人。", "The maker or the checker is missing.", "checker"
        )
    if move.people == 2 and wanted.maker == wanted.checker:
        return _problem(
            "maker_is_checker",
            "录入人不能复核自己录入的业务，请由另一人复核。",
            "The person who recorded this cannot check it. Another person must.",
            "checker",
        )
    return None


def _moved(instrument: Instrument, wanted: MoveWanted) -> Instrument:
    frozen = instrument.state == "frozen"
    state, beneath = instrument.state, instrument.beneath
    match wanted.kind:
        case "report_lost":
            state, beneath = ("frozen" if frozen else "lost"), "lost"
        case "lift_loss":
            state, beneath = ("frozen" if frozen else "live"), "live"
        case "freeze":
            state = "frozen"
        case "thaw":
            state = beneath
        case _:
            state = beneath = "closed"
    return dataclasses.replace(instrument, state=state, beneath=beneath, moved_on=wanted.on)


def _problem(code: str, zh: str, en: str, where: str) -> Problem:
    return Problem(code, Words(zh, en), where)
