"""How long what is kept, as dated rows, and from which day a case may be destroyed.

Problem. Records of clients and payments must be kept for years and then not longer than there is a reason. Several rules
touch one case (who the client is, what was paid, the papers, the record itself), each counts from another day, and a case
under investigation stays whatever its age.

Example. A case is closed on 2026-11-25, its last payment was booked on 2026-11-24, nothing is known of the client's other
business. Papers and identity count from the close: ten years begin on the day after and end with 2036-11-25, so nothing
of the case may go before 2036-11-26; the payment alone would have let it go a day earlier. With a hold it stays after that.

Choice. A case is destroyed as a whole, at the longest of its rules: papers without the record that explains them, or the
record without its papers, serve nobody. A bank's own period may be longer than the shipped one, never shorter. A period
of years ends on the same day of the year (the last of the month where there is none), the first day not counted.

`status` says how sure a row is. `if_unknown` says what is done while the desk does not know the day that a rule counts
from: "close" counts from the close of the case instead, "keep" keeps the case until somebody knows.

Left out: destroying parts of a case at different times; rules that depend on the sum.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from xiaoshi.core.problems import Problem, Words

Status = Literal["confirmed", "unconfirmed"]
CountedFrom = Literal[
    "close", "last_transaction", "relationship_end", "read", "answered", "written", "looked_at", "ended"
]
IfUnknown = Literal["close", "keep"]
YEARS_MAX = 100
ANY_KIND = "*"


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One period: `years` for what goes with its case, `days` for small things that go by themselves (the other is 0).

    `kind`: of cases, or `*`. `in_force_from`/`in_force_to`: first and last day (None: open). `own`: set by the bank.
    """

    id: str
    what: str
    words: Words
    counted_from: CountedFrom
    source: Words
    status: Status
    in_force_from: date
    years: int = 0
    days: int = 0
    kind: str = ANY_KIND
    in_force_to: date | None = None
    if_unknown: IfUnknown = "close"
    own: bool = False

    def in_force_on(self, day: date) -> bool:
        return self.in_force_from <= day and (self.in_force_to is None or day <= self.in_force_to)

    def last_day(self, start: date) -> date:
        """The last day on which it must be kept, counted from `start` (which itself does not count)."""
        return years_after(start, self.years) + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class OwnPeriod:
    """A bank's own period for one thing, of one kind of case or all (`*`), decided from `in_force_from` on."""

    what: str
    kind: str
    years: int
    in_force_from: date
    source: str


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the rules ask about a case. Days in the bank's zone; None: not known, or it did not happen.

    `held`: reasons of the holds that bind. `open_orders`: payments waiting for a decision. `linked`: numbers of cases that
    belong with it and may not go yet. `shared_answers`: answers on it that the whole bank still uses.
    """

    kind: str
    closed_on: date | None
    last_transaction_on: date | None = None
    relationship_ended_on: date | None = None
    held: tuple[str, ...] = ()
    open_orders: int = 0
    linked: tuple[str, ...] = ()
    shared_answers: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """`first_day`: from when the rules let it go (None: not foreseeable); `rule`: the one that keeps it longest.

    `why_not`: everything that keeps it on the day asked about, the weightiest first; empty: it may be destroyed.
    `assumed`: rules that count from the close because the day they ask for is not known.
    """

    first_day: date | None
    rule: RetentionRule | None
    why_not: tuple[Problem, ...]
    assumed: tuple[RetentionRule, ...] = ()

    @property
    def due(self) -> bool:
        return not self.why_not


_AML_2024 = Words(
    "《中华人民共和国反洗钱法》（2024年修订，2025年1月1日起施行）第三十四条",
    "Anti-Money-Laundering Law of the PRC (2024, in force 1 January 2025), article 34",
)
_AML_2006 = Words(
    "《中华人民共和国反洗钱法》（2006年）第十九条", "Anti-Money-Laundering Law of the PRC (2006), article 19"
)
_ORDER_11 = Words(
    "《金融机构客户尽职调查和客户身份资料及交易记录保存管理办法》（2025年第11号令）",
    "Measures on customer due diligence and keeping of records, Order 2025 No. 11 (PBOC, NFRA, CSRC)",
)
_HOUSE = Words("本系统默认值，银行可以调整", "a default of this desk; a bank may decide otherwise")
_START = date(2026, 1, 1)

CASE_RULES: tuple[RetentionRule, ...] = (
    RetentionRule(
        "identity-2025", "identity", Words("客户身份资料", "who the client is"), "relationship_end", _AML_2024,
        "confirmed", date(2025, 1, 1), years=10,
    ),
    RetentionRule(
        "identity-2007", "identity", Words("客户身份资料", "who the client is"), "relationship_end", _AML_2006,
        "unconfirmed", date(2007, 1, 1), years=5, in_force_to=date(2024, 12, 31),
    ),
    RetentionRule(
        "transactions-2025", "transactions", Words("交易记录", "what was paid"), "last_transaction", _AML_2024,
        "confirmed", date(2025, 1, 1), years=10,
    ),
    RetentionRule(
        "transactions-2007", "transactions", Words("交易记录", "what was paid"), "last_transaction", _AML_2006,
        "unconfirmed", date(2007, 1, 1), years=5, in_force_to=date(2024, 12, 31),
    ),
    RetentionRule(
        "documents-2026", "documents", Words("材料与单据", "documents and papers"), "close", _ORDER_11,
        "confirmed", date(2026, 1, 1), years=10,
    ),
    RetentionRule(
        "record", "record", Words("案件记录与时间线", "the record of the case and its timeline"), "close", _HOUSE,
        "unconfirmed", date(2000, 1, 1), years=10,
    ),
)  # fmt: skip
"""What keeps a case. The record's ten years stand in no law that was read: it explains the papers, so it stays with them."""

