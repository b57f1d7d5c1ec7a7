"""The rules by which deposits are counted, as dated rows: articles, interest tax, settlement days, inflation subsidy, minimums.

Each rule names its law. `status` says whether its text (or a copy) was seen: `unconfirmed` ones are known from memory or stand
for a text that was not found, and the engine says so beside every figure that rests on them.

Left out: education savings (exempt from the tax), corporate call deposits (500,000 and 100,000 yuan), 协定存款.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from typing import Literal

from xiaoshi.core.problems import Words

Status = Literal["confirmed", "unconfirmed"]


@dataclass(frozen=True, slots=True)
class DepositRule:
    """One rule that a segment rests on. `words`: what it says; `source`: the law or notice; `note`: what is open about it."""

    id: str
    words: Words
    source: Words
    status: Status = "confirmed"
    note: Words | None = None

    def text(self, language: str) -> str:
        """What a calculation sheet prints: the rule with its source."""
        if language.startswith("en"):
            return f"{self.words.en} ({self.source.en})"
        return f"{self.words.zh}（{self.source.zh}）"


def _regulation(article: int) -> Words:
    return Words(
        f"《储蓄管理条例》（国务院令第107号）第{article}条",
        f"Regulations on Savings, State Council Order No. 107, art. {article}",
    )


def _call(article: str) -> Words:
    zh, en = (f"第{article}条", f", art. {article}") if article else ("", "")
    return Words(
        f"《通知存款管理办法》（银发〔1999〕3号）{zh}", f"Measures on Call Deposits, PBOC 1999 No. 3{en}"
    )


_NOTICE_2005 = Words("银发〔2005〕129号", "PBOC notice 2005 No. 129")
_TABLES = Words("存款利率表附注", "notes of the deposit rate tables")

FIXED_TERM = DepositRule(
    "fixed_term",
    Words("原定存期内按开户日挂牌公告的定期利率计息", "within the term the rate posted on the opening day"),
    _regulation(26),
)
FIXED_TERM_OLD = DepositRule(
    "fixed_term_before_1993",
    Words(
        "1993-03-01 以前存入的定期储蓄，原定存期内按原规定计息",
        "opened before 1993-03-01: within the term by the older rules",
    ),
    _regulation(38),
    "unconfirmed",
    Words(
        "1993-03-01 以前的原规定未见原文：此处全期按开户日利率计算，未考虑当时存期内调高利率的分段计息。",
        "The text of the rules before 1993-03-01 was not found: the opening day's rate is used for the whole term, a rise of rates "
        "within it is not counted.",
    ),
)
EARLY_FULL = DepositRule(
    "early_full",
    Words(
        "全部提前支取，按支取日挂牌公告的活期利率计息",
        "early in full: the demand rate posted on the withdrawal day",
    ),
    _regulation(24),
)
EARLY_PART = DepositRule(
    "early_part",
    Words(
        "部分提前支取，支取部分按支取日活期利率计息，其余到期按开户日定期利率计息",
        "early in part: the part withdrawn at the demand rate of the day, the rest at maturity at the opening day's rate",
    ),
    _regulation(24),
)
EARLY_OLD = DepositRule(
    "early_before_1993",
    Words(
        "1993-03-01 以前存入、提前支取：按实存期限所够的较短档次利率计息，不够最短档次的按活期",
        "opened before 1993-03-01, early: the rate of the longest shorter term that was really kept, else demand",
    ),
    _regulation(38),
    "unconfirmed",
    Words(
        "1993-03-01 以前的提前支取规定凭记忆，未见原文；档次利率取开户日的。请向上级行核实后再付。",
        "The early-withdrawal rule before 1993-03-01 is from memory; the bracket's rate is that of the opening day. Ask before paying.",
    ),
)
OVERDUE = DepositRule(
    "overdue",
    Words(
        "逾期部分按支取日挂牌公告的活期利率计息",
        "past the term: the demand rate posted on the withdrawal day",
    ),
    _regulation(25),
)
ROLLED_TERM = DepositRule(
    "rolled_term",
    Words(
        "约定自动转存：到期视同支取，利息并入本金，按转存日同档次定期利率计息",
        "automatic rollover: counts as withdrawal at maturity, interest joins the principal, the rate of the rollover day",
    ),
    Words(
        "《储蓄管理条例》第18条、第25条；国务院令第272号第6至8条",
        "Regulations on Savings, art. 18 and 25; State Council Order No. 272, art. 6 to 8",
    ),
)
ROLLED_NO_TERM = DepositRule(
    "rolled_term_gone",
    Words(
        "转存日已没有该档次利率，此后按逾期（支取日活期利率）计息",
        "the term was no longer posted on the rollover day: counted as overdue from there",
    ),
    _regulation(25),
    "unconfirmed",
    Words(
        "约定转存的档次在转存日已取消，如何处理未见规定；此处不再转存，按逾期计息。",
        "What happens when the term is no longer posted on the rollover day was not found: here it is not renewed but overdue.",
    ),
)
DEMAND_YEARLY = DepositRule(
    "demand_yearly",
    Words(
        "活期储蓄每年6月30日结息，按结息日活期利率计息，次日并入本金",
        "demand settled yearly on 30 June at the rate of that day, credited on the next",
    ),
    _regulation(27),
)
DEMAND_QUARTERLY = DepositRule(
    "demand_quarterly",
    Words(
        "活期存款每季末月20日结息，按结息日活期利率计息，次日并入本金",
        "demand settled on the 20th of March, June, September and December at the rate of that day, credited on the next",
    ),
    _NOTICE_2005,
)
DEMAND_CLOSED = DepositRule(
    "demand_closed",
    Words(
        "清户按清户日活期利率计息到前一日", "closed: the rate of the closing day, counted to the day before"
    ),
    _regulation(27),
)
DEMAND_OLD = DepositRule(
    "demand_before_1993",
    DEMAND_YEARLY.words,
    Words("1993-03-01 以前的活期结息规定", "the rules on demand deposits before 1993-03-01"),
    "unconfirmed",
    Words(
        "1993-03-01 以前活期结息按结息日利率不分段，未见原文。",
        "That demand interest before 1993-03-01 was not segmented by changes of rate was not found in a text.",
    ),
)
FIXED_OR_DEMAND_SHORT = DepositRule(
    "fixed_or_demand_short",
    Words("定活两便不满三个月按支取日活期利率计息", "fixed-or-demand under three months: the demand rate"),
    _TABLES,
)
FIXED_OR_DEMAND = DepositRule(
    "fixed_or_demand",
    Words(
        "定活两便存满三个月，按支取日一年以内定期整存整取同档次利率打六折",
        "fixed-or-demand from three months on: six tenths of the fixed rate of the same bracket within one year, withdrawal day",
    ),
    _TABLES,
    "unconfirmed",
    Words(
        "六折和档次见于利率表附注；用哪一天的利率（此处为支取日）、1999 年以前的折扣未见原文。",
        "Six tenths and the brackets stand in the tables' notes; which day's rate (here: the withdrawal day) and the share before 1999 "
        "were not found.",
    ),
)
CALL_RATE = DepositRule(
    "call_rate",
    Words(
        "通知存款按支取日挂牌利率和实际存期计息，不分段",
        "call deposit: the rate posted on the withdrawal day for the real term",
    ),
    _call("8"),
)
CALL_SHORT = DepositRule(
    "call_short",
    Words(
        "实际存期不足通知期限，按活期利率计息",
        "the real term is shorter than the notice period: the demand rate",
    ),
    _call("9"),
)
CALL_NO_NOTICE = DepositRule(
    "call_no_notice",
    Words(
        "未提前通知而支取，支取部分按活期利率计息",
        "withdrawn without notice: the part withdrawn at the demand rate",
    ),
    _call("9"),
)
CALL_WRONG_DAY = DepositRule(
    "call_wrong_day",
    Words(
        "已通知而提前支取或逾期支取，支取部分按活期利率计息",
        "notice given, but withdrawn early or late: the part withdrawn at the demand rate",
    ),
    _call("9"),
)
CALL_DIFFERENCE = DepositRule(
    "call_difference",
    Words(
        "支取金额不足或超过约定金额，不足或超过部分按活期利率计息",
        "more or less than the agreed sum: the difference at the demand rate",
    ),
    _call("9"),
)
CALL_UNDER_MINIMUM = DepositRule(
    "call_under_minimum",
    Words("支取金额不足最低支取金额，按活期利率计息", "less than the least withdrawal: the demand rate"),
    _call("9"),
)
CALL_REMAINDER = DepositRule(
    "call_remainder",
    Words(
        "部分支取后余额低于起存金额，余额按清户日活期利率计息",
        "what is left is under the minimum: closed at the demand rate of the day",
    ),
    _call(""),
)
CALL_IDLE_NOTICE = DepositRule(
    "call_idle_notice",
    Words(
        "已办理通知手续而不支取或取消通知的，通知期限内不计息",
        "notice given but not used, or taken back: no interest for the notice period",
    ),
    _call(""),
)
_PLAN_NOTE = Words(
    "计息方法由银行选定：此处按月均匀存取、积数计息。",
    "The bank chooses the method: here even months and day products.",
)
INSTALMENT_IN = DepositRule(
    "instalment_in",
    Words(
        "零存整取：每月存入固定金额，按开户日同档次利率和存款积数计息",
        "equal monthly instalments: the opening day's rate on the products of balance and days",
    ),
    _NOTICE_2005,
    "unconfirmed",
    Words(
        "零存整取：principal_fen 是每月存入金额，按每月开户对应日存入、没有漏存计算。",
        "Instalments in: principal_fen is the monthly instalment, paid on the opening day of each month, none missed.",
    ),
)
INSTALMENT_OUT = DepositRule(
    "instalment_out",
    Words(
        "整存零取：一次存入，每月等额支取本金，按开户日同档次利率和存款积数计息",
        "one deposit, equal monthly withdrawals of principal: the opening day's rate on the products of balance and days",
    ),
    _NOTICE_2005,
    "unconfirmed",
    Words(
        "整存零取：principal_fen 是开户时存入的总额，按每月等额支取一次、未提前计算；本息合计是全部各次支取之和。",
        "Instalments out: principal_fen is the sum put in; one equal withdrawal a month is assumed; the total is that of all withdrawals.",
    ),
)
INTEREST_OUT = DepositRule(
    "interest_out",
    Words(
        "存本取息：一次存入，利息分次支取，按开户日同档次利率计息",
        "one deposit, interest paid out month by month: the opening day's rate",
    ),
    _NOTICE_2005,
    "unconfirmed",
    Words(
        "存本取息：利息合计按整存期计算，已付各期利息包括在内；提前支取按活期重算，多付的利息从本金扣回。",
        "Interest out: the interest of the whole term, what was already paid included; early, it is counted again at the demand rate and "
        "what was paid too much comes out of the principal.",
    ),
)
SUBSIDY = DepositRule(
    "subsidy",
    Words(
        "保值储蓄：三年、五年、八年期到期，保值期内按到期月公布的保值贴补率加付贴补",
        "inflation-protected savings: 3, 5 and 8 years at maturity get the subsidy rate of the month of maturity for the protected term",
    ),
    Words(
        "中国人民银行保值贴补率公告（1988-09-10 起）；银传〔1996〕71号",
        "PBOC announcements of subsidy rates from 1988-09-10; notice 1996 No. 71",
    ),
)

SUBSIDY_FIRST_DAY = date(1988, 9, 10)
SUBSIDY_STOPPED = date(1991, 12, 1)
SUBSIDY_RESUMED = date(1993, 7, 11)
SUBSIDY_ENDED = date(1996, 4, 1)
SUBSIDY_TERMS = (36, 60, 96)
SUBSIDY_UNSURE_FROM = date(1997, 5, 1)
SUBSIDY_WINDOW_NOTE = Words(
    "保值储蓄 1991-12-01 停办、1993-07-11 恢复、1996-04-01 再停办，这几个日子凭记忆，未见原文。",
    "That protected savings stopped on 1991-12-01, began again on 1993-07-11 and ended on 1996-04-01 is from memory.",
)
SUBSIDY_ZERO_NOTE = Words(
    "1997 年 5 月以后保值贴补率为零，凭记忆，未见公告。",
    "That the subsidy rate is zero from May 1997 on is from memory.",
)
SUBSIDY_ANNOUNCED_PPM = {36: 131_400, 60: 149_400, 96: 176_400}
SUBSIDY_ANNOUNCED_NOTE = Words(
    "1994-03-01 的公告对当月到期的三、五、八年期给出保值期内年利率 13.14%、14.94%、17.64%；此笔按开户日利率计算，与公告不同，请核实。",
    "The announcement of 1994-03-01 named 13.14 %, 14.94 % and 17.64 % a year for 3, 5 and 8 years within the protected term; this one "
    "is counted at its opening day's rate, which differs: ask.",
)

# First day of the months -> per cent a year times 100; each until the next line. Source: 武义县志(1986-2005) table 17-12.
_SUBSIDIES: tuple[tuple[str, int], ...] = (
    ("1988-09", 728), ("1989-01", 1613), ("1989-02", 1217), ("1989-04", 1259), ("1989-07", 1364), ("1989-10", 836),
    ("1990-01", 90), ("1990-02", 164), ("1990-03", 0), ("1990-04", 142), ("1990-05", 138), ("1990-06", 0),
    ("1994-03", 119), ("1994-04", 150), ("1994-05", 270), ("1994-06", 338), ("1994-07", 458), ("1994-08", 427),
    ("1994-09", 496), ("1994-10", 562), ("1994-11", 657), ("1994-12", 829), ("1995-01", 984), ("1995-02", 1038),
    ("1995-03", 1187), ("1995-04", 1147), ("1995-05", 1227), ("1995-06", 1292), ("1995-07", 1301), ("1995-08", 1299),
    ("1995-09", 1264), ("1995-10", 1207), ("1995-11", 1324), ("1995-12", 1324), ("1996-01", 1131), ("1996-02", 1083),
    ("1996-03", 1129), ("1996-04", 900), ("1996-05", 761), ("1996-06", 723), ("1996-07", 624), ("1996-08", 475),
    ("1996-09", 361), ("1996-10", 362), ("1996-11", 404), ("1996-12", 372), ("1997-01", 287), ("1997-02", 209),
    ("1997-03", 94), ("1997-04", 17), ("1997-05", 0),
)  # fmt: skip
SUBSIDY_DAYS: tuple[date, ...] = tuple(date.fromisoformat(f"{month}-01") for month, _ in _SUBSIDIES)
SUBSIDY_PPM: tuple[int, ...] = tuple(hundredths * 100 for _, hundredths in _SUBSIDIES)


def subsidy_ppm(matures_on: date) -> int:
    """The subsidy rate for a deposit that matures on that day, in parts per million a year; 0 where none was published."""
    place = bisect_right(SUBSIDY_DAYS, matures_on)
    return SUBSIDY_PPM[place - 1] if place else 0


TAX_DAYS: tuple[date, ...] = (date(1999, 11, 1), date(2007, 8, 15), date(2008, 10, 9))
TAX_PERCENT: tuple[int, ...] = (0, 20, 5, 0)
TAX_SOURCE = Words(
    "国务院令第272号（1999，2007修订）第14条；财税〔2008〕132号",
    "State Council Order No. 272 (1999, as amended 2007), art. 14; 财税 2008 No. 132",
)
"""Interest that accrues before the first day is free, then 20 %, 5 % and free again: `TAX_PERCENT[i]` holds before `TAX_DAYS[i]`."""


def tax_percent(day: date) -> int:
    """The tax on interest that accrues on that day."""
    return TAX_PERCENT[bisect_right(TAX_DAYS, day)]


REGULATION_FIRST_DAY = date(1993, 3, 1)
QUARTERLY_FIRST_DAY = date(2005, 9, 21)
FIRST_QUARTERLY_SETTLEMENT = date(2005, 12, 20)
CALL_FIRST_DAY = date(1999, 1, 3)
CALL_MINIMUM_FEN = 5_000_000
CALL_LEAST_WITHDRAWAL_FEN = 5_000_000
CALL_NOTICE_DAYS = {"call_1d": 1, "call_7d": 7}


def settlement_after(day: date) -> date:
    """The first settlement day of demand deposits on or after that day: 30 June until 2005-06-30, then the quarters."""
    if day <= date(2005, 6, 30):
        june = date(day.year, 6, 30)
        return (
            june
            if day <= june
            else date(day.year + 1, 6, 30)
            if day.year < 2005
            else FIRST_QUARTERLY_SETTLEMENT
        )
    if day <= FIRST_QUARTERLY_SETTLEMENT:
        return FIRST_QUARTERLY_SETTLEMENT
    for month in (3, 6, 9, 12):
        settled = date(day.year, month, 20)
        if day <= settled:
            return settled
    return date(day.year + 1, 3, 20)


LAWS: tuple[tuple[str, Words, date, Status], ...] = (
    ("savings-1993", Words("《储蓄管理条例》（国务院令第107号）", "Regulations on Savings, State Council Order No. 107"), REGULATION_FIRST_DAY, "confirmed"),
    ("call-1999", _call(""), CALL_FIRST_DAY, "confirmed"),
    ("interest-tax-1999", Words("《对储蓄存款利息所得征收个人所得税的实施办法》（国务院令第272号）", "Measures on the income tax on interest of savings, State Council Order No. 272"), date(1999, 11, 1), "confirmed"),
    ("interest-2005", Words("《关于人民币存贷款计结息问题的通知》（银发〔2005〕129号）", "Notice on counting and settling interest in RMB, PBOC 2005 No. 129"), QUARTERLY_FIRST_DAY, "unconfirmed"),
)  # fmt: skip
"""The texts of law behind the rules: id, title, first day in force, how sure that day and the text are. None is known to have ended."""
