"""What the tray viewer draws: one piece found on a tray photo, its outline, and where a zoom to it must look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class TrayPiece:
    """One row of the list and one mask on the photo.

    `number`: label on the photo; `polygon`: outline in pixels of the photo; `state`: "ok", "doubt", "none" (shape and
    colour of the mask); `verdict`: the word in the list (全额, 半额, 不兑, 未定); `denomination`, `edition`, `area`,
    `rule`: texts as shown; `href`: page of this piece's form; `current`: that form is on this page; `decided`: a person
    has answered; `status`: where the note stands for this reader, in words; `listed`: has a row of its own in the list (the second piece of a note has only its mask).
    """

    number: int
    polygon: Sequence[Point]
    state: str
    verdict: str
    denomination: str = ""
    edition: str = ""
    area: str = ""
    rule: str = ""
    href: str = ""
    current: bool = False
    decided: bool = False
    listed: bool = True
    status: str = ""

    @property
    def path(self) -> str:
        """The outline as data of an SVG path, to a tenth of a pixel; empty for a note that has no outline."""
        if not self.polygon:
            return ""
        return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in self.polygon) + "Z"

    @property
    def box(self) -> str:
        """`x y width height` around the piece in pixels, as `data-box` for the zoom; empty without outline."""
        if not self.polygon:
            return ""
        left, top, right, bottom = self._bounds()
        return f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}"

    @property
    def label_x(self) -> int:
        return round(self._corner()[0])

    @property
    def label_y(self) -> int:
        return round(self._corner()[1])

    def _corner(self) -> Point:
        """The outline's point nearest to the top left: a number there hides least of the print."""
        return min(self.polygon, key=lambda point: point[0] + point[1])

    def _bounds(self) -> tuple[float, float, float, float]:
        xs = [x for x, _ in self.polygon]
        ys = [y for _, y in self.polygon]
        return min(xs), min(ys), max(xs), max(ys)
