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


class ManyFiles(forms.ClearableFileInput):
    """A file box that takes several at once."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """One or more files; cleaned to a list."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, (list, tuple)) else [data]
        one = super().clean
        return [found for file in given or [None] if (found := one(file, initial)) is not None]


class UploadForm(forms.Form):
    """Files for the case. `wanted`: name and words of the papers that are still asked for, offered first; `held`: files of
    an earlier try are there, so that none needs to be chosen."""

    purpose = forms.ChoiceField(label=gettext_lazy("What it is"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)
    file = ManyFilesField(label=gettext_lazy("File"), allow_empty_file=True)

    def __init__(
        self, *args: Any, wanted: Iterable[tuple[str, str]] = (), held: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        named = dict(wanted) | {n: said(purpose_words(n)) for n in HANDED_IN if n not in dict(wanted)}
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose")),
            *((name, capfirst(words)) for name, words in named.items()),
        ]
        self.fields["note"].help_text = _("For example: original seen, 2 pages")
        self.fields["file"].required = not held
        self.fields["file"].help_text = _(
            "%(kinds)s; up to %(limit)s MB. Photos straight from the camera are best."
        ) % {
            "kinds": said(ACCEPTED),
            "limit": settings.DOCUMENT_BYTES_MAX // 1048576,
        }
        self.fields["file"].widget.attrs |= {"accept": ACCEPT, "multiple": True}


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
