"""Which face is a piece from, and how does it lie in it?

Matches of rootSIFT descriptors vote for a similarity (turn, shift, scale); the mat gives the scale, so anything that
would need the paper to have grown by 14 % or shrunk by 6 % is no candidate. A face is believed with at least
`INLIERS_MIN` agreeing matches and `MARGIN_MIN` times as many as the next face. Where the next face is another edition
of the same note and side, the denomination is certain and the edition is not: that is said, not guessed.

Example (simulated): a burnt 50/2005/back gives 177 agreeing matches, the next face 35: margin 5.1. A scrap of 540 mm2
gives 38 and none elsewhere; most scraps under 300 mm2 stay below 8: "cannot tell".

Left out: serial numbers, dense correlation of fine-line texture for scraps (a later issue).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.faces import Face, Features, PreparedLibrary, come_near, screened
from xiaoshi.core.notes.model import Identity

Floats = NDArray[np.float32]
Complex = NDArray[np.complex128]

INLIERS_MIN = 8
MARGIN_MIN = 1.3
GROWTH_RANGE = (1 / 1.06, 1 / 0.88)
"""Millimetres on the note per millimetre on the tray."""
TOLERANCE_MM = 1.6
FACES_TRIED = 6
FEW = 500
"""Features of a piece that suffice to name it where there are many; a scrap uses all it has."""
PAIRS_TRIED = 2000
GLANCE_FEW, PLAIN_FEW = 120, 300
NEAR_SHARE = 0.3
PLAIN_SCORE = 30
"""So many agreeing matches, all faces tried that know a third of what the best one knows: no need to look further."""
GUIDED = 900
GUIDED_MM = 2.2
"""Features laid into the note once its pose is known; more of them do not place it better."""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """A similarity from tray to note, `note = turn * tray + shift` in complex mm, and the matches that agree with it.

    `piece_mm`, `note_mm`: (n, 2) agreeing points; `used`: which of the piece's features they are; `score`: how many
    agreed before the guided search.
    """

    turn: complex
    shift: complex
    piece_mm: Floats
    note_mm: Floats
    used: NDArray[np.intp]
    score: int


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A piece's face and pose. `rivals`: other faces that agree nearly as well (editions of the same note included), with
    their poses: see `telling`."""

    face: Face
    identity: Identity
    pose: Pose
    rivals: tuple[tuple[Pose, Face], ...] = ()


def _complex(points: Floats) -> Complex:
    return points[:, 0].astype(np.float64) + 1j * points[:, 1].astype(np.float64)


