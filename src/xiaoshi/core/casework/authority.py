"""Who may do what: one table. A rule names roles that may always, and the parts in a case that give the right.

The plan says who may do, confirm, skip and close (`by`, `confirm_by`, `skip_by`, `close.by`); this table says the rest.
Over all of it: an auditor does nothing, and nobody acts on a case that belongs to a unit he or she does not stand over
(`zj/hz/xh/w1` is under `zj`, `zj/hz`, `zj/hz/xh` and itself).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xiaoshi.core.casework.model import Actor, Level, Plan, State, Step, Who
from xiaoshi.core.casework.roles import LEVELS, READS_ONLY, ROLES, level_rank, words_of_roles
from xiaoshi.core.casework.standing import Standing
from xiaoshi.core.problems import Words

HEADS = ("supervisor", "outlet_head")
HOUSE = "house:"
"""How the actors begin that are no persons: timers and followers of the desk itself."""
# Who keeps the list of people may pass on the work of somebody who has left.
PASS_ON = (*HEADS, "people_keeper")


@dataclass(frozen=True, slots=True)
class Rule:
    """`roles` may always; `parts` are keys of `PARTS`. `words`: what the verb is called."""

    words: Words
    roles: tuple[str, ...]
    parts: tuple[str, ...]


RULES: dict[str, Rule] = {
    # verb             words                                        roles always     parts that give the right
    "set_facts": Rule(Words("登记情况", "set facts"), HEADS, ("owner", "works_here")),
    "record": Rule(Words("登记资料", "record"), HEADS, ("owner", "works_here")),
    "waive_need": Rule(Words("免除要件", "waive"), (*HEADS, "city_specialist", "province_specialist"), ()),
    "ask_paper": Rule(Words("另要资料", "ask for a paper"), HEADS, ("owner", "works_here")),
    "withdraw_paper": Rule(
        Words("撤销另要的资料", "withdraw a paper asked for"), HEADS, ("owner", "asked_paper")
    ),
    "add_step": Rule(Words("增加环节", "add a step"), HEADS, ("owner",)),
    "call_up": Rule(Words("启用环节", "call up"), HEADS, ("owner", "does_step")),
    "claim": Rule(Words("签收", "claim"), (), ("does_step",)),
    "release": Rule(Words("退签", "release"), PASS_ON, ("owner", "assignee", "delegator")),
    "hand_over_case": Rule(Words("转办", "hand over"), PASS_ON, ("owner",)),
    "move_case": Rule(Words("移交", "move to another unit"), HEADS, ("owner",)),
    "hand_over_step": Rule(Words("转办", "hand over"), PASS_ON, ("owner", "assignee", "does_free_step")),
    "delegate": Rule(Words("委派", "delegate"), HEADS, ("owner", "assignee", "does_free_step")),
    "judge_report": Rule(Words("验收", "accept or return"), ("outlet_head",), ("delegator",)),
    "all_sign": Rule(Words("会签", "ask all to sign"), HEADS, ("owner", "assignee", "does_step")),
    "add_signer": Rule(Words("加签", "add a signer"), HEADS, ("owner", "signer")),
    "remove_signer": Rule(Words("减签", "remove a signer"), HEADS, ("owner",)),
    "sign": Rule(Words("签署", "sign"), (), ("signer",)),
    "vote": Rule(Words("投票", "vote"), (), ("signer",)),
    "copy": Rule(Words("抄送", "copy"), HEADS, ("owner", "works_here")),
    "remind": Rule(Words("催办", "remind"), (*HEADS, "contact_centre"), ("owner", "works_here")),
    "send_back": Rule(Words("驳回", "send back"), HEADS, ("owner", "does_open_step")),
    "suspend": Rule(Words("挂起", "suspend"), HEADS, ("owner",)),
    "resume": Rule(Words("恢复", "resume"), HEADS, ("owner", "works_here")),
    "cancel": Rule(Words("作废", "cancel"), HEADS, ()),
    "wait_for_case": Rule(Words("等待另一案件", "wait for another case"), HEADS, ("owner",)),
    "ask": Rule(Words("请示", "ask upwards"), HEADS, ("owner", "works_here")),
    "move_plan": Rule(
        Words("改用另一版流程", "move to another version of the plan"),
        ("outlet_head", "city_specialist", "province_specialist"),
        (),
    ),
    "withdraw_question": Rule(Words("撤销请示", "withdraw a question"), HEADS, ("owner", "asker")),
}

ANSWERERS: dict[Level, tuple[str, ...]] = {
    "sub_branch": ("supervisor", "archivist"),
    "city": ("city_specialist", "archivist"),
    "province": ("province_specialist",),
}
"""Who answers a question that was sent to this level."""

Part = Callable[[Standing, Actor, str], bool]


def stands_over(actor: Actor, unit_path: str) -> bool:
    """Whether the unit is the actor's own or lies under it. The house, which holds no role, stands over all."""
    if actor.id.startswith(HOUSE):
        return True
    return unit_path == actor.unit_path or unit_path.startswith(actor.unit_path + "/")


