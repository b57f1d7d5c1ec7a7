"""The form of the preferences page."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class PreferencesForm(forms.Form):
    """How this browser shows the desk."""

    size = forms.ChoiceField(
        label=_("Type size"),
        choices=[("1", _("Standard")), ("2", _("Large")), ("3", _("Extra large"))],
        widget=forms.RadioSelect,
    )
    keys = forms.ChoiceField(
        label=_("Single-letter keys"),
        help_text=_("Switch them off if you speak to the computer or strike keys by accident."),
        choices=[("on", _("On")), ("off", _("Off"))],
        widget=forms.RadioSelect,
    )
