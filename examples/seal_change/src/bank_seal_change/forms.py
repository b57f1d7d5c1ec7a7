"""What is asked: when the case is opened, and in each step."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from xiaoshi.desk.look.fields import DatePartsField


class OpeningForm(forms.Form):
    client_name = forms.CharField(label=_("Who comes for the company"), max_length=100)
    unit_name = forms.CharField(label=_("Name of the company on the account"), max_length=200)
    old_seal_lost = forms.BooleanField(label=_("The old seal is lost"), required=False)
    name_changed = forms.BooleanField(label=_("The company has another name now"), required=False)


class IntakeForm(forms.Form):
    papers_seen = forms.BooleanField(label=_("Application and business licence were seen in the original"))


class NoteForm(forms.Form):
    found = forms.CharField(
        label=_("What was compared, and what was found"), widget=forms.Textarea, max_length=1000
    )


class SpecimenForm(forms.Form):
    card_number = forms.CharField(label=_("Number printed on the seal card"), max_length=20)
    in_use_from = DatePartsField(label=_("The new seal is in use from"))
