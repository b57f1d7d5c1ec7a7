"""Words for what a document is for. A plan names its papers by identifiers; these are the ones that desks meet often."""

from __future__ import annotations

from xiaoshi.core.problems import Words

PURPOSES: dict[str, Words] = {
    "fire_report": Words("火灾证明", "fire report"),
    "identity": Words("身份证件", "identity paper"),
    "agent_identity": Words("代办人身份证件", "agent's identity paper"),
    "authorisation": Words("授权委托书", "authorisation"),
    "circumstances": Words("情况说明", "statement of circumstances"),
    "tray": Words("盘面照片", "tray photo"),
    "tray_photo": Words("盘面照片", "tray photo"),
    "overlay": Words("测量标注图", "measurement overlay"),
    "signed_copy": Words("客户签名件", "signed copy"),
    "bag_label": Words("专用袋封签", "seal of the special bag"),
    "exchange_slip": Words("残损币兑换单", "exchange slip"),
    "determination_slip": Words("兑换认定书", "determination slip"),
    "receipt": Words("业务回执", "receipt"),
    "issued_paper": Words("已出具单据", "issued paper"),
    "reprint": Words("单据副本", "copy of a paper"),
    "voided_paper": Words("已作废单据", "voided paper"),
    "scan": Words("扫描件", "scan"),
    "other": Words("其他材料", "other document"),
}

HANDED_IN = (
    "identity",
    "fire_report",
    "circumstances",
    "agent_identity",
    "authorisation",
    "signed_copy",
    "other",
)
"""What a person hands in over the counter, in the order of the list on the page."""


def purpose_words(purpose: str) -> Words:
    """The words for a purpose; for one that nobody named here, the identifier with blanks."""
    plain = purpose.replace("_", " ")
    return PURPOSES.get(purpose, Words(plain, plain))
