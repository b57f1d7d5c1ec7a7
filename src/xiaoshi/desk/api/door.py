"""The door of the API: a bearer token, and nothing else, says who calls.

A session cookie is not looked at, so no page of another site can make a signed-in colleague's browser act (there is
nothing for a CSRF token to protect). A token counts while it has not ended or expired, while its person is in service
(and, for a machine account, while the account is open and its owner in service), and while it keeps its pace.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.api.models import Token
from xiaoshi.desk.api.rate import count_call
from xiaoshi.desk.api.scopes import READ, allows
from xiaoshi.desk.api.tokens import PREFIX, hash_of
from xiaoshi.desk.guard.refusals import NotAllowed, Refused
from xiaoshi.desk.organisation.models import Staff


class NotSignedIn(Refused):
    """No token, or one that does not count: 401, whatever the reason is."""

    status = 401


class TooMany(Refused):
    """The token has used up its calls; `details["wait_s"]` says when one more will be there."""

    status = 429


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the person (or machine account) with today's unit and roles, and what the token is for."""

    person: Staff
    token: Token
    machine: bool

    def require(self, wanted: str) -> None:
        """Raise 403 unless the token is for this (`read`, or the name of an act)."""
        if not allows(self.token.scopes, wanted):
            what = (
                Words("查询", "reading") if wanted == READ else Words(f"操作 {wanted}", f"the act {wanted}")
            )
            raise NotAllowed(
                Problem(
                    "scope_missing",
                    Words(
                        f"这个令牌不含{what.zh}的权限。请用有此权限的令牌，或另开一个。",
                        f"This token is not for {what.en}: use one that is, or make another.",
                    ),
                )
            )


class BearerToken(HttpBearer):
    """`Authorization: Bearer xs_…`"""

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        caller = caller_of(token)
        request.auth = caller  # type: ignore[attr-defined]
        return caller


def caller_of(secret: str) -> Caller:
    """Who brings this secret. Raises 401 or 429; counts the call and notes the token's use."""
    if not secret.startswith(PREFIX) or len(secret) > 100 or not secret.isascii():
        raise not_signed_in()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('xiaoshi.token', %s, true), set_config('xiaoshi.staff', '', true),"
                " set_config('xiaoshi.reach', '', true)",
                [hash_of(secret)],
            )
        token = (
            Token.objects.select_related("staff__unit", "machine__unit").filter(hash=hash_of(secret)).first()
        )
        if token is None or token.ended_at is not None or token.expires_at <= timezone.now():
            raise not_signed_in()
        person = token.staff or token.machine.as_staff()  # type: ignore[union-attr]
        if not _in_service(token, person):
            raise not_signed_in()
        counted = count_call(token.id)
    if not counted.allowed:
        raise TooMany(
            Problem(
                "too_many_calls",
                Words(
                    f"调用太密，请 {counted.wait_s} 秒后再试。",
                    f"Too many calls: try again in {counted.wait_s} seconds.",
                ),
            ),
            details={"wait_s": counted.wait_s},
        )
    return Caller(person, token, machine=token.machine is not None)


def _in_service(token: Token, person: Staff) -> bool:
    if not person.is_active or getattr(person, "must_change_password", False):
        return False
    if token.machine is None:
        return True
    return Staff.objects.filter(login=token.owner_login, is_active=True).exists()


def not_signed_in() -> NotSignedIn:
    return NotSignedIn(
        Problem(
            "token_needed",
            Words(
                "需要有效的令牌：请在请求头写 Authorization: Bearer xs_…。令牌可能已停用、过期，或其主人已离岗。",
                "A valid token is needed: send the header Authorization: Bearer xs_…. It may have ended or expired, or its"
                " person may have left.",
            ),
        )
    )
