"""Trays by the second simulator: meshes that burn, bend and are photographed, with the same form of truth as the first.

Why a second: whatever is tuned on one simulator's trays fits its habits too. This one shares nothing with the first but the
forms (`SimulatedTray`), where pieces find room (`packing`) and the mat's geometry: fire that spreads (`mesh_note`) in
place of level lines of noise, tears along mesh edges in place of lines of noise, height and perspective in place of shifts in
the plane, light in linear units, a mosaic sensor (`mesh_camera`), another paper, another print of the mat. It serves for
judging only: no constant of the engine is to be chosen on it.

The truth: a note's ratio is the mesh area that is left and hangs together, summed over triangles in the whole note's
coordinates; polygons are the outline of the samples that the z-buffer gave to a piece; `area_mm2` is what the piece
covers on the plane of the mat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xiaoshi.core.notes.damage import Kind
from xiaoshi.core.notes.mat import MatSpec, RectMm, mat_picture, mat_spec, tray_area_mm
from xiaoshi.core.notes.mesh_camera import SAMPLES, View, backdrop, develop, fill, linear, stand
from xiaoshi.core.notes.mesh_note import LEGIBLE_BELOW, MeshNote, MeshPiece, make_mesh, pieces_of
from xiaoshi.core.notes.packing import Place, pack
from xiaoshi.core.notes.reference import Picture, Reference
from xiaoshi.core.notes.simulate import DamageMix, SimulatedTray, TrayOptions, TruthNote, TruthPiece
from xiaoshi.core.problems import Problem, Words

MESH_KINDS: tuple[Kind, ...] = ("burnt", "torn", "carbonised", "soot", "moth")
PACK_PX_PER_MM = 2.0
DESK_MM = 25.0
Field = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Sheet:
    """A note on its way to the tray: which it is, its mesh, its pieces, its print in linear light."""

    truth: TruthNote
    mesh: MeshNote
    pieces: list[MeshPiece]
    print_light: Field


def simulate_mesh_each(
    references: Sequence[Reference],
    *,
    seed: int,
    trays: int,
    notes_per_tray: int,
    damage: DamageMix = "mixed",
    options: TrayOptions | None = None,
) -> Iterator[SimulatedTray | Problem]:
    """Trays one by one; a Problem ends the run. "any" is one of MESH_KINDS; other kinds only the first simulator has."""
    options = options or TrayOptions()
    if damage not in ("mixed", "any", *MESH_KINDS):
        known = "、".join(("mixed", "any", *MESH_KINDS))
        words = Words(
            f"网格模拟器不会 {damage}，只会：{known}",
            f"the mesh simulator does not know {damage}, only {known}",
        )
        yield Problem("mesh_kind_unknown", words, "--damage")
        return
    if not references:
        words = Words(
            "票样库里没有票样，无法模拟；请先录入票样",
            "the library holds no note to simulate with: enrol some first",
        )
        yield Problem("library_empty", words)
        return
    ordered = sorted(references, key=lambda r: r.key)
    for index in range(trays):
        rng = np.random.default_rng(np.random.SeedSequence([abs(seed), index, 2]))
        made = _tray(ordered, rng, f"tray-{index + 1:02d}.jpg", notes_per_tray, damage, options)
        yield made
        if isinstance(made, Problem):
            return


def _tray(
    references: Sequence[Reference],
    rng: np.random.Generator,
    name: str,
    count: int,
    mix: DamageMix,
    options: TrayOptions,
) -> SimulatedTray | Problem:
    sheets = [_sheet(references, mix, rng, options) for _ in range(count)]
    flat = [(n, piece) for n, sheet in enumerate(sheets) for piece in sheet.pieces]
    masks, middles = zip(*(_mask(sheets[n].mesh, piece) for n, piece in flat), strict=True)
    fitted = 0
    for spec in (mat_spec("A3"), mat_spec("A2")) if options.mat == "auto" else (options.mat,):
        if spec is None:
            continue
        tray = tray_area_mm(spec)
        places = pack(list(masks), PACK_PX_PER_MM, (tray.width_mm, tray.height_mm), rng)
        if isinstance(places, list):
            return _photograph(
                name, sheets, flat, list(zip(places, middles, strict=True)), spec, tray, rng, options
            )
        fitted = max(fitted, places)
    words = Words(
        f"一盘放不下 {count} 张（{len(flat)} 块中放得下 {fitted} 块）",
        f"{count} notes do not fit on one tray ({fitted} of {len(flat)} pieces do)",
    )
    return Problem("tray_too_small", words, name)


def _sheet(
    references: Sequence[Reference], mix: DamageMix, rng: np.random.Generator, options: TrayOptions
) -> _Sheet:
    face = references[int(rng.integers(0, len(references)))]
    if mix == "any":
        kind: Kind = MESH_KINDS[int(rng.choice(len(MESH_KINDS), p=[0.4, 0.25, 0.15, 0.1, 0.1]))]
    elif mix == "mixed":
        kind = "burnt" if rng.random() < 0.65 else "torn"
    else:
        kind = mix
    own = options.reprint(face, int(rng.integers(0, 2**31))) if options.reprint is not None else None
    image = face.image if own is None else own[0]
    while True:
        mesh = make_mesh(face.width_mm, face.height_mm, kind, rng, options.damage)
        pieces = pieces_of(mesh)
        if pieces:
            break
    whole = face.width_mm * face.height_mm
    ratio, legible = (sum(getattr(p, part) for p in pieces) / whole for part in ("area_mm2", "legible_mm2"))
    truth = TruthNote(face, kind, ratio, min(legible, ratio), None if own is None else own[1])
    return _Sheet(truth, mesh, pieces, _print(image, mesh, kind, face.px_per_mm, rng))


def _print(image: Picture, mesh: MeshNote, kind: Kind, px_per_mm: float, rng: np.random.Generator) -> Field:
    """The face in linear light as heat, soot and hands left it."""
    h, w = image.shape[:2]
    light = linear(image)
    fibre = cv2.blur(rng.standard_normal((h, w), np.float32), (9, 1)) + cv2.blur(
        rng.standard_normal((h, w), np.float32), (1, 9)
    )
    light = (
        light * (1 + np.float32(0.05) * fibre)[..., None] * np.array(rng.uniform(0.82, 1.0, 3), np.float32)
    )
    heat = cv2.resize(mesh.peak.astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
    speck = cv2.GaussianBlur(rng.standard_normal((h, w), np.float32), (0, 0), 2.0) * np.float32(3.0)
    heat = heat + np.float32(0.03) * speck
    # colour by temperature: paper, straw, brown, black with a grey sheen
    stops = np.array([0.0, 0.25, 0.45, 0.62, LEGIBLE_BELOW, 0.85, 1.0])
    tint = np.array(
        [
            [1, 1, 1],
            [0.92, 0.97, 1],
            [0.45, 0.68, 0.85],
            [0.12, 0.22, 0.36],
            [0.035, 0.05, 0.07],
            [0.02, 0.022, 0.025],
            [0.03, 0.03, 0.032],
        ]
    )
    shade = np.stack([np.interp(heat, stops, tint[:, n]) for n in range(3)], -1).astype(np.float32)
    light = light * shade + np.float32(0.012) * (heat > 0.6)[..., None] * (
        1 + np.float32(0.3) * speck[..., None]
    )
    for line in mesh.cuts:
        _fray(light, line, px_per_mm, rng)
    if kind == "soot":
        _splat(light, rng, px_per_mm, int(rng.integers(2000, 9000)))
    return np.asarray(np.clip(light, 0.002, 1), np.float32)


def _fray(light: Field, line: Floats, px_per_mm: float, rng: np.random.Generator) -> None:
    """White fibre along a tear, 0.1 to 0.5 mm, thicker on one stretch than on the next."""
    points = np.rint(line * px_per_mm * 16).astype(np.int32)
    white = np.zeros(light.shape[:2], np.uint8)
    for start in range(0, len(points) - 1, 6):
        thick = max(1, round(float(rng.uniform(0.2, 1.0)) * px_per_mm))
        cv2.polylines(white, [points[start : start + 7]], False, (230,), thick, cv2.LINE_AA, 4)
    cover = white[..., None].astype(np.float32) / 255
    light += cover * (np.float32(0.78) - light) * (light.mean(axis=2, keepdims=True) > 0.05)


def _splat(light: Field, rng: np.random.Generator, px_per_mm: float, count: int) -> None:
    """Soot: particles of 0.1 to 0.6 mm in drifts."""
    h, w = light.shape[:2]
    film = np.zeros((h, w), np.float32)
    drifts = rng.uniform((0, 0), (w, h), (5, 2))
    for drift in drifts:
        at = drift + rng.normal(0, rng.uniform(60, 260), (count // 5, 2))
        inside = (at >= 0).all(axis=1) & (at[:, 0] < w - 1) & (at[:, 1] < h - 1)
        np.add.at(film, (at[inside, 1].astype(int), at[inside, 0].astype(int)), 1.0)
    dots = film
    film = np.zeros((h, w), np.float32)
    for size_mm, strength in ((0.15, 6.0), (0.4, 20.0), (3.0, 350.0)):
        film += cv2.GaussianBlur(dots, (0, 0), size_mm * px_per_mm) * np.float32(strength)
    light *= np.exp(-np.clip(film, 0, 2.2))[..., None]


def _mask(mesh: MeshNote, piece: MeshPiece) -> tuple[NDArray[np.bool_], Floats]:
    """The piece for the packer: its mask at PACK_PX_PER_MM, and the middle of its box in the mesh's `now_mm`."""
    points = mesh.now_mm.reshape(-1, 2)
    corner = points[piece.triangles]
    low, high = corner.min(axis=(0, 1)), corner.max(axis=(0, 1))
    size = np.ceil((high - low) * PACK_PX_PER_MM).astype(int) + 1
    mask = np.zeros((size[1], size[0]), np.uint8)
    middle = (low + high) / 2
    at = (corner - middle) * PACK_PX_PER_MM + (size - 1) / 2
    for triangle in np.rint(at * 16).astype(np.int32):
        cv2.fillConvexPoly(mask, triangle, (1,), cv2.LINE_8, 4)
    return mask > 0, middle


