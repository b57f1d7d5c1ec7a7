"""Looking at a client's whole number: an act with a reason, for two minutes, on one page, on record for good.

Problem. A number that everybody at the desk can read is soon known outside; one that nobody can read is copied onto slips.
Choice. Numbers are masked everywhere. Whoever needs one says which and why; the act writes who, when and why into the
case's timeline (which the client may see, if the bank says so) and into a list that can be printed for the client. It
gives no number: the page asks for it again while the two minutes last, for the person who looked and nobody else, so that
no stored answer, entry or log holds it. Looks are counted by the day: at a tenth one the head is told, at the limit it ends.
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.opening import BANK_ZONE
from xiaoshi.desk.guard.boundary import Context, act
from xiaoshi.desk.guard.refusals import invalid, not_allowed, refuse
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.bank_settings import setting
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.people.models import NUMBERS, Client, NumberLook

SHOWN_FOR = timedelta(minutes=2)

NUMBER_WORDS: dict[str, Words] = {
    "id": Words("证件号码", "identity document number"),
    "phone": Words("电话号码", "telephone number"),
    "account": Words("账号", "account number"),
}
REASONS: dict[str, Words] = {
    "check_identity": Words("核对证件原件", "to compare with the document itself"),
    "call_client": Words("电话联系客户", "to call the client"),
    "core_system": Words("在核心系统查询或录入", "to look up or enter in the core system"),
    "authority": Words("协助有权机关", "asked by an authority"),
    "client_asked": Words("客户本人要求", "the client asked"),
    "other": Words("其他", "other"),
}
TEXT_MAX = 200
# Nobody writes a number into the reason, which is kept for ever.
DIGITS_IN_A_ROW = re.compile(r"(?:\d[\s-]?){6,}")


@act("people.look_at_number", "查看完整号码", "Look at a whole number", people_only=True)
def look_at_number(
    ctx: Context, *, client: int, number: str, reason: str, reason_text: str = ""
) -> dict[str, Any]:
    """`number`: id, phone or account of this client of the case; `reason`: a key of `REASONS`. The answer holds no number."""
    if ctx.channel == "api":
        raise not_allowed(
            "page_only",
            "完整号码只能由本人在页面上查看，不能通过接口查看。",
            "A whole number is looked at on a page, by a person, not with a token.",
        )
    if number not in NUMBERS:
        raise invalid("number_unknown", "请选择要查看的号码。", "Choose which number.", where="number")
    if reason not in REASONS:
        raise invalid("reason_missing", "请选择理由。", "Choose a reason.", where="reason")
    text = " ".join(reason_text.split())
    _fitting_text(reason, text)
    found = Client.objects.filter(id=client, case=ctx.the_case).first()
    if found is None or not found.number(number):
        raise invalid("no_number", "没有登记这个号码。", "No such number is kept.", where="number")
    _count_and_tell(ctx)
    look = NumberLook.objects.create(
        case=ctx.the_case,
        client=found,
        number=number,
        looked_by=ctx.person.login,
        at=ctx.now,
        until=ctx.now + SHOWN_FOR,
        reason=reason,
        reason_text=text,
    )
    what, why = NUMBER_WORDS[number], REASONS[reason]
    more = f"：{text}" if text else ""
    ctx.note(
        f"查看{what.zh}，理由：{why.zh}{more}",
        f"Looked at the {what.en}, {why.en}{': ' + text if text else ''}",
        number=number,
        part=found.part,
        reason=reason,
    )
    ctx.visible_to_client = bool(setting("client_sees_looks"))
    return {"look": str(look.id)}


def _fitting_text(reason: str, text: str) -> None:
    if reason == "other" and not text:
        raise invalid(
            "reason_text_missing",
            "选择“其他”时请写明理由。",
            "Say what the other reason is.",
            where="reason_text",
        )
    if len(text) > TEXT_MAX:
        raise invalid(
            "reason_text_long",
            f"理由最长 {TEXT_MAX} 字。",
            f"The reason has at most {TEXT_MAX} characters.",
            where="reason_text",
        )
    if DIGITS_IN_A_ROW.search(text):
        raise invalid(
            "number_in_reason",
            "理由中请勿填写号码，理由会永久保留。",
            "Write no number into the reason: it is kept for ever.",
            where="reason_text",
        )


def _count_and_tell(ctx: Context) -> None:
    """One count for a person and day in the bank's zone; two looks at the same moment are two."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"look:{ctx.person.login}"])
    start = day_start(ctx.now)
    so_far = NumberLook.objects.filter(looked_by=ctx.person.login, at__gte=start).count()
    if so_far >= setting("looks_per_day"):
        raise refuse(
            "looks_used_up",
            "今天查看完整号码的次数已用完。确需查看时，请网点负责人办理。",
            "No more whole numbers today. If one is needed, the outlet head looks at it.",
        )
    if so_far + 1 == setting("looks_told_at"):
        heads = Staff.objects.filter(
            unit=ctx.person.unit, is_active=True, roles__overlap=["outlet_head"]
        ).exclude(login=ctx.person.login)
        words = Words(
            f"{ctx.person.name_zh}今天已查看 {so_far + 1} 次客户号码",
            f"{ctx.person.name_en} has looked at clients' numbers {so_far + 1} times today",
        )
        tell_colleagues(
            list(heads.values_list("login", flat=True)), None, "looks", words, ctx.now,
            f"/desk/number-looks/?who={ctx.person.login}",
        )  # fmt: skip


def day_start(now: datetime) -> datetime:
    return now.astimezone(BANK_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)


def shown_now(person: Staff, case_id: uuid.UUID) -> dict[tuple[int, str], NumberLook]:
    """Which numbers of this case this person may see at this moment, by client and number."""
    if "auditor" in person.roles:
        return {}
    looks = NumberLook.objects.filter(case_id=case_id, looked_by=person.login, until__gt=timezone.now())
    return {(look.client_id, look.number): look for look in looks.order_by("at")}
