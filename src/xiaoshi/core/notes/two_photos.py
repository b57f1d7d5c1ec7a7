"""Two photos of one tray: which of their pieces are the same piece.

Problem. A second photo of a tray (another angle, another telephone, or the next part of a large tray) shows pieces that
were measured before; counted again they would be paid again. A photo of another tray on the same kind of mat, though,
must lose nothing.

Choice: the mat gives both photos the same millimetres. Pieces are one when they lie at the same place (3 mm, 2.5
degrees: curled paper seems to move between two angles) with the same outline (0.7 mm at the 90th percentile), are
not of two kinds and do not bear two numbers. That a whole note lies where another lay before may be a jig's doing, so
the photos count as two of one tray only if at least one pair is beyond chance: an outline that is no plain rectangle,
or one number read on both; or, of photos that show parts of a mat, two pieces. Without such a pair, plain notes at the same place are doubted (people decide), not merged.

Known to be one tray, the rest follows: a torn piece whose outline comes back elsewhere has been moved (told, counted
once), or all have, by the same turn and shift (the tray was jolted: told); a piece that is new at a place which the
first photo shows bare is doubted, for it may be one that was turned over or moved; a piece at a place that the first
photo does not show is simply new. A piece that one photo cuts off is compared along the line that both show.

Worked example: A3 tray, 6 notes in 9 pieces, photos at 3 and 11 degrees: 9 pairs, 0.05 to 0.31 mm apart, moved by 0.02
to 0.4 mm; counted once. Two other trays of the same mat: no pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from xiaoshi.core.notes.model import Point, Reason
from xiaoshi.core.notes.outlines import Fit, Outline, Points, lay_on, may_be_alike, outline_of
from xiaoshi.core.notes.piecework import SeenPiece
from xiaoshi.core.notes.traywork import SeenTray
from xiaoshi.core.problems import Problem, Words

PLACE_MM, PLACE_RAD = 3.0, np.radians(2.5)
OFF_MM = 0.7
COMMON_LINE_MM = 25.0
MARGIN_PX = 10.0
PARTS_PAIRS_MIN = 2
"""So many pieces at one place, on photos that each show a part of the mat, are no jig's doing."""
NUMBER_SIGNS_MIN = 6


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A tray with its pieces' outlines in millimetres of the mat (None where there is no scale or no shape)."""

    tray: SeenTray
    outlines: tuple[Outline | None, ...]

    def sees(self, points_mm: Points) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which places the photo shows, a little inside its border."""
        assert self.tray.plane is not None
        px = self.tray.plane.to_px(points_mm)
        width, height = (2 * v for v in self.tray.plane.camera.middle)
        inside = (
            (px >= MARGIN_PX).all(axis=1) & (px[:, 0] <= width - MARGIN_PX) & (px[:, 1] <= height - MARGIN_PX)
        )
        return np.asarray(inside)

    def shows_all(self) -> bool:
        """Whether the whole tray is in the photo."""
        assert self.tray.plane is not None
        area = self.tray.plane.area
        far = np.array([area.width_mm, area.height_mm])
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * far + (area.x_mm, area.y_mm)
        return bool(self.sees(corners).all())

    def cut_off(self, piece: int) -> bool:
        """Whether the piece runs over the border of what this photo shows."""
        return any(reason.code == "piece_over_edge" for reason in self.tray.pieces[piece].doubts)


@dataclass(slots=True)
class Matched:
    """`same`: pairs of pieces (first photo, second photo) that are one; `doubts`: pieces of the second photo that people
    must look at, and why."""

    same: list[tuple[int, int]] = field(default_factory=list)
    doubts: list[tuple[int, Reason]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def laid_out(tray: SeenTray) -> Laid:
    """The tray's outlines on its plane."""
    plane = tray.plane
    if plane is None:
        return Laid(tray, (None,) * len(tray.pieces))
    return Laid(tray, tuple(outline_of(plane.to_mm(np.array(p.polygon))) for p in tray.pieces))


