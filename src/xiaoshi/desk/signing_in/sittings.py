"""Sessions as people see them: begun, still good, ended by the person, by who stands over him or her, or by the desk."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.visibility import visible_to
from xiaoshi.desk.organisation.bank_settings import SETTINGS
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.signing_in.devices import address_of, device_of, words_of
from xiaoshi.desk.signing_in.models import Sitting

KEY = "sitting"
METHOD = "method"

END_REASONS: dict[str, Words] = {
    "signed_out": Words("本人退出", "Signed out"),
    "idle": Words("长时间无操作", "No act for a long time"),
    "ended": Words("被结束", "Ended by a person"),
    "password": Words("密码已更改", "The password was changed"),
    "roles": Words("岗位或机构已变更", "Roles or unit were changed"),
    "left": Words("已离职或停用", "Out of service"),
    "factors": Words("第二重验证已重置", "Second factors were reset"),
    "unknown": Words("登录记录已失效", "The session is no longer known"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a session is still good, why not, and for how many seconds of doing nothing it stays so."""

    good: bool
    reason: str
    left_s: int


def begin(sender: Any, request: HttpRequest, user: Staff, **_: Any) -> None:
    """Receiver of `user_logged_in`: a row for the session, whichever way the person came in."""
    now, ident = timezone.now(), uuid.uuid4()
    with visible_to(user):
        Sitting.objects.create(
            id=ident,
            staff_login=user.login,
            device=device_of(request),
            device_words=words_of(request),
            address=address_of(request),
            method=request.session.pop(METHOD, "password"),
            started_at=now,
            last_seen_at=now,
        )
    request.session[KEY] = str(ident)


def finish(sender: Any, request: HttpRequest, user: Staff | None, **_: Any) -> None:
    """Receiver of `user_logged_out`."""
    ident = sitting_of(request)
    if user is not None and ident is not None:
        with visible_to(user):
            end(user.login, "signed_out", by=user.login, only=ident)


def sitting_of(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.session.get(KEY, ""))
    except (ValueError, TypeError):
        return None


def standing_of(request: HttpRequest, login: str, active: bool) -> Standing:
    """Ask the database; one statement. A session from before this was kept is unknown, and not good."""
    ident = sitting_of(request)
    if ident is None:
        return Standing(False, "unknown", 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT good, reason, left_s FROM xiaoshi_touch_sitting(%s, %s, %s, %s)",
            [ident, login, active, SETTINGS["idle_minutes"].default],
        )
        return Standing(*cursor.fetchone())


def end(
    login: str, reason: str, *, by: str, only: uuid.UUID | None = None, but: uuid.UUID | None = None
) -> int:
    """End sessions of this person: all, `only` one, or all `but` one. In the transaction at hand; gives how many."""
    assert transaction.get_connection().in_atomic_block
    found = Sitting.objects.filter(staff_login=login, ended_at=None)
    if only is not None:
        found = found.filter(id=only)
    if but is not None:
        found = found.exclude(id=but)
    return found.update(ended_at=timezone.now(), end_reason=reason, ended_by=by)


def connect() -> None:
    user_logged_in.connect(begin, dispatch_uid="sitting.begin")
    user_logged_out.connect(finish, dispatch_uid="sitting.finish")
