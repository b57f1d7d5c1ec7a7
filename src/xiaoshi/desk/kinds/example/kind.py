"""示例事项: the smallest whole kind. Copy the folder, change the names, add one line to the registry."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from xiaoshi.core.problems import Words
from xiaoshi.desk.kinds.example import forms
from xiaoshi.desk.kinds.kind import Kind, StepWork
from xiaoshi.desk.organisation.models import Unit


def _opening(form: Any, unit: Unit, today: date) -> dict[str, Any]:
    data = form.cleaned_data
    return {"client_name": data["client_name"], "facts": {"wish": data["wish"]}}


KIND = Kind(
    name="example",
    words=Words("示例事项", "Example matter"),
    folder=Path(__file__).parent,
    opening_form=forms.OpeningForm,
    opening=_opening,
    steps={
        "listen": StepWork(lambda case, data: forms.ListenForm(data)),
        "answer": StepWork(lambda case, data: forms.AnswerForm(data)),
    },
    offered=False,
)