def match_photos(a: Laid, b: Laid, *, neighbours: bool) -> Matched:
    """Pieces that are on both photos. `neighbours`: one photo follows soon on the other, so pieces that were moved between
    them are looked for as well."""
    found = Matched()
    if not _same_mat(a.tray, b.tray):
        return found
    placed = _at_one_place(a, b)
    in_parts = not (a.shows_all() and b.shows_all()) and len(placed) >= PARTS_PAIRS_MIN
    if in_parts or any(_beyond_chance(a, b, pair) for pair in placed):
        found.same = placed
        _rest(a, b, found, moved_by=None)
        found.problems.append(_one_tray(a, b, found))
        return found
    jolt = _common_move(a, b) if neighbours else None
    if jolt is not None:
        found.same = jolt
        _rest(a, b, found, moved_by="all")
        found.problems += [_one_tray(a, b, found), _jolted(a, b)]
        return found
    for _, j in placed:
        found.doubts.append((j, _maybe_same(a.tray.scale.image)))
    return found


def _same_mat(a: SeenTray, b: SeenTray) -> bool:
    one, two = a.plane, b.plane
    return one is not None and two is not None and one.mat is not None and one.mat == two.mat


def _at_one_place(a: Laid, b: Laid) -> list[tuple[int, int]]:
    """Pairs that lie at the same place with the same outline, each piece in one pair at most, closest first."""
    offers: list[tuple[float, int, int]] = []
    for i, one in enumerate(a.outlines):
        for j, two in enumerate(b.outlines):
            if one is None or two is None or _contradict(a.tray.pieces[i], b.tray.pieces[j]):
                continue
            if a.cut_off(i) or b.cut_off(j):
                off = _off_on_common_line(a, b, one, two)
                if off is None and a.cut_off(i) != b.cut_off(j):
                    off = OFF_MM if _lies_within(*((one, two) if a.cut_off(i) else (two, one))) else None
            elif may_be_alike(one, two) and np.hypot(*(one.middle - two.middle)) <= PLACE_MM:
                fit = lay_on(one, two, in_place=True)
                off = fit.off_mm if fit.moved_mm <= PLACE_MM and abs(fit.turn_rad) <= PLACE_RAD else None
            else:
                continue
            if off is not None and off <= OFF_MM:
                offers.append((off, i, j))
    return _each_once(offers)


def _each_once(offers: Sequence[tuple[float, int, int]]) -> list[tuple[int, int]]:
    left: set[int] = set()
    right: set[int] = set()
    pairs = []
    for _, i, j in sorted(offers):
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            pairs.append((i, j))
    return sorted(pairs)


def _off_on_common_line(a: Laid, b: Laid, one: Outline, two: Outline) -> float | None:
    """How far apart two outlines are where both photos show them; None for too little of it."""
    low, high = two.fine.min(axis=0) - PLACE_MM, two.fine.max(axis=0) + PLACE_MM
    if (one.fine.max(axis=0) < low).any() or (one.fine.min(axis=0) > high).any():
        return None
    mine = one.fine[a.sees(one.fine) & b.sees(one.fine)]
    theirs = two.fine[a.sees(two.fine) & b.sees(two.fine)]
    if min(len(mine), len(theirs)) * 0.3 < COMMON_LINE_MM:
        return None
    apart = np.hypot(*(mine[::3, None, :] - theirs[None, ::3, :]).transpose(2, 0, 1))
    return float(np.percentile(np.concatenate([apart.min(axis=0), apart.min(axis=1)]), 90))


def _lies_within(part: Outline, whole: Outline) -> bool:
    """Whether what a photo cut off of a piece lies inside the piece that the other photo shows whole."""
    loop = whole.fine.astype(np.float32).reshape(-1, 1, 2)
    return all(cv2.pointPolygonTest(loop, (float(x), float(y)), True) >= -OFF_MM for x, y in part.points)


def _contradict(one: SeenPiece, two: SeenPiece) -> bool:
    """Two kinds of note, two faces, or two numbers: not one piece seen twice from the same side."""
    if one.found is not None and two.found is not None:
        r, s = one.found.identity, two.found.identity
        if r.reference.key != s.reference.key and r.edition_certain and s.edition_certain:
            return True
        if (r.reference.denomination, r.reference.side) != (s.reference.denomination, s.reference.side):
            return True
    return numbers_differ(one, two)


