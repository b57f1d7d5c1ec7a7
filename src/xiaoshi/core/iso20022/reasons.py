"""Reason codes of rejections and recalls (external code sets of ISO 20022) in the desk's words."""

from __future__ import annotations

from dataclasses import dataclass

from xiaoshi.core.problems import Words

REASONS: dict[str, Words] = {
    "AC01": Words("账号有误", "the account number is wrong"),
    "AC03": Words("收款账号有误", "the account number of the payee is wrong"),
    "AC04": Words("账户已销户", "the account is closed"),
    "AC06": Words("账户已冻结或止付", "the account is blocked"),
    "AG01": Words("该账户不允许此类交易", "the account does not allow this"),
    "AM01": Words("金额为零", "the amount is zero"),
    "AM02": Words("金额超过限额", "the amount is above the limit"),
    "AM04": Words("余额不足", "the balance does not cover it"),
    "AM05": Words("重复付款", "the payment is a duplicate"),
    "AM09": Words("金额与原付款不符", "the amount is not the one of the payment"),
    "BE01": Words("户名与账号不符", "name and account do not belong together"),
    "BE05": Words("发起方无法识别", "the sender is not known"),
    "DT01": Words("日期有误", "the date is wrong"),
    "DUPL": Words("重复付款", "the payment is a duplicate"),
    "FF01": Words("报文格式有误", "the message is not well formed"),
    "MS02": Words("收款人拒绝，未说明原因", "the payee refused and gives no reason"),
    "MS03": Words("对方银行拒绝，未说明原因", "the bank refused and gives no reason"),
    "NARR": Words("见说明", "see the text"),
    "RC01": Words("行号有误", "the number of the bank is wrong"),
    "TM01": Words("已过受理时间", "it came after the last hour of the day"),
    "CUST": Words("客户要求", "the client asks for it"),
    "FRAD": Words("涉嫌欺诈", "fraud is suspected"),
    "TECH": Words("技术原因", "a technical fault"),
    "UPAY": Words("误付", "the payment was not owed"),
    "AGNT": Words("代理行不同意", "an agent does not agree"),
    "ARDT": Words("款项已退回", "the money was returned already"),
    "LEGL": Words("法律原因不能退回", "the law forbids to return it"),
    "NOOR": Words("没有收到原付款", "the payment never came"),
    "NOAS": Words("收款人未答复", "the payee does not answer"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` of the external code set, may be empty; `text` of the sender, may be empty."""

    code: str
    text: str = ""

    @property
    def words(self) -> Words:
        """For people: the desk's words of the code (the code itself where it is not known), then the sender's own text."""
        known = REASONS.get(self.code)
        zh = f"{known.zh}（{self.code}）" if known else self.code
        en = f"{known.en} ({self.code})" if known else self.code
        return Words("：".join(filter(None, (zh, self.text))), ": ".join(filter(None, (en, self.text))))
