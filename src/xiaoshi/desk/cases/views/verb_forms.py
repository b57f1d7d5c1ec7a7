"""The fields of each verb's form, and the literal of all verbs: which act, which fields, what it does in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext as _

from xiaoshi.core.casework import commands as c
from xiaoshi.core.casework.commands import Command
from xiaoshi.core.casework.model import CASE, Actor
from xiaoshi.core.casework.roles import LEVELS, READS_ONLY, ROLES
from xiaoshi.core.casework.views import Option
from xiaoshi.core.casework.votes import rule_words
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases import recording, signing_verbs, steps, verbs, votes
from xiaoshi.desk.cases.views.fact_fields import fact_fields
from xiaoshi.desk.cases.views.found import Found
from xiaoshi.desk.cases.views.verb_people import candidates, with_posted
from xiaoshi.desk.guard.boundary import ACTS, Act
from xiaoshi.desk.look.fields import DatePartsField
from xiaoshi.desk.look.language import said
from xiaoshi.desk.organisation.models import Staff

PROBE = "?"
ID = {"command_id": PROBE}
WHOLE_CASE = "-"
"""In a form's list of steps: not a step but the case (an empty value would read as nothing chosen)."""


@dataclass
class Asking:
    """What the fields of a form are made from. `options`: what is open to this person now; `posted`: what was typed."""

    found: Found
    person: Staff
    now: datetime
    options: tuple[Option, ...]
    posted: Any
    asked: Any
    more_people: bool = False

    def value(self, name: str) -> str:
        """What was typed, or what the address asks for."""
        return str(self.posted.get(name) or self.asked.get(name) or "")


Field = Callable[["Verb", Asking], forms.Field]


@dataclass(frozen=True)
class Verb:
    """`command`: the engine's, by which it is known whether the verb is open. `people`: among whom to search."""

    act: Callable[[], Act]
    command: type[Command]
    effect: Words
    fields: dict[str, Field] = field(default_factory=dict)
    people: Literal["", "line", "outlets", "bank"] = ""
    probe: Callable[[str, Actor], Command] | None = None
    on_step: bool = False
    final: bool = False


def reason(verb: Verb, asking: Asking, *, required: bool = True) -> forms.Field:
    return forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea({"rows": 4}), required=required
    )


def text(zh: str, en: str, *, long: bool = False, required: bool = True) -> Field:
    def make(verb: Verb, asking: Asking) -> forms.Field:
        widget = forms.Textarea if long else forms.TextInput
        return forms.CharField(label=said(Words(zh, en)), widget=widget, max_length=2000, required=required)

    return make


def step(verb: Verb, asking: Asking) -> forms.Field:
    """The steps for which this verb is open; the whole case too, where the verb may be about it."""
    found = asking.found
    open_ones = {o.step for o in asking.options if o.act == verb.command.__name__}
    titles = [
        (s.id, said(s.title))
        for s in (*found.plan.steps.values(), *found.state.added.values())
        if s.id in open_ones
    ]
    if CASE in open_ones:
        titles.insert(0, (WHOLE_CASE, said(Words("整个案件", "The whole case"))))
    return forms.ChoiceField(label=_("Step"), choices=titles, initial=asking.value("step") or None)


def about(zh: str, en: str) -> Field:
    """A choice among what the verb is open for: needs, questions, signers, other cases."""

    def make(verb: Verb, asking: Asking) -> forms.Field:
        found = asking.found
        names = [o.about for o in asking.options if o.act == verb.command.__name__ and o.about]
        wanted = asking.value("step")
        if wanted and any(o.step == wanted for o in asking.options if o.about in names):
            names = [o.about for o in asking.options if o.about in names and o.step == wanted]
        return forms.ChoiceField(
            label=said(Words(zh, en)), choices=[(n, _called(found, n)) for n in dict.fromkeys(names)]
        )

    return make


def _called(found: Found, name: str) -> str:
    question = found.state.questions.get(name)
    if question is not None:
        return question.text[:60]
    need = name.partition(":")[2] or name
    if need in found.plan.need_words:
        return said(found.plan.need_words[need])
    person = Staff.objects.filter(login=name).first()
    return said(Words(person.name_zh, person.name_en)) if person else name


