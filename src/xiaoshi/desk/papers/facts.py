"""Facts forms: what a paper's template is filled with, as frozen dataclasses that know when they do not add up.

A kind writes one dataclass for each of its templates (see `papers/facts.py` in the folder of a kind): fields of type str, int,
bool, date, datetime, a choice (`Literal`), tuples of other such dataclasses, and any of them or None. Units stand in the names
(`amount_fen`), and the sum of a paper, if it has one, is `amount_fen` at the top. A form may have `problems()`.

`to_json` gives what is stored and typeset, `from_json` reads what an API or page hands in; each wrong field is named.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from xiaoshi.core.problems import Problem, Words

TEXT_CHARACTERS_MAX = 2000
ROWS_MAX = 2000


class _WrongField(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, where: str, zh: str, en: str) -> None:
        self.problem = Problem(
            "paper_field_wrong", Words(f"单据内容有误：{where} {zh}。", f"{where}: {en}."), where
        )


def to_json(value: Any) -> Any:
    """A facts form as JSON values: days and instants as ISO text, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    return value


def from_json(form: type, given: Any, where: str = "facts") -> Any | Problem:
    """A facts form from JSON values, or the first thing that is wrong with them."""
    try:
        return _read(form, given, where)
    except _WrongField as wrong:
        return wrong.problem


def problems_of(value: Any) -> tuple[Problem, ...]:
    """What does not add up in the form, by its own `problems()`."""
    own = getattr(value, "problems", None)
    return tuple(own()) if own is not None else ()


def _read(form: Any, given: Any, where: str) -> Any:
    origin = get_origin(form)
    if origin in (Union, UnionType):
        if given is None and type(None) in get_args(form):
            return None
        (inner,) = [a for a in get_args(form) if a is not type(None)]
        return _read(inner, given, where)
    if origin is Literal:
        if given not in get_args(form):
            choices = ", ".join(map(str, get_args(form)))
            raise _WrongField(where, f"只能是 {choices}", f"must be one of {choices}")
        return given
    if origin is tuple:
        if not isinstance(given, (list, tuple)) or len(given) > ROWS_MAX:
            raise _WrongField(
                where, f"应为最多 {ROWS_MAX} 行的列表", f"must be a list of at most {ROWS_MAX} rows"
            )
        return tuple(_read(get_args(form)[0], item, f"{where}/{i}") for i, item in enumerate(given))
    if is_dataclass(form):
        return _read_form(form, given, where)
    return _read_plain(form, given, where)


def _read_form(form: Any, given: Any, where: str) -> Any:
    if not isinstance(given, dict):
        raise _WrongField(where, "应为一组字段", "must be an object")
    hints = get_type_hints(form)
    known = {f.name: f for f in fields(form)}
    for name in given:
        if name not in known:
            raise _WrongField(f"{where}/{name}", "不是本单据的字段", "is no field of this paper")
    values = {}
    for name, field in known.items():
        if name in given:
            values[name] = _read(hints[name], given[name], f"{where}/{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise _WrongField(f"{where}/{name}", "缺失", "is missing")
    return form(**values)


def _read_plain(form: Any, given: Any, where: str) -> Any:
    if form is int and isinstance(given, int) and not isinstance(given, bool):
        return given
    if form is bool and isinstance(given, bool):
        return given
    if form is str and isinstance(given, str):
        if len(given) > TEXT_CHARACTERS_MAX:
            raise _WrongField(
                where, f"超过 {TEXT_CHARACTERS_MAX} 字", f"has more than {TEXT_CHARACTERS_MAX} characters"
            )
        return given
    if form in (date, datetime) and isinstance(given, (str, date)):
        try:
            read = given if isinstance(given, date) else form.fromisoformat(given)
        except ValueError:
            read = None
        if type(read) is form and (form is date or read.tzinfo is not None):
            return read
    name = {int: ("整数", "a whole number"), bool: ("是或否", "true or false"), str: ("文字", "text")}.get(
        form, ("日期或带时区的时间", "a date, or a time with its zone")
    )
    raise _WrongField(where, f"应为{name[0]}", f"must be {name[1]}")
