"""How issuers write the number of a note (冠字号码), as data: which signs may stand where.

`shape` has one letter for each sign: L a letter, D a digit. Example: `LLDDDDDDDD` is AB12345678, `LDLDDDDDDD` is
A1B2345678. A number is read against these forms, so that O and 0 or I and 1, which look alike in print, are told by where
they stand. `status` as everywhere: `confirmed` was read in a source, `unconfirmed` stands in one doubtful copy or from memory.

Left out: which prefixes were issued in which year (a list that changes, and nobody's to vouch for here), check digits (the
euro has one in its old numbers; add it with the first library that holds euro notes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["confirmed", "unconfirmed"]


@dataclass(frozen=True, slots=True)
class NumberForm:
    """One way in which an issuer writes numbers. `series`: of which series; `letters`: those that occur in it."""

    issuer: str
    series: tuple[str, ...]
    shape: str
    letters: str
    source: str
    status: Status

    def signs(self, place: int) -> str:
        """What may stand at a place, counted from 0."""
        return self.letters if self.shape[place] == "L" else "0123456789"


_WITHOUT_V = "ABCDEFGHIJKLMNOPQRSTUWXYZ"

NUMBER_FORMS = (
    NumberForm(
        issuer="CNY",
        series=("4", "5"),
        shape="LLDDDDDDDD",
        letters=_WITHOUT_V,
        source="juke.outofmemory.cn/read/2877369.html; sysxhz.com/s/278749.html",
        status="confirmed",
    ),
    NumberForm(
        issuer="CNY",
        series=("5",),
        shape="LDLDDDDDDD",
        letters=_WITHOUT_V,
        # one copied page says since December 2010; which editions carry it was not found
        source="juke.outofmemory.cn/read/2877369.html",
        status="unconfirmed",
    ),
)


def forms_of(issuer: str, series: str) -> tuple[NumberForm, ...]:
    """The forms in which this series' numbers are written; none where they are not known."""
    return tuple(form for form in NUMBER_FORMS if form.issuer == issuer and series in form.series)
