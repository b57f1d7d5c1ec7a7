"""鉴定书: what the central bank's appraisal of disputed notes makes the bank pay.

**Worked example.** A holder disagreed with the outlet, took the 认定书 and the pieces to the PBOC branch and comes back with its
鉴定书: 100 yuan, 3 notes full, 2 half; 50 yuan, 1 half. 3 x 100.00 + 2 x 50.00 + 1 x 25.00 = 425.00 are paid, whatever the outlet
had found. The paper is taken in and pays once.

Pieces are counted by note, as the paper's columns are (denomination, pieces at full value, at half value).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xiaoshi.core.money import AMOUNT_FEN_MAX
from xiaoshi.core.problems import Problem, Words

FACES_FEN = (100_00, 50_00, 20_00, 10_00, 5_00, 2_00, 1_00, 50, 20, 10)
"""Notes of the fourth and fifth series that can be exchanged, in fen."""
PIECES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class AppraisedRow:
    """One row of the paper: notes of `face_fen` that are exchanged in full and at half."""

    face_fen: int
    full: int
    half: int


def appraised_fen(rows: Sequence[AppraisedRow]) -> int | Problem:
    """The sum of the paper; `face_unknown`, `face_twice`, `pieces_unusable`, `nothing_appraised`, `amount_too_large`."""
    total, seen = 0, set()
    for row in rows:
        if row.face_fen not in FACES_FEN:
            return _problem("face_unknown", "没有这种面额的纸币。", "There is no note of that value.")
        if row.face_fen in seen:
            return _problem(
                "face_twice", "同一面额填了两行，请合并。", "One value stands in two rows; put them together."
            )
        seen.add(row.face_fen)
        if not 0 <= row.full <= PIECES_MAX or not 0 <= row.half <= PIECES_MAX:
            return _problem("pieces_unusable", "张数应为零或正整数。", "A number of notes is zero or more.")
        total += row.face_fen * row.full + row.face_fen // 2 * row.half
    if total == 0:
        return _problem(
            "nothing_appraised", "鉴定书没有可兑换的券，不用付款。", "Nothing is exchanged by this paper."
        )
    if total > AMOUNT_FEN_MAX:
        return _problem(
            "amount_too_large", "金额过大，请核对张数。", "The sum is too large: check the numbers."
        )
    return total


def _problem(code: str, zh: str, en: str) -> Problem:
    return Problem(code, Words(zh, en), "rows")
