"""When is a note settled, and by whom? Pure rules over the engine's proposal and up to three people's answers.

Problem. The engine measures; people decide. Somebody must look at every note, but two people only where one could be
wrong without being noticed. Example: the engine says 0.81 (0.79 to 0.83), full; the teller confirms: settled. It says
0.748 (0.73 to 0.77), undecided: the teller says full, a colleague who does not see that says half; they differ, so a
third person, the supervisor, sees both and settles it.

Choice. Confirming a decided proposal settles it with one answer (the recheck of the whole tin by a second person comes
later in the plan). An undecided note, and one where the first person departs from the proposal, need a second answer
from somebody else, blind to the first. Equal answers settle; different ones go to a third person.
Left out: weighting by experience, more than three answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

SETTLERS = frozenset({"supervisor", "outlet_head"})
"""Roles that settle a note on which two answers differ."""

Stage = Literal["first", "second", "third", "settled"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the engine proposes: verdict (full, half, none, undecided) and denomination (None: cannot tell)."""

    verdict: str
    denomination_fen: int | None
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person decided, in the order given."""

    person: str
    verdict: str
    denomination_fen: int | None
    edition: str = ""

    def same_as(self, other: Answer | Proposal) -> bool:
        """Equal in what counts for money: verdict and denomination. (The edition is for sorting, not for paying.)"""
        if self.verdict == "none" and other.verdict == "none":
            return True
        return (self.verdict, self.denomination_fen) == (other.verdict, other.denomination_fen)


@dataclass(frozen=True, slots=True)
class Settled:
    """Where a note stands: whose answer is awaited, or what was settled."""

    stage: Stage
    answer: Answer | None = None

    @property
    def amount_fen(self) -> int:
        """What is paid for it once settled: all, half (rounded down to the fen) or nothing."""
        if self.answer is None or self.answer.denomination_fen is None:
            return 0
        if self.answer.verdict == "full":
            return self.answer.denomination_fen
        return self.answer.denomination_fen // 2 if self.answer.verdict == "half" else 0


def settle(proposal: Proposal, answers: Sequence[Answer]) -> Settled:
    """Where the note stands after these answers."""
    if not answers:
        return Settled("first")
    first = answers[0]
    if len(answers) == 1:
        if proposal.verdict != "undecided" and first.same_as(proposal):
            return Settled("settled", first)
        return Settled("second")
    if len(answers) == 2:
        return Settled("settled", first) if answers[1].same_as(first) else Settled("third")
    return Settled("settled", answers[2])