def _photograph(
    name: str,
    sheets: Sequence[_Sheet],
    flat: Sequence[tuple[int, MeshPiece]],
    places: Sequence[tuple[Place, Floats]],
    spec: MatSpec,
    tray: RectMm,
    rng: np.random.Generator,
    options: TrayOptions,
) -> SimulatedTray:
    page = (spec.width_mm, spec.height_mm)
    view = stand(rng, page, options.camera)
    scale = min(10.0, max(4.0, 1.2 / view.mm_per_px()))
    plane = _table(spec, page, scale, options.font, rng)
    lain = [
        _lain(sheets[n].mesh, place, middle, tray)
        for (n, _), (place, middle) in zip(flat, places, strict=True)
    ]
    used = [on[np.unique(piece.triangles)] for on, (_, piece) in zip(lain, flat, strict=True)]
    _flakes(plane, scale, tray, used, rng, options.crumbs)
    light = backdrop(plane, scale, DESK_MM, view)
    truths = []
    for (number, piece), (place, _), on in zip(flat, places, lain, strict=True):
        polygon, area = _lay(light, view, sheets[number], piece, on, place.turn_rad)
        truths.append(TruthPiece(number, polygon, area, piece.area_mm2))
    jpeg, picture = develop(light, rng, options.camera)
    return SimulatedTray(
        name, picture, jpeg, view.mm_per_px(), spec, tuple(truths), tuple(sheet.truth for sheet in sheets)
    )