def one(verb: Verb, asking: Asking, *, name: str = "to") -> forms.Field:
    """One colleague."""
    return forms.ChoiceField(
        label=_("Colleague"), choices=_people(verb, asking, name), widget=forms.RadioSelect
    )


def several(verb: Verb, asking: Asking, *, name: str = "to") -> forms.Field:
    """One colleague or more."""
    return forms.MultipleChoiceField(
        label=said(Words("同事（可选多人）", "Colleagues (one or more)")),
        choices=_people(verb, asking, name),
        widget=forms.CheckboxSelectMultiple,
    )


def _people(verb: Verb, asking: Asking, name: str) -> list[tuple[str, str]]:
    chosen_step = asking.value("step").replace(WHOLE_CASE, CASE)
    if not chosen_step and verb.on_step:
        chosen_step = next((o.step for o in asking.options if o.act == verb.command.__name__), CASE)
    probe = partial(verb.probe, chosen_step) if verb.probe else None
    shown = candidates(
        asking.found, asking.person, asking.value("who"), asking.now, reach=verb.people or "line", probe=probe
    )
    asking.more_people = shown.more
    posted = asking.posted.getlist(name) if hasattr(asking.posted, "getlist") else []
    return with_posted(shown.people, posted)


def until(verb: Verb, asking: Asking, *, required: bool = True) -> forms.Field:
    return DatePartsField(label=_("Until when at the latest"), required=required)


def waiting_for(verb: Verb, asking: Asking) -> forms.Field:
    return forms.ChoiceField(
        label=_("Waiting for"),
        choices=[
            ("client", _("the client")),
            ("authority", _("an authority")),
            ("other_case", _("another case")),
        ],
        widget=forms.RadioSelect,
    )


def level(verb: Verb, asking: Asking) -> forms.Field:
    levels = [(key, said(words)) for key, words in LEVELS.items() if key != "outlet"]
    return forms.ChoiceField(label=_("Ask whom"), choices=levels, widget=forms.RadioSelect)


def place(verb: Verb, asking: Asking) -> forms.Field:
    return forms.ChoiceField(
        label=said(Words("顺序", "Order")),
        choices=[
            ("before", said(Words("前加签（先于尚未签署的人）", "before those who have yet to sign"))),
            ("after", said(Words("后加签（在其之后）", "after them"))),
        ],
        widget=forms.RadioSelect,
    )


def share(verb: Verb, asking: Asking) -> forms.Field:
    """The share that passes: asked for where the plan of the chosen step has none."""
    chosen = asking.found.plan.steps.get(asking.value("step"))
    label = said(Words("达到百分之几通过", "Share of the votes that passes, in percent"))
    if chosen is not None and chosen.votes is not None:
        rule = said(rule_words(chosen.votes))
        field = forms.IntegerField(label=label, required=False, initial=chosen.votes.pass_at_percent)
        field.help_text = said(Words(f"流程规定：{rule}", f"By the plan: {rule}"))
        field.disabled = True
        return field
    hint = said(
        Words("流程已定的环节不用填；每人一票", "Not needed where the plan sets it; each has one vote")
    )
    return forms.IntegerField(
        label=label, required=False, min_value=1, max_value=100, initial=51, help_text=hint
    )


def for_or_against(verb: Verb, asking: Asking) -> forms.Field:
    return forms.ChoiceField(
        label=said(Words("投票", "Your vote")),
        choices=[("for", said(Words("同意", "for it"))), ("against", said(Words("不同意", "against it")))],
        widget=forms.RadioSelect,
    )


def _one_voter(step_id: str, person: Actor) -> Command:
    """One candidate beside persons that nobody is: refused because of the candidate only when he or she has no vote."""
    return c.AskToVote(**ID, step=step_id, voters=(person,), pass_at_percent=0)


def roles(verb: Verb, asking: Asking) -> forms.Field:
    return forms.MultipleChoiceField(
        label=said(Words("由哪些岗位办理", "Which roles may do it")),
        choices=[(role.id, said(role.words)) for role in ROLES.values() if role.id != READS_ONLY],
        widget=forms.CheckboxSelectMultiple,
    )


