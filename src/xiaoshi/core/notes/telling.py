"""Two faces agree with a piece nearly as well: which one is it?

Notes of one family share most of their print: the same guilloche with another numeral, a new edition with another
corner. Matches then count 240 against 225, which proves nothing, though the numeral lies there in plain sight. So the
piece is laid into each candidate and the print compared densely, in windows of `WINDOW_MM`, place by place of the
tray; only places where the candidates differ speak:

    for a face: agreement over 0.5 there, and 0.35 more than the rival's

A face is told from a rival when such places add up to `WON_MM2_MIN` and outnumber those that speak for the rival by
`WON_TIMES`. Worked example: two notes alike but for a numeral of 35 x 20 mm: some 500 mm2 for the right one, under 10
for the other. A piece without the numeral has none, and stays untold (or, between editions, keeps its denomination and
says that the edition is open). A note of a third kind of the family agrees with neither numeral: untold as well.

Rivals that agree with other paper of the same blob are no rivals: two notes touch (`note_beside`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.faces import Face
from xiaoshi.core.notes.identify import INLIERS_MIN, Found, Pose, same_but_edition
from xiaoshi.core.notes.pieces import Blob
from xiaoshi.core.notes.reference import Picture
from xiaoshi.core.notes.register import agreement_at, register

WINDOW_MM = 4.0
WON_MM2_MIN = 20.0
WON_TIMES = 5.0
AGREES, BETTER_BY = 0.5, 0.35
SHARED_MATCHES_MAX = 0.25


def note_beside(found: Found) -> Found | None:
    """A rival whose matches lie on other paper of the same blob: a second note that touches the first."""
    own = set(found.pose.used.tolist())
    for pose, face in found.rivals:
        theirs = set(pose.used.tolist())
        if pose.score < INLIERS_MIN or not theirs or not own:
            continue
        if len(own & theirs) <= SHARED_MATCHES_MAX * min(len(own), len(theirs)):
            return replace(
                found, face=face, identity=replace(found.identity, reference=face.reference), pose=pose
            )
    return None


def settle(found: Found, picture: Picture, blob: Blob, px_per_mm: float) -> Found | None:
    """`found` with its rivals told apart; None where another note agrees as well, edition left open where only that is."""
    contenders: list[tuple[Pose, Face]] = [(found.pose, found.face), *found.rivals]
    places = _places(blob, px_per_mm)
    agreement = [
        agreement_at(
            places, register(picture, blob, pose, face.reference, px_per_mm), picture, px_per_mm, WINDOW_MM
        )
        for pose, face in contenders
    ]
    known = ~np.isnan(np.stack(agreement)).any(axis=0)
    best = int(np.argmax([values[known].sum() for values in agreement]))
    pose, face = contenders[best]
    beaten = [
        other == best or _won(agreement[best][known], values[known]) for other, values in enumerate(agreement)
    ]
    if not all(beaten[k] or same_but_edition(face, contenders[k][1]) for k in range(len(contenders))):
        return None
    identity = replace(found.identity, reference=face.reference, edition_certain=all(beaten))
    return Found(face, identity, pose)


def _places(blob: Blob, px_per_mm: float) -> NDArray[np.float64]:
    """Points of the piece a millimetre apart, (n, 2) mm of the rectified picture."""
    step = max(1, round(px_per_mm))
    ys, xs = np.nonzero(blob.mask[::step, ::step])
    return np.asarray(
        (np.stack([xs * step + blob.x, ys * step + blob.y], axis=1) + 0.5) / px_per_mm, np.float64
    )


def _won(own: NDArray[np.float32], theirs: NDArray[np.float32]) -> bool:
    """Whether one face is told from the other; every place stands for a square millimetre."""
    ahead = int(((own > AGREES) & (own > theirs + BETTER_BY)).sum())
    behind = int(((theirs > AGREES) & (theirs > own + BETTER_BY)).sum())
    return ahead >= WON_MM2_MIN and ahead >= WON_TIMES * behind
