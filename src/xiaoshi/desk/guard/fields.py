"""Whether the fields handed to an act are of the kind that its function asks for.

A page's form has cleaned them; a command line, an API or a job hands in whatever JSON holds. Instead of a traceback from
somewhere inside, whoever sent it hears which field is wrong and what it should be.
"""

from __future__ import annotations

from functools import lru_cache
from inspect import Parameter, signature
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from xiaoshi.core.problems import Words
from xiaoshi.desk.guard.refusals import invalid

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


@lru_cache(maxsize=512)
def _asked(act: Act) -> dict[str, tuple[Any, bool]]:
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
    asked = _asked(act)
    for name in fields:
        if name not in asked:
            raise invalid(
                "field_unknown", f"操作没有“{name}”这个字段。", f"The act has no field “{name}”.", where=name
            )
    for name, (wanted, optional) in asked.items():
        if name not in fields:
            if not optional:
                raise invalid(
                    "field_missing", f"缺少字段“{name}”。", f"The field “{name}” is missing.", where=name
                )
        elif not _fits(fields[name], wanted):
            words = KIND_WORDS.get(get_origin(wanted) or wanted, Words("另一种值", "of another kind"))
            raise invalid(
                "field_of_other_kind",
                f"字段“{name}”应为{words.zh}。",
                f"The field “{name}” must be {words.en}.",
                where=name,
            )


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
