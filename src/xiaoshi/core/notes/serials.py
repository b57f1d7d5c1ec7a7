"""The number of a note (冠字号码): read where it can be, sign by sign, and never guessed.

Problem. The number is the only thing that tells one note from all others of its kind: it says that two halves are one
note, that a note was photographed twice, which notes a tin held. But half of it is burnt, the other half brown, and a
sign read wrongly is worse than one not read: it joins or parts the wrong pieces.

Worked example: the upper right of a 100 survives. Its zone comes upright out of the piece's map (`zones`); the recogniser
gives eight signs with their places: `1 2 3 4 5 6 7 8`, the sixth with 0.61. The places fall on the last eight of ten slots,
where the form `LLDDDDDDDD` has digits; two slots lie on missing paper. 0.61 is too little: `??12345?78`.

Choice. The recogniser is a port: any reader of single lines that keeps alternatives and places. A line becomes a number by
laying its signs onto the slots of a form (dynamic programming; the shift along the strip is open by a good half of a sign
and summed over, so a sign that could stand in either of two slots belongs to neither). A slot shows its sign only when
its probability is at least `SURE`, print is legible on nearly all of the slot, and every place of the note that shows this
slot agrees. Otherwise it shows `?`.

Two numbers are compared slot by slot (`compare`): bits for "one note" against "two notes". Numbers in one tin are often
neighbours (a bundle from the bank runs on), so equal first signs say little and the last ones much: `OF_ONE_RUN`.
Worked example: `AB12345678` on two pieces: 2^-36 by chance, but 2^-9 as notes of one bundle: 9 bits for one note.
`AB123?????` twice: 2.5 bits, no proof. The last sign differs, both sure: -3 bits; the last two: -15.

Left out: genuineness. A number that occurs twice is said to occur twice; which note is what is for the machine and for people.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.notes.sightings import ALPHABET, Line, Recogniser, SerialReading
from xiaoshi.core.notes.zones import Cut
from xiaoshi.core.rules.number_forms import NumberForm, forms_of

Floats = NDArray[np.float64]

SURE = 0.90
LEGIBLE_SHARE = 0.85
WHOLE_SHARE, BESIDE_SLOT = 0.99, 0.8
LAID_SHARE = 0.6
FORM_ODDS = 20.0
"""One form must be this many times likelier than the next; else the places where they differ are not told."""
SLOT_SPREAD = 0.33
SHIFT_SPREAD = 0.25
"""Standard deviations, in slots: of a sign about its slot's middle, and of the whole number along its zone."""
SKIP_SLOT, SKIP_BLANK_SLOT, SKIP_SIGN = 4.0, 0.2, 3.5
"""Costs (nats) of a legible slot without a sign, of an illegible one, and of a sign that belongs to no slot."""
OF_ONE_RUN = 0.2
RUN_PREFIX, RUN_FREE = 0.97, 2
"""Chance that two notes of a tin are of one bundle, and that they then share a sign before the last two. Not measured:
tins of real notes were not to be had; on the side of caution."""
WRONG_AT_LEAST = 0.002
KNOWN_FOR_ALARM = 8


def read_numbers(
    cuts: Sequence[Sequence[Cut]], references: Sequence[Reference], recogniser: Recogniser
) -> list[tuple[SerialReading, ...]]:
    """The readings of each piece, its zones in one batch with all others; pieces without cuts have none.

    `references`: the face of each piece. Zones in which no sign was told are left out.
    """
    strips = [evened(each) for some in cuts for each in some]
    lines = iter(recogniser.read(strips) if strips else [])
    told = []
    for some, reference in zip(cuts, references, strict=True):
        forms = forms_of(reference.issuer, reference.series)
        readings = [reading_of(next(lines), each, forms) for each in some]
        told.append(tuple(reading for reading in readings if reading.known))
    return told