def is_among(actor: Actor, who: Who) -> bool:
    """One of the roles, which exists at the actor's level, and at the level that is asked for."""
    if who.level is not None and actor.level != who.level:
        return False
    return holds_any(actor, who.roles)


def holds_any(actor: Actor, roles: tuple[str, ...]) -> bool:
    """Holds one of the roles at a level where that role exists; the auditor's role never counts."""
    return bool(role_used(actor, roles))


def role_used(actor: Actor, roles: tuple[str, ...]) -> str:
    """The first of `roles` that the actor holds: the authority that goes on record. Empty when none."""
    for role in roles:
        if role in actor.roles and role != READS_ONLY and role in ROLES and actor.level in ROLES[role].levels:
            return role
    return ""


def only_reads(actor: Actor) -> bool:
    """An auditor stays one, whatever other roles he or she was given by mistake."""
    return READS_ONLY in actor.roles


def confirmers(step: Step) -> Who:
    """Who may confirm: `confirm_by`, or whoever may do it."""
    return step.confirm_by or step.by


def works_here(plan: Plan, state: State, actor: Actor) -> bool:
    """Has a part in the plan, or in a step that was added to the case."""
    if holds_any(actor, plan.opens) or holds_any(actor, plan.close.by):
        return True
    return any(
        is_among(actor, step.by) or (step.four_eyes and is_among(actor, confirmers(step)))
        for step in (*plan.steps.values(), *state.added.values())
    )


def _does_step(standing: Standing, actor: Actor, step_id: str) -> bool:
    step = standing.step(step_id)
    return step is not None and is_among(actor, step.by)


def _does_free_step(standing: Standing, actor: Actor, step_id: str) -> bool:
    return not standing.of(step_id).assignee and _does_step(standing, actor, step_id)


def _does_open_step(standing: Standing, actor: Actor, _: str) -> bool:
    for step in standing.all_steps():
        phase = standing.of(step.id).phase
        if phase == "to_confirm" and is_among(actor, confirmers(step)):
            return True
        if phase == "open" and is_among(actor, step.by) and not standing.hindrances(step):
            return True
    return False


PARTS: dict[str, tuple[Words, Part]] = {
    "owner": (Words("案件经办人", "the case owner"), lambda s, a, _: s.state.owner in a.names),
    "assignee": (
        Words("环节承办人", "the person who has the step"),
        lambda s, a, i: s.of(i).assignee in a.names,
    ),
    "delegator": (Words("委派人", "the delegator"), lambda s, a, i: s.of(i).delegator in a.names),
    "signer": (Words("会签人", "a signer"), lambda s, a, i: any(x.actor in a.names for x in s.of(i).signers)),
    "asker": (
        Words("请示人", "whoever asked"),
        lambda s, a, i: i in s.state.questions and s.state.questions[i].asked_by in a.names,
    ),
    "asked_paper": (
        Words("要资料的人", "whoever asked for it"),
        lambda s, a, i: i in s.state.asked_needs and s.state.asked_needs[i].by == a.id,
    ),
    "does_step": (Words("可办该环节的人", "whoever may do the step"), _does_step),
    "does_free_step": (
        Words("可办该环节的人（无人签收时）", "whoever may do the step, while nobody has it"),
        _does_free_step,
    ),
    "does_open_step": (Words("正在办理环节的人", "whoever works on an open step"), _does_open_step),
    "works_here": (
        Words("本流程的参与岗位", "a role that takes part in this procedure"),
        lambda s, a, _: works_here(s.plan, s.state, a),
    ),
}


def allowed(standing: Standing, actor: Actor, verb: str, about: str = "") -> bool:
    """Whether the table lets this person. `about`: step id or question id."""
    rule = RULES[verb]
    return holds_any(actor, rule.roles) or any(PARTS[part][1](standing, actor, about) for part in rule.parts)


def who_could(verb: str) -> Words:
    """The words for a refusal: who could."""
    rule = RULES[verb]
    parts = [PARTS[part][0] for part in rule.parts]
    roles = words_of_roles(rule.roles)
    zh = [p.zh for p in parts] + ([roles.zh] if roles.zh else [])
    en = [p.en for p in parts] + ([roles.en] if roles.en else [])
    return Words("、".join(zh), " or ".join(en))


def words_of(who: Who) -> Words:
    """`网点柜员、授权主管` / `teller or supervisor at outlet level`."""
    roles = words_of_roles(who.roles)
    if who.level is None:
        return roles
    level = LEVELS[who.level]
    return Words(f"{level.zh}的{roles.zh}", f"{roles.en} at {level.en} level")


def is_above(level: Level, actor: Actor) -> bool:
    """Whether the level lies above the actor's own."""
    return level_rank(level) > level_rank(actor.level)
