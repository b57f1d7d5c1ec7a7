"""Whether the fields handed to an act are of the kind that its function asks for.

A page's form has cleaned them; a command line, an API or a job hands in whatever JSON holds. Instead of a traceback from
somewhere inside, whoever sent it hears which field is wrong and what it should be.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from functools import lru_cache
from inspect import Parameter, signature
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from django.core.exceptions import ValidationError
from django.db import DataError

from xiaoshi.core.problems import Problem, Words
from xiaoshi.desk.guard.refusals import Invalid

if TYPE_CHECKING:
    from xiaoshi.desk.guard.boundary import Act

KIND_WORDS: dict[Any, Words] = {
    str: Words("文字", "text"),
    int: Words("整数", "a whole number"),
    bool: Words("是或否", "true or false"),
    float: Words("数", "a number"),
    bytes: Words("文件内容", "bytes"),
    dict: Words("一组字段", "an object"),
    list: Words("列表", "a list"),
}
TEXT_MAX = 20_000
DEPTH_MAX = 32


def readable_id(text: object) -> uuid.UUID | None:
    """The id that this is, or None for what is none: whatever it should name is then not found."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None


@lru_cache(maxsize=512)
def asked_fields(act: Act) -> dict[str, tuple[Any, bool]]:
    """Field -> (annotation, whether it may be left out); the context is not a field."""
    names = [p for p in signature(act.function).parameters.values() if p.kind is Parameter.KEYWORD_ONLY]
    return {p.name: (_annotation(act, p), p.default is not Parameter.empty) for p in names}


def _annotation(act: Act, parameter: Parameter) -> Any:
    """The field's annotation, one by one: that of the context may name what is imported for type checkers only."""
    if not isinstance(parameter.annotation, str):
        return Any if parameter.annotation is Parameter.empty else parameter.annotation
    own = type(
        "own", (), {"__annotations__": {"field": parameter.annotation}, "__module__": act.function.__module__}
    )
    return get_type_hints(own, globalns=act.function.__globals__)["field"]


def require_fitting(act: Act, fields: dict[str, Any]) -> None:
    """Raise `Invalid` for the first field that is unknown, missing or of another kind."""
    for problem in misfits(act, fields):
        raise Invalid(problem)


def misfits(act: Act, fields: dict[str, Any]) -> Iterator[Problem]:
    """Every field that is unknown, missing or of another kind; `where` is the field's name."""
    asked = asked_fields(act)
    for name in fields:
        if name not in asked:
            words = Words(f"操作没有“{name[:60]}”这个字段。", f"The act has no field “{name[:60]}”.")
            yield Problem("field_unknown", words, name)
    for name, (wanted, optional) in asked.items():
        if name not in fields:
            if not optional:
                words = Words(f"缺少字段“{name}”。", f"The field “{name}” is missing.")
                yield Problem("field_missing", words, name)
        elif not _fits(fields[name], wanted):
            what = KIND_WORDS.get(get_origin(wanted) or wanted, Words("另一种值", "of another kind"))
            words = Words(f"字段“{name}”应为{what.zh}。", f"The field “{name}” must be {what.en}.")
            yield Problem("field_of_other_kind", words, name)
        elif not _keepable(fields[name]):
            words = Words(
                f"字段“{name}”里有无法保存的内容（空字符、残缺字符、过大的数或层次过深）。",
                f"The field “{name}” holds what cannot be stored (a NUL, half a character, a number without end, or too deep).",
            )
            yield Problem("field_not_storable", words, name)


def _keepable(value: Any, depth: int = 0) -> bool:
    """Whether the database can keep it: no NUL, no half of a surrogate pair, no infinite number, no endless nesting."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict | list) and depth >= DEPTH_MAX:
        return False
    if isinstance(value, dict):
        return all(_keepable(k, depth + 1) and _keepable(v, depth + 1) for k, v in value.items())
    if isinstance(value, list):
        return all(_keepable(inner, depth + 1) for inner in value)
    return True


def _fits(value: Any, wanted: Any) -> bool:
    origin, parts = get_origin(wanted), get_args(wanted)
    if wanted is Any:
        return True
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if wanted is type(None) or wanted is None:
        return value is None
    if origin is dict:
        return isinstance(value, dict) and all(
            _fits(key, parts[0]) and _fits(inner, parts[1]) for key, inner in value.items()
        )
    if origin is list:
        return isinstance(value, list) and all(_fits(inner, parts[0]) for inner in value)
    if wanted is str:
        # A text with a NUL cannot be stored, and a book is not a remark.
        return isinstance(value, str) and "\x00" not in value and len(value) <= TEXT_MAX
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    return isinstance(value, wanted) if isinstance(wanted, type) else True


def unusable_value(error: ValidationError | DataError, fields: dict[str, Any]) -> Invalid:
    """The refusal for a value that the database cannot look for: an id that is none, a number that no column holds.

    An act may ask for a row by an id as it came in; which field held it is found by the value.
    """
    value = (getattr(error, "params", None) or {}).get("value")
    where = next((name for name, given in fields.items() if value is not None and given == value), "")
    words = Words(
        f"字段“{where}”的值无法识别，请从列表中选取。"
        if where
        else "有一个值超出范围或无法识别，请检查后重新提交。",
        f"The value of “{where}” names nothing: take it from the list."
        if where
        else "One of the values is out of range or cannot be read: check them and send again.",
    )
    return Invalid(Problem("value_unusable", words, where))