def yes_no(zh: str, en: str, yes: Words, no: Words) -> Field:
    def make(verb: Verb, asking: Asking) -> forms.Field:
        return forms.TypedChoiceField(
            label=said(Words(zh, en)),
            choices=[("yes", said(yes)), ("no", said(no))],
            coerce=lambda value: value == "yes",
            widget=forms.RadioSelect,
        )

    return make


def other_case(verb: Verb, asking: Asking) -> forms.Field:
    return forms.CharField(
        label=said(Words("所等案件的编号", "Number of the case that is waited for")), max_length=60
    )


def knowing(verb: Verb, asking: Asking) -> forms.Field:
    return forms.BooleanField(
        label=said(
            Words("我已知晓：已办的环节可能不再需要", "I know: work that was done may not be needed any more")
        ),
        required=False,
    )


def _act(name: str) -> Callable[[], Act]:
    """An act of a part of the desk, which the cases themselves do not import."""
    return lambda: ACTS[name]


optional_reason = partial(reason, required=False)
why_signers = Words("该环节办好后，须所选的人全部签署才算完成；有人拒签则退回。", "When the step is done, all of them have to sign before it counts; one refusal returns it.")  # fmt: skip

VERBS: dict[str, Verb] = {
    "claim": Verb(lambda: verbs.claim, c.Claim, Words("由您承办该环节，别人不再重复办理。", "You take the step; nobody else does it meanwhile."), {"step": step}, on_step=True),
    "release": Verb(lambda: verbs.release, c.Release, Words("环节退回，其他有权的人可以签收；受托人退签则回到委派人。", "The step is free again for whoever may do it; from a delegate it goes back to the delegator."), {"step": step, "reason": optional_reason}, on_step=True),
    "hand_over": Verb(lambda: verbs.hand_over, c.HandOver, Words("案件或环节从此由所选的人承办，不再回到您手里。", "The case or the step is the other person's from now on and does not come back."), {"step": step, "to": one, "reason": reason}, people="line", probe=lambda s, a: c.HandOver(**ID, to=a, reason=PROBE, step=s)),
    "move": Verb(lambda: verbs.move_case, c.MoveCase, Words("案件移交另一网点及该网点的所选人员；已签收的环节重新开放。", "The case goes to another outlet and a person there; claimed steps are free again."), {"to": one, "reason": reason}, people="outlets", probe=lambda s, a: c.MoveCase(**ID, to_unit=a.unit_path, to=a, reason=PROBE), final=True),
    "delegate": Verb(lambda: verbs.delegate, c.Delegate, Words("由所选的人代办，办完向您报告，经您验收后才算完成；到期未报告的，环节回到您手里。", "The other person does it and reports; it counts once you accept. Without a report in time it is yours again."), {"step": step, "to": one, "until": partial(until, required=False), "reason": reason}, people="line", probe=lambda s, a: c.Delegate(**ID, step=s, to=a, reason=PROBE), on_step=True),
    "accept_report": Verb(lambda: verbs.accept_report, c.AcceptReport, Words("您认可受托人的结果，环节继续往下走。", "You accept the delegate's result, and the step goes on."), {"step": step}, on_step=True),
    "return_report": Verb(lambda: verbs.return_report, c.ReturnReport, Words("受托人须重新办理并再次报告。", "The delegate has to do it again and report again."), {"step": step, "reason": reason}, on_step=True),
    "all_sign": Verb(lambda: signing_verbs.all_sign, c.AllSign, why_signers, {"step": step, "signers": partial(several, name="signers")}, people="line", probe=lambda s, a: c.AllSign(**ID, step=s, signers=(a,)), on_step=True),
    "any_sign": Verb(lambda: signing_verbs.any_sign, c.AnySign, Words("该环节办好后，所选的人中任意一人签署即可；有人拒签则退回。", "When the step is done, any one of them signs for all; one refusal returns it."), {"step": step, "signers": partial(several, name="signers")}, people="line", probe=lambda s, a: c.AnySign(**ID, step=s, signers=(a,)), on_step=True),
    "ask_votes": Verb(lambda: votes.ask_votes, c.AskToVote, Words("该环节办好后由所选的人投票，同意票达到比例即通过，达不到即退回；流程已定比例和票数的，按流程。", "When the step is done, they vote: with enough votes for it, it passes; when that is out of reach, it is open again. Where the plan sets share and weights, those hold."), {"step": step, "signers": partial(several, name="signers"), "pass_at_percent": share}, people="line", probe=_one_voter, on_step=True),
    "vote": Verb(lambda: votes.vote, c.CastVote, Words("投票并写明理由；决定之前可以改投。", "You vote, with a reason; until it is decided you may vote otherwise."), {"step": step, "vote": for_or_against, "reason": reason}, on_step=True),
    "add_signer": Verb(lambda: signing_verbs.add_signer, c.AddSigner, Words("增加一名签署人。", "One more person has to sign."), {"step": step, "signer": partial(one, name="signer"), "place": place}, people="line", probe=lambda s, a: c.AddSigner(**ID, step=s, signer=a, place="after"), on_step=True),
    "remove_signer": Verb(lambda: signing_verbs.remove_signer, c.RemoveSigner, Words("去掉一名尚未签署的人；其余人都已签署的，环节继续往下走。", "Somebody who has not signed is taken off; when all others have signed, the step goes on."), {"step": step, "signer": about("减去谁", "Whom to take off"), "reason": reason}, on_step=True),
    "sign": Verb(lambda: signing_verbs.sign, c.Sign, Words("您同意该环节的结果并签署。", "You agree with the step's result and sign."), {"step": step}, on_step=True),
    "refuse_to_sign": Verb(lambda: signing_verbs.refuse_to_sign, c.RefuseToSign, Words("您不同意，环节退回重办，理由留存。", "You do not agree: the step is open again, and the reason stays."), {"step": step, "reason": reason}, on_step=True),
    "copy": Verb(lambda: verbs.copy_to, c.Copy, Words("所选的人从此可以查看本案，不承担办理。", "They may see the case from now on; they need not act."), {"to": several}, people="bank"),
    "mark_read": Verb(lambda: verbs.mark_read, c.MarkRead, Words("记录您已阅。", "It is on record that you have read it.")),
    "remind": Verb(lambda: verbs.remind, c.Remind, Words("提醒所选的人尽快办理；同一人同一事在间隔期内只催一次。", "The person is asked to hurry, at most once in the plan's interval."), {"step": step, "to": one}, people="line"),
    "take_back": Verb(lambda: verbs.take_back, c.TakeBack, Words("撤回您最近的一次操作，如同没有发生，记录仍保留。", "Your newest act no longer holds; its entry stays."), {"reason": optional_reason}),
    "send_back": Verb(lambda: verbs.send_back, c.SendBack, Words("该环节及以它为前提的环节都要重新办理，检查和决定作废，资料保留。", "The step and all that lean on it are to be done again; checks and decisions are void, papers stay."), {"step": step, "reason": reason}, on_step=True),
    "suspend": Verb(lambda: verbs.suspend, c.Suspend, Words("案件暂停办理，最晚到所选日期自动恢复。", "The case rests, at the latest until that day."), {"waiting_for": waiting_for, "until": until, "reason": reason}),
    "resume": Verb(lambda: verbs.resume, c.Resume, Words("案件恢复办理。", "The case goes on.")),
    "cancel": Verb(lambda: verbs.cancel, c.Cancel, Words("案件终止，不再办理；有权人可在期限内重开。已付款的案件须两位负责人先后作废，各写理由。", "The case ends without its outcome; it can be reopened for some time. Where money was paid, two heads cancel it one after the other, each with a reason."), {"reason": reason}, final=True),
    "reopen": Verb(lambda: verbs.reopen, c.Reopen, Words("案件重新办理，可驳回到任一环节或增加环节。", "The case is open again; any step can be sent back, or one added."), {"reason": reason}),
    "call_up": Verb(lambda: verbs.call_up, c.CallUp, Words("该备选环节列入办理。", "The optional step is to be done."), {"step": step, "reason": optional_reason}, on_step=True),
    "call_off": Verb(lambda: verbs.call_off, c.CallOff, Words("该备选环节不再办理。", "The optional step is not wanted after all."), {"step": step, "reason": reason}, on_step=True),
    "add_step": Verb(lambda: verbs.add_step, c.AddStep, Words("本案增加一个流程之外的环节。", "This case gets a step that the plan does not have."), {"title": text("环节名称", "What is to be done"), "roles": roles, "blocks_close": yes_no("办完前能否结案", "May the case be closed without it", Words("不能，须先办完", "No, it has to be done first"), Words("能", "Yes"))}),
    "skip": Verb(lambda: steps.skip_step, c.SkipStep, Words("该环节不办，权限和理由留存。", "The step is left out; authority and reason stay on record."), {"step": step, "reason": reason}, on_step=True),
    "set_facts": Verb(lambda: recording.set_facts, c.SetFacts, Words("更正登记的情况；旧值保留在记录里，受影响的环节会提示。", "Corrects what is known; the old values stay in the entry, and steps that are touched are named."), {"reason": reason, "knowing": knowing}),
    "record_check": Verb(lambda: recording.record_check, c.RecordCheck, Words("登记一项检查的结果。", "The result of a check is recorded."), {"need": about("检查", "Check"), "passed": yes_no("结果", "Result", Words("通过", "passed"), Words("未通过", "did not pass")), "note": text("情况（未通过时必填）", "Details (needed when it did not pass)", long=True, required=False)}),
    "record_decision": Verb(lambda: recording.record_decision, c.RecordDecision, Words("登记一项决定。", "A decision is recorded."), {"need": about("决定事项", "Decision"), "value": text("决定内容", "What was decided"), "note": text("说明", "Note", long=True, required=False)}),
    "waive_need": Verb(lambda: recording.waive_need, c.WaiveNeed, Words("不要求该资料、检查或决定，权限和理由留存。", "The paper, check or decision is not asked for; authority and reason stay on record."), {"need": about("免除什么", "What to do without"), "reason": reason}, final=True),
    "wait_for_case": Verb(_act("case.wait_for_case"), c.WaitForCase, Words("另一案件办结前，该环节（或结案）不能办理；办结后自动放行。", "Until the other case is closed, the step (or closing) waits; then it goes on by itself."), {"other": other_case, "step": step, "reason": reason}),
    "stop_waiting": Verb(_act("case.stop_waiting"), c.StopWaiting, Words("不再等待另一案件，本案可以继续。", "The other case is not waited for any longer."), {"other": about("不再等待哪个案件", "Which case"), "reason": reason}),
    "ask": Verb(_act("case.ask"), c.Ask, Words("向上级请示一个问题，案件仍在您这里。", "One question goes upwards; the case stays with you."), {"to_level": level, "field": text("请示领域", "What it is about"), "text": text("请示内容", "Question", long=True)}),
    "answer": Verb(_act("case.answer"), c.Answer, Words("批复连同依据成为案件的一部分。", "The answer with its source becomes part of the case."), {"question": about("请示", "Question"), "text": text("批复内容", "Answer", long=True), "source": text("依据", "Which rule says so"), "authority": text("权限", "With what authority")}),
    "withdraw_question": Verb(_act("case.withdraw_question"), c.WithdrawQuestion, Words("请示不再需要。", "The question is no longer needed."), {"question": about("请示", "Question"), "reason": reason}),
}  # fmt: skip


def form_of(name: str, asking: Asking, data: Any) -> forms.Form:
    """The verb's form. For correcting facts, a field for each fact that a person may set."""
    verb = VERBS[name]
    form = forms.Form(data)
    if name == "set_facts":
        form.fields |= fact_fields(asking.found, asking.person)
    for field_name, make in verb.fields.items():
        form.fields[field_name] = make(verb, asking)
    if "step" in form.fields and not form.fields["step"].choices:  # type: ignore[attr-defined]
        form.fields["step"].choices = [("", said(Words("现在没有可办的环节", "No step for it now")))]  # type: ignore[attr-defined]
    return form
