"""The roles of a branch network, in the order a client meets them, and where in the tree each exists.

A literal, so that a plan can be checked when it is loaded. The auditor reads everything and does nothing: no plan may
name this role, and no act is open to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from xiaoshi.core.casework.model import Level
from xiaoshi.core.problems import Words


@dataclass(frozen=True, slots=True)
class Role:
    """A role with its words and the levels of the tree where people with it work."""

    id: str
    words: Words
    levels: tuple[Level, ...]


LEVELS: dict[Level, Words] = {
    "outlet": Words("网点", "outlet"),
    "sub_branch": Words("支行", "sub-branch"),
    "city": Words("市分行", "city branch"),
    "province": Words("省分行", "province branch"),
}
"""The tree from the bottom up."""

ROLES: dict[str, Role] = {
    role.id: role
    for role in (
        Role("lobby_manager", Words("大堂经理", "lobby manager"), ("outlet",)),
        Role("teller", Words("柜员", "teller"), ("outlet",)),
        Role("supervisor", Words("授权主管", "supervisor"), ("outlet", "sub_branch")),
        Role("outlet_head", Words("网点负责人", "outlet head"), ("outlet",)),
        Role("archivist", Words("档案管理员", "archivist"), ("sub_branch", "city")),
        Role("city_specialist", Words("市分行专家", "city specialist"), ("city",)),
        Role("province_specialist", Words("省分行专家", "province specialist"), ("province",)),
        Role("contact_centre", Words("客服中心坐席", "contact centre agent"), ("city", "province")),
        Role("people_keeper", Words("人员管理员", "people keeper"), ("sub_branch", "city", "province")),
        Role("auditor", Words("审计员", "auditor"), ("outlet", "sub_branch", "city", "province")),
    )
}

READS_ONLY = "auditor"


def level_rank(level: Level) -> int:
    """0 for the outlet, 3 for the province."""
    return tuple(LEVELS).index(level)


def words_of_roles(role_ids: tuple[str, ...]) -> Words:
    """`柜员、授权主管` / `teller or supervisor`."""
    words = [ROLES[role_id].words for role_id in role_ids if role_id in ROLES]
    return Words("、".join(w.zh for w in words), " or ".join(w.en for w in words))
