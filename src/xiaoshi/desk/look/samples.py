"""Invented data for the page of patterns: the burnt-note case as its pages would show it, in both languages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.templatetags.static import static

from xiaoshi.core.problems import Words

from .fields import DatePartsField, MoneyField
from .language import said
from .plan_map import PlanStage, PlanStep
from .tray import TrayPiece

NOW = dt.datetime(2026, 11, 23, 5, 12, tzinfo=dt.UTC)


def both(zh: str, en: str) -> str:
    return said(Words(zh, en))


class SampleForm(forms.Form):
    """One field of each sort that the desk uses."""

    holder = forms.CharField(label="")
    amount = MoneyField()
    opened_on = DatePartsField()
    kind = forms.ChoiceField()
    channel = forms.ChoiceField(widget=forms.RadioSelect)
    proofs = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)
    remark = forms.CharField(widget=forms.Textarea({"rows": 3}), required=False)
    photo = forms.FileField(required=False)
    understood = forms.BooleanField()
    token = forms.CharField(widget=forms.HiddenInput, initial="sample", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {
            "holder": (
                both("持有人姓名", "Name of the holder"),
                both("与身份证件一致。", "As on the identity paper."),
            ),
            "amount": (
                both("金额", "Amount"),
                both("以元为单位，例如1234.50。", "In yuan, for example 1234.50."),
            ),
            "opened_on": (
                both("开户日期", "Opened on"),
                both("例如1998年3月12日。", "For example 1998 3 12."),
            ),
            "kind": (both("事项", "Matter"), ""),
            "channel": (
                both("怎样答复客户", "How to answer the client"),
                both("客户说电话听不清。", "Hard of hearing."),
            ),
            "proofs": (both("已出示", "Shown"), ""),
            "remark": (
                both("情况", "Circumstances"),
                both("用客户自己的话写。", "In the client's own words."),
            ),
            "photo": (
                both("照片", "Photo"),
                both("JPEG或PNG，不超过40 MB。", "JPEG or PNG, at most 40 MB."),
            ),
            "understood": (both("已向客户讲明兑换规则", "The rules were explained to the client"), ""),
        }
        for name, (label, hint) in words.items():
            self.fields[name].label = label
            self.fields[name].help_text = hint
        self.fields["kind"].choices = [
            ("", both("请选择", "Choose")),
            ("damaged_notes", both("残损人民币兑换", "Burnt notes")),
            ("old_certificate", both("老存单", "Old certificate")),
        ]
        self.fields["channel"].choices = [
            ("letter", both("纸信", "Letter")),
            ("sms", both("短信", "Text message")),
            ("visit", both("来网点", "At the outlet")),
        ]
        self.fields["proofs"].choices = [
            ("id", both("身份证", "Identity card")),
            ("fire", both("火灾证明", "Paper of the fire service")),
        ]


class SampleBlindForm(forms.Form):
    """The checker's own amount."""

    amount = MoneyField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = both("您清点的金额", "The amount that you counted")


def sample_context() -> dict[str, Any]:
    """Everything that `look/patterns.html` shows. The clock stands still, so screenshots stay the same."""
    return {
        "now": NOW,
        "section": "cases",
        "form": SampleForm(),
        "blind": SampleBlindForm(prefix="own"),
        "stages": _stages(),
        "side": [
            {"label": both("概览", "Overview"), "href": "#", "current": True},
            {"label": both("材料", "Papers"), "href": "#", "count": "2/3"},
            {"label": both("盘点", "Trays"), "href": "#", "count": "1/3"},
            {"label": both("款项", "Money"), "href": "#"},
            {"label": both("往来", "Messages"), "href": "#", "count": "1"},
        ],
        "tabs": [
            {"label": both("我的", "Mine"), "href": "#", "count": 6, "current": True},
            {"label": both("待认领", "Unclaimed"), "href": "#", "count": 3},
            {"label": both("等客户", "Waiting"), "href": "#", "count": 11},
            {"label": both("全部", "All"), "href": "#", "count": 42},
        ],
        "needs": [both("用纸", "paper"), both("大字", "large type"), both("听力弱", "hard of hearing")],
        "client": both("张桂兰", "Zhang Guilan"),
        "about": both("80岁 女", "80, female"),
        "kind": both("残损人民币兑换", "Burnt notes"),
        "rows": _queue_rows(),
        "tasks": _tasks(),
        "holding": [
            {"key": both("名称", "Name"), "value": both("火灾事故认定书", "Finding on the fire")},
            {"key": both("收到", "Received"), "value": both("柜面 11月23日", "counter, 23 November")},
            {"key": both("页数", "Pages"), "value": "2", "href": "#", "action": both("看", "Look")},
        ],
        "due_soon": NOW + dt.timedelta(hours=3),
        "due_later": NOW + dt.timedelta(days=9),
        "due_past": NOW - dt.timedelta(days=1, hours=2),
        "today_morning": NOW - dt.timedelta(hours=4),
        "yesterday": NOW - dt.timedelta(days=1),
        "maker": {"name": both("李敏", "Li Min"), "at": NOW, "amount_fen": 35000},
        "checker": {
            "name": both("周强", "Zhou Qiang"),
            "at": NOW + dt.timedelta(minutes=9),
            "amount_fen": 35000,
        },
        "plan": _plan(),
        "photo": static("built/sample_tray.svg"),
        "pieces": _pieces(),
        "paid_fen": 4684500,
        "half_fen": 35000,
    }