SMALL_RULES: tuple[RetentionRule, ...] = (
    RetentionRule("notices", "notices", Words("已读通知", "notices that were read"), "read", _HOUSE, "unconfirmed", _START, days=180),
    RetentionRule("answered", "answered_keys", Words("防重编号及其答复", "request keys with their answers"), "answered", _HOUSE, "unconfirmed", _START, days=90),
    RetentionRule("drafts", "drafts", Words("已结案件上的草稿", "drafts on cases that are over"), "close", _HOUSE, "unconfirmed", _START, days=30),
    RetentionRule("looking", "looking", Words("谁在查看案件", "who was looking at a case"), "looked_at", _HOUSE, "unconfirmed", _START, days=1),
    RetentionRule("jobs", "background_jobs", Words("已完成的后台任务", "background jobs that are done"), "ended", _HOUSE, "unconfirmed", _START, days=30),
    RetentionRule("previews", "previews", Words("材料预览", "previews of documents"), "looked_at", _HOUSE, "unconfirmed", _START, days=90),
    RetentionRule("held_files", "held_files", Words("未提交的上传文件", "files whose form was not sent"), "written", _HOUSE, "unconfirmed", _START, days=7),
    RetentionRule("sessions", "sessions", Words("登录会话", "sign-in sessions"), "ended", _HOUSE, "unconfirmed", _START),
)  # fmt: skip
"""What goes by itself at night, without anybody's decision: nothing of it is the record of anything."""

COUNTED_FROM_WORDS: dict[str, Words] = {
    "close": Words("结案之日", "the close of the case"),
    "last_transaction": Words("最后一笔交易之日", "the last transaction"),
    "relationship_end": Words("客户关系结束之日", "the end of the relationship with the client"),
    "read": Words("阅读之日", "the day it was read"),
    "answered": Words("答复之日", "the day it was answered"),
    "written": Words("写入之日", "the day it was written"),
    "looked_at": Words("最后查看之日", "the day it was last looked at"),
    "ended": Words("结束之日", "the day it ended"),
}
WHAT: dict[str, Words] = {rule.what: rule.words for rule in CASE_RULES}


def small_rule(what: str) -> RetentionRule:
    """The period of a small thing; KeyError for one that has none."""
    return {rule.what: rule for rule in SMALL_RULES}[what]


def years_after(start: date, years: int) -> date:
    """The same day so many years later; 28 February where 29 February is missing; the last day there is, when beyond it."""
    year = start.year + years
    if year > date.max.year:
        return date.max - timedelta(days=1)
    return start.replace(year=year, day=min(start.day, calendar.monthrange(year, start.month)[1]))


def problem_of_own(own: OwnPeriod, kinds: Sequence[str]) -> Problem | None:
    """Why a bank cannot have this period; None when it can. It may be as long as the shipped one or longer, up to 100 years."""
    if own.what not in WHAT:
        known = "、".join(WHAT)
        return Problem("what_unknown", Words(f"没有“{own.what}”这一项；可选：{known}。", f"“{own.what}” is not kept under a rule; choose one of {', '.join(WHAT)}."), "subject")  # fmt: skip
    if own.kind != ANY_KIND and own.kind not in kinds:
        return Problem("kind_unknown", Words("没有这个业务种类。", "There is no such kind of case."), "kind")
    least = max(
        rule.years for rule in CASE_RULES if rule.what == own.what and rule.in_force_on(own.in_force_from)
    )
    if not least <= own.years <= YEARS_MAX:
        return Problem(
            "period_not_allowed",
            Words(
                f"保存期限须为 {least} 至 {YEARS_MAX} 年：可以比规定的长，不能比规定的短。",
                f"The period must be {least} to {YEARS_MAX} years: longer than the rule says is allowed, shorter is not.",
            ),
            "years",
        )
    if not own.source.strip():
        return Problem("source_missing", Words("请写明依据（哪份制度、哪一条）。", "Say which decision of the bank it rests on."), "source")  # fmt: skip
    return None


