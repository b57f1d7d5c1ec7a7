"""The JSON Schema of an act's fields, from the annotations of its function."""

from __future__ import annotations

from inspect import Parameter, signature
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from xiaoshi.desk.guard.boundary import Act
from xiaoshi.desk.guard.fields import TEXT_MAX, asked_fields

INT_MAX = 2**63 - 1
PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string", "maxLength": TEXT_MAX},
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": -INT_MAX, "maximum": INT_MAX},
    float: {"type": "number"},
    NoneType: {"type": "null"},
    None: {"type": "null"},
    dict: {"type": "object"},
    list: {"type": "array"},
}


def body_schema(act: Act, *, form: bool = False) -> dict[str, Any]:
    """An object with the act's fields. `form`: as parts of a form, where a file is a file and not base64."""
    asked = asked_fields(act)
    properties = {
        name: _with_default(act, name, schema_of(wanted, form=form)) for name, (wanted, _o) in asked.items()
    }
    schema: dict[str, Any] = {
        "type": "object",
        "title": act.name,
        "properties": properties,
        "additionalProperties": False,
    }
    if required := [name for name, (_wanted, optional) in asked.items() if not optional]:
        schema["required"] = required
    return schema


def schema_of(wanted: Any, *, form: bool = False) -> dict[str, Any]:
    """The schema of one annotation; `{}` (anything) for one that JSON has no word for."""
    origin, parts = get_origin(wanted), get_args(wanted)
    if wanted is bytes:
        return (
            {"type": "string", "format": "binary"}
            if form
            else {"type": "string", "contentEncoding": "base64"}
        )
    if wanted in PLAIN:
        return dict(PLAIN[wanted])
    if origin in (Union, UnionType):
        return {"anyOf": [schema_of(part, form=form) for part in parts]}
    if origin is Literal:
        return {"enum": list(parts)}
    if origin is list:
        return {"type": "array", "items": schema_of(parts[0], form=form)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(parts[1], form=form)}
    return {}


def _with_default(act: Act, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    default = signature(act.function).parameters[name].default
    if default is not Parameter.empty and isinstance(default, str | int | bool | float | None):
        schema["default"] = default
    return schema
