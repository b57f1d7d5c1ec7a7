"""What a change about a person means at the door: sessions end, lost factors go. Called inside the change's own act."""

from __future__ import annotations

from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.boundary import Context
from xiaoshi.desk.notices.telling import tell_colleagues
from xiaoshi.desk.organisation.models import Staff
from xiaoshi.desk.signing_in import sittings
from xiaoshi.desk.signing_in.models import Device, Factor

REASON = {"move": "roles", "roles": "roles", "leave": "left", "password": "password", "factors": "factors"}
TOLD = {
    "password": Words("您的密码已由他人重置", "Your password was reset by others"),
    "factors": Words("您的第二重验证已由他人重置", "Your second factors were reset by others"),
    "roles": Words("您的岗位已变更", "Your roles were changed"),
    "move": Words("您已调动到其他机构", "You were moved to another unit"),
}


def on_change(ctx: Context, staff: Staff, kind: str) -> None:
    if kind in REASON:
        sittings.end(staff.login, REASON[kind], by=ctx.person.login)
    if kind in ("leave", "password", "factors"):
        # A computer that was trusted is no longer.
        Device.objects.filter(staff_login=staff.login).delete()
    if kind in ("leave", "factors"):
        Factor.objects.filter(staff_login=staff.login).delete()
    if kind in TOLD:
        tell_colleagues([staff.login], None, "sign_in", TOLD[kind], ctx.now, "/desk/my-sign-in/")