def rules_for(kind: str, on: date, own: Sequence[OwnPeriod] = ()) -> tuple[RetentionRule, ...]:
    """The rules that keep a case of this kind, as in force on a day.

    Of a bank's own periods the newest in force counts, one for the kind before one for all kinds; one that has become
    shorter than the shipped rule (the law grew) gives way to it.
    """
    found = []
    for rule in CASE_RULES:
        if not rule.in_force_on(on):
            continue
        mine = [
            p for p in own if p.what == rule.what and p.in_force_from <= on and p.kind in (kind, ANY_KIND)
        ]
        chosen = max(mine, key=lambda p: (p.kind != ANY_KIND, p.in_force_from), default=None)
        if chosen is not None and chosen.years >= rule.years:
            rule = RetentionRule(
                f"own-{rule.what}", rule.what, rule.words, rule.counted_from, Words(chosen.source, chosen.source),
                "confirmed", chosen.in_force_from, years=chosen.years, kind=chosen.kind, if_unknown=rule.if_unknown,
                own=True,
            )  # fmt: skip
        found.append(rule)
    return tuple(found)


def standing_of(facts: CaseFacts, on: date, own: Sequence[OwnPeriod] = ()) -> Standing:
    """When the case may be destroyed, by which rule, and what keeps it on the day `on`."""
    why_not = list(_what_keeps(facts))
    if facts.closed_on is None:
        open_ = Problem("open", Words("案件尚未办结。", "The case is not closed."))
        return Standing(None, None, (open_, *why_not))
    first_day, keeper, assumed = facts.closed_on, None, []
    unknown: list[RetentionRule] = []
    for rule in rules_for(facts.kind, on, own):
        start = _start_of(rule, facts)
        if start is None and rule.counted_from == "relationship_end":
            if rule.if_unknown == "keep":
                unknown.append(rule)
                continue
            assumed.append(rule)
        # What never happened (no payment) and what is not known counts from the close.
        day = rule.last_day(start or facts.closed_on) + timedelta(days=1)
        if keeper is None or day > first_day:
            first_day, keeper = day, rule
    if unknown:
        words = Words(
            "客户关系何时结束尚不清楚。", "It is not known when the relationship with the client ended."
        )
        return Standing(None, unknown[0], (Problem("relationship_unknown", words), *why_not), tuple(assumed))
    if keeper is None or on < first_day:
        why_not.insert(0, _too_young(first_day, keeper))
    return Standing(first_day, keeper, tuple(why_not), tuple(assumed))


def _start_of(rule: RetentionRule, facts: CaseFacts) -> date | None:
    match rule.counted_from:
        case "last_transaction":
            return facts.last_transaction_on
        case "relationship_end":
            return facts.relationship_ended_on
        case _:
            return facts.closed_on


def _too_young(first_day: date, rule: RetentionRule | None) -> Problem:
    if rule is None:
        words = Words("这一天没有可用的保存规则。", "No rule is in force on that day.")
        return Problem("no_rule", words)
    code = "own_period_longer" if rule.own else "too_young"
    zh = f"{rule.words.zh}须保存 {rule.years} 年，{first_day.isoformat()} 起才可销毁（{rule.source.zh}）。"
    en = f"{rule.words.en.capitalize()}: kept for {rule.years} years, may go from {first_day.isoformat()} ({rule.source.en})."
    return Problem(code, Words(zh, en))


def _what_keeps(facts: CaseFacts) -> list[Problem]:
    found = [Problem("held", Words(f"已暂停销毁：{reason}", f"On hold: {reason}")) for reason in facts.held]
    if facts.open_orders:
        n = facts.open_orders
        found.append(
            Problem(
                "order_open",
                Words(f"还有 {n} 笔款项未复核。", f"{n} payment order(s) still wait for a decision."),
            )
        )
    for number in facts.linked:
        words = Words(
            f"与案件 {number} 相关联，后者还不能销毁。",
            f"It belongs with case {number}, which may not go yet.",
        )
        found.append(Problem("linked", words))
    if facts.shared_answers:
        words = Words(
            "本案的批复已在全行共享、仍有效；请先停用。",
            "An answer on this case is shared with the whole bank and still in use: end it first.",
        )
        found.append(Problem("shared_answer", words))
    return found
