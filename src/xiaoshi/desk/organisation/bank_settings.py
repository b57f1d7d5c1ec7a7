"""What a bank sets for itself, as data: one row for each setting that differs from the default here.

Read in the transaction at hand, so that a change holds from the next request on; written by one act with its entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from xiaoshi.core.casework.roles import ROLES
from xiaoshi.core.problems import Words
from xiaoshi.desk.organisation.models import BankSetting


@dataclass(frozen=True, slots=True)
class Setting:
    """`default` until the bank says otherwise; `fits` refuses a value of another kind; `wanted` says what would do."""

    words: Words
    default: Any
    fits: Callable[[Any], bool]
    wanted: Words


def _number(least: int, most: int) -> tuple[Callable[[Any], bool], Words]:
    def fits(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

    return fits, Words(f"{least} 至 {most} 的整数", f"a whole number from {least} to {most}")


def _yes_no(value: Any) -> bool:
    return isinstance(value, bool)


def _roles(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(role, str) and role in ROLES for role in value)


YES_NO = Words("是或否", "yes or no")

SETTINGS: dict[str, Setting] = {
    "second_factor_roles": Setting(
        Words("必须使用第二重验证的岗位", "Roles that must sign in with a second factor"),
        [],
        _roles,
        Words("岗位的列表", "a list of roles"),
    ),
    "passkey_alone": Setting(
        Words("允许只用通行密钥登录", "Signing in with a passkey alone"), False, _yes_no, YES_NO
    ),
    "idle_minutes": Setting(
        Words("无操作多少分钟后退出", "Minutes without an act until a session ends"), 30, *_number(2, 480)
    ),
    "client_sees_looks": Setting(
        Words("客户可见谁查看过证件号码", "The client sees who looked at a personal number"),
        True,
        _yes_no,
        YES_NO,
    ),
    "looks_per_day": Setting(
        Words("每人每天最多查看号码次数", "Personal numbers one person may look at in a day"),
        30,
        *_number(1, 1000),
    ),
    "looks_told_at": Setting(
        Words("一天查看多少次后通知负责人", "Looks in a day after which the head is told"), 10, *_number(1, 1000)
    ),
    "answer_due_minutes": Setting(
        Words(
            "请示未写期限时，几个工作分钟内应批复（0 为不设）",
            "Working minutes for answering a question that names no deadline (0: none)",
        ),
        960,
        *_number(0, 10_000),
    ),
    "escalate_after_minutes": Setting(
        Words("超时后每过多少工作分钟上报一级", "Working minutes after which a late step is told one level up"),
        120,
        *_number(5, 10_000),
    ),
}  # fmt: skip


def setting(key: str) -> Any:
    """The value in force. One small query."""
    found = BankSetting.objects.filter(key=key).values_list("value", flat=True).first()
    return SETTINGS[key].default if found is None else found


def all_settings() -> dict[str, Any]:
    """Every setting with the value in force, in the order of `SETTINGS`."""
    set_here = dict(BankSetting.objects.values_list("key", "value"))
    return {key: set_here.get(key, found.default) for key, found in SETTINGS.items()}
