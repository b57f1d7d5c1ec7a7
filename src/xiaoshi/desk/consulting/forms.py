"""Forms of the questions. Choices of people and documents come from the case that is looked at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from xiaoshi.core.casework.roles import LEVELS, level_rank
from xiaoshi.core.consulting.choosing import Specialist
from xiaoshi.core.rules.known import KNOWN_RULES
from xiaoshi.desk.consulting.fields import FIELDS, field_words
from xiaoshi.desk.consulting.models import Question
from xiaoshi.desk.papers.models import Document
from xiaoshi.desk.papers.words import purpose_words

LONG = forms.Textarea(attrs={"rows": 5})


class AskForm(forms.Form):
    """The question, whom it goes to (by field and level, or by name), the documents it needs, and until when."""

    def __init__(
        self, data: Any, *, level: str, people: list[Specialist], documents: list[Document], language: str
    ) -> None:
        super().__init__(data)
        above = [k for k in LEVELS if level_rank(k) > level_rank(level)]  # type: ignore[arg-type]
        own = sorted({f for p in people for f in p.fields} - set(FIELDS))
        self.fields["text"] = forms.CharField(
            label=_("Question"), widget=forms.Textarea(attrs={"rows": 6}), max_length=4000
        )
        self.fields["field"] = forms.ChoiceField(
            label=_("What it is about"),
            choices=[(f, field_words(f).in_language(language)) for f in (*FIELDS, *own)],
        )
        self.fields["to_level"] = forms.ChoiceField(
            label=_("Ask whom"),
            choices=[(k, LEVELS[k].in_language(language)) for k in above],  # type: ignore[index]
            widget=forms.RadioSelect,
            required=False,
            help_text=_(
                "The specialist of the field with the fewest open questions is chosen; the next level up when there is none."
            ),
        )
        self.fields["to"] = forms.ChoiceField(
            label=_("Or somebody by name"),
            choices=[
                ("", "—"),
                *((p.login, _person(p, language)) for p in people if level_rank(p.level) > level_rank(level)),
            ],  # type: ignore[arg-type]
            required=False,
        )
        self.fields["documents"] = forms.MultipleChoiceField(
            label=_("Documents that the answer needs"),
            choices=[
                (str(d.id), f"{purpose_words(d.purpose).in_language(language)}: {d.name}") for d in documents
            ],
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        self.fields["due"] = forms.DateTimeField(
            label=_("Answer needed until"),
            required=False,
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        )
        if not documents:
            del self.fields["documents"]


def _person(person: Specialist, language: str) -> str:
    fields = "、".join(field_words(f).in_language(language) for f in sorted(person.fields))
    away = _("away") if person.substitute else ""
    parts = [person.name.in_language(language), LEVELS[person.level].in_language(language), fields, away]
    return " · ".join(p for p in parts if p)


class AnswerForm(forms.Form):
    """批复."""

    def __init__(self, data: Any = None, language: str = "zh") -> None:
        super().__init__(data, auto_id="id_answer_%s")
        self.fields["text"] = forms.CharField(
            label=_("Answer"), widget=forms.Textarea(attrs={"rows": 6}), max_length=4000
        )
        self.fields["source_kind"] = forms.ChoiceField(
            label=_("What it rests on"),
            choices=[
                ("rule", _("a rule")),
                ("document", _("a document (circular, letter)")),
                ("paper", _("a paper of this case, by number")),
                ("word", _("somebody’s word, written down here")),
            ],
        )
        self.fields["source"] = forms.CharField(label=_("Which one: title, number, article"), max_length=500)
        self.fields["rule"] = forms.ChoiceField(
            label=_("The rule, where the desk has it as data"),
            choices=[("", "—"), *((r.id, r.title.in_language(language)) for r in KNOWN_RULES.values())],
            required=False,
            help_text=_("Whoever finds this answer later is told whether the rule is still in force."),
        )
        self.fields["authority"] = forms.CharField(label=_("With what authority"), max_length=200)
        self.fields["valid_until"] = forms.DateField(
            label=_("Valid until"),
            required=False,
            help_text=_("Leave empty when no end is known."),
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        )


class TextForm(forms.Form):
    """One long text: asking back, replying, handing up, withdrawing."""

    def __init__(self, label: str, prefix: str, data: Any = None, people: list[Any] | None = None) -> None:
        super().__init__(data, auto_id=f"id_{prefix}_%s")
        if people is not None:
            self.fields["to"] = forms.ChoiceField(label=_("To whom"), choices=people)
        self.fields["text"] = forms.CharField(
            label=label, widget=forms.Textarea(attrs={"rows": 3}), max_length=4000
        )


class PaperForm(forms.Form):
    """The answer as a paper: in which language, and how large."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"language": "zh"}, auto_id="id_paper_%s")
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), choices=[("zh", "中文"), ("en", "English")], widget=forms.RadioSelect
        )
        self.fields["big_type"] = forms.BooleanField(label=_("Large type (18 pt)"), required=False)


class ShareForm(forms.Form):
    """Both texts anew, and where the answer rests, without any client's data."""

    def __init__(self, data: Any = None, row: Question | None = None) -> None:
        initial = None
        if row and data is None:
            initial = {
                "question_text": row.text,
                "answer_text": row.answer,
                "source": row.source,
                "authority": row.authority,
            }
        super().__init__(data, initial=initial, auto_id="id_share_%s")
        hint = _("No name, number, account or anything else that tells who the client is.")
        for name, label in (("question_text", _("Question")), ("answer_text", _("Answer"))):
            self.fields[name] = forms.CharField(
                label=label, widget=forms.Textarea(attrs={"rows": 5}), max_length=4000, help_text=hint
            )
        self.fields["source"] = forms.CharField(
            label=_("Which one: title, number, article"), max_length=500, help_text=hint
        )
        self.fields["authority"] = forms.CharField(
            label=_("With what authority"), max_length=200, help_text=hint
        )
