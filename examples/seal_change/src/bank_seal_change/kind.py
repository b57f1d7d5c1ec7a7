"""单位预留印鉴变更: what the package holds, for the desk."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from bank_seal_change import acts, forms
from xiaoshi.core.problems import Words
from xiaoshi.desk.kinds.kind import Kind, StepWork, Tab
from xiaoshi.desk.organisation.models import Unit


def _opening(form: Any, unit: Unit, today: date) -> dict[str, Any]:
    data = form.cleaned_data
    names = ("unit_name", "old_seal_lost", "name_changed")
    return {"client_name": data["client_name"], "facts": {name: data[name] for name in names}}


def _specimen(step: str, form: Any) -> dict[str, Any]:
    data = form.cleaned_data
    return {"card_number": data["card_number"].strip(), "in_use_from": data["in_use_from"].isoformat()}


def _note(case: Any, data: Any) -> forms.NoteForm:
    return forms.NoteForm(data)


KIND = Kind(
    name="seal_change",
    words=Words("单位预留印鉴变更", "Change of a company’s seal"),
    folder=Path(__file__).parent,
    opening_form=forms.OpeningForm,
    opening=_opening,
    steps={
        "intake": StepWork(lambda case, data: forms.IntakeForm(data)),
        "name_paper": StepWork(_note),
        "loss_notice": StepWork(_note),
        "compare_old": StepWork(_note),
        "specimen": StepWork(lambda case, data: forms.SpecimenForm(data), acts.take_specimen, _specimen),
        "switch_over": StepWork(_note),
        "file_old": StepWork(_note),
    },
    tabs=(Tab("seals", Words("印鉴卡", "Seal cards"), "seal_change_cards"),),
    routes="bank_seal_change.urls",
)
