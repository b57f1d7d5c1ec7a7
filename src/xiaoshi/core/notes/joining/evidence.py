"""What speaks for two pieces being of one note, each thing in bits.

A bit doubles the odds. How much each thing says was counted on drawn notes (`drawn`, seeds 23 and 24: 37,000 pairs of one kind
whose places are free, 5,558 of them of one note; `python bench/notes_joining.py --densities` counts again):

- Edges within a millimetre of each other over at least 4 mm: 60 % of the right pairs, 8 % of the wrong ones: 2.5 bits.
- An edge goes on where the agreement needs no more than what laying in may be wrong by: moved by at most 0.6 mm and, long waves
  included, even to 0.35 mm. All but 1 in 100 of the right pairs that are near keep to that (paper that was curled included: 0.29
  was seen on photos), and half of the wrong ones.
- Of those, `Contact.agreement` reaches 4 in 46 % of all right pairs. Of 2,566 wrong ones that are near 40 pass 1, 13 pass 2,
  two pass 3, one passes 4, none 5: the tail falls by about 2 bits a step. `FIT_SLOPE` goes on with less than that, 1.5, beyond
  what was counted; `FIT_BITS_MAX` ends it. (Without the two limits above one wrong pair of 2,566 had an agreement of 11, moved
  by 0.9 mm and uneven by 0.5: a curve that two tears share, nowhere near where they lie.)
- Little agreement with an even gap (0.14 mm) is what straight tears and cuts show, right or wrong: nothing. With a gap over
  10 mm of edge uneven by more than 0.26: 3 of 5,558 right pairs, 1 in 53 of the wrong ones. Never so much that the pair is not
  offered to a person: in blurred or slanting photos pieces are laid in worse than in these drawings, and a note whose parts are
  judged one by one is paid wrongly. Only numbers that contradict each other say that surely.
- The same turn and place on the tray (1 mm, 0.8 degrees): nobody lays two pieces so by chance, a charred neck that breaks does; a patient hand
  may, therefore no more than 16 bits, and 6 for nearly so.
- The number, sign by sign (`serials.compare`).

Not used: position on the tray otherwise, and colour (soil and light differ across one tray as much as between notes).
"""

from __future__ import annotations

import cv2
import numpy as np

from xiaoshi.core.notes.joining.edges import Contact, Shape, meet
from xiaoshi.core.notes.joining.parts import Evidence, Group, Mask, Weighed
from xiaoshi.core.notes.register import CANVAS_PX_PER_MM, Registered
from xiaoshi.core.notes.serials import compare, together
from xiaoshi.core.problems import Words

NEAR_BITS = 2.5
FIT_FROM, FIT_SLOPE, FIT_AT_START, FIT_BITS_MAX = 2.0, 1.5, 1.5, 40.0
FIT_MOVED_MM_MAX, FIT_UNEVEN_MM_MAX = 0.6, 0.35
EVEN_MM = 0.16
UNEVEN_MM, UNEVEN_LENGTH_MM = 0.26, 10.0
UNEVEN_BITS, UNLIKE_BITS = -5.5, -3.0
LYING = ((1.0, np.deg2rad(0.8), 16.0), (2.5, np.deg2rad(2.0), 6.0))
LYING_GAP_MM = 12.0
NUMBER_BITS_MAX, NUMBER_NEVER = 30.0, -10.0


def weigh(a: Group, b: Group, shape_a: Shape, shape_b: Shape) -> Weighed:
    """Everything that speaks for or against two groups of one kind being one note."""
    told: list[Evidence] = []
    found = meet(shape_a, shape_b)
    if found is not None:
        told.append(_edges(found))
    lying = _lying(a, b)
    if lying is not None and not (told and told[0].bits < 0):
        told.append(lying)
    number = _number(a, b)
    if number is not None:
        told.append(number)
    return Weighed(
        tuple(told),
        0.0 if found is None else found.length_mm,
        None if found is None else found.gap_spread_mm,
        number is not None and number.bits <= NUMBER_NEVER,
    )


