"""残损币兑换: what the folder holds, for the desk."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone

from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.models import Case
from xiaoshi.desk.kinds.burnt_notes import forms
from xiaoshi.desk.kinds.burnt_notes.acts import steps as acts
from xiaoshi.desk.kinds.burnt_notes.answers_check import altered_answers
from xiaoshi.desk.kinds.burnt_notes.designated import designated_outlets, is_designated
from xiaoshi.desk.kinds.burnt_notes.second_answers import notes_waiting_for
from xiaoshi.desk.kinds.burnt_notes.slips import CAUSES
from xiaoshi.desk.kinds.burnt_notes.standing import tin_of
from xiaoshi.desk.kinds.kind import Kind, StepWork, Tab
from xiaoshi.desk.organisation.models import Staff, Unit


def _plain(form: type[Any]) -> Any:
    return lambda case, data: form(data)


def _groups(by_edition: bool) -> Any:
    def make(case: Case, data: Any) -> forms.GroupsForm:
        piles = acts.piles(tin_of(case), by_edition=by_edition)
        labels = {pile: _pile_label(pile) for pile in piles}
        return forms.GroupsForm(data, piles=piles, labels=labels)

    return make


def _pile_label(pile: str) -> str:
    denomination, _, edition = pile.partition("/")
    name = f"{int(denomination) / 100:g} 元" if int(denomination) else "面额不明"
    return f"{name} · {edition} 版" if edition else name


def _designated(case: Case, data: Any) -> forms.DesignatedForm:
    outlets = [(u.path, u.name_zh) for u in designated_outlets(timezone.localdate()) if u.id != case.unit_id]
    return forms.DesignatedForm(data, outlets=outlets)


def _bag(case: Case, data: Any) -> forms.BagForm:
    people = Staff.objects.filter(unit_id=case.unit_id, is_active=True).order_by("name_zh")
    return forms.BagForm(data, colleagues=[(p.login, p.name_zh) for p in people])


def _opening(form: Any, unit: Unit, today: date) -> dict[str, Any]:
    return forms.opening(form.cleaned_data, designated=is_designated(unit, today))


def _clean(*names: str) -> Any:
    """Act fields that bear the names of form fields."""
    return lambda step, form: {name: form.cleaned_data[name] for name in names}


KIND = Kind(
    name="burnt_notes",
    words=Words("残损币兑换", "Damaged banknotes"),
    folder=Path(__file__).parent,
    opening_form=forms.OpeningForm,
    opening=_opening,
    steps={
        "intake": StepWork(_plain(forms.IntakeForm)),
        "to_designated": StepWork(_designated, acts.hand_to_designated, _clean("unit_path", "reason")),
        "photograph": StepWork(
            _plain(forms.EmptyForm),
            acts.finish_photographing,
            lambda step, form: {},
            route="burnt_notes_trays",
        ),
        "denominations": StepWork(
            _groups(False),
            acts.sort_notes,
            lambda step, form: {
                "step": step,
                "counted": form.counted(),
                "reason": form.cleaned_data["reason"],
            },
        ),
        "editions": StepWork(
            _groups(True),
            acts.sort_notes,
            lambda step, form: {
                "step": step,
                "counted": form.counted(),
                "reason": form.cleaned_data["reason"],
            },
        ),
        "determine": StepWork(
            _plain(forms.EmptyForm), acts.determine, lambda step, form: {}, route="burnt_notes_trays"
        ),
        "machine": StepWork(
            _plain(forms.MachineForm), acts.machine_check, _clean("machine", "passed", "by_hand")
        ),
        "count": StepWork(
            _plain(forms.CountForm),
            acts.count_notes,
            lambda step, form: {
                **{n: form.cleaned_data[n] for n in ("full", "half", "none")},
                "amount_fen": form.cleaned_data["amount"],
            },
        ),
        "bag": StepWork(
            _bag, acts.seal_bag, _clean("bag_number", "seal_number", "holder_present", "witness")
        ),
        "recheck": StepWork(
            _plain(forms.RecheckForm),
            acts.recheck,
            lambda step, form: {
                "pieces": form.cleaned_data["pieces"],
                "amount_fen": form.cleaned_data["amount"],
            },
        ),
        "papers": StepWork(
            _plain(forms.PapersForm),
            acts.issue_papers,
            lambda step, form: {"holder_agrees": form.cleaned_data["holder_agrees"] == "yes"},
        ),
        "appraisal": StepWork(_plain(forms.AppraisalForm)),
        "pay": StepWork(_plain(forms.EmptyForm), None, None, route="case_money"),
        "receipt": StepWork(_plain(forms.EmptyForm), acts.give_receipt, lambda step, form: {}),
        "feedback": StepWork(_plain(forms.FeedbackForm)),
    },
    choices={**CAUSES, "cash": Words("现金", "cash"), "account": Words("转入账户", "into an account")},
    tabs=(Tab("trays", Words("托盘", "Trays"), "burnt_notes_trays"),),
    routes="xiaoshi.desk.kinds.burnt_notes.urls",
    overview="burnt_notes/overview.html",
    overview_context=lambda case: {"tin": tin_of(case)},
    reviews=notes_waiting_for,
    verify=altered_answers,
    story="xiaoshi.desk.kinds.burnt_notes.story",
    demo="xiaoshi.desk.kinds.burnt_notes.demo",
)
