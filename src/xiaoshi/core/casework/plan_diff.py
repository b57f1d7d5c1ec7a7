"""Two versions of a plan laid side by side: what was added, removed, renamed or changed, in words, and what it means for
the cases that run on the older one.

`diff_plans(old, new)` never fails: two plans of different kinds give one change of kind and nothing else. A step that
bears another id but names the old one in `renamed_from` is renamed, not removed and added. Order within a stage is not a
change (the engine does not go by it); a step's line in the file is none either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from xiaoshi.core.casework.authority import HEADS, words_of
from xiaoshi.core.casework.model import Clock, Condition, FactSpec, Need, Plan, ReopenRule, Step, Who
from xiaoshi.core.casework.plan_diff_words import (
    FACT_MEANING,
    FIELD_WORDS,
    MILESTONE_MEANING,
    NEED_ADDED,
    NO_EFFECT,
    SET_BY_WORDS,
    STEP_MEANING,
    UNIT_WORDS,
    WAITING_WORDS,
    WHAT_WORDS,
)
from xiaoshi.core.casework.plan_words import condition_words
from xiaoshi.core.casework.roles import words_of_roles
from xiaoshi.core.casework.votes import rule_words
from xiaoshi.core.problems import Words

What = Literal["plan", "stage", "step", "fact", "need", "milestone", "close"]
How = Literal["added", "removed", "renamed", "changed"]
NOTHING = Words("无", "nothing")


@dataclass(frozen=True, slots=True)
class PlanChange:
    """One difference. `id`: of the step, fact, ... in the newer plan (in the older one when it was removed); `field`: which
    part of it changed; `words`: what changed; `meaning`: what a running case feels of it once it is moved."""

    what: What
    how: How
    id: str
    words: Words
    meaning: Words
    field: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "what": self.what,
            "how": self.how,
            "id": self.id,
            "field": self.field,
            "words": {"zh": self.words.zh, "en": self.words.en},
            "meaning": {"zh": self.meaning.zh, "en": self.meaning.en},
        }


def diff_plans(old: Plan, new: Plan, choices: Mapping[str, Words] | None = None) -> tuple[PlanChange, ...]:
    """All differences, steps first in the new plan's order. `choices`: what values of choice facts are called."""
    if old.kind != new.kind:
        words = Words(
            f"业务种类不同：{old.kind} 与 {new.kind}", f"Different kinds: {old.kind} and {new.kind}"
        )
        meaning = Words("案件不能改到另一种业务", "A case cannot be moved to another kind")
        return (PlanChange("plan", "changed", new.kind, words, meaning, "kind"),)
    return _Differ(old, new, dict(choices or {})).all()


def clock_words(clock: Clock | None) -> Words:
    """`30个工作分钟` / `30 working minutes`."""
    if clock is None:
        return Words("不限时", "no limit")
    unit = UNIT_WORDS[clock.unit]
    more: list[Words] = []
    if clock.runs_for_client:
        more.append(Words("客户的时钟", "the client's own clock"))
    elif clock.pauses_for != Clock("days", 1).pauses_for:
        names = [WAITING_WORDS[name] for name in clock.pauses_for]
        zh, en = "、".join(n.zh for n in names) or "不停表", ", ".join(n.en for n in names) or "nobody"
        more.append(Words(f"等待时停表：{zh}", f"stands still for {en}"))
    if clock.at_risk_percent != Clock("days", 1).at_risk_percent:
        more.append(Words(f"过{clock.at_risk_percent}%时提醒", f"reminds after {clock.at_risk_percent} %"))
    zh, en = "，".join(m.zh for m in more), ", ".join(m.en for m in more)
    return Words(
        f"{clock.amount}{unit.zh}（{zh}）" if more else f"{clock.amount}{unit.zh}",
        f"{clock.amount} {unit.en} ({en})" if more else f"{clock.amount} {unit.en}",
    )


def need_title(need: Need, plan: Plan) -> Words:
    """What the need is called, with its kind: `资料：火灾证明` / `paper: paper about the fire`."""
    kinds = {
        "paper": Words("资料", "paper"),
        "check": Words("检查", "check"),
        "decision": Words("决定", "decision"),
        "answer": Words("上级批复", "answer from above"),
    }
    kind = kinds[need.kind]
    called = plan.need_words.get(need.name, Words(need.name, need.name))
    if not need.name:
        return kind
    free = Words("（可缺）", " (may be missing)") if not need.required else Words("", "")
    return Words(f"{kind.zh}：{called.zh}{free.zh}", f"{kind.en}: {called.en}{free.en}")


