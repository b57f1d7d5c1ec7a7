"""What the differences of two plans mean for running cases, and what the parts of a plan are called."""

from __future__ import annotations

from xiaoshi.core.problems import Words

UNIT_WORDS: dict[str, Words] = {
    "working_minutes": Words("个工作分钟", "working minutes"),
    "working_days": Words("个工作日", "working days"),
    "hours": Words("小时", "hours"),
    "days": Words("天", "days"),
}
WAITING_WORDS: dict[str, Words] = {
    "client": Words("客户", "the client"),
    "other_case": Words("另一案件", "another case"),
    "authority": Words("其他机关", "an authority"),
}


SET_BY_WORDS: dict[str, Words] = {
    "person": Words("可由人登记、更正", "people set and correct it"),
    "act": Words("只由办理环节得出", "only a step's own act sets it"),
}
NO_EFFECT = Words("对在办案件没有影响", "Running cases do not feel it")
NEED_ADDED = Words(
    "改版后尚未办结该环节的案件按新要求；已办结的不重办",
    "Moved cases that have not done the step meet the new demand; whoever has done it does not do it again",
)
FACT_MEANING = Words(
    "已登记的值若不合新要求，案件须先更正才能改版",
    "A case whose recorded value no longer fits has to correct it before it can be moved",
)
MILESTONE_MEANING = Words(
    "改版时按新条件重新判断是否达成", "With the move it is judged again by the new condition"
)
LATER = Words(
    "改版后未办结该环节的案件按新规定", "Moved cases that have not done the step go by the new rule"
)
STEP_MEANING: dict[str, Words] = {
    "by": Words(
        "改版后由新的岗位办理；已办结的不重办", "Moved cases: the new roles do it; what is done stays done"
    ),
    "four_eyes": Words("已办结的不重新复核", "What is done is not confirmed again"),
    "after": Words("已办结的环节不会因此重开", "A finished step is not opened again by it"),
    "when": Words(
        "尚未办的环节按新条件判断是否需要", "Whether an unfinished step is needed goes by the new condition"
    ),
    "not_by": LATER,
    "clock": Words(
        "改版后按新时限计算，可能提前或推迟到期",
        "Moved cases count by the new limit: they may be due earlier or later",
    ),
    "stage": NO_EFFECT,
    "form": LATER,
    "skip_by": LATER,
    "optional": LATER,
    "repeats": LATER,
    "irreversible": LATER,
    "votes": Words(
        "已指定投票人的环节按原规则；之后发起的票签按新规则",
        "Where voters are named already the old rule holds; later votes go by the new one",
    ),
}
FIELD_WORDS: dict[str, Words] = {
    "title": Words("名称", "title"),
    "words": Words("名称", "words"),
    "opens": Words("受理岗位", "who opens"),
    "reminder_gap": Words("催办间隔", "gap between reminders"),
    "client_words": Words("告知客户的话", "words for the client"),
    "by": Words("办理岗位", "who does it"),
    "four_eyes": Words("双人复核", "second person"),
    "after": Words("前置环节", "what comes first"),
    "when": Words("条件", "condition"),
    "not_by": Words("须与谁不同人", "must differ from whoever did"),
    "clock": Words("时限", "time limit"),
    "stage": Words("所属阶段", "stage"),
    "form": Words("表单", "form"),
    "skip_by": Words("可跳过的岗位", "who may skip it"),
    "optional": Words("备选", "optional"),
    "repeats": Words("可重复", "may be repeated"),
    "irreversible": Words("不可撤回", "cannot be taken back"),
    "votes": Words("票签", "votes"),
    "type": Words("类型", "type"),
    "choices": Words("选项", "choices"),
    "set_by": Words("由谁登记", "who sets it"),
    "reopen": Words("重开", "reopening"),
}
WHAT_WORDS: dict[str, Words] = {
    "plan": Words("流程", "the plan"),
    "stage": Words("阶段", "stage"),
    "step": Words("环节", "step"),
    "fact": Words("情况", "fact"),
    "milestone": Words("里程碑", "milestone"),
    "close": Words("办结", "closing"),
}
