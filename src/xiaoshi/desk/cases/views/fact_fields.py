"""Fields for correcting facts: each in its type, filled with what is known; only what a person may set and may see."""

from __future__ import annotations

from typing import Any

from django import forms

from xiaoshi.core.casework.model import FactSpec, FactValue
from xiaoshi.core.problems import Words
from xiaoshi.desk.cases.views.found import Found
from xiaoshi.desk.look.fields import DatePartsField, MoneyField
from xiaoshi.desk.look.language import said
from xiaoshi.desk.organisation.models import Staff

PREFIX = "fact_"
UNKNOWN = Words("未知", "not known")
YES, NO = Words("是", "yes"), Words("否", "no")


def fact_fields(found: Found, person: Staff) -> dict[str, forms.Field]:
    """`fact_<name>` -> field. Sums that a second person has yet to count are left out for that person."""
    from xiaoshi.desk.cases.views.pages import hides_sums
    from xiaoshi.desk.money.standing import sums_hidden

    hidden = hides_sums(found, person.as_actor()) or sums_hidden(found.case, person)
    return {
        PREFIX + name: _field(found, spec, found.state.facts.get(name))
        for name, spec in found.plan.facts.items()
        if spec.set_by == "person" and not (hidden and spec.type == "amount_fen")
    }


def _field(found: Found, spec: FactSpec, value: FactValue | None) -> forms.Field:
    given: dict[str, Any] = {"label": said(spec.words), "required": False, "initial": value}
    match spec.type:
        case "bool":
            given["initial"] = {True: "yes", False: "no"}.get(value, "")  # type: ignore[arg-type]
            choices = [("yes", said(YES)), ("no", said(NO)), ("", said(UNKNOWN))]
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **given)
        case "choice":
            words = found.kind.choices
            choices = [("", said(UNKNOWN)), *((v, said(words.get(v, Words(v, v)))) for v in spec.choices)]
            return forms.ChoiceField(choices=choices, **given)
        case "int":
            return forms.IntegerField(**given)
        case "amount_fen":
            return MoneyField(**given)
        case "date":
            return DatePartsField(**given)
        case "list":
            given["initial"] = "\n".join(value) if isinstance(value, tuple) else ""
            return forms.CharField(widget=forms.Textarea, max_length=4000, **given)
        case "text":
            return forms.CharField(max_length=2000, **given)


def changed(found: Found, cleaned: dict[str, Any]) -> dict[str, Any]:
    """The facts that differ from what is known, as the act takes them (None: no longer known)."""
    wanted: dict[str, Any] = {}
    for key, value in cleaned.items():
        if not key.startswith(PREFIX):
            continue
        name = key.removeprefix(PREFIX)
        new = _fact(found.plan.facts[name], value)
        known = found.state.facts.get(name)
        if new != (list(known) if isinstance(known, tuple) else known):
            wanted[name] = new
    return wanted


def _fact(spec: FactSpec, value: Any) -> Any:
    if value is None or value == "":
        return None
    match spec.type:
        case "bool":
            return value == "yes"
        case "date":
            return value.isoformat()
        case "list":
            return [line.strip() for line in value.splitlines() if line.strip()] or None
        case _:
            return value
