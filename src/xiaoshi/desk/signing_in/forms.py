"""The forms of the door. WCAG 3.3.8: the browser may fill every field in, and pasting works."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


def password_field(label: Any, autocomplete: str, **more: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=200, strip=False, widget=widget, **more)


class SignInForm(forms.Form):
    login = forms.CharField(
        label=_("Sign-in name"),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = password_field(_("Password"), "current-password")


class AgainForm(forms.Form):
    """The same person once more; a code where he or she has a second factor."""

    password = password_field(_("Password"), "current-password")
    code = forms.CharField(
        label=_("Code from the telephone, or a recovery code"),
        help_text=_("Only if you sign in with a second factor."),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        help_text=_("The six figures that your telephone shows now, or one of your recovery codes."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )


class PasswordForm(forms.Form):
    old = password_field(_("Present password"), "current-password")
    new = password_field(
        _("New password"),
        "new-password",
        help_text=_("At least 12 characters; a sentence is easy to remember."),
    )
    again = password_field(_("New password once more"), "new-password")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("new") and data.get("again") and data["new"] != data["again"]:
            self.add_error("again", _("The two new passwords differ."))
        return data


class TotpForm(forms.Form):
    code = forms.CharField(
        label=_("The six figures that the telephone shows now"),
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    password = password_field(_("Your password"), "current-password")


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the passkey"),
        help_text=_("So that you know it again, for example: blue key."),
        max_length=60,
    )
    password = password_field(_("Your password"), "current-password")


class ConfirmForm(forms.Form):
    """Before what proves who somebody is goes or is made anew."""

    password = password_field(_("Your password"), "current-password")
