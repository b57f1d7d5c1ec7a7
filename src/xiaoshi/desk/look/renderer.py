"""Forms in the markup of govuk-frontend, through Django's own renderer.

Most widgets need one class more and nothing else, so they keep Django's templates and get the class here; radios, checkboxes, files, money and dates have
templates of their own in `templates/forms/`. A missing answer is said by the server (422, error summary, input kept)
and not by the browser's bubble, which speaks the browser's language and hides after some seconds: so the `required`
attribute is dropped and the label says 必填 instead.
"""

from __future__ import annotations

from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest

WIDGETS = "django/forms/widgets/"
OWN_TEMPLATES = {
    f"{WIDGETS}{name}.html": f"forms/{name}.html"
    for name in ("radio", "checkbox_select", "clearable_file_input")
}
# Widget template -> class of govuk-frontend. Hidden fields are not in it and stay as they are.
CLASSES = {
    **{
        f"{WIDGETS}{name}.html": "govuk-input"
        for name in (
            "text",
            "number",
            "email",
            "url",
            "tel",
            "search",
            "password",
            "date",
            "datetime",
            "time",
        )
    },
    "forms/money.html": "govuk-input",
    f"{WIDGETS}textarea.html": "govuk-textarea",
    f"{WIDGETS}select.html": "govuk-select",
    f"{WIDGETS}checkbox.html": "govuk-checkboxes__input",
    f"{WIDGETS}file.html": "govuk-file-upload",
    f"{WIDGETS}clearable_file_input.html": "govuk-file-upload",
}


class DeskRenderer(TemplatesSetting):
    """`FORM_RENDERER` of the desk: fields with label, hint and error in govuk markup."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if "widget" in context:
            context = {**context, "widget": _dressed(template_name, context["widget"])}
        return super().render(OWN_TEMPLATES.get(template_name, template_name), context, request=request)


def _dressed(template_name: str, widget: dict[str, Any]) -> dict[str, Any]:
    """The widget's context with govuk's class, its error form, and without `required`."""
    attrs = {name: value for name, value in widget["attrs"].items() if name != "required"}
    invalid = attrs.get("aria-invalid") == "true"
    own = CLASSES.get(template_name)
    if own:
        classes = [own, f"{own}--error" if invalid else "", str(attrs.get("class", ""))]
        attrs["class"] = " ".join(name for name in classes if name)
    dressed = {**widget, "attrs": attrs, "invalid": invalid}
    if "subwidgets" in widget:
        dressed["subwidgets"] = [
            _dressed(sub["template_name"], _invalid(sub) if invalid else sub) for sub in widget["subwidgets"]
        ]
    if "optgroups" in widget:
        dressed["optgroups"] = [
            (group, [{**option, "attrs": _of_option(option["attrs"])} for option in options], index)
            for group, options, index in widget["optgroups"]
        ]
    return dressed


def _of_option(attrs: dict[str, Any]) -> dict[str, Any]:
    """Radios and ticks in a group: the group says that it is wrong, ARIA knows no invalid radio."""
    return {name: value for name, value in attrs.items() if name not in ("required", "aria-invalid")}


def _invalid(widget: dict[str, Any]) -> dict[str, Any]:
    return {**widget, "attrs": {**widget["attrs"], "aria-invalid": "true"}}