def _edges(found: Contact) -> Evidence:
    length, gap = found.length_mm, found.gap_spread_mm
    in_place = found.shift_mm <= FIT_MOVED_MM_MAX and found.whole_spread_mm <= FIT_UNEVEN_MM_MAX
    if in_place and found.agreement >= FIT_FROM:
        bits = NEAR_BITS + FIT_AT_START + FIT_SLOPE * (found.agreement - FIT_FROM)
        words = Words(
            f"撕裂边相接 {length:.0f} 毫米，曲折 {found.rough_mm:.2f} 毫米而缝隙只差 {gap:.2f} 毫米",
            f"the torn edges go on in each other over {length:.0f} mm: {found.rough_mm:.2f} mm rough, the gap even to {gap:.2f} mm",
        )
        return Evidence("edges_go_on", min(bits, FIT_BITS_MAX), words)
    if found.whole_spread_mm >= UNEVEN_MM and length >= UNEVEN_LENGTH_MM:
        words = Words(
            f"两边相邻 {length:.0f} 毫米，但缝隙宽窄相差 {found.whole_spread_mm:.2f} 毫米，边缘不吻合",
            f"edges side by side over {length:.0f} mm, but the gap is uneven by {found.whole_spread_mm:.2f} mm: they do not fit",
        )
        return Evidence("edges_differ", UNEVEN_BITS + NEAR_BITS, words)
    if found.whole_spread_mm <= EVEN_MM and length >= UNEVEN_LENGTH_MM:
        words = Words(
            f"边缘相接 {length:.0f} 毫米，但几乎是直线，与任何直边都能相接",
            f"edges side by side over {length:.0f} mm, but almost straight: any straight edge would fit",
        )
        return Evidence("edges_straight", NEAR_BITS, words)
    words = Words(
        f"边缘相邻 {length:.0f} 毫米，看不出吻合", f"edges side by side over {length:.0f} mm, no clear fit"
    )
    return Evidence("edges_unclear", UNLIKE_BITS + NEAR_BITS, words)


def _lying(a: Group, b: Group) -> Evidence | None:
    """Whether they lie on the tray as one, with a break between them that is not wide."""
    best = 0.0
    for p in a.parts:
        for q in b.parts:
            if p.image == q.image:
                best = max(best, lying_bits(p.registered, q.registered))
    if best <= 0 or gap_between_mm(a.mask, b.mask) > LYING_GAP_MM:
        return None
    words = Words(
        "在托盘上正按同一张的位置摆着，断处相邻", "they lie on the tray as one, the break between them"
    )
    return Evidence("lie_as_one", best, words)


def lying_bits(a: Registered, b: Registered) -> float:
    """How much the turn and place of two pieces on one tray say."""
    if a.reference.side != b.reference.side:
        return 0.0
    middle = complex(a.reference.width_mm / 2, a.reference.height_mm / 2)
    apart = abs((middle - a.pose.shift) / a.pose.turn - (middle - b.pose.shift) / b.pose.turn)
    turned = abs(float(np.angle(a.pose.turn / b.pose.turn)))
    return next((bits for mm, turn, bits in LYING if apart < mm and turned < turn), 0.0)


def gap_between_mm(a: Mask, b: Mask) -> float:
    """Least distance of two masks."""
    away = cv2.distanceTransform((~a).astype(np.uint8), cv2.DIST_L2, 5)
    return float(away[b].min(initial=1e6)) / CANVAS_PX_PER_MM


def _number(a: Group, b: Group) -> Evidence | None:
    one, two = (together([n for part in g.parts for n in part.numbers]) for g in (a, b))
    if one is None or two is None or len(one.text) != len(two.text):
        return None
    bits = compare(one, two)
    if bits == 0:
        return None
    if bits > 0:
        words = Words(f"号码相符：{one.text} 与 {two.text}", f"the numbers agree: {one.text} and {two.text}")
        return Evidence("numbers_agree", min(bits, NUMBER_BITS_MAX), words)
    words = Words(f"号码不符：{one.text} 与 {two.text}", f"the numbers differ: {one.text} and {two.text}")
    return Evidence("numbers_differ", max(bits, -NUMBER_BITS_MAX), words)
