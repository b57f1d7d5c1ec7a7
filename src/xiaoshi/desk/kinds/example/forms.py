"""What is asked: once when the case is opened, once in each step."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class OpeningForm(forms.Form):
    client_name = forms.CharField(label=_("Client's name"), max_length=100)
    wish = forms.CharField(label=_("What the client wishes"), widget=forms.Textarea, max_length=2000)


class ListenForm(forms.Form):
    understood = forms.BooleanField(label=_("I have read the wish back to the client"))


class AnswerForm(forms.Form):
    words = forms.CharField(label=_("The answer, in plain words"), widget=forms.Textarea, max_length=2000)