class _Differ:
    def __init__(self, old: Plan, new: Plan, choices: dict[str, Words]) -> None:
        self.old, self.new, self.choices = old, new, choices
        self.names = {
            earlier: step.id
            for step in new.steps.values()
            for earlier in step.renamed_from
            if earlier in old.steps
        }
        renamed = {earlier: new.steps[name] for earlier, name in self.names.items()}
        # Both versions' conditions are said with one set of words, so that a new title alone changes no condition.
        self.both = replace(
            new, facts={**old.facts, **new.facts}, steps={**old.steps, **renamed, **new.steps}
        )

    def all(self) -> tuple[PlanChange, ...]:
        return (
            *self._title(),
            *self._steps(),
            *self._facts(),
            *self._stages(),
            *self._milestones(),
            *self._close(),
        )

    def _said(self, condition: Condition | None) -> Words:
        if condition is None:
            return Words("无条件", "no condition")
        return condition_words(condition, self.both, self.choices)

    def _title(self) -> Iterator[PlanChange]:
        if self.old.title != self.new.title:
            yield _changed("plan", "", "title", self.old.title, self.new.title, NO_EFFECT)
        if self.old.opens != self.new.opens:
            before, after = words_of_roles(self.old.opens), words_of_roles(self.new.opens)
            meaning = Words("已受理的案件不受影响", "Cases that are open already do not feel it")
            yield _changed("plan", "", "opens", before, after, meaning)
        if self.old.reminder_gap_minutes != self.new.reminder_gap_minutes:
            a, b = self.old.reminder_gap_minutes, self.new.reminder_gap_minutes
            before, after = Words(f"{a}分钟", f"{a} minutes"), Words(f"{b}分钟", f"{b} minutes")
            meaning = Words("改版后按新的催办间隔", "After the move reminders keep the new gap")
            yield _changed("plan", "", "reminder_gap", before, after, meaning)

    def _steps(self) -> Iterator[PlanChange]:
        back = {new: old for old, new in self.names.items()}
        for step in self.new.steps.values():
            earlier = self.old.steps.get(back.get(step.id, step.id))
            if earlier is None:
                yield self._added(step)
                continue
            if earlier.id != step.id:
                words = Words(
                    f"环节“{earlier.title.zh}”（{earlier.id}）改名为“{step.title.zh}”（{step.id}）",
                    f"The step “{earlier.title.en}” ({earlier.id}) is now “{step.title.en}” ({step.id})",
                )
                meaning = Words("已办结的照样算办结", "What was done stays done under the new name")
                yield PlanChange("step", "renamed", step.id, words, meaning, "id")
            yield from self._step(earlier, step)
        for step in self.old.steps.values():
            if step.id not in self.new.steps and step.id not in self.names:
                yield self._removed(step)

    def _added(self, step: Step) -> PlanChange:
        who = words_of(step.by)
        words = Words(
            f"增加环节“{step.title.zh}”，由{who.zh}办理", f"Step added: “{step.title.en}”, done by {who.en}"
        )
        if step.optional:
            meaning = Words("备选环节，需要时才启用", "It is optional: nobody has to do it")
        elif step.when is not None:
            said = self._said(step.when)
            meaning = Words(
                f"改版后的案件在符合条件时要补办（{said.zh}）", f"Moved cases have to do it where {said.en}"
            )
        else:
            meaning = Words("改版后的案件都要补办该环节", "Every moved case has to do it")
        return PlanChange("step", "added", step.id, words, meaning)

    def _removed(self, step: Step) -> PlanChange:
        words = Words(f"取消环节“{step.title.zh}”", f"Step removed: “{step.title.en}”")
        if step.irreversible:
            meaning = Words(
                "已办结该环节的案件不能改版（其结果不可撤回）",
                "A case that has done it cannot be moved: what it did cannot be taken back",
            )
        else:
            meaning = Words(
                "未办的不必再办；已办结的案件改版时要指明由哪个环节接续，或明确放弃",
                "Whoever has not done it need not; a case that has done it must name the step that takes its place, or give"
                " it up, when it is moved",
            )
        return PlanChange("step", "removed", step.id, words, meaning)

    def _step(self, old: Step, new: Step) -> Iterator[PlanChange]:
        if old.title != new.title:
            yield _changed("step", new.id, "title", old.title, new.title, NO_EFFECT, of=new.title)
        if old.client_words != new.client_words:
            before, after = old.client_words or NOTHING, new.client_words or NOTHING
            meaning = Words("客户看到的说法随之改变", "The client reads the new sentence")
            yield _changed("step", new.id, "client_words", before, after, meaning, of=new.title)
        pairs: tuple[tuple[str, Words, Words], ...] = (
            ("by", words_of(old.by), words_of(new.by)),
            ("four_eyes", _eyes(old), _eyes(new)),
            ("after", self._titles(old.after, self.old), self._titles(new.after, self.new)),
            ("when", self._said(old.when), self._said(new.when)),
            ("not_by", self._titles(old.not_by, self.old), self._titles(new.not_by, self.new)),
            ("clock", clock_words(old.clock), clock_words(new.clock)),
            ("stage", self._stage(old, self.old), self._stage(new, self.new)),
            (
                "form",
                Words(old.form or "无", old.form or "none"),
                Words(new.form or "无", new.form or "none"),
            ),
            ("skip_by", words_of_roles(old.skip_by), words_of_roles(new.skip_by)),
            ("optional", _yes(old.optional), _yes(new.optional)),
            ("repeats", _yes(old.repeats), _yes(new.repeats)),
            ("irreversible", _yes(old.irreversible), _yes(new.irreversible)),
            ("votes", _votes(old), _votes(new)),
        )
        for field, before, after in pairs:
            if before != after:
                yield _changed("step", new.id, field, before, after, STEP_MEANING[field], of=new.title)
        yield from self._needs(old, new)

    def _needs(self, old: Step, new: Step) -> Iterator[PlanChange]:
        before = {need.key: need for need in old.needs}
        after = {need.key: need for need in new.needs}
        for key, need in after.items():
            called = need_title(need, self.new)
            if key not in before:
                words = Words(
                    f"“{new.title.zh}”增加要件：{called.zh}", f"“{new.title.en}” now needs: {called.en}"
                )
                yield PlanChange("need", "added", new.id, words, NEED_ADDED, key)
            elif before[key].required != need.required:
                words = Words(
                    f"“{new.title.zh}”的要件改为：{called.zh}", f"“{new.title.en}” asks for: {called.en}"
                )
                yield PlanChange("need", "changed", new.id, words, NEED_ADDED, key)
        for key, need in before.items():
            if key not in after:
                called = need_title(need, self.old)
                words = Words(
                    f"“{new.title.zh}”不再要：{called.zh}", f"“{new.title.en}” no longer needs: {called.en}"
                )
                meaning = Words("已登记的要件保留", "What was recorded stays on the case")
                yield PlanChange("need", "removed", new.id, words, meaning, key)

    def _titles(self, names: tuple[str, ...], plan: Plan) -> Words:
        """Sorted, and under their newest ids, so that a rename alone changes nothing here."""
        if not names:
            return NOTHING
        current = sorted(self.names.get(name, name) if plan is self.old else name for name in names)
        titles = [
            self.new.steps[name].title if name in self.new.steps else self.old.steps[name].title
            for name in current
        ]
        return Words("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))

    def _stage(self, step: Step, plan: Plan) -> Words:
        return next((s.title for s in plan.stages if s.id == step.stage), Words(step.stage, step.stage))

    def _facts(self) -> Iterator[PlanChange]:
        for name, spec in self.new.facts.items():
            earlier = self.old.facts.get(name)
            if earlier is None:
                words = Words(f"增加情况“{spec.words.zh}”", f"Fact added: “{spec.words.en}”")
                meaning = Words(
                    "改版后的案件尚未登记它，用到它的条件先等待",
                    "Moved cases do not know it yet; conditions that read it wait for it",
                )
                yield PlanChange("fact", "added", name, words, meaning)
            else:
                yield from self._fact(earlier, spec)
        for name, spec in self.old.facts.items():
            if name not in self.new.facts:
                words = Words(f"取消情况“{spec.words.zh}”", f"Fact removed: “{spec.words.en}”")
                meaning = Words(
                    "已登记的内容保留，不再使用", "What was recorded is kept and no longer asked for"
                )
                yield PlanChange("fact", "removed", name, words, meaning)

    def _fact(self, old: FactSpec, new: FactSpec) -> Iterator[PlanChange]:
        if old.words != new.words:
            yield _changed("fact", new.name, "words", old.words, new.words, NO_EFFECT)
        if old.set_by != new.set_by:
            said = [SET_BY_WORDS[spec.set_by] for spec in (old, new)]
            yield _changed("fact", new.name, "set_by", said[0], said[1], NO_EFFECT, of=new.words)
        if old.type != new.type:
            before, after = Words(old.type, old.type), Words(new.type, new.type)
            yield _changed("fact", new.name, "type", before, after, FACT_MEANING, of=new.words)
        elif old.choices != new.choices:
            zh = ["、".join(c) for c in (old.choices, new.choices)]
            en = [", ".join(c) for c in (old.choices, new.choices)]
            gone = set(old.choices) - set(new.choices)
            meaning = FACT_MEANING if gone else Words("已登记的选项仍可用", "What was recorded still fits")
            yield _changed(
                "fact", new.name, "choices", Words(zh[0], en[0]), Words(zh[1], en[1]), meaning, of=new.words
            )

    def _stages(self) -> Iterator[PlanChange]:
        before = {stage.id: stage.title for stage in self.old.stages}
        after = {stage.id: stage.title for stage in self.new.stages}
        for name, title in after.items():
            if name not in before:
                words = Words(f"增加阶段“{title.zh}”", f"Stage added: “{title.en}”")
                yield PlanChange("stage", "added", name, words, NO_EFFECT)
            elif before[name] != title:
                yield _changed("stage", name, "title", before[name], title, NO_EFFECT)
        for name, title in before.items():
            if name not in after:
                words = Words(f"取消阶段“{title.zh}”", f"Stage removed: “{title.en}”")
                yield PlanChange("stage", "removed", name, words, NO_EFFECT)

    def _milestones(self) -> Iterator[PlanChange]:
        before = {m.id: m for m in self.old.milestones}
        after = {m.id: m for m in self.new.milestones}
        for name, milestone in after.items():
            said = self._said(milestone.when)
            if name not in before:
                words = Words(
                    f"增加里程碑“{milestone.title.zh}”：{said.zh}",
                    f"Milestone added: “{milestone.title.en}”, when {said.en}",
                )
                meaning = Words("已符合的案件改版时即达成", "A case that meets it reaches it with the move")
                yield PlanChange("milestone", "added", name, words, meaning)
            elif (was := self._said(before[name].when)) != said:
                yield _changed("milestone", name, "when", was, said, MILESTONE_MEANING, of=milestone.title)
        for name, milestone in before.items():
            if name not in after:
                words = Words(
                    f"取消里程碑“{milestone.title.zh}”", f"Milestone removed: “{milestone.title.en}”"
                )
                yield PlanChange("milestone", "removed", name, words, NO_EFFECT)

    def _close(self) -> Iterator[PlanChange]:
        old, new = self.old.close, self.new.close
        before, after = self._said(old.when), self._said(new.when)
        if before != after:
            meaning = Words("改版后按新的条件办结", "Moved cases close by the new condition")
            yield _changed("close", "", "when", before, after, meaning)
        if self.old.reopen != self.new.reopen:
            said = [_reopen_words(plan.reopen) for plan in (self.old, self.new)]
            meaning = Words(
                "改版后办结的案件按新规定重开", "Cases that end after the move are reopened by the new rule"
            )
            yield _changed("close", "", "reopen", said[0], said[1], meaning)
        if old.by != new.by:
            meaning = Words("改版后由新的岗位办结", "Moved cases are closed by the new roles")
            yield _changed("close", "", "by", words_of_roles(old.by), words_of_roles(new.by), meaning)


def _changed(
    what: What, name: str, field: str, before: Words, after: Words, meaning: Words, *, of: Words | None = None
) -> PlanChange:
    kind, part = WHAT_WORDS[what], FIELD_WORDS[field]
    title_zh = f"“{of.zh}”" if of else f"“{name}”" if name else ""
    title_en = f" “{of.en}”" if of else f" “{name}”" if name else ""
    words = Words(
        f"{kind.zh}{title_zh}的{part.zh}：{before.zh or '无'} → {after.zh or '无'}",
        f"{kind.en}{title_en}, {part.en}: {before.en or 'nothing'} → {after.en or 'nothing'}",
    )
    return PlanChange(what, "changed", name, words, meaning, field)


def _eyes(step: Step) -> Words:
    if not step.four_eyes:
        return Words("不需要", "not needed")
    who: Who = step.confirm_by or step.by
    said = words_of(who)
    return Words(f"由{said.zh}复核", f"confirmed by {said.en}")


def _votes(step: Step) -> Words:
    return rule_words(step.votes) if step.votes is not None else Words("不票签", "not voted on")


def _reopen_words(rule: ReopenRule) -> Words:
    who = words_of_roles(rule.by or HEADS)
    if not rule.within_days:
        return Words(f"由{who.zh}，不限期", f"by {who.en}, without limit")
    return Words(f"由{who.zh}，{rule.within_days}天内", f"by {who.en}, within {rule.within_days} days")


def _yes(flag: bool) -> Words:
    return Words("是", "yes") if flag else Words("否", "no")
