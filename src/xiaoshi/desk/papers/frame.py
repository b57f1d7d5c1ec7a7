"""What stands around a paper's facts: who issues it, for which case, under which number, and how it is checked."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import segno

from xiaoshi.core.problems import Words
from xiaoshi.desk.papers.typesetting import instant_text


@dataclass(frozen=True, slots=True)
class Frame:
    """The letterhead. `bank`: the top of the tree; `outlet`: where the case lies; `public_address`: of the check page.

    `language`: "zh" or "en"; `big_type`: for eyes that read large letters (18 pt instead of 10 or 12).
    """

    bank: Words
    outlet: Words
    outlet_phone: str
    case_number: str
    number: str
    title: Words
    check_code: str
    public_address: str
    issued_at: datetime
    issued_by: str
    language: str = "zh"
    big_type: bool = False

    @property
    def check_page(self) -> str:
        """The page on which a person types the code."""
        return f"{self.public_address.rstrip('/')}/check/"

    @property
    def check_address(self) -> str:
        """Where the QR code leads."""
        return f"{self.check_page}{self.check_code}/"

    def as_data(self, zone: str) -> dict[str, Any]:
        """As `house.typ` reads it."""
        return {
            "bank_zh": self.bank.zh,
            "bank_en": self.bank.en,
            "outlet_zh": self.outlet.zh,
            "outlet_en": self.outlet.en,
            "outlet_phone": self.outlet_phone,
            "case_number": self.case_number,
            "number": self.number,
            "title_zh": self.title.zh,
            "title_en": self.title.en,
            "check_code": self.check_code,
            "check_page": self.check_page,
            "issued_at_text": instant_text(self.issued_at, self.language, zone),
            "issued_by": self.issued_by,
            "language": self.language,
            "big_type": self.big_type,
        }

    def qr_svg(self) -> str:
        """The check address as a QR code with a quiet zone; error correction M survives a fold or a coffee stain."""
        out = io.BytesIO()
        segno.make(self.check_address, error="m", micro=False).save(
            out, kind="svg", border=2, dark="#000", light="#fff", xmldecl=False, svgns=True
        )
        return out.getvalue().decode()
