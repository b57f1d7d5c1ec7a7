"""The forms of the papers page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoshi.desk.look.language import said
from xiaoshi.desk.papers.kinds_of_file import ACCEPTED
from xiaoshi.desk.papers.words import HANDED_IN, purpose_words

ACCEPT = ".jpg,.jpeg,.png,.webp,.tif,.tiff,.svg,.pdf,.docx,.xlsx,.txt"


class UploadForm(forms.Form):
    """A file for the case. `wanted`: the papers that the plan still asks for, offered first."""

    purpose = forms.ChoiceField(label=gettext_lazy("What it is"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)
    file = forms.FileField(label=gettext_lazy("File"), allow_empty_file=True)

    def __init__(self, *args: Any, wanted: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = list(dict.fromkeys([*wanted, *HANDED_IN]))
        self.fields["purpose"].choices = [
            ("", _("Choose")),
            *((n, capfirst(said(purpose_words(n)))) for n in names),
        ]
        self.fields["note"].help_text = _("For example: original seen, 2 pages")
        self.fields["file"].help_text = _(
            "%(kinds)s; up to %(limit)s MB. Photos straight from the camera are best."
        ) % {
            "kinds": said(ACCEPTED),
            "limit": settings.DOCUMENT_BYTES_MAX // 1048576,
        }
        self.fields["file"].widget.attrs["accept"] = ACCEPT


class VoidForm(forms.Form):
    """Why a paper is voided."""

    reason = forms.CharField(label=gettext_lazy("Why is it voided?"), max_length=500)


class CheckForm(forms.Form):
    """The code as it stands on a paper."""

    code = forms.CharField(label=gettext_lazy("Check code"), max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _(
            "16 letters and figures, printed beside “Check code”. Capitals, blanks and hyphens do not matter."
        )
        self.fields["code"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