def _stages() -> list[dict[str, Any]]:
    return [
        {"label": both("受理", "Taken in"), "state": "done"},
        {"label": both("核身份", "Identity"), "state": "done"},
        {
            "label": both("清点", "Counting"),
            "state": "here",
            "times": 2,
            "note": both("第2盘，共3盘", "tray 2 of 3"),
        },
        {"label": both("复核", "Recheck"), "state": "todo"},
        {"label": both("付款", "Payment"), "state": "todo"},
        {"label": both("回执", "Receipt"), "state": "todo"},
    ]


def _queue_rows() -> list[dict[str, Any]]:
    return [
        {
            "number": "XS-0417",
            "client": both("张桂兰", "Zhang Guilan"),
            "kind": both("残损人民币兑换", "Burnt notes"),
            "step": both("核对第2盘", "Check tray 2"),
            "waits": both("我们", "us"),
            "due": NOW + dt.timedelta(hours=3),
            "owner": both("李敏", "Li Min"),
            "action": both("继续", "Go on"),
        },
        {
            "number": "XS-0409",
            "client": both("王国庆", "Wang Guoqing"),
            "kind": both("遗产存单", "Inheritance"),
            "step": both("等公证书", "Notary's paper"),
            "waits": both("客户", "client"),
            "due": NOW + dt.timedelta(days=9),
            "owner": "–",
            "action": both("认领", "Claim"),
        },
        {
            "number": "XS-0398",
            "client": both("陈阿毛", "Chen Amao"),
            "kind": both("大额硬币", "Bulk coins"),
            "step": both("第4批，共13批", "Batch 4 of 13"),
            "waits": both("复核人", "checker"),
            "due": NOW - dt.timedelta(days=1, hours=2),
            "owner": both("周强", "Zhou Qiang"),
            "action": both("继续", "Go on"),
        },
    ]


def _tasks() -> list[dict[str, Any]]:
    return [
        {
            "label": both("身份证件", "Identity paper"),
            "href": "#",
            "state": "ok",
            "word": both("已核对", "checked"),
        },
        {
            "label": both("火灾证明", "Paper of the fire service"),
            "hint": both("没有的话，写情况说明也可以。", "If there is none, a statement will do."),
            "href": "#",
            "state": "doubt",
            "word": both("看不清", "cannot be read"),
        },
        {
            "label": both("收款账户", "Account to pay into"),
            "href": "#",
            "state": "waiting",
            "word": both("等客户", "waiting for client"),
        },
        {"label": both("回执", "Receipt"), "href": "", "state": "none", "word": both("还不能做", "not yet")},
    ]


def _plan() -> list[PlanStage]:
    step = PlanStep
    return [
        PlanStage(
            both("受理", "Intake"),
            (
                step(both("登记铁盒与情况", "Note the tin and circumstances"), "done", href="#"),
                step(both("火灾证明", "Paper of the fire service"), "skipped"),
            ),
        ),
        PlanStage(
            both("清点", "Counting"),
            (
                step(both("拍摄托盘", "Photograph the trays"), "done"),
                step(both("券别区分", "Denominations apart"), "done", 1),
                step(both("版别分离", "Editions apart"), "done"),
                step(both("全额、半额认定", "Determine full and half value"), "here", 2, href="#"),
            ),
        ),
        PlanStage(
            both("复核", "Recheck"),
            (
                step(both("第二人复核", "Recheck by a second person"), "todo"),
                step(both("鉴定机构答复", "Answer of the appraising institution"), "waiting"),
            ),
        ),
        PlanStage(
            both("付款与回执", "Payment and receipt"),
            (step(both("入账或付现", "Pay"), "todo"), step(both("回访", "Feedback"), "todo")),
        ),
    ]


def _pieces() -> list[TrayPiece]:
    full, half, none = both("全额", "full"), both("半额", "half"), both("未定", "undecided")
    third = both("五套", "5th series")
    return [
        TrayPiece(
            3,
            [(1180, 190), (1330, 170), (1390, 300), (1240, 390), (1150, 300)],
            "none",
            none,
            href="?piece=3",
            current=True,
        ),
        TrayPiece(
            2,
            [(640, 180), (960, 200), (930, 350), (620, 330)],
            "doubt",
            half,
            "50",
            third,
            "66–71%",
            "R-4",
            "?piece=2",
        ),
        TrayPiece(
            1,
            [(120, 150), (500, 170), (490, 360), (110, 340)],
            "ok",
            full,
            "100",
            third,
            "95–97%",
            "R-3",
            "?piece=1",
            decided=True,
        ),
        TrayPiece(
            4,
            [(150, 560), (470, 520), (490, 660), (170, 710)],
            "ok",
            full,
            "10",
            third,
            "92–95%",
            "R-3",
            "?piece=4",
            decided=True,
        ),
        TrayPiece(
            5,
            [(700, 560), (880, 540), (900, 700), (720, 730)],
            "doubt",
            half,
            "20",
            third,
            "48–53%",
            "R-4",
            "?piece=5",
        ),
    ]