def evened(each: Cut) -> Picture:
    """The strip with its light evened out, so that brown paper and a burnt flank read like white paper.

    What is not paper is painted in the paper's colour: a hole's edge looks like a stroke.
    """
    strip = each.picture.astype(np.float32)
    paper = each.present
    if not paper.any():
        return each.picture
    height = strip.shape[0]
    for channel in range(3):
        strip[..., channel][~paper] = np.percentile(strip[..., channel][paper], 75)
    size = max(3, height // 2) | 1
    light = cv2.GaussianBlur(cv2.dilate(strip, np.ones((size, size), np.uint8)), (0, 0), height / 3)
    even = np.minimum(strip / np.maximum(light, 1.0), 1.0)
    low, high = np.percentile(even, (1, 99))
    return np.asarray(np.clip((even - low) / max(high - low, 0.08), 0, 1) * 255, np.uint8)


def reading_of(line: Line, each: Cut, forms: Sequence[NumberForm]) -> SerialReading:
    """A line of one zone as a number of the likeliest form; all `?` where the issuer's forms are not known."""
    if not forms:
        return SerialReading("", np.zeros((0, len(ALPHABET))), each.number)
    legible = _legible_slots(each, len(forms[0].shape))
    fits = [_fit(line, each, form, legible) for form in forms]
    weights = np.exp(np.array([score for score, _ in fits]) - max(score for score, _ in fits))
    best = int(weights.argmax())
    likely = fits[best][1].copy()
    for n, form in enumerate(forms):
        if n != best and weights[n] * FORM_ODDS > 1:
            for place, (a, b) in enumerate(zip(form.shape, forms[best].shape, strict=True)):
                likely[place] *= a == b
    if float((likely.max(axis=1) > 0).sum()) < LAID_SHARE * len(line):
        # Most of what was read has no place in a number: it is another text.
        likely[:] = 0.0
    return SerialReading(_told(likely, legible), likely, each.number)


def _told(likely: Floats, legible: Floats) -> str:
    signs = [ALPHABET[int(row.argmax())] if row.max() >= SURE else "?" for row in likely]
    return "".join(
        sign if share >= LEGIBLE_SHARE else "?" for sign, share in zip(signs, legible, strict=True)
    )


def _slot_middles(each: Cut, count: int) -> tuple[Floats, float]:
    """Where along the strip the slots' middles lie, and how wide a slot is; 0..1."""
    pitch = (each.end - each.start) / count
    return np.asarray(each.start + (np.arange(count) + 0.5) * pitch, np.float64), pitch


def _legible_slots(each: Cut, count: int) -> Floats:
    """Which share of each slot can be read; 0 where paper is missing on it or close beside it.

    A torn P is a whole F: signs at a tear are not read, however clear they look.
    """
    middles, pitch = _slot_middles(each, count)
    height, width = each.legible.shape
    body = slice(height // 8, height - height // 8)
    readable, paper = each.legible[body].mean(axis=0), each.present[body].mean(axis=0)

    def over(row: Floats, reach: float) -> Floats:
        ends = [
            (max(0, int((m - reach * pitch) * width)), min(width, int(np.ceil((m + reach * pitch) * width))))
            for m in middles
        ]
        return np.array([row[a:b].mean() if b > a else 0.0 for a, b in ends])

    return np.where(over(paper, BESIDE_SLOT) >= WHOLE_SHARE, over(readable, 0.6), 0.0)


def _fit(line: Line, each: Cut, form: NumberForm, legible: Floats) -> tuple[float, Floats]:
    """Log likelihood of a form and the signs' probabilities in its slots, summed over shifts of the number."""
    count = len(form.shape)
    chances = np.zeros((len(line), count, len(ALPHABET)))
    for n, glyph in enumerate(line):
        for sign, chance in glyph.likely:
            for place in range(count):
                if sign in form.signs(place):
                    chances[n, place, ALPHABET.index(sign)] += chance
    allowed = chances.sum(axis=2)
    middles, pitch = _slot_middles(each, count)
    at = np.array([glyph.at for glyph in line])
    skip = np.where(legible >= 0.5, SKIP_SLOT, SKIP_BLANK_SLOT)
    costs: list[float] = []
    laid: list[Floats] = []
    for shift in np.arange(-1.0, 1.01, 0.1):
        off = (at[:, None] - middles[None, :]) / pitch - shift
        match = (off / SLOT_SPREAD) ** 2 / 2 - np.log(allowed + 1e-4)
        cost, where = _lay(match, skip)
        costs.append(cost + (shift / SHIFT_SPREAD) ** 2 / 2)
        rows = np.zeros((count, len(ALPHABET)))
        for n, place in enumerate(where):
            if place >= 0:
                rows[place] = chances[n, place]
        laid.append(rows)
    weights = np.exp(min(costs) - np.array(costs))
    score = -min(costs) + float(np.log(weights.sum()))
    return score, np.einsum("s,spk->pk", weights / weights.sum(), np.array(laid))


def _lay(match: Floats, skip: Floats) -> tuple[float, list[int]]:
    """The cheapest way to lay signs onto slots in order: cost, and the slot of each sign (-1: none)."""
    signs, slots = match.shape
    cost = np.zeros((signs + 1, slots + 1))
    step = np.zeros((signs + 1, slots + 1), np.int8)
    cost[0, 1:] = np.cumsum(skip)
    step[0, 1:] = 2
    for n in range(1, signs + 1):
        cost[n, 0], step[n, 0] = n * SKIP_SIGN, 1
        for k in range(1, slots + 1):
            ways = (
                cost[n - 1, k - 1] + match[n - 1, k - 1],
                cost[n - 1, k] + SKIP_SIGN,
                cost[n, k - 1] + skip[k - 1],
            )
            step[n, k] = min(range(3), key=ways.__getitem__)
            cost[n, k] = ways[step[n, k]]
    where = [-1] * signs
    n, k = signs, slots
    while n or k:
        move = step[n, k]
        if move == 0:
            where[n - 1] = k - 1
        n, k = n - (move != 2), k - (move != 1)
    return float(cost[signs, slots]), where


def together(readings: Sequence[SerialReading]) -> SerialReading | None:
    """What several places of one note say of its number: sure signs that agree or stand alone; `?` where they differ."""
    if not readings:
        return None
    if len(readings) == 1:
        return readings[0]
    signs = []
    likely = np.zeros_like(readings[0].likely)
    for place in range(len(readings[0].text)):
        told = [reading for reading in readings if reading.text[place] != "?"]
        different = len({reading.text[place] for reading in told}) != 1
        signs.append("?" if different else told[0].text[place])
        if not different:
            misses = np.prod([1 - reading.likely[place].max() for reading in told])
            likely[place, ALPHABET.index(signs[-1])] = 1 - misses
    return SerialReading("".join(signs), likely, 0)


def contradictory(readings: Sequence[SerialReading]) -> bool:
    """Whether sure signs of one place of the number differ in two or more places: these are not one note."""
    return any(
        sum(x != y and "?" not in (x, y) for x, y in zip(a.text, b.text, strict=True)) >= 2
        for n, a in enumerate(readings)
        for b in readings[n + 1 :]
    )


def compare(a: SerialReading, b: SerialReading) -> float:
    """Bits of evidence that two readings are of one note's number (positive) or of two (negative); 0: they say nothing.

    Only signs that both show count. See the argument at the top for what neighbours in a run do to equal first signs.
    """
    same = chance = run = 0.0
    for place, (x, y) in enumerate(zip(a.text, b.text, strict=True)):
        if "?" in (x, y):
            continue
        wrong = max(WRONG_AT_LEAST, 2 - float(a.likely[place].max()) - float(b.likely[place].max()))
        by_chance = 1 / (25 if x.isalpha() else 10)
        in_run = RUN_PREFIX if place < len(a.text) - RUN_FREE else by_chance
        for_same, by_chance, in_run = (
            (1 - wrong, by_chance, in_run) if x == y else (wrong, 1 - by_chance, 1 - in_run)
        )
        same += np.log2(for_same)
        chance += np.log2(by_chance)
        run += np.log2(in_run)
    two = np.logaddexp2(np.log2(1 - OF_ONE_RUN) + chance, np.log2(OF_ONE_RUN) + run)
    return float(same - two) if same or chance else 0.0


def numbered_alike(
    told: Sequence[tuple[str, tuple[str, ...], str]],
) -> list[tuple[str, tuple[str, ...]]]:
    """Numbers that stand on more than one note: (number, ids of the notes), in the order of the first ids.

    `told`: id, kind, number with `?` of each note. Two are alike when they are of one kind, at least `KNOWN_FOR_ALARM`
    signs are told by both, and none of these differs.
    """
    near: dict[tuple[tuple[str, ...], int, str], list[int]] = {}
    for n, (_, kind, text) in enumerate(told):
        # where both tell eight of ten signs, at least one of these three stretches is whole in both
        for start, end in ((0, 4), (4, 7), (7, len(text))):
            if "?" not in text[start:end]:
                near.setdefault((kind, start, text[start:end]), []).append(n)
    found: list[tuple[str, tuple[str, ...]]] = []
    taken: set[int] = set()
    for n, (name, kind, text) in enumerate(told):
        if n in taken:
            continue
        others = {
            k
            for start, end in ((0, 4), (4, 7), (7, len(text)))
            for k in near.get((kind, start, text[start:end]), ())
            if k > n and k not in taken and _alike(text, told[k][2])
        }
        if others:
            taken |= others
            found.append((text, (name, *(told[k][0] for k in sorted(others)))))
    return found


def _alike(a: str, b: str) -> bool:
    both = [(x, y) for x, y in zip(a, b, strict=False) if "?" not in (x, y)]
    return len(a) == len(b) and len(both) >= KNOWN_FOR_ALARM and all(x == y for x, y in both)