def numbers_differ(one: SeenPiece, two: SeenPiece) -> bool:
    """Whether numbers read on both cannot be the same: two signs or more are told otherwise on every reading."""
    if not one.numbers or not two.numbers:
        return False
    return all(_signs(p.text, q.text)[1] >= 2 for p in one.numbers for q in two.numbers)


def _signs(p: str, q: str) -> tuple[int, int]:
    """Signs of two readings that agree, and that differ; nothing where the lengths do."""
    if len(p) != len(q):
        return 0, 0
    both = [(x, y) for x, y in zip(p, q, strict=True) if "?" not in (x, y)]
    return sum(x == y for x, y in both), sum(x != y for x, y in both)


def _beyond_chance(a: Laid, b: Laid, pair: tuple[int, int]) -> bool:
    i, j = pair
    one, two = a.outlines[i], b.outlines[j]
    whole = not a.cut_off(i) and not b.cut_off(j)
    if whole and one is not None and two is not None and not (one.plain and two.plain):
        return True
    told = [_signs(p.text, q.text) for p in a.tray.pieces[i].numbers for q in b.tray.pieces[j].numbers]
    return any(agree >= NUMBER_SIGNS_MIN and differ == 0 for agree, differ in told)


def _twins(a: Laid, b: Laid, left: Sequence[int], right: Sequence[int]) -> list[tuple[Fit, int, int]]:
    """Torn pieces whose outline comes back anywhere, each once, and no second piece that it fits nearly as well."""
    fits: dict[tuple[int, int], Fit] = {}
    for i in left:
        for j in right:
            one, two = a.outlines[i], b.outlines[j]
            if one is None or two is None or one.plain or two.plain or a.cut_off(i) or b.cut_off(j):
                continue
            if may_be_alike(one, two) and not _contradict(a.tray.pieces[i], b.tray.pieces[j]):
                fits[i, j] = lay_on(one, two)
    chosen = _each_once([(fit.off_mm, i, j) for (i, j), fit in fits.items() if fit.off_mm <= OFF_MM])
    return [
        (fits[pair], *pair)
        for pair in chosen
        if all(
            fit.off_mm >= 2 * fits[pair].off_mm
            for other, fit in fits.items()
            if other != pair and (other[0] == pair[0]) != (other[1] == pair[1])
        )
    ]


def _common_move(a: Laid, b: Laid) -> list[tuple[int, int]] | None:
    """Pairs of all pieces under the one turn and shift that at least two torn pieces agree on; None without."""
    twins = _twins(a, b, range(len(a.outlines)), range(len(b.outlines)))
    best: list[tuple[int, int]] = []
    for fit, i, _ in twins:
        offers = []
        for k, one in enumerate(a.outlines):
            for m, two in enumerate(b.outlines):
                if one is None or two is None or not may_be_alike(one, two):
                    continue
                if _contradict(a.tray.pieces[k], b.tray.pieces[m]):
                    continue
                moved = _carried(one, a.outlines[i], fit)
                if moved is None or np.hypot(*(moved.middle - two.middle)) > PLACE_MM:
                    continue
                there = lay_on(moved, two, in_place=True)
                if there.off_mm <= OFF_MM and there.moved_mm <= PLACE_MM and abs(there.turn_rad) <= PLACE_RAD:
                    offers.append((there.off_mm, k, m))
        pairs = _each_once(offers)
        agreeing = {(p, q) for _, p, q in twins} & set(pairs)
        if len(agreeing) >= 2 and len(pairs) > len(best):
            best = pairs
    return best or None


def _carried(outline: Outline, about: Outline | None, fit: Fit) -> Outline | None:
    """The outline moved as `about` was."""
    if about is None:
        return None
    c, s = np.cos(fit.turn_rad), np.sin(fit.turn_rad)
    turn = np.array([[c, -s], [s, c]])
    return outline_of((outline.fine - about.middle) @ turn.T + about.middle + np.array(fit.move_mm))


