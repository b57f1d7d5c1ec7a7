"""The paper behind an account: a dated run of moves as a table, and every move from every state."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from xiaoshi.core.ledger.instruments import MOVES, Instrument, MoveWanted, move_instrument
from xiaoshi.core.problems import Problem

# day, move, maker/checker -> the state after it, or the code of the refusal
HISTORY = """
11-23 report_lost li/       lost
11-23 report_lost li/       move_not_from_here
11-23 close       li/zhou   move_not_from_here
11-24 freeze      li/       person_missing
11-24 freeze      li/li     maker_is_checker
11-23 freeze      li/zhou   frozen
11-22 thaw        li/zhou   day_before_last
11-31 thaw        li/zhou   day_ahead
11-25 freeze      li/zhou   move_not_from_here
11-25 report_lost li/       move_not_from_here
11-27 lift_loss   li/zhou   frozen
11-27 lift_loss   li/zhou   move_not_from_here
11-27 report_lost li/       frozen
11-28 thaw        li/zhou   lost
11-28 lift_loss   li/zhou   live
11-28 thaw        li/zhou   move_not_from_here
11-28 melt        li/zhou   move_unknown
11-29 close       li/zhou   closed
11-29 report_lost li/       instrument_closed
"""


def test_a_run_of_moves() -> None:
    instrument = Instrument.issued("0098", "certificate", date(2026, 11, 1))
    for line in HISTORY.strip().splitlines():
        day, kind, people, expected = line.split()
        month, number = day.split("-")
        on = date(2026, 12, 1) if number == "31" else date(2026, int(month), int(number))
        maker, _, checker = people.partition("/")
        after = move_instrument(instrument, MoveWanted(kind, on, date(2026, 11, 30), "依据", maker, checker))
        said = after.code if isinstance(after, Problem) else after.state
        assert said == expected, line
        if isinstance(after, Problem):
            assert after.words.zh
            assert after.words.en
        else:
            instrument = after


ALLOWED = {
    ("live", "report_lost"): "lost",
    ("live", "freeze"): "frozen",
    ("live", "close"): "closed",
    ("lost", "lift_loss"): "live",
    ("lost", "freeze"): "frozen",
    ("lost", "reissue"): "closed",
    ("frozen", "thaw"): "live",
    ("frozen", "report_lost"): "frozen",
}


@pytest.mark.parametrize(("state", "kind"), list(product(("live", "lost", "frozen", "closed"), MOVES)))
def test_every_move_from_every_state(state: str, kind: str) -> None:
    day = date(2026, 11, 25)
    beneath = "live" if state == "frozen" else state
    instrument = Instrument("0098", "passbook", state, beneath, day)  # type: ignore[arg-type]
    after = move_instrument(instrument, MoveWanted(kind, day, day, "依据", "li", "zhou", new_number="0099"))
    assert (None if isinstance(after, Problem) else after.state) == ALLOWED.get((state, kind))


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("close", {"balance_fen": 1}, "balance_left"),
        ("freeze", {"reason": "  "}, "reason_missing"),
        ("report_lost", {"maker": ""}, "person_missing"),
    ],
)
def test_what_a_move_needs(kind: str, change: dict[str, object], code: str) -> None:
    day = date(2026, 11, 25)
    wanted = MoveWanted(
        **{"kind": kind, "on": day, "today": day, "reason": "依据", "maker": "li", "checker": "zhou"} | change
    )  # type: ignore[arg-type]
    after = move_instrument(Instrument.issued("0098", "certificate", day), wanted)
    assert isinstance(after, Problem)
    assert after.code == code


def test_issuing_anew_needs_the_new_number() -> None:
    day = date(2026, 11, 25)
    lost = Instrument("0098", "certificate", "lost", "lost", day)
    after = move_instrument(lost, MoveWanted("reissue", day, day, "满七天", "li", "zhou"))
    assert isinstance(after, Problem)
    assert after.code == "new_number_missing"