def _lain(mesh: MeshNote, place: Place, middle: Floats, tray: RectMm) -> Floats:
    """All vertices of a note (n, 2) in mm of the mat, when the piece whose middle this is lies at its place."""
    c, s = np.cos(place.turn_rad), np.sin(place.turn_rad)
    turned = (mesh.now_mm.reshape(-1, 2) - middle) @ np.array([[c, s], [-s, c]])
    return np.asarray(turned + np.array([place.x_mm + tray.x_mm, place.y_mm + tray.y_mm]))


def _lay(
    light: Field, view: View, sheet: _Sheet, piece: MeshPiece, lain: Floats, turn_rad: float
) -> tuple[Floats, float]:
    """Shadow first, then the paper; its outline in pixels and what it covers on the mat in mm2."""
    mesh, c, s = sheet.mesh, np.cos(turn_rad), np.sin(turn_rad)
    height = mesh.height_mm.ravel() - float(mesh.height_mm.ravel()[piece.triangles].min()) + 0.08
    points = np.column_stack([lain, height])
    seen, away = view.see(points)
    used = seen[piece.triangles]
    pad = 24
    x0, y0 = (int(v) for v in np.floor(used.min(axis=(0, 1))) - pad)
    x1, y1 = (int(v) for v in np.ceil(used.max(axis=(0, 1))) + pad)
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, view.width_px), min(y1, view.height_px)
    shape = (y1 - y0, x1 - x0)
    fuel = mesh.fuel.ravel()
    cast = np.column_stack([lain + height[:, None] * np.array(view.lamp), np.zeros(len(lain))])
    thrown, _ = view.see(cast)
    _, dark = fill(thrown - (x0, y0), away, piece.triangles, fuel, fuel[:, None], shape)
    soft = max(0.6, 0.35 / view.mm_per_px())
    shadow = cv2.GaussianBlur(dark.astype(np.float32), (0, 0), soft)[..., None]
    window = light[y0:y1, x0:x1]
    window *= 1 - np.float32(0.5) * shadow

    slope_y, slope_x = np.gradient(mesh.height_mm, mesh.at_mm[1, 0, 1], mesh.at_mm[0, 1, 0])
    turned = (c * slope_x - s * slope_y, s * slope_x + c * slope_y)
    shade = np.clip(1 - 1.0 * (turned[0] * -view.lamp[0] + turned[1] * -view.lamp[1]), 0.55, 1.35)
    values = np.column_stack([mesh.at_mm.reshape(-1, 2), shade.ravel()])
    fine = (shape[0] * SAMPLES, shape[1] * SAMPLES)
    samples = (seen - (x0, y0) + 0.5) * SAMPLES - 0.5
    told, cover = fill(samples, away, piece.triangles, fuel, values, fine)
    px = np.float32(sheet.truth.reference.px_per_mm)
    colour = cv2.remap(
        sheet.print_light,
        told[..., 0] * px - np.float32(0.5),
        told[..., 1] * px - np.float32(0.5),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    paper = colour * (told[..., 2] * cover)[..., None]
    size = (shape[1], shape[0])
    shown = cv2.resize(paper, size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(cover.astype(np.float32), size, interpolation=cv2.INTER_AREA)[..., None]
    window *= 1 - alpha
    window += shown
    return _outline(cover, view, x0, y0)


def _outline(cover: NDArray[np.bool_], view: View, x0: int, y0: int) -> tuple[Floats, float]:
    lattice = cv2.dilate(np.pad(cover.astype(np.uint8), 1), np.ones((2, 2), np.uint8), anchor=(1, 1))
    lines, _ = cv2.findContours(lattice, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outer = (max(lines, key=len).reshape(-1, 2) - 1.0) / SAMPLES - 0.5 + (x0, y0)
    inside = (np.argwhere(cover)[::97, ::-1] + 0.5) / SAMPLES - 0.5 + (x0, y0)
    # the area of a sample on the mat, at every 97th of them: it varies by the tilt alone
    step = np.array([0.25, 0.0])
    base = view.plane_mm(inside)
    a, b = view.plane_mm(inside + step) - base, view.plane_mm(inside + step[::-1]) - base
    each = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / step[0] ** 2 / SAMPLES**2
    area = float(each.mean() * cover.sum())
    simple = cv2.approxPolyDP(outer.astype(np.float32).reshape(-1, 1, 2), 0.6, True).reshape(-1, 2)
    return np.asarray(np.round(simple.astype(np.float64), 1), np.float64), area


def _table(
    spec: MatSpec, page: tuple[float, float], scale: float, font: bytes | None, rng: np.random.Generator
) -> Picture:
    """The printed mat on a speckled table: the printer's own blue or green, bands along the paper, a gloss."""
    edge = round(DESK_MM * scale)
    printed = mat_picture(spec, scale, font).astype(np.float32)
    h, w = printed.shape[:2]
    saturated = (np.ptp(printed, axis=2) > 90)[..., None]
    ink = np.array(rng.uniform(0.86, 1.1, 3), np.float32)
    printed = np.where(saturated, printed * ink + rng.uniform(0, 14), printed)
    bands = np.repeat(rng.normal(0, 1.6, h // 7 + 1), 7)[:h].astype(np.float32)
    printed = (
        printed + bands[:, None, None] + rng.standard_normal((h, w), np.float32)[..., None] * np.float32(2.5)
    )
    tone = np.array(rng.uniform(120, 190, 3), np.float32)
    table = (
        tone
        + cv2.GaussianBlur(rng.standard_normal((h + 2 * edge, w + 2 * edge), np.float32), (0, 0), 1.2)[
            ..., None
        ]
        * 28
    )
    table[edge : edge + h, edge : edge + w] = printed
    return np.asarray(np.clip(table, 0, 255).astype(np.uint8))


def _flakes(
    plane: Picture,
    scale: float,
    tray: RectMm,
    lain: Sequence[Floats],
    rng: np.random.Generator,
    count: tuple[int, int],
) -> None:
    """Ash in little heaps between the pieces: no flake comes nearer than about a millimetre to paper (`lain`: the pieces'
    vertices, mm of the mat), because what touches a piece would belong to neither truth."""
    free = np.zeros((int(tray.height_mm) + 1, int(tray.width_mm) + 1), np.uint8)
    free[3:-3, 3:-3] = 1
    for points in lain:
        at = np.rint(points - (tray.x_mm, tray.y_mm)).astype(int)
        at = at[((at >= 0) & (at < free.shape[::-1])).all(axis=1)]
        free[at[:, 1], at[:, 0]] = 0
    free = np.asarray(cv2.erode(free, np.ones((9, 9), np.uint8)))
    rows, columns = np.nonzero(free)
    if not len(rows):
        return
    for _ in range(int(rng.integers(count[0], count[1] + 1)) // 3):
        one = int(rng.integers(0, len(rows)))
        for _ in range(int(rng.integers(1, 6))):
            middle = np.array([columns[one], rows[one]]) + rng.normal(0, 2.5, 2)
            x, y = np.rint(middle).astype(int)
            if not (0 <= x < free.shape[1] and 0 <= y < free.shape[0]) or not free[y, x]:
                continue
            at = (middle + np.array([tray.x_mm, tray.y_mm]) + DESK_MM) * scale
            radius = np.clip(rng.gamma(2.0, 0.35), 0.15, 1.8) * scale
            turn = np.sort(rng.uniform(0, 2 * np.pi, 9))
            shape = at + (radius * rng.uniform(0.4, 1.0, 9))[:, None] * np.stack(
                [np.cos(turn), np.sin(turn)], 1
            )
            grey = int(rng.integers(10, 120))
            cv2.fillPoly(plane, [np.rint(shape * 16).astype(np.int32)], (grey, grey, grey), cv2.LINE_AA, 4)