def _rest(a: Laid, b: Laid, found: Matched, *, moved_by: str | None) -> None:
    """Pieces of the second photo without a partner: moved, doubtful, or new where the first photo shows nothing."""
    left = [i for i in range(len(a.outlines)) if i not in {p for p, _ in found.same}]
    right = [j for j in range(len(b.outlines)) if j not in {q for _, q in found.same}]
    moved = _twins(a, b, left, right)
    found.same = sorted([*found.same, *((i, j) for _, i, j in moved)])
    for fit, _, j in moved:
        found.problems.append(_moved(a, b, j, fit.moved_mm))
    for j in right:
        outline = b.outlines[j]
        if any(j == q for _, q in found.same) or outline is None:
            continue
        if moved_by == "all" or bool(a.sees(outline.fine).mean() > 0.5):
            found.doubts.append((j, _new_at_bare_place(a.tray.scale.image)))


def polygon_in(home: SeenTray, other: SeenTray, polygon: Sequence[Point]) -> tuple[Point, ...]:
    """A polygon of `other`'s photo in pixels of `home`'s, by way of the mat."""
    if home.plane is None or other.plane is None:
        return tuple(polygon)
    px = home.plane.to_px(other.plane.to_mm(np.array(polygon)))
    return tuple((float(x), float(y)) for x, y in px)


def reading_key(piece: SeenPiece, tray: SeenTray) -> tuple[float, ...]:
    """Orders views of one piece: whole before cut off, named before nameless, few doubts, much legible, fine before
    coarse."""
    cut = any(reason.code == "piece_over_edge" for reason in piece.doubts)
    legible = 0.0 if piece.registered is None else round(piece.registered.legible_ratio, 2)
    return (-cut, piece.found is not None, -len(piece.doubts), legible, -(tray.scale.mm_per_px or 9.0))


def _one_tray(a: Laid, b: Laid, found: Matched) -> Problem:
    first, count, more = a.tray.scale.image, len(found.same), len(b.tray.pieces) - len(found.same)
    words = Words(
        f"与图片 {first} 拍的是同一托盘：{count} 件只计一次，另有 {more} 件只在本图",
        f"shows the same tray as {first}: {count} pieces are counted once, {more} are on this photo only",
    )
    return Problem("same_tray_photographed", words, b.tray.scale.image)


def _jolted(a: Laid, b: Laid) -> Problem:
    words = Words(
        f"与图片 {a.tray.scale.image} 相比，残币整体移动过；已按移动后的位置对应，请核对",
        f"all pieces have moved together since {a.tray.scale.image}; they were matched where they lie now, please check",
    )
    return Problem("tray_moved_between_photos", words, b.tray.scale.image)


def _moved(a: Laid, b: Laid, j: int, by_mm: float) -> Problem:
    words = Words(
        f"这一片在两次拍照之间移动过（约 {by_mm:.0f} 毫米），按形状认出，只计一次",
        f"this piece was moved between the photos (about {by_mm:.0f} mm from where {a.tray.scale.image} shows it); its "
        "outline is the same and it is counted once",
    )
    return Problem("piece_moved_between_photos", words, f"{b.tray.scale.image}#{j + 1}")


def _maybe_same(first: str) -> Reason:
    words = Words(
        f"与图片 {first} 中同一位置的纸币外形相同，可能是同一张被拍了两次，须人工核对冠字号码",
        f"a note of the same form lies at the same place on {first}: perhaps one note photographed twice; compare the "
        "numbers",
    )
    return Reason("seen_on_another_photo", words)


def _new_at_bare_place(first: str) -> Reason:
    words = Words(
        f"同一托盘的图片 {first} 在此处没有残币：可能是移动、翻面或后放的，须人工核对，以免重复计算",
        f"{first} shows this place of the same tray bare: the piece was moved, turned over or added since; people must look, "
        "so that it is not counted twice",
    )
    return Reason("piece_new_on_second_photo", words)
