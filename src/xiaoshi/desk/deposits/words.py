"""The words of products, day counts and kinds of rates, as a bank desk says them."""

from __future__ import annotations

from xiaoshi.core.problems import Words

PRODUCT_WORDS: dict[str, Words] = {
    "fixed": Words("整存整取", "Fixed term (整存整取)"),
    "demand": Words("活期", "Demand (活期)"),
    "fixed_or_demand": Words("定活两便", "Fixed or demand (定活两便)"),
    "call_1d": Words("通知存款（一天）", "Call deposit, 1 day (通知存款)"),
    "call_7d": Words("通知存款（七天）", "Call deposit, 7 days (通知存款)"),
    "instalment_in": Words("零存整取", "Instalments in (零存整取)"),
    "instalment_out": Words("整存零取", "Instalments out (整存零取)"),
    "interest_out": Words("存本取息", "Interest paid out (存本取息)"),
}

TERM_WORDS: dict[int, Words] = {
    3: Words("三个月", "3 months"),
    6: Words("六个月", "6 months"),
    12: Words("一年", "1 year"),
    24: Words("二年", "2 years"),
    36: Words("三年", "3 years"),
    60: Words("五年", "5 years"),
    96: Words("八年", "8 years"),
}

DAY_COUNT_WORDS: dict[str, Words] = {
    "": Words("按惯例", "as usual"),
    "30/360": Words("每月 30 天、每年 360 天", "30 days a month, 360 a year"),
    "actual/360": Words("实际天数、每年 360 天", "real days, 360 a year"),
}

TABLE_WORDS: dict[str, Words] = {
    "big_banks": Words(
        "大型银行挂牌利率（2012-07-05 以前为基准利率）",
        "posted by the large banks (the benchmark until 2012-07-05)",
    ),
    "benchmark": Words("人民银行基准利率", "PBOC benchmark"),
}

KIND_WORDS: dict[str, Words] = {
    "fixed": Words("定期", "fixed"),
    "demand": Words("活期", "demand"),
    "call": Words("通知", "call"),
    "fixed_or_demand": Words("定活六折", "six tenths"),
    "instalment": Words("零整", "instalment"),
    "subsidy": Words("保值贴补", "subsidy"),
    "none": Words("不计息", "none"),
}