def _matches(piece: Features, face: Face) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (feature of the piece, feature of the face): best in the face by a clear step, and mutually best."""
    similar = piece.descriptors @ face.features.descriptors.T
    best = similar.argmax(axis=1)
    rows = np.arange(len(piece))
    top = similar[rows, best]
    mutual = similar.argmax(axis=0)[best] == rows
    # The runner-up must be another place of the face, not the same corner found twice.
    similar[rows[:, None], face.places.beside[best]] = -1
    second = similar.max(axis=1, initial=-1)
    distance, other = np.sqrt(np.clip(2 - 2 * top, 0, None)), np.sqrt(np.clip(2 - 2 * second, 0, None))
    good = (distance < 0.88 * other) & (distance < 0.95)
    keep = np.flatnonzero(good & (mutual | (distance < 0.7 * other)))
    return keep, best[keep]


def find_pose(piece: Features, face: Face, growth: tuple[float, float] = GROWTH_RANGE) -> Pose | None:
    """The similarity that most matches agree with; None with fewer than four."""
    if len(piece) < 4 or len(face.features) < 4:
        return None
    own, theirs = _matches(piece, face)
    if len(own) < 4:
        return None
    p, f = _complex(piece.at_mm[own]), _complex(face.features.at_mm[theirs])
    turned = face.features.angle[theirs] - piece.angle[own]
    best = _vote(p, f, turned, growth)
    if best is None:
        return None
    turn, shift = best
    for tolerance in (TOLERANCE_MM, 1.2 * TOLERANCE_MM, TOLERANCE_MM):
        near = np.abs(turn * p + shift - f) < tolerance
        if near.sum() < 4:
            return None
        turn, shift = _least_squares(p[near], f[near])
    score = len(np.unique(theirs[near]))
    if not growth[0] <= abs(turn) <= growth[1]:
        return None
    own, theirs = own[near], theirs[near]
    return Pose(turn, shift, piece.at_mm[own], face.features.at_mm[theirs], own, score)


def _vote(
    p: Complex, f: Complex, turned: Floats, growth: tuple[float, float]
) -> tuple[complex, complex] | None:
    """The best of up to PAIRS_TRIED pairs of matches, judged by how many matches agree. Fixed draws: repeatable."""
    n = len(p)
    draws = np.random.default_rng(7).integers(0, n, (4 * PAIRS_TRIED, 2))
    if n * (n - 1) // 2 <= PAIRS_TRIED:
        draws = np.stack(np.triu_indices(n, 1), axis=1)
    i, j = draws[:, 0], draws[:, 1]
    span = p[i] - p[j]
    keep = np.abs(span) > 5.0
    i, j, span = i[keep], j[keep], span[keep]
    turn = (f[i] - f[j]) / span
    size, angle = np.abs(turn), np.angle(turn)
    keep = (size >= growth[0]) & (size <= growth[1])
    for k in (i, j):
        keep &= np.abs(np.angle(np.exp(1j * (angle - turned[k])))) < 0.45
    turn, i = turn[keep][:PAIRS_TRIED], i[keep][:PAIRS_TRIED]
    if len(turn) == 0:
        return None
    shift = f[i] - turn * p[i]
    agree = (np.abs(turn[:, None] * p[None, :] + shift[:, None] - f[None, :]) < TOLERANCE_MM).sum(axis=1)
    top = int(agree.argmax())
    return (complex(turn[top]), complex(shift[top])) if agree[top] >= 4 else None


def _least_squares(p: Complex, f: Complex) -> tuple[complex, complex]:
    middle_p, middle_f = p.mean(), f.mean()
    q = p - middle_p
    turn = complex((np.conj(q) * (f - middle_f)).sum() / max(float((np.abs(q) ** 2).sum()), 1e-9))
    return turn, complex(middle_f - turn * middle_p)


def _guided(piece: Features, face: Face, turn: complex, shift: complex, score: int) -> Pose:
    """With the pose known, a match needs only to be the best within `GUIDED_MM` of where it should be."""
    expected = turn * _complex(piece.at_mm) + shift
    one, other = face.places.near(np.stack([expected.real, expected.imag], axis=1).astype(np.float32))
    features = face.features
    off = expected[one] - _complex(features.at_mm)[other]
    # Cosine of what is left of the angles' difference: within 20 degrees.
    level = np.cos(piece.angle[one] + np.angle(turn) - features.angle[other]) > 0.94
    keep = (np.abs(off) < GUIDED_MM) & level
    one, other = one[keep], other[keep]
    similar = np.einsum("ij,ij->i", piece.descriptors[one], features.descriptors[other])
    order = np.lexsort((other, -similar, one))
    one, other, similar = one[order], other[order], similar[order]
    best = np.ones(len(one), bool)
    best[1:] = one[1:] != one[:-1]
    best &= similar > 0.80
    own, theirs = one[best], other[best]
    return Pose(turn, shift, piece.at_mm[own], features.at_mm[theirs], own, score)


def identify(
    piece: Features,
    library: PreparedLibrary,
    growth: tuple[float, float] = GROWTH_RANGE,
    sample: int = 250,
    contested: bool = False,
) -> Found | None:
    """The face that the piece shows and its pose; None when the evidence does not suffice.

    `growth`: allowed mm on the note per unit of the piece; `sample`: descriptors that screen the faces; `contested`: a
    face with rivals of other notes is answered too, and the caller must settle it.
    """
    tried = _candidates(piece, library, growth, sample)
    if not tried or tried[0][0].score < INLIERS_MIN:
        return None
    pose, face = tried[0]
    twin = next((p for p, f in tried[1:] if same_but_edition(f, face)), None)
    rival = max((p.score for p, f in tried[1:] if not same_but_edition(f, face)), default=0)
    margin = pose.score / max(rival, 1)
    if margin < MARGIN_MIN and not contested:
        return None
    edition_margin = pose.score / max(twin.score if twin else 0, 1)
    certain = edition_margin >= MARGIN_MIN
    overall = min(margin, edition_margin)
    confidence = (1 - 0.5 ** (pose.score / 8)) * (1 - min(1.0, 1 / overall) ** 2)
    some = piece.take(np.arange(min(GUIDED, len(piece))))
    near = [(p, f) for p, f in tried[1:] if p.score * MARGIN_MIN > pose.score] if contested else []
    rivals = tuple((_guided(some, f, p.turn, p.shift, p.score), f) for p, f in near)
    pose = _guided(some, face, pose.turn, pose.shift, pose.score)
    return Found(face, Identity(face.reference, certain, confidence, pose.score, overall), pose, rivals)


def _candidates(
    piece: Features, library: PreparedLibrary, growth: tuple[float, float], sample: int
) -> list[tuple[Pose, Face]]:
    """Poses in the faces that the piece may be from, best first.

    Most pieces look like one face and no other: a few descriptors tell which faces come near the best one, and where
    those are few, only they are tried. Whatever is not plain after that is tried in full.
    """
    few = piece.take(np.arange(min(GLANCE_FEW, len(piece))))
    near = come_near(library.glance, few, NEAR_SHARE)
    if len(few) == GLANCE_FEW and len(near) <= FACES_TRIED:
        tried = _try(
            piece.take(np.arange(min(PLAIN_FEW, len(piece)))), [library.faces[k] for k in near], growth
        )
        if tried and tried[0][0].score >= PLAIN_SCORE:
            return tried
    candidates = [library.faces[index] for index in screened(library.screen, piece, FACES_TRIED, sample)]
    tried = _try(piece.take(np.arange(min(FEW, len(piece)))), candidates, growth)
    if len(piece) > FEW and (not tried or tried[0][0].score < 3 * INLIERS_MIN):
        tried = _try(piece, candidates, growth)
    return tried


def strongest(
    picture: Features, library: PreparedLibrary, growth: tuple[float, float], sample: int
) -> Pose | None:
    """The best pose of any face among the features of many notes at once; whose it is must be asked of its place."""
    faces = [library.faces[index] for index in screened(library.screen, picture, FACES_TRIED, sample)]
    tried = _try(picture, faces, growth)
    return tried[0][0] if tried and tried[0][0].score >= INLIERS_MIN else None


def _try(piece: Features, faces: list[Face], growth: tuple[float, float]) -> list[tuple[Pose, Face]]:
    """Poses in the candidate faces, best first."""
    poses = [(find_pose(piece, face, growth), face) for face in faces]
    tried = [(pose, face) for pose, face in poses if pose is not None]
    return sorted(tried, key=lambda pair: (-pair[0].score, pair[1].reference.key))


def same_but_edition(one: Face, other: Face) -> bool:
    """Same issuer, denomination and side, another series or edition, and the same size: they measure alike."""
    a, b = one.reference, other.reference
    alike = a.issuer == b.issuer and a.denomination == b.denomination and a.side == b.side
    return alike and abs(a.width_mm - b.width_mm) < 0.5 and abs(a.height_mm - b.height_mm) < 0.5
