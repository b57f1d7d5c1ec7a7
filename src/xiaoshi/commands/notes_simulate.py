"""What can be asked of `xiaoshi notes simulate`: the damage, the mat and the photo, as words of the command line.

Every option that is left out keeps what it has always been, so one seed gives the same trays as before.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any, get_args

from xiaoshi.core.notes import mat
from xiaoshi.core.notes.camera import CameraOptions
from xiaoshi.core.notes.damage import DamageOptions, Kind
from xiaoshi.core.notes.simulate import Reprint, SimulatedTray, TrayOptions, simulate_each
from xiaoshi.core.notes.simulate_mesh import simulate_mesh_each
from xiaoshi.core.problems import Problem

MIXES = (*get_args(Kind), "mixed", "any")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of the simulator, the damage, the tray and the photographer."""
    parser.add_argument(
        "--maker",
        choices=("masks", "mesh"),
        default="masks",
        help="两个模拟器之一，mesh 只用于评判 which simulator; mesh serves for judging only",
    )
    parser.add_argument(
        "--damage",
        choices=MIXES,
        default="mixed",
        help="一种损坏；mixed 为火烧和撕裂，any 为粘连以外各种 one kind; mixed: burnt and torn; any: all but stuck",
    )
    parser.add_argument(
        "--torn-in", type=_between(1, 20, whole=True), metavar="A-B", help="parts that each note is torn in"
    )
    parser.add_argument(
        "--keep", type=_between(0.02, 1.0), metavar="A-B", help="share of each note that is left"
    )
    parser.add_argument(
        "--shrink-max",
        type=_number(0.0, 0.06),
        default=0.04,
        metavar="X",
        help="most shrinkage of burnt paper",
    )
    parser.add_argument(
        "--carbonised",
        type=_between(0.0, 0.95),
        default=(0.3, 0.9),
        metavar="A-B",
        help="degree of --damage carbonised",
    )
    parser.add_argument(
        "--sheets", type=_between(1, 12, whole=True), default=(2, 5), metavar="A-B", help="notes of a stack"
    )
    parser.add_argument("--mat", choices=("auto", *mat.SIZES), default="auto", help="auto: A3, else A2")
    parser.add_argument("--colour", choices=mat.COLOURS, default="blue", help="of --mat A4, A3, A2")
    parser.add_argument(
        "--photo", type=_photo, default=(4000, None), metavar="W[xH]", help="pixels (default 4000x3000)"
    )
    parser.add_argument(
        "--exposure", type=_number(-6.0, 3.0), default=0.0, metavar="STOPS", help="0 is well lit"
    )
    parser.add_argument(
        "--kelvin", type=_number(1500.0, 20000.0), metavar="K", help="colour temperature of the light"
    )
    parser.add_argument(
        "--tilt", type=_number(0.0, 40.0), metavar="DEG", help="of the camera (default: up to 8)"
    )
    parser.add_argument(
        "--blur-px", type=_number(0.0, 40.0), metavar="PX", help="at 4000 px (default: 0.5 to 0.9)"
    )
    parser.add_argument("--jpeg-quality", type=_quality, metavar="Q", help="(default: 88 to 95)")
    parser.add_argument(
        "--lens", type=_number(-0.1, 0.1), metavar="K1", help="radial distortion at the corner"
    )


def simulator(args: argparse.Namespace) -> Callable[..., Iterator[SimulatedTray | Problem]]:
    """`simulate_each` of the first or of the second simulator."""
    return simulate_mesh_each if args.maker == "mesh" else simulate_each


def tray_options(args: argparse.Namespace, font: bytes, reprint: Reprint) -> TrayOptions:
    """The parsed words as what the simulator takes."""
    width, height = args.photo
    return TrayOptions(
        mat="auto" if args.mat == "auto" else mat.mat_spec(args.mat, args.colour),
        font=font,
        reprint=reprint,
        damage=DamageOptions(
            keep=args.keep,
            torn_in=args.torn_in,
            shrink_max=args.shrink_max,
            carbonised=args.carbonised,
            sheets=args.sheets,
        ),
        camera=CameraOptions(
            width_px=width,
            height_px=height,
            exposure=2.0**args.exposure,
            kelvin=args.kelvin,
            tilt_deg=args.tilt,
            blur_px=args.blur_px,
            jpeg_quality=args.jpeg_quality,
            lens_k1=args.lens,
        ),
    )


def _number(low: float, high: float) -> Any:
    def number(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text}: {low:g} to {high:g}")
        return value

    number.__name__ = f"number from {low:g} to {high:g}"
    return number


def _quality(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text}: 1 to 100")
    return value


def _photo(text: str) -> tuple[int, int | None]:
    width, _, height = text.partition("x")
    size = (int(width), int(height) if height else None)
    if not 600 <= size[0] <= 12_000 or (size[1] is not None and not 400 <= size[1] <= 12_000):
        raise argparse.ArgumentTypeError(f"{text}: 600x400 to 12000x12000")
    return size


def _between(low: float, high: float, *, whole: bool = False) -> Any:
    """A-B, or A for both ends."""

    def between(text: str) -> tuple[float, float]:
        first, _, second = text.partition("-")
        kind = int if whole else float
        ends = (kind(first), kind(second or first))
        if not low <= ends[0] <= ends[1] <= high:
            raise argparse.ArgumentTypeError(f"{text}: A-B with {low:g} <= A <= B <= {high:g}")
        return ends

    between.__name__ = "range A-B"
    return between
