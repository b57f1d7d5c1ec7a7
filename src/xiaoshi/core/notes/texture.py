"""The print of a scrap laid over the print of a face, point by point: a name where matches are too few, and a proof.

Problem. A scrap of 300 mm2 gives 100 to 200 features, of which a handful agree with the right face: too few to be told
from chance, which reaches 8 agreeing matches in the wrong face when both carry the same word or numeral. A search by
correlation over all turns, places and faces would decide it (34 faces, 120 turns, 3 scales: 8 s a scrap), but nearly all
of it is spent where nothing points to.

Choice. One match is enough to point: its place, its angle and the mat's scale give a whole pose. Every feature names its
`GUESSES_EACH` likest features over all faces; poses that several name come first, and the best `POSES_TRIED` of them
are looked at densely at `COARSE_PX_PER_MM` over a few turns and shifts, the best `POSES_FINE` of these are fitted at
`FINE_PX_PER_MM` (affine, so shrunk paper fits too), and then compared in windows of `WINDOW_MM`:

    agreement = share of the printed places of the scrap where the local correlation is above `AGREES_FROM`

Worked example (simulated, 380 mm2, a word and some line work): the right face agrees on 0.97 of the places; a face that
carries the same word and other line work got 11 matches and agrees on 0.55.

Likeness is agreement + correlation, 0 to 2. 110 scraps of 250 to 2,000 mm2 (set 7) and the same scraps with every face
of their note taken out of the library, so that every name is wrong:

    right faces      1.3 to 2.0 wherever half can be read; next face of another note 0.13 and more below, mostly 1.0
    no right face    at most 1.76, and then another face within 0.03 (they share a word); 1.38 where one stands alone

So a face is believed from `LIKE_ALL` if the next is `AHEAD_LEAST` below it, from `LIKE_PLAIN` if it is `AHEAD_BY` below.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.faces import Face, Features, PreparedLibrary
from xiaoshi.core.notes.identify import Found, Pose, same_but_edition
from xiaoshi.core.notes.model import Identity
from xiaoshi.core.notes.pieces import Blob
from xiaoshi.core.notes.reference import Picture

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]

FINE_PX_PER_MM = 5.0
COARSE_PX_PER_MM = 2.5
WINDOW_MM = 3.0
AGREES_FROM = 0.4
RIM_MM = 0.6
FEATURES_ASKED, GUESSES_EACH = 220, 5
POSES_TRIED, POSES_FINE = 60, 6
USUAL_GROWTH = 1.02
SIMILAR_FROM = 0.75
TOGETHER_MM, TOGETHER_RAD = 2.5, 0.3
SPREAD_MM = 6.0
TURNS_RAD = (-0.12, -0.06, 0.0, 0.06, 0.12)
SHIFTS_MM = 1.6
JUDGED_MM2_LEAST, JUDGED_MM2_MIN, JUDGED_MM2_WIDE = 100.0, 150.0, 400.0
LIKE_WIDE, LIKE_PLAIN, LIKE_SURE, LIKE_ALL = 1.25, 1.42, 1.60, 1.80
AHEAD_LEAST, AHEAD_BY, AHEAD_PLAIN, AHEAD_WIDE = 0.10, 0.40, 0.60, 0.80
PROVEN_MATCHES, PROVEN_MARGIN = 12, 4.0
GRID_MM = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Scrap:
    """A piece as it is compared: `grey` at `px_per_mm`, `core`: paper that can be read, a rim and char taken off.

    `origin_mm`: where pixel (0, 0)'s corner lies in the rectified picture.
    """

    grey: Field
    core: Mask
    px_per_mm: float
    origin_mm: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """How well a face's print lies under a scrap's.

    `matrix`: (2, 3) from mm of the rectified picture to mm of the note; `agreement`: share of the judged places that
    agree; `correlation`: over all of the core; `judged_mm2`: how much could be judged.
    """

    matrix: NDArray[np.float64]
    agreement: float
    correlation: float
    judged_mm2: float


def scrap_of(flat: Picture, blob: Blob, px_per_mm: float, at_px_per_mm: float) -> Scrap:
    """Cut the piece out of the rectified picture and bring it to `at_px_per_mm`."""
    height, width = blob.mask.shape
    grey = cv2.cvtColor(flat[blob.y : blob.y + height, blob.x : blob.x + width], cv2.COLOR_BGR2GRAY)
    mask = blob.mask.astype(np.float32)
    size = tuple(max(8, round(v * at_px_per_mm / px_per_mm)) for v in (width, height))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    soft = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    rim = max(1, round(RIM_MM * at_px_per_mm))
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    core = cv2.erode(np.pad((soft > 0.98).astype(np.uint8), rim), ball)[rim:-rim, rim:-rim] > 0
    if core.any():
        # Char has no print to compare: far darker than the sound part of the same piece.
        light = _mean(small, core, 0.8 * at_px_per_mm)
        core &= light > 0.4 * float(np.percentile(light[core], 80))
    origin = (blob.x / px_per_mm, blob.y / px_per_mm)
    # The two directions are rounded apart by less than half a pixel over the piece: one scale serves.
    return Scrap(small, np.asarray(core), size[0] * px_per_mm / width, origin)


def _mean(layer: Field, where: Mask, sigma: float) -> Field:
    """Local mean of the pixels `where`."""
    weight = where.astype(np.float32)
    total = cv2.GaussianBlur(layer * weight, (0, 0), sigma)
    return np.asarray(total / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-4), np.float32)


def _detail(layer: Field, core: Mask, px_per_mm: float) -> Field:
    """Print without light and soil, 0 outside the core: both pictures are read with the same mask, so that a torn
    edge weighs the same in both."""
    fine = cv2.GaussianBlur(layer, (0, 0), 0.18 * px_per_mm)
    band = np.where(core, fine - _mean(layer, core, 1.0 * px_per_mm), 0).astype(np.float32)
    strength = np.sqrt(np.maximum(_mean(band * band, core, 2.0 * px_per_mm), 0))
    return np.asarray(np.where(core, band / (strength + 3.0), 0), np.float32)


def face_under(scrap: Scrap, face: Face, matrix: NDArray[np.float64]) -> Field:
    """The face drawn as it lies under the scrap."""
    height, width = scrap.grey.shape
    to_mm = np.array(
        [
            [1 / scrap.px_per_mm, 0, scrap.origin_mm[0] + 0.5 / scrap.px_per_mm],
            [0, 1 / scrap.px_per_mm, scrap.origin_mm[1] + 0.5 / scrap.px_per_mm],
            [0, 0, 1],
        ]
    )
    scale = face.small.shape[1] / face.reference.width_mm
    drawn = scale * (matrix @ to_mm)
    drawn[:, 2] -= 0.5
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(face.small, drawn, (width, height), flags=how, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )


def matrix_of(turn: complex, shift: complex) -> NDArray[np.float64]:
    """A similarity in complex numbers as a (2, 3) matrix."""
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def fitted(scrap: Scrap, face: Face, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """`matrix` moved to where the prints lie best over each other (enhanced correlation, affine); itself where that
    does not converge."""
    known = face_under(scrap, face, matrix)
    own, theirs = (
        _detail(scrap.grey, scrap.core, scrap.px_per_mm),
        _detail(known, np.ones_like(scrap.core), scrap.px_per_mm),
    )
    start = np.eye(2, 3, dtype=np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
    try:
        _, found = cv2.findTransformECC(
            own, theirs, start, cv2.MOTION_AFFINE, stop, scrap.core.astype(np.uint8), 3
        )
    except cv2.error:
        return matrix
    # `found` takes scrap px to px of the drawn face, which lies in the same frame.
    px = np.array(
        [
            [scrap.px_per_mm, 0, -scrap.px_per_mm * scrap.origin_mm[0] - 0.5],
            [0, scrap.px_per_mm, -scrap.px_per_mm * scrap.origin_mm[1] - 0.5],
            [0, 0, 1],
        ]
    )
    moved = np.linalg.inv(px) @ np.vstack([found, [0, 0, 1]]) @ px
    return np.asarray(np.vstack([matrix, [0, 0, 1]]) @ moved)[:2]


def likeness(scrap: Scrap, face: Face, matrix: NDArray[np.float64]) -> Likeness:
    """Compare place by place, the face lying as `matrix` says."""
    core = scrap.core
    if int(core.sum()) < 60:
        return Likeness(matrix, 0.0, 0.0, 0.0)
    own = _detail(scrap.grey, core, scrap.px_per_mm)
    theirs = _detail(face_under(scrap, face, matrix), core, scrap.px_per_mm)
    window = (2 * round(WINDOW_MM * scrap.px_per_mm / 2) + 1,) * 2
    weight = core.astype(np.float32)
    amount = cv2.blur(weight, window)
    one, two = cv2.blur(own * own, window), cv2.blur(theirs * theirs, window)
    local = cv2.blur(own * theirs, window) / np.sqrt(np.maximum(one * two, 1e-9))
    judged = core & (amount > 0.45) & (np.maximum(one, two) > 0.15 * amount)
    total = float(np.sqrt((own**2).sum() * (theirs**2).sum()))
    correlation = float((own * theirs).sum()) / total if total > 0 else 0.0
    agrees = float((local[judged] > AGREES_FROM).mean()) if judged.any() else 0.0
    return Likeness(matrix, agrees, correlation, float(judged.sum()) / scrap.px_per_mm**2)


def points_to(
    scrap: Features, library: PreparedLibrary, poses: int = POSES_TRIED
) -> list[tuple[Face, complex, complex]]:
    """Poses that single features of the scrap point to, (face, turn, shift): those first that several agree on."""
    query = scrap.take(np.arange(min(FEATURES_ASKED, len(scrap))))
    if len(query) == 0 or not library.faces:
        return []
    rows: list[tuple[NDArray[np.float32], NDArray[np.intp]]] = []
    for face in library.faces:
        if len(face.features) == 0:
            rows.append((np.full((len(query), 1), -1, np.float32), np.zeros((len(query), 1), np.intp)))
            continue
        similar = query.descriptors @ face.features.descriptors.T
        best = similar.argmax(axis=1)[:, None]
        top = np.take_along_axis(similar, best, axis=1)
        similar[np.arange(len(query))[:, None], face.places.beside[best[:, 0]]] = -1
        other = similar.argmax(axis=1)[:, None]
        rows.append((np.hstack([top, np.take_along_axis(similar, other, axis=1)]), np.hstack([best, other])))
    value = np.concatenate([part[0] for part in rows], axis=1)
    which = np.concatenate([part[1] for part in rows], axis=1)
    whose = np.concatenate([np.full(part[0].shape[1], k) for k, part in enumerate(rows)])
    order = np.argsort(-value, axis=1, kind="stable")[:, :GUESSES_EACH]
    piece = np.repeat(np.arange(len(query)), order.shape[1])
    column = order.ravel()
    face_of, feature, similar = whose[column], which[piece, column], value[piece, column]
    angle = np.array(
        [
            library.faces[k].features.angle[n] if len(library.faces[k].features) else 0.0
            for k, n in zip(face_of, feature, strict=True)
        ]
    )
    there = np.array(
        [
            library.faces[k].features.at_mm[n] if len(library.faces[k].features) else (0.0, 0.0)
            for k, n in zip(face_of, feature, strict=True)
        ]
    )
    turn = USUAL_GROWTH * np.exp(1j * (angle - query.angle[piece]))
    at = query.at_mm[piece, 0].astype(np.float64) + 1j * query.at_mm[piece, 1]
    shift = there[:, 0] + 1j * there[:, 1] - turn * at
    middle = complex(*query.at_mm.mean(axis=0))
    centre = turn * middle + shift
    weight = np.clip(similar - SIMILAR_FROM, 0, None)
    told: list[tuple[float, Face, complex, complex]] = []
    for k in np.unique(face_of):
        own = np.flatnonzero(face_of == k)
        alike = (np.abs(centre[own][:, None] - centre[own][None, :]) < TOGETHER_MM) & (
            (turn[own][:, None] * np.conj(turn[own][None, :])).real > np.cos(TOGETHER_RAD) * USUAL_GROWTH**2
        )
        votes = alike @ weight[own]
        left = votes.copy()
        while left.max(initial=0.0) > 0 and len(told) < 100_000:
            best = int(left.argmax())
            members = own[alike[best]]
            pose = _pose_of(at[members], there[members, 0] + 1j * there[members, 1], turn[own[best]])
            told.append((float(votes[best]), library.faces[k], *pose))
            left[alike[best]] = 0
    told.sort(key=lambda row: -row[0])
    return [(face, turn_, shift_) for _, face, turn_, shift_ in told[:poses]]


def _pose_of(
    piece: NDArray[np.complex128], note: NDArray[np.complex128], turn: complex
) -> tuple[complex, complex]:
    """Through all members where they lie far enough apart to give an angle, else through their middle."""
    p, f = piece - piece.mean(), note - note.mean()
    spread = float((np.abs(p) ** 2).sum())
    if spread > SPREAD_MM**2:
        fit = complex((np.conj(p) * f).sum() / spread)
        turn = USUAL_GROWTH * fit / max(abs(fit), 1e-9)
    return turn, complex(note.mean() - turn * piece.mean())


def _coarse_best(
    scrap: Scrap, face: Face, turn: complex, shift: complex
) -> tuple[float, NDArray[np.float64]]:
    """Correlation of the best of a few turns and shifts round a pose, and that pose as a matrix."""
    own = _detail(scrap.grey, scrap.core, scrap.px_per_mm)
    weight = scrap.core.astype(np.float32)
    reach = round(SHIFTS_MM * scrap.px_per_mm)
    height, width = own.shape
    middle = (scrap.origin_mm[0] + width / scrap.px_per_mm / 2) + 1j * (
        scrap.origin_mm[1] + height / scrap.px_per_mm / 2
    )
    best, pose = -1.0, matrix_of(turn, shift)
    wide = Scrap(
        np.zeros((height + 2 * reach, width + 2 * reach), np.float32),
        np.ones((height + 2 * reach, width + 2 * reach), bool),
        scrap.px_per_mm,
        (scrap.origin_mm[0] - reach / scrap.px_per_mm, scrap.origin_mm[1] - reach / scrap.px_per_mm),
    )
    energy = float((own**2).sum())
    for angle in TURNS_RAD:
        turned = turn * np.exp(1j * angle)
        # Turned about the scrap's middle.
        moved = turn * middle + shift - turned * middle
        theirs = _detail(face_under(wide, face, matrix_of(turned, moved)), wide.core, scrap.px_per_mm)
        both = cv2.matchTemplate(theirs, own, cv2.TM_CCORR)
        power = cv2.matchTemplate(theirs * theirs, weight, cv2.TM_CCORR)
        score = both / np.sqrt(np.maximum(power * energy, 1e-6))
        row, column = np.unravel_index(int(score.argmax()), score.shape)
        if float(score[row, column]) > best:
            best = float(score[row, column])
            off = complex(column - reach, row - reach) / scrap.px_per_mm
            pose = matrix_of(turned, moved + turned * off)
    return best, pose


def _various(
    guesses: list[tuple[float, NDArray[np.float64], Face]],
) -> list[tuple[NDArray[np.float64], Face]]:
    """The first few guesses, but at least the best of two other faces: the margin over the next face has to be real."""
    chosen = guesses[:POSES_FINE]
    seen = {id(face) for _, _, face in chosen}
    for guess in guesses[POSES_FINE:]:
        if len(seen) >= 3:
            break
        if id(guess[2]) not in seen:
            chosen.append(guess)
            seen.add(id(guess[2]))
    return [(matrix, face) for _, matrix, face in chosen]


def by_texture(
    features: Features, flat: Picture, blob: Blob, px_per_mm: float, library: PreparedLibrary
) -> list[tuple[Likeness, Face]]:
    """What the scrap may be, best first: the finest fit of each place that its features point to."""
    coarse = scrap_of(flat, blob, px_per_mm, min(COARSE_PX_PER_MM, px_per_mm))
    if int(coarse.core.sum()) < 0.5 * JUDGED_MM2_LEAST * coarse.px_per_mm**2:
        return []
    # A large piece costs more a pose and needs fewer: what is plain in it comes first.
    poses = round(np.clip(POSES_TRIED * 1500 / blob.area_mm2, 12, POSES_TRIED))
    guesses = [
        (*_coarse_best(coarse, face, turn, shift), face)
        for face, turn, shift in points_to(features, library, poses)
    ]
    guesses.sort(key=lambda guess: -guess[0])
    fine = scrap_of(flat, blob, px_per_mm, min(FINE_PX_PER_MM, px_per_mm))
    told = [(likeness(fine, face, fitted(fine, face, matrix)), face) for matrix, face in _various(guesses)]
    return sorted(told, key=lambda pair: -(pair[0].agreement + pair[0].correlation))


def proven(found: Found, flat: Picture, blob: Blob, px_per_mm: float) -> bool:
    """Whether the print of a small piece is that of the face its matches chose, and of no face that shares print."""
    if found.rivals or found.identity.inliers < PROVEN_MATCHES or found.identity.margin < PROVEN_MARGIN:
        return False
    scrap = scrap_of(flat, blob, px_per_mm, min(FINE_PX_PER_MM, px_per_mm))
    seen = likeness(scrap, found.face, matrix_of(found.pose.turn, found.pose.shift))
    return seen.agreement + seen.correlation >= LIKE_PLAIN and seen.judged_mm2 >= JUDGED_MM2_MIN


def named_by_texture(
    features: Features, flat: Picture, blob: Blob, px_per_mm: float, library: PreparedLibrary
) -> Found | None:
    """The scrap's name where its print says it; None where it says nothing or two faces might be meant.

    Where only another edition of the same note and side is as like, the denomination stands and the edition is open.
    """
    told = by_texture(features, flat, blob, px_per_mm, library)
    if not told:
        return None
    best, face = told[0]

    def ahead(others: list[tuple[Likeness, Face]]) -> float:
        return _like(best) - max((_like(each) for each, _ in others), default=0.0)

    strangers = ahead([pair for pair in told if pair[1] is not face and not same_but_edition(pair[1], face)])
    if not _believed(best, strangers):
        return None
    certain = _believed(best, ahead([pair for pair in told if pair[1] is not face]))
    points = _grid(blob, px_per_mm)
    moved = points @ best.matrix[:, :2].T + best.matrix[:, 2]
    turn = complex(best.matrix[0, 0] + best.matrix[1, 1], best.matrix[1, 0] - best.matrix[0, 1]) / 2
    middle = points.mean(axis=0)
    shift = complex(*moved.mean(axis=0)) - turn * complex(*middle)
    pose = Pose(
        turn, shift, points.astype(np.float32), moved.astype(np.float32), np.zeros(0, np.intp), len(points)
    )
    confidence = min(0.99, 0.5 * _like(best)) * (1 - 0.5 * float(np.exp(-4 * strangers)))
    identity = Identity(face.reference, certain, confidence, len(points), 1 + strangers, "texture")
    return Found(face, identity, pose)


def _like(seen: Likeness) -> float:
    return seen.agreement + seen.correlation


def _believed(best: Likeness, ahead: float) -> bool:
    """See the table in the module's argument: the less there is to judge, the plainer it has to be."""
    if best.judged_mm2 < JUDGED_MM2_LEAST:
        return False
    like = _like(best)
    if best.judged_mm2 < JUDGED_MM2_MIN:
        return like >= LIKE_SURE and ahead >= AHEAD_PLAIN
    wide = best.judged_mm2 >= JUDGED_MM2_WIDE and like >= LIKE_WIDE and ahead >= AHEAD_WIDE
    return wide or (like >= LIKE_ALL and ahead >= AHEAD_LEAST) or (like >= LIKE_PLAIN and ahead >= AHEAD_BY)


def _grid(blob: Blob, px_per_mm: float) -> NDArray[np.float64]:
    """Points of the piece `GRID_MM` apart, (n, 2) mm of the rectified picture: the fit stands for them as matches do."""
    step = max(1, round(GRID_MM * px_per_mm))
    inner = cv2.erode(np.pad(blob.mask.astype(np.uint8), 1), np.ones((3, 3), np.uint8))[1:-1, 1:-1]
    ys, xs = np.nonzero(inner[step // 2 :: step, step // 2 :: step])
    if len(ys) < 4:
        ys, xs = np.nonzero(inner)
        chosen = np.linspace(0, len(ys) - 1, 8).astype(int)
        at = np.stack([xs[chosen], ys[chosen]], axis=1)
    else:
        at = np.stack([xs * step + step // 2, ys * step + step // 2], axis=1)
    return np.asarray((at + np.array((blob.x, blob.y)) + 0.5) / px_per_mm, np.float64)
