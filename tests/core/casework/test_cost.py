"""A long case is no slower than a short one: counted, not timed.

Counted are the Python function calls of one `decide` + `fold` + snapshot round trip (a profile hook sees each), and how
many events `fold` is handed. If anything walked the history, both would grow with it.
"""

from __future__ import annotations

import sys

from xiaoshi.core.casework import Actor, State, decide, fold, state_from_json, state_to_json
from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.command_ids import CommandIds

LI = Actor("li", frozenset({"teller"}), "outlet", "zj/hz/xh/w1")


class CallCount:
    """Python calls inside a `with` block."""

    def __enter__(self):
        self.calls = 0
        self._before = sys.getprofile()
        sys.setprofile(self._see)
        return self

    def _see(self, frame, event, arg):
        if event == "call":
            self.calls += 1

    def __exit__(self, *_):
        sys.setprofile(self._before)


def test_the_thousandth_event_costs_what_the_first_did(burnt_plan, play):
    play("teller:li opens special_damage=false\nteller:li does intake payout=cash")
    state: State = play.state
    calls: dict[int, int] = {}
    folded = 0
    while state.seq < 1200:
        command = c.SetFacts(command_id=f"n{state.seq}", facts={"total_fen": state.seq})
        with CallCount() as count:
            answer = decide(burnt_plan, state, command, LI, play.now)
            state = fold(answer.events, state)
        folded += len(answer.events)
        calls[state.seq] = count.calls
    assert folded == 1200 - play.state.seq
    # adding an id merges runs of doubling size, in C; a look-up asks one more run per doubling: at most 11 here
    early, late = max(calls[n] for n in range(20, 40)), max(calls[n] for n in range(1160, 1200))
    assert late <= early + 4 * 8, (early, late)
    assert sum(calls[n] for n in range(1100, 1200)) <= 1.25 * sum(calls[n] for n in range(20, 120))


def test_a_snapshot_of_a_long_case_costs_no_more_calls(burnt_plan, play):
    play("teller:li opens special_damage=false\nteller:li does intake payout=cash")
    counts = []
    state = play.state
    for turn in range(3):
        with CallCount() as count:
            again = state_from_json(state_to_json(state))
        counts.append(count.calls)
        assert again == state
        for n in range(500):
            command = c.SetFacts(command_id=f"m{turn}-{n}", facts={"total_fen": n})
            state = fold(decide(burnt_plan, state, command, LI, play.now).events, state)
    assert len(state.command_ids) == 1502
    assert counts[2] <= counts[1] + 5, counts  # the first also builds the decoders


def test_command_ids_keep_every_id_in_few_runs():
    ids = CommandIds()
    for n in range(3000):
        ids = ids.with_id(f"id{n}")
    assert len(ids) == 3000
    assert all(f"id{n}" in ids for n in range(0, 3000, 7))
    assert "id3000" not in ids
    assert ids.with_id("id5") is ids
    assert CommandIds.from_text(ids.as_text()) == ids
    assert len(ids.as_text()) == 3000 * 12
    assert len(ids._runs) <= 13  # the promise of the module: log2(n) + 1 sets to ask
