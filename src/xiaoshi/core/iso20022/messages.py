"""Which messages there are, and the one way out and in: valid bytes, or problems.

Nothing leaves or is looked at that its schema does not allow: `written` checks the bytes that it made as strictly as `opened` those
that came. The versions go together (the set of 2019 that CBPR+ and HVPS+ use).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.handlers import XmlEventHandler
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig
from xsdata.formats.dataclass.serializers.writers import XmlEventWriter
from xsdata.models.datatype import XmlDateTime

from xiaoshi.core.iso20022.schema import check_message
from xiaoshi.core.iso20022.xml_tree import read_tree
from xiaoshi.core.ledger.exchange import DECIMALS
from xiaoshi.core.money import AMOUNT_FEN_MAX
from xiaoshi.core.problems import Problem, Words

VERSIONS: tuple[str, ...] = (
    "pain.001.001.09",
    "pain.002.001.10",
    "camt.053.001.08",
    "camt.054.001.08",
    "camt.056.001.08",
    "camt.029.001.09",
)
_URN = "urn:iso:std:iso:20022:tech:xsd:"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that came and is valid: its version and the document (a dataclass of `pyiso20022`)."""

    version: str
    document: Any


@cache
def types_of(version: str) -> ModuleType:
    """The classes of a version, loaded at first use (a tenth of a second each)."""
    family = version.partition(".")[0]
    return import_module(f"pyiso20022.{family}.{version.replace('.', '_')}")


def written(version: str, document: Any) -> bytes | tuple[Problem, ...]:
    """The document as bytes, checked against its schema; or what its schema does not allow."""
    namespace = f"{_URN}{version}"
    serializer = XmlSerializer(config=SerializerConfig(indent=" "), writer=XmlEventWriter)
    data = serializer.render(document, ns_map={None: namespace}).encode()
    opened = opened_as(data, version)
    return opened if isinstance(opened, tuple) else data


def opened_as(data: bytes, *versions: str) -> Opened | tuple[Problem, ...]:
    """The message, if it is one of these versions and valid."""
    root = read_tree(data)
    if isinstance(root, Problem):
        return (root,)
    version = root.namespace.removeprefix(_URN)
    if version not in versions or root.name != "Document" or not root.namespace.startswith(_URN):
        wanted = "、".join(versions)
        return (
            Problem(
                "message_of_other_kind",
                Words(
                    f"报文类型是 {(root.namespace or root.name)[:80]}，这里只读 {wanted}。",
                    f"The message is {(root.namespace or root.name)[:80]}; what is read here is {wanted}.",
                ),
                str(root.line),
            ),
        )
    document_type = types_of(version).Document
    wrong = check_message(root, document_type, root.namespace)
    if wrong:
        return tuple(wrong)
    return Opened(version, XmlParser(handler=XmlEventHandler).from_bytes(data, document_type))


def amount_text(amount_fen: int, currency: str = "CNY") -> Decimal:
    """A sum in the currency's own decimals, exact: 35000 fen -> 350.00; 10001 yen -> 10001."""
    places = DECIMALS.get(currency, 2)
    return Decimal(amount_fen).scaleb(-places)


def amount_fen_of(value: Decimal, currency: str, where: str) -> int | Problem:
    """The sum in the smallest unit, or why it is none that this desk can book."""
    scaled = value.scaleb(DECIMALS.get(currency, 2))
    whole = int(scaled)
    if whole != scaled:
        return Problem(
            "amount_below_smallest_unit",
            Words(
                f"金额 {value} {currency} 小于最小货币单位，不能入账。",
                f"The amount {value} {currency} goes below the smallest unit of the currency and cannot be booked.",
            ),
            where,
        )
    if whole > AMOUNT_FEN_MAX:
        return Problem(
            "amount_too_large",
            Words(
                f"金额 {value} {currency} 超过本系统的上限。", f"The amount {value} {currency} is too large."
            ),
            where,
        )
    return whole


def moment(at: datetime) -> XmlDateTime:
    """A moment as messages write it; a moment without a zone is a programmer's error."""
    if at.tzinfo is None:
        raise ValueError("a moment in a message has a zone")
    return XmlDateTime.from_datetime(at.replace(microsecond=0))


def moment_of(value: XmlDateTime) -> datetime:
    """Back; a message that names no zone is taken as UTC."""
    at = value.to_datetime()
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def fitting(text: str, most: int, where: str, zh: str, en: str) -> Problem | None:
    """Whether a text can go into a field of `most` characters as it is. Never cut: half a name is another name."""
    if not text.strip():
        return Problem("field_empty", Words(f"{zh}不能为空。", f"{en} cannot be empty."), where)
    if len(text) > most:
        return Problem(
            "field_too_long",
            Words(
                f"{zh}有 {len(text)} 个字，报文最多 {most} 个字；不会截断，请核对。",
                f"{en} has {len(text)} characters, a message takes {most}. It is not cut: check it.",
            ),
            where,
        )
    strange = _NOT_IN_XML.search(text)
    if strange:
        return Problem(
            "field_not_printable",
            Words(
                f"{zh}含有不能写入报文的字符（U+{ord(strange[0]):04X}），请重新录入。",
                f"{en} holds a character that no message can carry (U+{ord(strange[0]):04X}). Enter it again.",
            ),
            where,
        )
    return None
