"""Trays laid by hand: the same torn and burnt papers put where a test says, front or back up, and photographed again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from xiaoshi.core.notes import TrayImage
from xiaoshi.core.notes.camera import CameraOptions, aim, expose
from xiaoshi.core.notes.damage import PX_PER_MM, damage
from xiaoshi.core.notes.laying import DESK_MM, Paper, ground, lay_down, papers_of
from xiaoshi.core.notes.mat import mat_spec, tray_area_mm
from xiaoshi.core.notes.reference import Reference

SPEC = mat_spec("A3")
AREA = tray_area_mm(SPEC)
PLANE_PX_PER_MM = 7.0


@dataclass(frozen=True)
class Sheet:
    """One piece of paper with what its two sides show."""

    up: Paper
    down: Paper


def sheets(front: Reference, back: Reference, kind: str, seed: int) -> list[Sheet]:
    """The pieces of one damaged note."""
    rng = np.random.default_rng(seed)
    harmed = damage(front, kind, rng)
    size = harmed.picture.shape[1::-1]
    behind = cv2.resize(back.image, size, interpolation=cv2.INTER_AREA)[:, ::-1]
    # What fire did to the colour of one side it did to the other.
    plain = cv2.resize(front.image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    shade = np.clip((harmed.picture + 1.0) / (plain + 1.0), 0, 1.2)
    below = replace(harmed, picture=np.clip(behind * cv2.blur(shade, (15, 15)), 0, 255).astype(np.uint8))
    return [Sheet(a, _over(b)) for a, b in zip(papers_of(0, harmed), papers_of(0, below), strict=True)]


def _over(paper: Paper) -> Paper:
    flip = np.array([-1.0, 1.0])
    return replace(
        paper,
        picture=np.ascontiguousarray(paper.picture[:, ::-1]),
        cover=np.ascontiguousarray(paper.cover[:, ::-1]),
        outline_mm=paper.outline_mm * flip,
    )


def photo(name, papers, places, *, seed=1, tilt=6.0, width=2600) -> TrayImage:
    """The papers at (x mm, y mm from the tray's corner, turn in degrees) on a blue A3 mat."""
    rng = np.random.default_rng(seed)
    camera = CameraOptions(width_px=width, tilt_deg_max=tilt)
    page = (SPEC.width_mm, SPEC.height_mm)
    shot = aim(rng, page, camera)
    plane = ground(SPEC, page, PLANE_PX_PER_MM, None, rng)
    for paper, (x, y, turn) in zip(papers, places, strict=True):
        lay_down(plane, PLANE_PX_PER_MM, paper, (x + AREA.x_mm, y + AREA.y_mm), float(np.radians(turn)), rng)
    return TrayImage(name, expose(shot.take(plane, PLANE_PX_PER_MM, (-DESK_MM, -DESK_MM)), rng, camera))


def size_mm(paper: Paper) -> tuple[float, float]:
    """Width and height of a paper's box."""
    return paper.cover.shape[1] / PX_PER_MM, paper.cover.shape[0] / PX_PER_MM
