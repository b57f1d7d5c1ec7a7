"""Invented facts for each paper: for tests, for the docs' pictures, and to see a changed template without a case."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from xiaoshi.desk.kinds.burnt_notes.papers.facts import (
    BagLabel,
    BagRow,
    DeterminationSlip,
    DeterminedNote,
    ExchangeRow,
    ExchangeSlip,
    Receipt,
    ReportedNote,
    TinReport,
)

_AT = datetime(2026, 11, 23, 6, 40, tzinfo=UTC)
_RULE_ZH = "《中国人民银行残缺污损人民币兑换办法》（中国人民银行令〔2026〕第2号）"
_RULE_EN = "PBOC Order 2026 No. 2 on the exchange of damaged RMB"
_FIRE_ZH, _FIRE_EN = "火灾（铁盒内炭化、粘连）", "fire (charred and stuck together in a tin)"


def exchange_slip() -> ExchangeSlip:
    """46,845.00 yuan, the sum of the newspaper's story."""
    rows = (
        _row(10000, "第五套 2005年版", "5th series 2005", 382, 341, 28, 13),
        _row(10000, "第五套 2015年版", "5th series 2015", 84, 79, 5, 0),
        _row(5000, "第五套 2005年版", "5th series 2005", 60, 49, 8, 3),
        _row(2000, "第五套 2005年版", "5th series 2005", 26, 20, 4, 2),
        _row(1000, "第五套 2005年版", "5th series 2005", 22, 9, 3, 10),
    )
    return ExchangeSlip(
        holder_name="张桂兰",
        holder_id_masked="330*************28",
        cause_zh=_FIRE_ZH,
        cause_en=_FIRE_EN,
        proof_zh="乡政府火灾证明 1 份",
        proof_en="fire paper of the township, 1",
        rows=rows,
        pieces=sum(r.pieces for r in rows),
        full=sum(r.full for r in rows),
        half=sum(r.half for r in rows),
        none=sum(r.none for r in rows),
        amount_fen=sum(r.amount_fen for r in rows),
        rule_zh=_RULE_ZH,
        rule_en=_RULE_EN,
        rule_in_force_from=date(2026, 3, 31),
        determined_by="李敏",
        determined_at=_AT,
        checked_by="周强",
        checked_at=_AT.replace(hour=7, minute=5),
        bag_number="ZD-20261123-0007",
    )


def determination_slip() -> DeterminationSlip:
    notes = (
        _note(
            1,
            "half",
            "61.2%–64.0%",
            5000,
            "剩余面积二分之一以上、不满四分之三",
            "half or more remains, less than 3/4",
        ),
        _note(2, "none", "43.9%–46.1%", 0, "剩余面积不满二分之一", "less than half remains"),
        _note(3, "none", "—", 0, "无法辨别面额", "the denomination cannot be recognised"),
    )
    return DeterminationSlip(
        holder_name="张桂兰",
        holder_id_masked="330*************28",
        cause_zh=_FIRE_ZH,
        cause_en=_FIRE_EN,
        notes=notes,
        amount_fen=5000,
        rule_zh=_RULE_ZH,
        rule_en=_RULE_EN,
        objection="持有人认为第 1、2 张应按全额兑换",
        pieces_returned=3,
        appraisal_office="中国人民银行临溪市分行货币金银科",
        determined_by="李敏",
        checked_by="周强",
    )


def tin_report() -> TinReport:
    rows = (
        ExchangeRow(10000, "2005 年版", "2005", 3, 2, 1, 0, 250_00),
        ExchangeRow(5000, "2005 年版", "2005", 1, 0, 0, 1, 0),
    )
    notes = (
        _reported(
            "1-2",
            10000,
            "half",
            "61.2%–64.0%",
            50_00,
            "剩余面积二分之一以上、不满四分之三",
            "half or more, below 3/4",
        ),
        _reported("1-4", 5000, "none", "43.9%–46.1%", 0, "剩余面积不满二分之一", "less than half remains"),
        _reported(
            "2-1",
            10000,
            "full",
            "74.1%–75.9%",
            100_00,
            "两人目验：炭化部分与图案相连",
            "two people: the char hangs together",
        ),
    )
    return TinReport(
        holder_name="张桂兰",
        holder_id_masked="330*************28",
        rows=rows,
        pieces=4,
        full=2,
        half=1,
        none=1,
        amount_fen=250_00,
        notes=notes,
        rule_zh=_RULE_ZH,
        rule_en=_RULE_EN,
        determined_by="李敏",
        checked_by="周强",
    )


def _reported(
    place: str, fen: int, verdict: Any, share: str, amount_fen: int, zh: str, en: str
) -> ReportedNote:
    return ReportedNote(place, fen, "2005 年版", "2005", share, verdict, amount_fen, zh, en, "AB12????78")


def bag_label() -> BagLabel:
    return BagLabel(
        bag_number="ZD-20261123-0007",
        holder_name="张桂兰",
        rows=(BagRow(10000, 453), BagRow(5000, 57), BagRow(2000, 24), BagRow(1000, 12)),
        pieces=546,
        amount_fen=exchange_slip().amount_fen,
        sealed_by="李敏",
        witnessed_by="周强",
        sealed_at=_AT,
    )


def receipt() -> Receipt:
    return Receipt(
        holder_name="张桂兰",
        matter_zh="特殊残损人民币兑换",
        matter_en="exchange of damaged notes",
        pieces=546,
        amount_fen=exchange_slip().amount_fen,
        way="account",
        account_masked="6222 **** **** 0417",
        paid_at=_AT.replace(hour=8, minute=20),
    )


def all_examples() -> dict[str, Any]:
    """Paper name -> facts, for each paper of the kind."""
    return {
        "bag_label": bag_label(),
        "exchange_slip": exchange_slip(),
        "determination_slip": determination_slip(),
        "tin_report": tin_report(),
        "receipt": receipt(),
    }


def _row(
    denomination_fen: int, zh: str, en: str, pieces: int, full: int, half: int, none: int
) -> ExchangeRow:
    amount_fen = full * denomination_fen + half * denomination_fen // 2
    return ExchangeRow(denomination_fen, zh, en, pieces, full, half, none, amount_fen)


def _note(number: int, verdict: Any, share: str, amount_fen: int, zh: str, en: str) -> DeterminedNote:
    return DeterminedNote(
        number, 10000, "第五套 2005年版", "5th series 2005", share, verdict, amount_fen, zh, en
    )
