"""What questions are about, in the order in which a desk meets them. Staff carry the same keys (`Staff.fields`); a bank adds its own."""

from __future__ import annotations

from xiaoshi.core.problems import Words

FIELDS: dict[str, Words] = {
    "notes": Words("残损币、现金", "notes and cash"),
    "coins": Words("硬币", "coins"),
    "deposits": Words("存款、存单", "deposits"),
    "succession": Words("继承", "succession"),
    "law": Words("法律、司法协助", "law"),
    "fx": Words("外汇", "foreign exchange"),
    "elders": Words("特殊客群服务", "elders and clients in need of help"),
    "government": Words("政务代办", "government errands"),
    "systems": Words("系统、账户状态", "systems and account state"),
}


def field_words(field: str) -> Words:
    """The words of a field; one that the bank added is its own word."""
    return FIELDS.get(field, Words(field, field))
