"""The forms of the tree and the people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xiaoshi.core.casework.roles import LEVELS, ROLES
from xiaoshi.desk.organisation.models import Staff, Unit


def unit_choices(person: Staff) -> list[tuple[str, str]]:
    """Every unit at or below the person's own, with its place in the tree."""
    language = get_language() or "zh"
    found = Unit.objects.filter(path__startswith=person.unit.path).order_by("path")
    return [(u.path, "　" * (u.path.count("/") - 1) + u.name(language)) for u in found]


def role_choices() -> list[tuple[str, str]]:
    language = "en" if (get_language() or "").startswith("en") else "zh"
    return [(role.id, role.words.in_language(language)) for role in ROLES.values()]


def _roles(**more: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("Roles"), widget=forms.CheckboxSelectMultiple, choices=(), **more
    )


def _reason() -> forms.CharField:
    return forms.CharField(label=_("Reason"), max_length=300)


def _unit(**more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Unit"), choices=(), **more)


class KeeperForm(forms.Form):
    """Fills in the units and roles that this keeper may choose among."""

    def __init__(self, person: Staff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "unit_path" in self.fields:
            self.fields["unit_path"].choices = unit_choices(person)  # type: ignore[attr-defined]
        if "roles" in self.fields:
            self.fields["roles"].choices = role_choices()  # type: ignore[attr-defined]


class NewPersonForm(KeeperForm):
    login = forms.CharField(
        label=_("Sign-in name"),
        help_text=_("Small letters and figures, for example li.min; it never changes."),
        max_length=40,
    )
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=100)
    name_en = forms.CharField(label=_("Name in Latin letters"), max_length=100)
    unit_path = _unit()
    roles = _roles()
    fields_text = forms.CharField(
        label=_("Fields of expertise"),
        help_text=_("For specialists; separated by commas."),
        required=False,
        max_length=300,
    )

    def act_fields(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data["fields"] = [f for f in data.pop("fields_text").replace("，", ",").split(",") if f.strip()]
        return data


class MoveForm(KeeperForm):
    unit_path = _unit()
    roles = _roles(required=False, help_text=_("None chosen: the same roles as before."))
    reason = _reason()


class RolesForm(KeeperForm):
    roles = _roles()
    reason = _reason()


class BackForm(KeeperForm):
    unit_path = _unit()
    roles = _roles()
    reason = _reason()


class ReasonForm(KeeperForm):
    reason = _reason()


class LeaveForm(KeeperForm):
    """Leaving, and what becomes of the open cases."""

    reason = _reason()
    to = forms.CharField(
        label=_("Hand the open cases over to"),
        help_text=_("A sign-in name. Empty: they stay as they are, and the head is told to share them out."),
        required=False,
        max_length=60,
    )


class NewUnitForm(KeeperForm):
    parent = forms.ChoiceField(label=_("Under"), choices=())
    code = forms.CharField(
        label=_("Code"), help_text=_("1 to 12 small letters or figures; it never changes."), max_length=12
    )
    level = forms.ChoiceField(label=_("Level"), choices=())
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=100)
    name_en = forms.CharField(label=_("Name in Latin letters"), max_length=100)
    phone = forms.CharField(label=_("Telephone"), required=False, max_length=40)
    address_zh = forms.CharField(label=_("Address"), required=False, max_length=200)

    def __init__(self, person: Staff, *args: Any, **kwargs: Any) -> None:
        super().__init__(person, *args, **kwargs)
        language = "en" if (get_language() or "").startswith("en") else "zh"
        self.fields["parent"].choices = [  # type: ignore[attr-defined]
            (path, words) for path, words in unit_choices(person) if path.count("/") < 4
        ]
        self.fields["level"].choices = [  # type: ignore[attr-defined]
            (level, words.in_language(language)) for level, words in LEVELS.items() if level != "province"
        ]

    def act_fields(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        return {**data, "path": f"{data.pop('parent')}{data.pop('code').strip()}/"} | {
            k: v for k, v in data.items() if k not in ("parent", "code")
        }


class UnitForm(forms.Form):
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=100)
    name_en = forms.CharField(label=_("Name in Latin letters"), max_length=100)
    phone = forms.CharField(label=_("Telephone"), required=False, max_length=40)
    address_zh = forms.CharField(label=_("Address"), required=False, max_length=200)


class DesignationForm(forms.Form):
    in_force_from = forms.CharField(label=_("From"), help_text=_("Like 2026-11-24."), max_length=10)
    in_force_to = forms.CharField(
        label=_("Until"), help_text=_("Empty: until further notice."), required=False, max_length=10
    )
    source = forms.CharField(label=_("Notice that says so"), max_length=300)
    confirmed = forms.BooleanField(label=_("I have the notice before me"), required=False)


class ImportForm(forms.Form):
    file = forms.FileField(label=_("File (CSV or XLSX)"))
    dry_run = forms.BooleanField(label=_("Only check, change nothing"), required=False, initial=True)
